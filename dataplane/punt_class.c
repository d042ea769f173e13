/*
 * To which punt class a packet belongs.
 *
 * What makes the kernel look for a neighbour is told apart from everything else by the FIB: whether
 * source or destination is an address of a connected prefix that nobody has answered for. Each
 * such packet costs an entry of the kernel's neighbour table, which holds 1024 for all namespaces
 * together, for three seconds, and a message to zebra, which ends when it misses one.
 */

#include "dataplane/pkt_family.h"
#include "dataplane/pkt_meta.h"
#include "dataplane/punt.h"
#include "dataplane/routing.h"

#include <rte_arp.h>
#include <rte_ip.h>
#include <rte_tcp.h>
#include <rte_udp.h>

#define FRAGMENT_OFFSET_MASK 0x1fff
/* Router solicitation to redirect; a packet that crossed a router has a lower hop limit (RFC 4861). */
#define ND_TYPE_FIRST 133
#define ND_TYPE_LAST 137
#define ND_HOP_LIMIT 255

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

	if (ip->next_proto_id == PUNT_PROTO_OSPF)
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
	const struct rte_ipv4_hdr *ip = pkt_ipv4(pkt);

	if (ip->next_proto_id == IPPROTO_ICMP)
		return DP_PUNT_ICMP;
	return ipv4_is_routing(ip, pkt->data_len - RTE_ETHER_HDR_LEN) ? DP_PUNT_CONTROL
								      : DP_PUNT_LOCAL;
}

/* ip points at len bytes of an IPv6 packet. Extension headers hide what routing does not use. */
static enum dp_punt ipv6_class(const struct rte_ipv6_hdr *ip, uint32_t len)
{
	const struct rte_udp_hdr *l4 = (const void *)(ip + 1);

