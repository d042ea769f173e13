#include "dataplane/flow_hash.h"
#include "dataplane/pkt_family.h"
#include "dataplane/punt.h"
#include "dataplane/routing.h"
#include "dataplane/rules.h"
#include "dataplane/stage.h"

#include <rte_ip.h>

/* What fits each port: its MTU while packets can leave there, else nothing. */
static inline void port_limits_load(const struct dp_router *router, uint32_t *limit_bytes)
{
	for (unsigned i = 0; i < router->n_ports; i++) {
		const struct port *port = &router->ports[i];
		uint32_t mtu_bytes = __atomic_load_n(&port->mtu, __ATOMIC_RELAXED);

		limit_bytes[i] = __atomic_load_n(&port->tx_up, __ATOMIC_RELAXED) ? mtu_bytes : 0;
	}
}

/*
 * What is not forwarded, one packet of the burst: local delivery before TTL and size, which only
 * concern transit. The kernel looks at the TTL before it looks for a neighbour, so that a packet
 * whose TTL ends here takes no place in its neighbour table.
 */
static void pkt_dispose(struct stage_burst *burst, unsigned at)
{
	struct dp_router *router = burst->router;
	struct port *port = burst->port;
	struct rte_mbuf *pkt = burst->pkts[at];
	const struct dp_nh *nh = burst->nh[at];

	switch ((enum dp_nh_kind)nh->kind) {
	case DP_NH_LOCAL:
		punt_pkt(router, port, pkt, punt_classify(pkt), burst->now_tsc);
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
	case DP_NH_GLEAN:
		if (burst->headers.mtu_bytes[at] == STAGE_HEADERS_TTL_ENDS)
			break;
		punt_pkt(router, port, pkt,
			 pkt_is_ipv6(pkt) ? DP_PUNT_NEIGHBOUR6 : DP_PUNT_NEIGHBOUR, burst->now_tsc);
		return;
	case DP_NH_UNREACHABLE:
	case DP_NH_GROUP:
	case DP_NH_THROW:
		break;
	}
	punt_pkt(router, port, pkt, pkt_is_ipv6(pkt) ? DP_PUNT_EXCEPTION6 : DP_PUNT_EXCEPTION,
		 burst->now_tsc);
}

static inline uint32_t pkt_flow_hash(const struct rte_mbuf *pkt)
{
	return pkt_is_ipv6(pkt) ? flow_hash_ipv6(pkt) : flow_hash_ipv4(pkt);
}

/* Only packets whose route has several members pay for a flow hash. */
static inline void groups_resolve(struct stage_burst *burst)
{
	unsigned i;

	for (i = 0; i < burst->n; i++) {
		const struct dp_nh *nh = burst->nh[i];

		if (unlikely(nh->kind == DP_NH_GROUP))
			burst->nh[i] = dp_nh_resolve(&burst->router->routing->nexthops, nh->index,
						     pkt_flow_hash(burst->pkts[i]));
	}
}

/* Leaves the packets whose bits are set. */
static void burst_keep(struct stage_burst *burst, uint64_t forward)
{
	unsigned i, n = 0;

	for (i = 0; i < burst->n; i++) {
		if ((forward >> i & 1) == 0) {
			pkt_dispose(burst, i);
			continue;
		}
		stage_burst_keep(burst, i, n++);
	}
	burst->n = n;
}

static inline bool burst_has_one_nh(const struct stage_burst *burst)
{
	uintptr_t diff = 0;

	for (unsigned i = 0; i < burst->n; i++)
		diff |= (uintptr_t)burst->nh[i] ^ (uintptr_t)burst->nh[0];
	return diff == 0;
}

/* Whether packets of different nexthops are all forwarded through one port. */
static inline bool burst_has_one_port(const struct stage_burst *burst)
{
	const struct dp_nh *const *nh = burst->nh;
	uint32_t diff = 0;

	for (unsigned i = 0; i < burst->n; i++)
		diff |= (uint32_t)(nh[i]->port ^ nh[0]->port) |
			(uint32_t)(nh[i]->kind ^ DP_NH_FORWARD);
	return diff == 0;
}

/*
 * Whether all packets leave through one port whose MTU they fit: then nothing is left to do. That a
 * packet fits its nexthop as it is means that the kernel has nothing to do with it.
 */
static inline bool burst_fits_one_port(const struct stage_burst *burst)
{
	const struct stage_headers *headers = &burst->headers;
	const struct port *out;

	if (burst->one_nh ? burst->nh[0]->kind != DP_NH_FORWARD : !burst_has_one_port(burst))
		return false;
	out = &burst->router->ports[burst->nh[0]->port];
	return (headers->mtu_bytes_max <= __atomic_load_n(&out->mtu, __ATOMIC_RELAXED)) &
	       __atomic_load_n(&out->tx_up, __ATOMIC_RELAXED);
}

