#ifndef DATAPLANE_FLOW_HASH_H
#define DATAPLANE_FLOW_HASH_H

/**
 * @file
 * Hash of a packet's flow, for the choice among the members of a nexthop group. Worker.
 */

#include "dataplane/pkt_family.h"

#include <netinet/in.h>
#include <stdint.h>
#include <string.h>

#include <rte_hash_crc.h>
#include <rte_ip.h>
#include <rte_mbuf.h>

#define FLOW_FRAGMENT_MASK 0x3fff /* more fragments, and the offset */
#define FLOW_LABEL_MASK 0xfffff	  /* in the first word of IPv6 */

/**
 * Hash of a parsed IPv4 packet: addresses, protocol and ports. Fragments have no ports after the
 * first one, so all of a fragmented packet hashes by addresses and protocol alone.
 */
static inline uint32_t flow_hash_ipv4(const struct rte_mbuf *pkt)
{
	const struct rte_ipv4_hdr *ip = pkt_ipv4(pkt);
	uint32_t ports = 0, hash;

	if ((ip->next_proto_id == IPPROTO_TCP || ip->next_proto_id == IPPROTO_UDP) &&
	    (ip->fragment_offset & RTE_BE16(FLOW_FRAGMENT_MASK)) == 0)
		memcpy(&ports, ip + 1, sizeof(ports));
	hash = rte_hash_crc_4byte(ip->src_addr, ip->next_proto_id);
	hash = rte_hash_crc_4byte(ip->dst_addr, hash);
	return rte_hash_crc_4byte(ports, hash);
}

/**
 * Hash of a parsed IPv6 packet: addresses and the flow label that its sender gave it (RFC 6438), so
 * that fragments and packets with extension headers stay with their flow. Without a label as IPv4.
 */
static inline uint32_t flow_hash_ipv6(const struct rte_mbuf *pkt)
{
	const struct rte_ipv6_hdr *ip = pkt_ipv6(pkt);
	uint32_t flow = ip->vtc_flow & RTE_BE32(FLOW_LABEL_MASK), hash = flow;
	uint64_t words[4];

	if (flow == 0) {
		hash = ip->proto;
		if (ip->proto == IPPROTO_TCP || ip->proto == IPPROTO_UDP)
			memcpy(&flow, ip + 1, sizeof(flow));
	}
	memcpy(words, ip->src_addr, sizeof(words));
	for (unsigned i = 0; i < 4; i++)
		hash = rte_hash_crc_8byte(words[i], hash);
	return rte_hash_crc_4byte(flow, hash);
}

#endif
