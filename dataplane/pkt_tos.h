#ifndef DATAPLANE_PKT_TOS_H
#define DATAPLANE_PKT_TOS_H

/**
 * @file
 * DSCP (RFC 2474) and ECN (RFC 3168) of a packet of either family: the type of service of IPv4
 * (ipv4_tos.h) and the traffic class of IPv6, which no checksum covers. Worker.
 */

#include "dataplane/ipv4_tos.h"
#include "dataplane/pkt_family.h"

#define PKT_TOS_IPV6_SHIFT 20 /**< of the traffic class in the header's first word */

static inline uint8_t pkt_tos_ipv6(const struct rte_ipv6_hdr *ip)
{
	return (uint8_t)(rte_be_to_cpu_32(ip->vtc_flow) >> PKT_TOS_IPV6_SHIFT);
}

static inline void pkt_tos_ipv6_set(struct rte_ipv6_hdr *ip, uint8_t tos)
{
	uint32_t word = rte_be_to_cpu_32(ip->vtc_flow) & ~(0xffU << PKT_TOS_IPV6_SHIFT);

	ip->vtc_flow = rte_cpu_to_be_32(word | (uint32_t)tos << PKT_TOS_IPV6_SHIFT);
}

static inline uint8_t pkt_tos_dscp(const struct rte_mbuf *pkt)
{
	return pkt_is_ipv6(pkt) ? pkt_tos_ipv6(pkt_ipv6(pkt)) >> IPV4_TOS_DSCP_SHIFT
				: ipv4_tos_dscp(pkt_ipv4(pkt));
}

/** Sets the DSCP and leaves ECN as it is. */
static inline void pkt_tos_set_dscp(struct rte_mbuf *pkt, uint8_t dscp)
{
	struct rte_ipv6_hdr *ip = pkt_ipv6(pkt);

	if (!pkt_is_ipv6(pkt))
		ipv4_tos_set_dscp(pkt_ipv4(pkt), dscp);
	else
		pkt_tos_ipv6_set(ip, (uint8_t)(dscp << IPV4_TOS_DSCP_SHIFT |
					       (pkt_tos_ipv6(ip) & IPV4_TOS_ECN_MASK)));
}

/** Marks an ECN-capable packet as having met congestion. */
static inline void pkt_tos_set_ce(struct rte_mbuf *pkt)
{
	struct rte_ipv6_hdr *ip = pkt_ipv6(pkt);

	if (!pkt_is_ipv6(pkt))
		ipv4_tos_set_ce(pkt_ipv4(pkt));
	else
		pkt_tos_ipv6_set(ip, pkt_tos_ipv6(ip) | IPV4_TOS_ECN_CE);
}

#endif
