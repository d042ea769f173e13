#ifndef DATAPLANE_PARSE_IPV6_H
#define DATAPLANE_PARSE_IPV6_H

/**
 * @file
 * Checks of IPv6 headers (RFC 8200, RFC 4291). Private to stage_parse.c. Worker.
 */

#include "dataplane/parse_ether.h"
#include "dataplane/parse_fate.h"
#include "dataplane/pkt_family.h"

#include <netinet/in.h>

#define PARSE_MAC_MASK 0x0000ffffffffffffULL /**< of the first eight bytes of a frame */
#define PARSE_IPV6_MIN_BYTES (RTE_ETHER_HDR_LEN + sizeof(struct rte_ipv6_hdr))

/**
 * Whether an address may be of a packet in transit, judged by its first eight bytes: not multicast,
 * not link-local, and not of ::/64, which has the addresses that only parse_ipv6_judge() knows.
 */
static inline bool parse_ipv6_is_transit(const uint8_t addr[16])
{
	uint64_t word;
	uint16_t begin = (uint16_t)(addr[0] << 8 | addr[1]);

	memcpy(&word, addr, sizeof(word));
	return (word != 0) & (addr[0] != 0xff) & ((begin & 0xffc0) != 0xfe80);
}

/** Whether a frame of type IPv6 is a packet to the port that has nothing but to be forwarded. */
static inline bool parse_ipv6_is_plain(const struct rte_mbuf *pkt, uint64_t port_mac)
{
	const struct rte_ipv6_hdr *ip = pkt_ipv6(pkt);
	uint32_t frame_bytes = rte_be_to_cpu_16(ip->payload_len) + (uint32_t)PARSE_IPV6_MIN_BYTES;
	uint64_t dst_mac;

	/* the buffer is always longer than this, so reading beyond a short frame is harmless */
	memcpy(&dst_mac, rte_pktmbuf_mtod(pkt, const uint8_t *), sizeof(dst_mac));
	return ((dst_mac & PARSE_MAC_MASK) == port_mac) & (*(const uint8_t *)ip >> 4 == 6) &
	       (frame_bytes <= pkt->data_len) & parse_ether_is_whole(frame_bytes, pkt->data_len) &
	       (ip->proto != IPPROTO_HOPOPTS) & (ip->proto != IPPROTO_ICMPV6) &
	       parse_ipv6_is_transit(ip->src_addr) & parse_ipv6_is_transit(ip->dst_addr);
}

/** What becomes of a frame of type IPv6; to_us: the frame has the port's MAC address. */
struct fate parse_ipv6_judge(const struct rte_mbuf *pkt, bool to_us);

#endif
