#ifndef DATAPLANE_PKT_FAMILY_H
#define DATAPLANE_PKT_FAMILY_H

/**
 * @file
 * Whether a packet is IPv6, and where its header is. Worker.
 */

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include <rte_byteorder.h>
#include <rte_ether.h>
#include <rte_ip.h>
#include <rte_mbuf.h>

/** By the type in the Ethernet header, which is in the buffer however short the frame is. */
static inline bool pkt_is_ipv6(const struct rte_mbuf *pkt)
{
	uint16_t ether_type;

	memcpy(&ether_type, rte_pktmbuf_mtod_offset(pkt, const uint8_t *, 2 * RTE_ETHER_ADDR_LEN),
	       sizeof(ether_type));
	return ether_type == RTE_BE16(RTE_ETHER_TYPE_IPV6);
}

/** Header of an IPv6 packet. */
static inline struct rte_ipv6_hdr *pkt_ipv6(const struct rte_mbuf *pkt)
{
	return rte_pktmbuf_mtod_offset(pkt, struct rte_ipv6_hdr *, RTE_ETHER_HDR_LEN);
}

/** Header of an IPv4 packet. */
static inline struct rte_ipv4_hdr *pkt_ipv4(const struct rte_mbuf *pkt)
{
	return rte_pktmbuf_mtod_offset(pkt, struct rte_ipv4_hdr *, RTE_ETHER_HDR_LEN);
}

#endif
