#ifndef PERF_SOCK_H
#define PERF_SOCK_H

/**
 * @file
 * Bursts of datagrams through a kernel socket, one system call per packet (send, recvmsg) or per
 * burst (sendmmsg, recvmmsg). Never waits.
 */

#include "bench/perf/port.h"

/** Fixed buffers of one direction; internal. */
struct perf_sock_lane;

/** A socket with its buffers. The two directions may belong to two threads. */
struct perf_sock {
	int fd;
	bool single;	   /**< one system call per packet */
	bool stamps;	   /**< arrival times from the kernel */
	bool addressed;	   /**< every packet carries its own destination (UDP) */
	uint64_t overflow; /**< packets that the socket's buffer had no room for (SO_RXQ_OVFL) */
	uint64_t errors;   /**< system calls that failed for another reason than "not now" */
	int64_t wall_offset_ns;
	uint64_t wall_offset_age_ns; /**< when it was taken */
	struct perf_sock_lane *tx, *rx;
};

/**
 * Reads the options behind the first comma of a port text, allocates buffers and sets the socket
 * to not wait.
 *
 * @param sock fd set; the rest is filled in. perf_sock_destroy() closes fd also when this fails
 * @param options text behind the name, "" or ",single,stamps"
 */
int perf_sock_init(struct perf_sock *sock, const char *options, uint32_t max_bytes,
		   struct perf_error *error);

/** Operations of ports whose priv is allocated and begins with a struct perf_sock; see port.h. */
uint32_t perf_sock_tx_reserve(struct perf_port *port, struct perf_slot *slots, uint32_t count);
uint32_t perf_sock_tx_send(struct perf_port *port, struct perf_slot *slots, uint32_t count);
uint32_t perf_sock_rx_poll(struct perf_port *port, struct perf_slot *slots, uint32_t count);
/** For tx_drop and rx_release: the buffers are the socket's for ever. */
void perf_sock_keep(struct perf_port *port, struct perf_slot *slots, uint32_t count);
void perf_sock_destroy(struct perf_port *port);

#endif
