#ifndef CONTROL_PLAN_CORE_H
#define CONTROL_PLAN_CORE_H

/**
 * @file
 * How long a packet waits for its core, and for what.
 *
 * Within its router: a turn serves every port once, at most CTL_TURN_PKTS packets of it. So a burst
 * of m packets takes N = ceil(m / CTL_TURN_PKTS) turns, and every other port of the router costs at
 * most N of its own full bursts meanwhile, whatever it is sent, and one more: those behind the
 * packet's port are served before the packet is sent. Where a policer says what another port may
 * bring, it costs no more than that: its burst, what its rate brings meanwhile, and in every turn
 * the dropping of all else (blind multiplexing, Le Boudec & Thiran, theorem 6.2.1). The smaller
 * bound of the two holds.
 *
 * Between routers: of a round each has its quantum q. For work W, and a debt of one turn o that it
 * may have to begin with, a router is visited V = (W + o) / q + 1 times at most, and before each
 * visit all others have their quanta, and once one turn each beyond them. So the core goes to the
 * router at the rate of its quantum's part, after a latency of two rounds at most.
 *
 * With T the largest gap, m packets of c cycles on a core of hz cycles/s and nobody else this is
 * T + m * c / hz. Pure arithmetic, any thread.
 */

#include "control/plan/arrival.h"

/** Packets of one port in one turn: PORT_RX_BURST of the data plane. */
#define CTL_TURN_PKTS 32

/** One port as its core sees it. */
struct ctl_core_port {
	struct ctl_arrival in;
	unsigned router;   /**< ports with equal numbers belong to one router */
	double quantum_ns; /**< of its router; any where a core has only one */
	double pkt_cycles; /**< per packet of the costliest burst, which is one of short ones */
	double turn_pkt_cycles; /**< of the costliest packet, whatever its length */
	double drop_cycles;	/**< of one that its policer drops; turn_pkt_cycles without one */
};

/** A core and all of its ports, those of one router side by side. */
struct ctl_core {
	double hz;     /**< TSC cycles/s */
	double gap_ns; /**< largest time between two polls */
	const struct ctl_core_port *ports;
	unsigned n;
};

/** Where the time goes. */
struct ctl_core_wait {
	bool stable;	   /**< the core serves the port faster than it is sent to */
	double gap_ns;	   /**< T */
	double routers_ns; /**< other routers of the core */
	double ports_ns;   /**< other ports of the router */
	double burst_ns;   /**< the burst itself */
	double latency_ns; /**< of the service curve: what passes before the burst's own time */
	double pkt_ns;	   /**< of the service curve: time per packet behind that */
};

/** All of the time: what passes until the last packet of a burst has left its core. */
double ctl_core_wait_ns(const struct ctl_core_wait *wait);

/** Waiting of the worst packet of one port; its arrival is bounded. */
void ctl_core_wait_get(const struct ctl_core *core, unsigned port, struct ctl_core_wait *wait);

/** Cycles/s that the bounded arrivals of a core take together. */
double ctl_core_load_cycles_s(const struct ctl_core *core);

#endif
