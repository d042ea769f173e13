#include "dataplane/turn_cost.h"

#define NS_PER_S 1000000000ULL

void turn_cost_init(struct turn_cost *cost, uint64_t tsc_hz)
{
	*cost = (struct turn_cost){
		.base_tsc = tsc_hz * TURN_COST_BASE_NS / NS_PER_S,
		.pkt_tsc = tsc_hz * TURN_COST_PKT_NS / NS_PER_S,
	};
}

void turn_cost_window_end(struct turn_cost *cost)
{
	/* an average of 0 would allow a packet nothing, whatever the next ones cost */
	cost->pkt_tsc = cost->window_tsc / cost->window_pkts + 1;
	cost->window_tsc = 0;
	cost->window_pkts = 0;
}