/* Packets of several ports or kinds. @return one bit for each that is to be forwarded */
static uint64_t burst_judge(const struct stage_burst *burst)
{
	const struct stage_headers *headers = &burst->headers;
	uint32_t limit_bytes[DP_ROUTER_PORTS_MAX];
	uint64_t forward = 0;
	unsigned i;

	port_limits_load(burst->router, limit_bytes);
	for (i = 0; i < burst->n; i++) {
		const struct dp_nh *nh = burst->nh[i];

		forward |= (uint64_t)((nh->kind == DP_NH_FORWARD) &
				      (headers->mtu_bytes[i] <= limit_bytes[nh->port]))
			   << i;
	}
	return forward;
}

/* Packets of one family, and their places in the burst. */
struct family {
	unsigned n;
	struct rte_mbuf *pkts[PORT_RX_BURST];
	uint8_t at[PORT_RX_BURST];
	const struct dp_nh *nh[PORT_RX_BURST];
};

static inline void family_return(const struct family *family, struct stage_burst *burst)
{
	for (unsigned i = 0; i < family->n; i++)
		burst->nh[family->at[i]] = family->nh[i];
}

/* Packets of one family where routes depend on more than the destination. */
static __rte_noinline void lookup_by_rules(const struct stage_burst *burst,
					   const struct rules *rules, struct rte_mbuf *const *pkts,
					   const struct dp_nh **nh, unsigned n)
{
	struct rules_key key;

	rules_key_load(&key, rules, pkts, n, burst->port->index);
	rules_lookup_burst(burst->router->routing, rules, &key, nh);
}

static void family_lookup(const struct stage_burst *burst, struct family *family,
			  const uint32_t *dst)
{
	const struct rules *rules = rules_get(burst->router->routing, false);

	if (rules != NULL)
		lookup_by_rules(burst, rules, family->pkts, family->nh, family->n);
	else
		dp_routing_lookup_burst(burst->router->routing, dst, family->nh, family->n);
}

static void family_lookup6(const struct stage_burst *burst, struct family *family,
			   const struct dp_ip6 *dst)
{
	const struct rules *rules = rules_get(burst->router->routing, true);

	if (rules != NULL)
		lookup_by_rules(burst, rules, family->pkts, family->nh, family->n);
	else
		dp_routing_lookup6_burst(burst->router->routing, dst, family->nh, family->n);
}

/* A burst with IPv6: each family is looked up in its own tables. */
static void burst_lookup_mixed(struct stage_burst *burst)
{
	struct stage_headers *headers = &burst->headers;
	struct family v4 = { .n = 0 }, v6 = { .n = 0 };
	struct dp_ip6 dst6[PORT_RX_BURST];

	for (unsigned i = 0; i < burst->n; i++) {
		struct rte_mbuf *pkt = burst->pkts[i];

		if (pkt_is_ipv6(pkt)) {
			const struct rte_ipv6_hdr *ip = pkt_ipv6(pkt);
			uint32_t len_bytes = rte_be_to_cpu_16(ip->payload_len) +
					     (uint32_t)sizeof(*ip);

			headers->mtu_bytes[i] = ip->hop_limits > 1 ? len_bytes
								   : STAGE_HEADERS_TTL_ENDS;
			memcpy(&dst6[v6.n], ip->dst_addr, sizeof(dst6[0]));
			v6.pkts[v6.n] = pkt;
			v6.at[v6.n++] = (uint8_t)i;
		} else {
			const struct rte_ipv4_hdr *ip = pkt_ipv4(pkt);

			headers->mtu_bytes[i] = ip->time_to_live > 1
							? rte_be_to_cpu_16(ip->total_length)
							: STAGE_HEADERS_TTL_ENDS;
			headers->dst[v4.n] = rte_be_to_cpu_32(ip->dst_addr);
			v4.pkts[v4.n] = pkt;
			v4.at[v4.n++] = (uint8_t)i;
		}
	}
	family_lookup(burst, &v4, headers->dst);
	family_lookup6(burst, &v6, dst6);
	family_return(&v4, burst);
	family_return(&v6, burst);
	headers->mtu_bytes_max = 0;
	for (unsigned i = 0; i < burst->n; i++)
		headers->mtu_bytes_max = RTE_MAX(headers->mtu_bytes_max, headers->mtu_bytes[i]);
}

static inline void burst_lookup(struct stage_burst *burst)
{
	const struct rules *rules = rules_get(burst->router->routing, false);

	/* a stage between parse and this one may have dropped packets */
	if (unlikely(burst->headers.n != burst->n))
		stage_headers_load(&burst->headers, burst->pkts, burst->n, 0,
				   &burst->router->routing->own);
	if (likely(rules == NULL))
		dp_routing_lookup_burst(burst->router->routing, burst->headers.dst, burst->nh,
					burst->n);
	else
		lookup_by_rules(burst, rules, burst->pkts, burst->nh, burst->n);
}

void stage_route(struct stage_burst *burst)
{
	uint64_t forward;

	if (unlikely(burst->n == 0))
		return;
	if (likely(!burst->has_ipv6))
		burst_lookup(burst);
	else
		burst_lookup_mixed(burst);
	burst->one_nh = burst_has_one_nh(burst);
	burst->one_port = burst_fits_one_port(burst);
	if (likely(burst->one_port))
		return;
	burst->one_nh = false;
	groups_resolve(burst);
	forward = burst_judge(burst);
	if (forward != (1ULL << burst->n) - 1)
		burst_keep(burst, forward);
}
