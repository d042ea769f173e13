#include "dataplane/flow_hash.h"
#include "dataplane/punt.h"
#include "dataplane/routing.h"
#include "dataplane/stage.h"

#include <rte_ip.h>

static inline const struct rte_ipv4_hdr *ipv4_of(const struct rte_mbuf *pkt)
{
	return rte_pktmbuf_mtod_offset(pkt, const struct rte_ipv4_hdr *, RTE_ETHER_HDR_LEN);
}

/* A packet that fits the nexthop as it is: nothing for the kernel to do. */
static inline bool pkt_is_forwardable(const struct stage_burst *burst, const struct rte_mbuf *pkt,
				      const struct dp_nh *nh)
{
	const struct rte_ipv4_hdr *ip = ipv4_of(pkt);
	const struct port *out = &burst->router->ports[nh->port];

	return (nh->kind == DP_NH_FORWARD) & (ip->time_to_live > 1) &
	       (rte_be_to_cpu_16(ip->total_length) <=
		__atomic_load_n(&out->mtu, __ATOMIC_RELAXED)) &
	       __atomic_load_n(&out->tx_up, __ATOMIC_RELAXED);
}

/* What is not forwarded: local delivery before TTL and size, which only concern transit. */
static void pkt_dispose(struct stage_burst *burst, struct rte_mbuf *pkt, const struct dp_nh *nh)
{
	struct dp_router *router = burst->router;
	struct port *port = burst->port;

	switch ((enum dp_nh_kind)nh->kind) {
	case DP_NH_LOCAL:
		punt_pkt(router, port, pkt, punt_classify_ipv4(pkt), burst->now_tsc);
		return;
	case DP_NH_BLACKHOLE:
		stage_drop(port, pkt, DP_DROP_BLACKHOLE);
		return;
	case DP_NH_FORWARD:
		if (!__atomic_load_n(&router->ports[nh->port].tx_up, __ATOMIC_RELAXED)) {
			stage_drop(&router->ports[nh->port], pkt, DP_DROP_LINK_DOWN);
			return;
		}
		break;
	case DP_NH_UNREACHABLE:
	case DP_NH_GLEAN:
	case DP_NH_GROUP:
		break;
	}
	punt_pkt(router, port, pkt, DP_PUNT_EXCEPTION, burst->now_tsc);
}

/* Only packets whose route has several members pay for a flow hash. */
static inline void groups_resolve(struct stage_burst *burst)
{
	unsigned i;

	for (i = 0; i < burst->n; i++) {
		const struct dp_nh *nh = burst->nh[i];

		if (unlikely(nh->kind == DP_NH_GROUP))
			burst->nh[i] = dp_nh_resolve(&burst->router->routing->nexthops, nh->index,
						     flow_hash_ipv4(burst->pkts[i]));
	}
}

void stage_route(struct stage_burst *burst)
{
	uint32_t dst[PORT_RX_BURST];
	uint64_t forward = 0;
	unsigned i, n = 0;

	for (i = 0; i < burst->n; i++)
		dst[i] = rte_be_to_cpu_32(ipv4_of(burst->pkts[i])->dst_addr);
	dp_routing_lookup_burst(burst->router->routing, dst, burst->nh, burst->n);
	groups_resolve(burst);
	for (i = 0; i < burst->n; i++)
		forward |= (uint64_t)pkt_is_forwardable(burst, burst->pkts[i], burst->nh[i]) << i;
	if (likely(forward == (1ULL << burst->n) - 1))
		return;
	for (i = 0; i < burst->n; i++) {
		struct rte_mbuf *pkt = burst->pkts[i];
		const struct dp_nh *nh = burst->nh[i];

		if ((forward >> i & 1) == 0) {
			pkt_dispose(burst, pkt, nh);
			continue;
		}
		burst->class_index[n] = burst->class_index[i];
		burst->pkts[n] = pkt;
		burst->nh[n++] = nh;
	}
	burst->n = n;
}
