#ifndef PERF_PORT_H
#define PERF_PORT_H

/**
 * @file
 * Where packets leave and arrive: a DPDK port, an AF_PACKET socket or a UDP socket.
 *
 * A port is used by at most two threads at once: one that sends, one that receives.
 */

#include "bench/perf/error.h"

#include <stdbool.h>
#include <stdint.h>

/** Largest burst of any port, packets. */
#define PERF_PORT_BURST 64U
#define PERF_PORT_NAME_BYTES 108

/** One packet in a port's memory, valid until it is sent, dropped or released. */
struct perf_slot {
	uint8_t *data;	    /**< frame; on a payload-only port the UDP payload */
	uint32_t bytes;	    /**< at data, without FCS */
	uint64_t kernel_ns; /**< arrival by the kernel's stamp, perf_clock_now_ns() scale; or 0 */
	uint32_t peer_address; /**< payload-only ports: the other end, host byte order */
	uint16_t peer_port;
	void *handle; /**< the port's own */
};

/** What a port lost or refused by itself, packets since it was opened. */
struct perf_port_stats {
	uint64_t missed_pkts; /**< arrived, but the receiver was too slow to take them */
	uint64_t error_pkts;  /**< driver or kernel errors */
};

struct perf_port;

/** What a kind of port can do. */
struct perf_port_ops {
	/** Room for up to count packets to send; sending thread. @return slots filled in */
	uint32_t (*tx_reserve)(struct perf_port *port, struct perf_slot *slots, uint32_t count);
	/** Sends the first packets of slots; sending thread. @return how many; the rest stay */
	uint32_t (*tx_send)(struct perf_port *port, struct perf_slot *slots, uint32_t count);
	/** Gives reserved slots back unsent; sending thread. */
	void (*tx_drop)(struct perf_port *port, struct perf_slot *slots, uint32_t count);
	/** Takes what has arrived, without waiting; receiving thread. @return slots filled in */
	uint32_t (*rx_poll)(struct perf_port *port, struct perf_slot *slots, uint32_t count);
	/** Gives polled slots back; receiving thread. */
	void (*rx_release)(struct perf_port *port, struct perf_slot *slots, uint32_t count);
	/** Waits until the other end is there; NULL where there is none. @return 0 or -ENOTCONN */
	int (*wait)(struct perf_port *port, uint64_t wait_ns, struct perf_error *error);
	void (*get_stats)(struct perf_port *port, struct perf_port_stats *stats);
	void (*destroy)(struct perf_port *port);
};

/** A port. Constant after it is opened, but for what hangs at priv. */
struct perf_port {
	const struct perf_port_ops *ops;
	void *priv;
	char name[PERF_PORT_NAME_BYTES];
	bool payload_only; /**< the kernel writes and hides the headers */
	bool answers_arp;  /**< nobody else does: sluice-perf has to */
	uint8_t mac[6];	   /**< 0 on a payload-only port */
	uint64_t line_bps; /**< rate of the line in L1, bit/s; 0: unknown */
};

/** How to open ports. */
struct perf_port_env {
	const char *netns;	  /**< namespace for sockets and devices, NULL: this one */
	uint32_t max_frame_bytes; /**< largest frame to send or receive, with FCS */
};

/**
 * Opens a port: "memif:ROLE,PATH,ID", "dpdk:DEVARGS", "packet:IF", "raw:IF" or "udp:ADDR:PORT",
 * the socket kinds with ",single" (one system call per packet) and ",stamps" (arrival times from
 * the kernel). The first DPDK port needs perf_eal_init().
 *
 * @return 0, -EINVAL for a text that is no port, -ENODEV, -EPERM or what the system says
 */
int perf_port_open(struct perf_port **port, const char *text, const struct perf_port_env *env,
		   struct perf_error *error);

/**
 * Waits for the other end of a port, which may be another port of this process: all are opened
 * first. Fills in what is only known then (line rate).
 *
 * @return 0, or -ENOTCONN when nobody is there in time
 */
int perf_port_wait(struct perf_port *port, uint64_t wait_ns, struct perf_error *error);

/** Closes a port; NULL is allowed. */
void perf_port_close(struct perf_port *port);

/** Whether a port text names a DPDK port, which needs the EAL. */
bool perf_port_is_dpdk(const char *text);

/**
 * Whether two port texts name one device, which can be opened only once or whose traffic would come
 * back by itself. The two ends of one memif are two devices.
 *
 * @param netns_a, netns_b where interfaces and sockets are, NULL: this namespace
 */
bool perf_port_is_same(const char *a, const char *netns_a, const char *b, const char *netns_b);

/** The same of what follows "memif:"; internal to port_*.c. A text that is none is like no other. */
bool perf_port_memif_is_same(const char *a, const char *b);

/** Kinds of port, each told what follows the colon; internal to port_*.c. */
int perf_port_open_memif(struct perf_port *port, const char *text, const struct perf_port_env *env,
			 struct perf_error *error);
int perf_port_open_dpdk(struct perf_port *port, const char *text, const struct perf_port_env *env,
			struct perf_error *error);
int perf_port_open_packet(struct perf_port *port, const char *text, const struct perf_port_env *env,
			  struct perf_error *error);
int perf_port_open_udp(struct perf_port *port, const char *text, const struct perf_port_env *env,
		       struct perf_error *error);

#endif