	if (ip->proto == PUNT_PROTO_OSPF)
		return DP_PUNT_CONTROL;
	if (len < sizeof(*ip) + sizeof(*l4))
		return DP_PUNT_LOCAL;
	if (ip->proto == IPPROTO_ICMPV6) {
		uint8_t type = *(const uint8_t *)l4;

		return ip->hop_limits == ND_HOP_LIMIT && type >= ND_TYPE_FIRST &&
				       type <= ND_TYPE_LAST
			       ? DP_PUNT_ND
			       : DP_PUNT_ICMP;
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

enum dp_punt punt_classify(const struct rte_mbuf *pkt)
{
	return pkt_is_ipv6(pkt) ? punt_classify_ipv6(pkt) : punt_classify_ipv4(pkt);
}

static uint8_t ipv4_kind(const struct dp_routing *routing, rte_be32_t addr)
{
	const uint32_t key = rte_be_to_cpu_32(addr);
	const struct dp_nh *nh;

	dp_routing_lookup_burst(routing, &key, &nh, 1);
	return nh->kind;
}

static uint8_t ipv6_kind(const struct dp_routing *routing, const uint8_t addr[16])
{
	const struct dp_nh *nh;
	struct dp_ip6 key;

	memcpy(&key, addr, sizeof(key));
	dp_routing_lookup6_burst(routing, &key, &nh, 1);
	return nh->kind;
}

bool punt_is_local(const struct dp_routing *routing, const struct rte_mbuf *pkt)
{
	return (pkt_is_ipv6(pkt) ? ipv6_kind(routing, pkt_ipv6(pkt)->dst_addr)
				 : ipv4_kind(routing, pkt_ipv4(pkt)->dst_addr)) == DP_NH_LOCAL;
}

/* An address of a connected prefix without a neighbour: an answer would make the kernel look for one. */
static bool is_unresolved(const struct dp_routing *routing, const struct rte_mbuf *pkt)
{
	return (pkt_is_ipv6(pkt) ? ipv6_kind(routing, pkt_ipv6(pkt)->src_addr)
				 : ipv4_kind(routing, pkt_ipv4(pkt)->src_addr)) == DP_NH_GLEAN;
}

/* A known neighbour keeps its own limit, whoever else shouts on its network. */
static bool arp_is_of_neighbour(const struct dp_routing *routing, const struct rte_mbuf *pkt)
{
	const struct rte_arp_hdr *arp = rte_pktmbuf_mtod_offset(pkt, const struct rte_arp_hdr *,
								RTE_ETHER_HDR_LEN);
	const struct dp_nh *nh;
	uint32_t sender;

	if (pkt->data_len < RTE_ETHER_HDR_LEN + sizeof(*arp))
		return false;
	sender = rte_be_to_cpu_32(arp->arp_data.arp_sip);
	dp_routing_lookup_burst(routing, &sender, &nh, 1);
	return nh->kind == DP_NH_FORWARD && nh->port == pkt_port(pkt) &&
	       memcmp(nh->rewrite, &arp->arp_data.arp_sha, RTE_ETHER_ADDR_LEN) == 0;
}

enum dp_punt punt_refine(const struct dp_routing *routing, const struct rte_mbuf *pkt,
			 enum dp_punt punt_class)
{
	switch (punt_class) {
	case DP_PUNT_ARP:
		return arp_is_of_neighbour(routing, pkt) ? DP_PUNT_ARP : DP_PUNT_ARP_STRANGER;
	case DP_PUNT_ICMP:
	case DP_PUNT_LOCAL:
	case DP_PUNT_EXCEPTION:
	case DP_PUNT_EXCEPTION6:
		if (!is_unresolved(routing, pkt))
			return punt_class;
		return pkt_is_ipv6(pkt) ? DP_PUNT_NEIGHBOUR6 : DP_PUNT_NEIGHBOUR;
	case DP_PUNT_CONTROL: /* a hello of a neighbour-to-be must not compete with strangers */
	case DP_PUNT_ARP_STRANGER:
	case DP_PUNT_ND:
	case DP_PUNT_NEIGHBOUR:
	case DP_PUNT_NEIGHBOUR6:
	case DP_PUNT_COUNT:
		break;
	}
	return punt_class;
}

/* Of a frame that nobody has parsed yet. DP_PUNT_LOCAL: nothing that routing needs. */
static enum dp_punt frame_class(const struct rte_mbuf *pkt)
{
	const struct rte_ether_hdr *eth = rte_pktmbuf_mtod(pkt, const struct rte_ether_hdr *);
	const struct rte_ipv4_hdr *ip = (const void *)(eth + 1);

	if (pkt->data_len < sizeof(*eth) + sizeof(*ip))
		return DP_PUNT_LOCAL;
	if (eth->ether_type == RTE_BE16(RTE_ETHER_TYPE_ARP))
		return DP_PUNT_ARP;
	if (eth->ether_type == RTE_BE16(RTE_ETHER_TYPE_IPV6))
		return pkt->data_len >= sizeof(*eth) + sizeof(struct rte_ipv6_hdr)
			       ? punt_classify_ipv6(pkt)
			       : DP_PUNT_LOCAL;
	if (eth->ether_type != RTE_BE16(RTE_ETHER_TYPE_IPV4))
		return DP_PUNT_LOCAL;
	return ipv4_is_routing(ip, pkt->data_len - (uint32_t)sizeof(*eth)) ? DP_PUNT_CONTROL
									   : DP_PUNT_LOCAL;
}

bool punt_is_control(const struct rte_mbuf *pkt)
{
	enum dp_punt punt_class = frame_class(pkt);

	return punt_class == DP_PUNT_CONTROL || punt_class == DP_PUNT_ARP ||
	       punt_class == DP_PUNT_ND;
}

bool punt_rescue(struct port *port, const struct rte_mbuf *pkt, uint64_t now_tsc)
{
	struct policer_bucket *bucket = &port->rescue_bucket;

	switch (frame_class(pkt)) {
	case DP_PUNT_CONTROL:
		break;
	case DP_PUNT_ARP:
	case DP_PUNT_ND:
		bucket = &port->rescue_neigh_bucket;
		break;
	default:
		return false;
	}
	return policer_bucket_take(&port->rescue, bucket, now_tsc, pkt->pkt_len);
}
