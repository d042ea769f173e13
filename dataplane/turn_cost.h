#ifndef DATAPLANE_TURN_COST_H
#define DATAPLANE_TURN_COST_H

/**
 * @file
 * What turns of a router cost, learned, so that time that the host took from a turn can be told
 * from time that the router needed. Pure: time is an argument.
 *
 * Nothing in the worker's own memory says that the host took its core away: the clock jumps. A turn
 * is taken to have been interrupted when it lasted longer than an allowance: a fixed time, and for
 * each packet several times what packets of this router have cost lately. What goes beyond the
 * allowance was not the router's. Turns enter the average with at most their allowance, so that
 * interruptions hardly raise it; when the packets themselves become dearer, it follows within a few
 * windows.
 */

#include <stdint.h>

/** Time that every turn may take, ns: empty polls of many ports, a cold cache, an interrupt. */
#define TURN_COST_BASE_NS 10000ULL
/** Before anything was learned: a packet through two system calls, ns. */
#define TURN_COST_PKT_NS 2000ULL
/** A turn may cost so many times the average. */
#define TURN_COST_FACTOR 4U
/** Packets of one average. */
#define TURN_COST_WINDOW_PKTS 1024U

/** Writer and reader: the worker. */
struct turn_cost {
	uint64_t base_tsc; /**< constant */
	uint64_t pkt_tsc;  /**< average of the last window */
	uint64_t window_tsc;
	uint32_t window_pkts;
};

/** Starts over. tsc_hz: ticks of what turn_cost_lost() is given. */
void turn_cost_init(struct turn_cost *cost, uint64_t tsc_hz);

/** Ends a window; see turn_cost_lost(). */
void turn_cost_window_end(struct turn_cost *cost);

/**
 * Takes a turn into account.
 *
 * @param spent_tsc how long it lasted
 * @param pkts packets handled in it, 0 included
 * @return how much of it the host took
 */
static inline uint64_t turn_cost_lost(struct turn_cost *cost, uint64_t spent_tsc, uint32_t pkts)
{
	uint64_t allowed_tsc = cost->base_tsc + TURN_COST_FACTOR * cost->pkt_tsc * pkts;
	uint64_t lost_tsc = spent_tsc > allowed_tsc ? spent_tsc - allowed_tsc : 0;

	if (pkts != 0) {
		cost->window_tsc += spent_tsc - lost_tsc;
		cost->window_pkts += pkts;
		if (cost->window_pkts >= TURN_COST_WINDOW_PKTS)
			turn_cost_window_end(cost);
	}
	return lost_tsc;
}

#endif
