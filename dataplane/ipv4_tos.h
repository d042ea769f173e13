#ifndef DATAPLANE_IPV4_TOS_H
#define DATAPLANE_IPV4_TOS_H

/**
 * @file
 * The second byte of an IPv4 header: DSCP (RFC 2474) and ECN (RFC 3168), changed together with the
 * header checksum. Worker.
 */

#include <stdbool.h>
#include <stdint.h>

#include <rte_byteorder.h>
#include <rte_ip.h>

#define IPV4_TOS_DSCP_SHIFT 2
#define IPV4_TOS_ECN_MASK 0x03
#define IPV4_TOS_ECN_CE 0x03

static inline uint8_t ipv4_tos_dscp(const struct rte_ipv4_hdr *ip)
{
	return ip->type_of_service >> IPV4_TOS_DSCP_SHIFT;
}

/** Whether the sender said that its transport understands CE (RFC 3168 section 5). */
static inline bool ipv4_tos_is_ect(const struct rte_ipv4_hdr *ip)
{
	return (ip->type_of_service & IPV4_TOS_ECN_MASK) != 0;
}

/** Replaces the byte; checksum by RFC 1624 equation 3, HC' = ~(~HC + ~m + m'). */
static inline void ipv4_tos_set(struct rte_ipv4_hdr *ip, uint8_t tos)
{
	uint16_t before = rte_cpu_to_be_16(ip->type_of_service), after = rte_cpu_to_be_16(tos);
	uint32_t sum = (uint16_t)~ip->hdr_checksum + (uint32_t)(uint16_t)~before + after;

	sum = (sum & 0xffff) + (sum >> 16);
	sum = (sum & 0xffff) + (sum >> 16);
	ip->hdr_checksum = (uint16_t)~sum;
	ip->type_of_service = tos;
}

/** Sets the DSCP and leaves ECN as it is. */
static inline void ipv4_tos_set_dscp(struct rte_ipv4_hdr *ip, uint8_t dscp)
{
	ipv4_tos_set(ip, (uint8_t)(dscp << IPV4_TOS_DSCP_SHIFT |
				   (ip->type_of_service & IPV4_TOS_ECN_MASK)));
}

/** Marks an ECN-capable packet as having met congestion. */
static inline void ipv4_tos_set_ce(struct rte_ipv4_hdr *ip)
{
	ipv4_tos_set(ip, ip->type_of_service | IPV4_TOS_ECN_CE);
}

#endif
