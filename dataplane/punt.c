#include "dataplane/punt.h"

#include "dataplane/clock.h"
#include "dataplane/pkt_meta.h"
#include "dataplane/stage.h"

/*
 * Packets/s of each class through each port, and bursts. Control: several times what fast hellos
 * (10 ms) of every neighbour on a network need. What can make the kernel add a neighbour gets so
 * little that a flood of one port leaves room in its table: entries without an answer live 3 s,
 * others can be displaced after 5 s, so that at most 128 + 3 * 100 + 64 + 5 * 50 = 742 of 1024 are
 * the flood's.
 */
static const struct policer_params punt_params[DP_PUNT_COUNT] = {
	[DP_PUNT_CONTROL] = { .unit = RATE_PKTS_PER_S, .rate = 20000, .burst = 512 },
	[DP_PUNT_ARP] = { .unit = RATE_PKTS_PER_S, .rate = 1000, .burst = 256 },
	[DP_PUNT_ARP_STRANGER] = { .unit = RATE_PKTS_PER_S, .rate = 50, .burst = 64 },
	[DP_PUNT_ND] = { .unit = RATE_PKTS_PER_S, .rate = 200, .burst = 128 },
	[DP_PUNT_ICMP] = { .unit = RATE_PKTS_PER_S, .rate = 2000, .burst = 256 },
	[DP_PUNT_LOCAL] = { .unit = RATE_PKTS_PER_S, .rate = 20000, .burst = 512 },
	[DP_PUNT_NEIGHBOUR] = { .unit = RATE_PKTS_PER_S, .rate = 100, .burst = 128 },
	[DP_PUNT_NEIGHBOUR6] = { .unit = RATE_PKTS_PER_S, .rate = 100, .burst = 128 },
	[DP_PUNT_EXCEPTION] = { .unit = RATE_PKTS_PER_S, .rate = 2000, .burst = 256 },
	[DP_PUNT_EXCEPTION6] = { .unit = RATE_PKTS_PER_S, .rate = 2000, .burst = 256 },
};

void punt_port_reset(const struct dp_router *router, struct port *port, uint64_t now_tsc)
{
	for (unsigned i = 0; i < DP_PUNT_COUNT; i++)
		policer_bucket_init(&port->punt_buckets[i], &router->punt_profiles[i], now_tsc);
}

void punt_port_refresh(const struct dp_router *router, struct port *port, uint64_t now_tsc)
{
	for (unsigned i = 0; i < DP_PUNT_COUNT; i++)
		policer_bucket_refresh(&router->punt_profiles[i], &port->punt_buckets[i], now_tsc);
}

int punt_init(struct dp_router *router, uint64_t now_tsc)
{
	unsigned i;

	for (i = 0; i < DP_PUNT_COUNT; i++) {
		struct policer_params params = punt_params[i];
		int err;

		if (router->config.punt_pps[i] != 0)
			params.rate = router->config.punt_pps[i];
		err = policer_profile_init(&router->punt_profiles[i], &params, clock_tsc_hz());
		if (err != 0)
			return err;
	}
	for (i = 0; i < router->n_ports; i++)
		punt_port_reset(router, &router->ports[i], now_tsc);
	return 0;
}

static void punt_drop(struct port *port, struct rte_mbuf *pkt, enum dp_punt punt_class,
		      enum dp_drop reason)
{
	port->counters.punt_drop_pkts[punt_class]++;
	stage_drop(port, pkt, reason);
}

static bool is_urgent(enum dp_punt punt_class)
{
	return punt_class == DP_PUNT_CONTROL || punt_class == DP_PUNT_ARP ||
	       punt_class == DP_PUNT_ARP_STRANGER || punt_class == DP_PUNT_ND;
}

void punt_pkt(struct dp_router *router, struct port *port, struct rte_mbuf *pkt,
	      enum dp_punt punt_class, uint64_t now_tsc)
{
	struct rte_ring *ring;

	pkt_port_set(pkt, port->index);
	punt_class = punt_refine(router->routing, pkt, punt_class);
	ring = is_urgent(punt_class) ? router->punt_control : router->punt_other;
	if (!policer_bucket_take(&router->punt_profiles[punt_class],
				 &port->punt_buckets[punt_class], now_tsc, pkt->pkt_len)) {
		punt_drop(port, pkt, punt_class, DP_DROP_PUNT_LIMIT);
		return;
	}
	if (rte_ring_sp_enqueue(ring, pkt) != 0) {
		punt_drop(port, pkt, punt_class, DP_DROP_PUNT_FULL);
		return;
	}
	port->counters.punt_pkts[punt_class]++;
}
