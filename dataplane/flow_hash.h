#ifndef DATAPLANE_FLOW_HASH_H
#define DATAPLANE_FLOW_HASH_H

/**
 * @file
 * Hash of a packet's flow, for the choice among the members of a nexthop group. Worker.
 */

#include <netinet/in.h>
#include <stdint.h>
#include <string.h>

#include <rte_ether.h>
#include <rte_hash_crc.h>
#include <rte_ip.h>
#include <rte_mbuf.h>

#define FLOW_FRAGMENT_MASK 0x3fff /* more fragments, and the offset */

/**
 * Hash of a parsed IPv4 packet: addresses, protocol and ports. Fragments have no ports after the
 * first one, so all of a fragmented packet hashes by addresses and protocol alone.
 */
static inline uint32_t flow_hash_ipv4(const struct rte_mbuf *pkt)
{
	const struct rte_ipv4_hdr *ip = rte_pktmbuf_mtod_offset(pkt, const struct rte_ipv4_hdr *,
								sizeof(struct rte_ether_hdr));
	uint32_t ports = 0, hash;

	if ((ip->next_proto_id == IPPROTO_TCP || ip->next_proto_id == IPPROTO_UDP) &&
	    (ip->fragment_offset & RTE_BE16(FLOW_FRAGMENT_MASK)) == 0)
		memcpy(&ports, ip + 1, sizeof(ports));
	hash = rte_hash_crc_4byte(ip->src_addr, ip->next_proto_id);
	hash = rte_hash_crc_4byte(ip->dst_addr, hash);
	return rte_hash_crc_4byte(ports, hash);
}

#endif
