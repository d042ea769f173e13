#ifndef PERF_LANE_H
#define PERF_LANE_H

/**
 * @file
 * One port at work: what it sends, what it receives, whether it returns packets, and whether it
 * answers ARP. A lane belongs to one thread; a thread may serve several lanes.
 */

#include "bench/perf/sender.h"
#include "bench/perf/sink.h"

/** A port with its two halves. Owner: the thread that serves it. */
struct perf_lane {
	struct perf_port *port;
	bool polls;  /**< the port is read */
	bool echoes; /**< every packet of ours goes back where it came from (server) */
	struct perf_sender sender; /**< sends nothing when its count is 0 */
	struct perf_sink sink;	   /**< initialised iff polls */
	uint64_t echo_refused_pkts;
};

/** Takes what has arrived. @return packets */
uint32_t perf_lane_receive(struct perf_lane *lane, uint64_t now_ns);

/**
 * Asks for the MAC of an address until it is told.
 *
 * @param sender address to ask from, host byte order
 * @return 0, -EHOSTUNREACH after wait_ns without an answer
 */
int perf_lane_resolve(struct perf_lane *lane, uint32_t sender, uint32_t target, uint64_t wait_ns,
		      uint8_t mac[6]);

#endif
