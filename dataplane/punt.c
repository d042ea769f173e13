#include "dataplane/punt.h"

#include "dataplane/clock.h"
#include "dataplane/pkt_family.h"
#include "dataplane/pkt_meta.h"
#include "dataplane/stage.h"

#include <rte_ip.h>
#include <rte_tcp.h>
#include <rte_udp.h>

#define PROTO_OSPF 89
#define FRAGMENT_OFFSET_MASK 0x1fff
/* Router solicitation to redirect; a packet that crossed a router has a lower hop limit (RFC 4861). */
#define ND_TYPE_FIRST 133
#define ND_TYPE_LAST 137
#define ND_HOP_LIMIT 255

/*
 * Packets/s and burst of each class: several times what a router of 32 ports with fast hellos
 * (10 ms) needs, and little enough for one thread to carry.
 */
static const struct policer_params punt_params[DP_PUNT_COUNT] = {
	[DP_PUNT_CONTROL] = { .unit = RATE_PKTS_PER_S, .rate = 20000, .burst = 512 },
	[DP_PUNT_ARP] = { .unit = RATE_PKTS_PER_S, .rate = 2000, .burst = 256 },
	[DP_PUNT_ND] = { .unit = RATE_PKTS_PER_S, .rate = 2000, .burst = 256 },
	[DP_PUNT_LOCAL] = { .unit = RATE_PKTS_PER_S, .rate = 20000, .burst = 512 },
	[DP_PUNT_EXCEPTION] = { .unit = RATE_PKTS_PER_S, .rate = 2000, .burst = 256 },
	[DP_PUNT_EXCEPTION6] = { .unit = RATE_PKTS_PER_S, .rate = 2000, .burst = 256 },
};

int punt_init(struct dp_router *router)
{
	unsigned i;

	for (i = 0; i < DP_PUNT_COUNT; i++) {
		int err = policer_profile_init(&router->punt_profiles[i], &punt_params[i],
					       clock_tsc_hz());

		if (err != 0)
			return err;
	}
	return 0;
}

void punt_pkt(struct dp_router *router, struct port *port, struct rte_mbuf *pkt,
	      enum dp_punt punt_class, uint64_t now_tsc)
{
	bool control = punt_class == DP_PUNT_CONTROL || punt_class == DP_PUNT_ARP ||
		       punt_class == DP_PUNT_ND;
	struct rte_ring *ring = control ? router->punt_control : router->punt_other;

	if (!policer_bucket_take(&router->punt_profiles[punt_class],
				 &router->punt_buckets[punt_class], now_tsc, pkt->pkt_len)) {
		stage_drop(port, pkt, DP_DROP_PUNT_LIMIT);
		return;
	}
	pkt_port_set(pkt, port->index);
	if (rte_ring_sp_enqueue(ring, pkt) != 0) {
		stage_drop(port, pkt, DP_DROP_PUNT_FULL);
		return;
	}
	port->counters.punt_pkts[punt_class]++;
}

static bool is_routing_port(rte_be16_t port, uint8_t proto)
{
	if (proto == IPPROTO_TCP)
		return port == RTE_BE16(PUNT_PORT_BGP);
	return port == RTE_BE16(PUNT_PORT_BFD_CONTROL) || port == RTE_BE16(PUNT_PORT_BFD_ECHO) ||
	       port == RTE_BE16(PUNT_PORT_BFD_MULTIHOP);
}

/* ip points at len bytes of an IPv4 packet. */
static bool ipv4_is_routing(const struct rte_ipv4_hdr *ip, uint32_t len)
{
	uint32_t header_len = (ip->version_ihl & 0x0fU) * 4U;
	const struct rte_udp_hdr *l4 = (const void *)((const uint8_t *)ip + header_len);

	if (ip->next_proto_id == PROTO_OSPF)
		return true;
	if (ip->next_proto_id != IPPROTO_TCP && ip->next_proto_id != IPPROTO_UDP)
		return false;
	if ((ip->fragment_offset & RTE_BE16(FRAGMENT_OFFSET_MASK)) != 0)
		return false;
	if (header_len < sizeof(*ip) || header_len + sizeof(*l4) > len)
		return false;
	/* source and destination port have the same place in TCP and UDP */
	return is_routing_port(l4->dst_port, ip->next_proto_id) ||
	       (ip->next_proto_id == IPPROTO_TCP &&
		is_routing_port(l4->src_port, ip->next_proto_id));
}

enum dp_punt punt_classify_ipv4(const struct rte_mbuf *pkt)
{
	const struct rte_ipv4_hdr *ip = rte_pktmbuf_mtod_offset(pkt, const struct rte_ipv4_hdr *,
								RTE_ETHER_HDR_LEN);

	return ipv4_is_routing(ip, pkt->data_len - RTE_ETHER_HDR_LEN) ? DP_PUNT_CONTROL
								      : DP_PUNT_LOCAL;
}

/* ip points at len bytes of an IPv6 packet. Extension headers hide what routing does not use. */
static enum dp_punt ipv6_class(const struct rte_ipv6_hdr *ip, uint32_t len)
{
	const struct rte_udp_hdr *l4 = (const void *)(ip + 1);

	if (ip->proto == PROTO_OSPF)
		return DP_PUNT_CONTROL;
	if (len < sizeof(*ip) + sizeof(*l4))
		return DP_PUNT_LOCAL;
	if (ip->proto == IPPROTO_ICMPV6) {
		uint8_t type = *(const uint8_t *)l4;

		return ip->hop_limits == ND_HOP_LIMIT && type >= ND_TYPE_FIRST &&
				       type <= ND_TYPE_LAST
			       ? DP_PUNT_ND
			       : DP_PUNT_LOCAL;
	}
	if (ip->proto != IPPROTO_TCP && ip->proto != IPPROTO_UDP)
		return DP_PUNT_LOCAL;
	return is_routing_port(l4->dst_port, ip->proto) ||
			       (ip->proto == IPPROTO_TCP &&
				is_routing_port(l4->src_port, ip->proto))
		       ? DP_PUNT_CONTROL
		       : DP_PUNT_LOCAL;
}

enum dp_punt punt_classify_ipv6(const struct rte_mbuf *pkt)
{
	return ipv6_class(pkt_ipv6(pkt), pkt->data_len - RTE_ETHER_HDR_LEN);
}

bool punt_is_control(const struct rte_mbuf *pkt)
{
	const struct rte_ether_hdr *eth = rte_pktmbuf_mtod(pkt, const struct rte_ether_hdr *);
	const struct rte_ipv4_hdr *ip = (const void *)(eth + 1);

	if (pkt->data_len < sizeof(*eth) + sizeof(*ip))
		return false;
	if (eth->ether_type == RTE_BE16(RTE_ETHER_TYPE_ARP))
		return true;
	if (eth->ether_type == RTE_BE16(RTE_ETHER_TYPE_IPV6))
		return pkt->data_len >= sizeof(*eth) + sizeof(struct rte_ipv6_hdr) &&
		       punt_classify_ipv6(pkt) != DP_PUNT_LOCAL;
	if (eth->ether_type != RTE_BE16(RTE_ETHER_TYPE_IPV4))
		return false;
	return ipv4_is_routing(ip, pkt->data_len - (uint32_t)sizeof(*eth));
}
