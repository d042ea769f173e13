#include "dataplane/pkt_meta.h"
#include "dataplane/stage.h"

unsigned stage_inject(struct dp_router *router, uint64_t now_tsc)
{
	struct rte_mbuf *pkts[PORT_OFFER_PKTS];
	uint32_t touched = 0;
	unsigned i, n;

	n = rte_ring_sc_dequeue_burst(router->inject, (void **)pkts, PORT_OFFER_PKTS, NULL);
	for (i = 0; i < n; i++) {
		struct port *out = &router->ports[pkt_port(pkts[i])];

		out->counters.injected_pkts++;
		out->counters.injected_bytes += pkts[i]->pkt_len;
		if (!__atomic_load_n(&out->tx_up, __ATOMIC_RELAXED)) {
			stage_drop(out, pkts[i], DP_DROP_LINK_DOWN);
			continue;
		}
		stage_collect(out, pkts[i], PORT_QUEUE_KERNEL);
		touched |= 1U << out->index;
	}
	for (; touched != 0; touched &= touched - 1)
		stage_shape(router, &router->ports[__builtin_ctz(touched)], now_tsc, now_tsc);
	return n;
}
