/*
 * Header checks (RFC 1812 5.2.2, 5.3.7; those of IPv6 are in parse_ipv6.h).
 *
 * Nearly every packet is plain (stage_headers.h), and one conjunction of comparisons without
 * branches over a whole burst recognises it. Only a burst that fails it is looked at packet by
 * packet, and only a packet that fails by itself is looked at by code that may take its time to
 * name the reason.
 */

#include "dataplane/own_filter.h"
#include "dataplane/parse_ether.h"
#include "dataplane/parse_ipv6.h"
#include "dataplane/punt.h"
#include "dataplane/routing.h"
#include "dataplane/rules.h"
#include "dataplane/stage.h"

#include <rte_ip.h>

#define IPV4_PLAIN_VERSION_IHL 0x45
/* First four bits of a multicast address, first three octets of 224.0.0.0/24. DPDK's own macros
 * shift signed numbers into the sign. */
#define IPV4_CLASS_D 0xe
#define IPV4_LINK_LOCAL_GROUPS 0xe00000
#define MIN_FRAME_BYTES (RTE_ETHER_HDR_LEN + sizeof(struct rte_ipv4_hdr))

/* Sum of the ten 16-bit words of a header without options; 0xffff iff its checksum is right. */
static inline uint32_t ipv4_plain_sum(const struct rte_ipv4_hdr *ip)
{
	uint32_t words[5];
	uint64_t sum;

	memcpy(words, ip, sizeof(words));
	sum = (uint64_t)words[0] + words[1] + words[2] + words[3] + words[4];
	sum = (sum & 0xffffffff) + (sum >> 32);
	sum = (sum & 0xffff) + (sum >> 16);
	sum = (sum & 0xffff) + (sum >> 16);
	return (uint32_t)((sum & 0xffff) + (sum >> 16));
}

/* A first octet that a unicast address may have: not 0, not 127, not class D or E. */
static inline bool octet_is_unicast(uint8_t octet)
{
	return ((uint8_t)(octet - 1) < 223) & (octet != 127);
}

static inline bool frame_is_plain(const struct rte_mbuf *pkt, uint64_t port_mac)
{
	const uint8_t *frame = rte_pktmbuf_mtod(pkt, const uint8_t *);
	const struct rte_ipv4_hdr *ip = pkt_ipv4(pkt);
	uint32_t total_len = rte_be_to_cpu_16(ip->total_length);
	uint64_t dst_mac;
	uint16_t ether_type;

	/* the buffer is always longer than this, so reading beyond a short frame is harmless */
	memcpy(&dst_mac, frame, sizeof(dst_mac));
	memcpy(&ether_type, frame + 2 * RTE_ETHER_ADDR_LEN, sizeof(ether_type));
	return (pkt->data_len >= MIN_FRAME_BYTES) & ((dst_mac & PARSE_MAC_MASK) == port_mac) &
	       (ether_type == RTE_BE16(RTE_ETHER_TYPE_IPV4)) &
	       (ip->version_ihl == IPV4_PLAIN_VERSION_IHL) & (total_len >= sizeof(*ip)) &
	       (total_len + RTE_ETHER_HDR_LEN <= pkt->data_len) &
	       parse_ether_is_whole(total_len + RTE_ETHER_HDR_LEN, pkt->data_len) &
	       (ipv4_plain_sum(ip) == 0xffff) & octet_is_unicast((uint8_t)ip->src_addr) &
	       octet_is_unicast((uint8_t)ip->dst_addr);
}

/* Destinations that are no unicast address. */
static struct fate ipv4_special_dst(const struct rte_mbuf *pkt, uint32_t dst)
{
	if (dst == RTE_IPV4_BROADCAST)
		return fate_punt(DP_PUNT_LOCAL);
	if (dst >> 28 == IPV4_CLASS_D) {
		/* 224.0.0.0/24 is never forwarded (RFC 5771 4); all other groups need a listener */
		if (dst >> 8 == IPV4_LINK_LOCAL_GROUPS)
			return fate_punt(punt_classify_ipv4(pkt));
		return fate_drop(DP_DROP_MULTICAST);
	}
	return fate_drop(DP_DROP_MARTIAN_DST);
}

static struct fate ipv4_judge(const struct rte_mbuf *pkt, bool to_us)
{
	const struct rte_ipv4_hdr *ip = pkt_ipv4(pkt);
	uint32_t header_len = rte_ipv4_hdr_len(ip);
	uint32_t total_len = rte_be_to_cpu_16(ip->total_length);
	uint32_t src = rte_be_to_cpu_32(ip->src_addr), dst = rte_be_to_cpu_32(ip->dst_addr);
	uint32_t have = pkt->data_len - RTE_ETHER_HDR_LEN;

	if (have < sizeof(*ip))
		return fate_drop(DP_DROP_TRUNCATED);
	if (ip->version_ihl >> 4 != IPVERSION)
		return fate_drop(DP_DROP_VERSION);
	if (header_len < sizeof(*ip) || total_len < header_len)
		return fate_drop(DP_DROP_LENGTH);
	if (total_len > have)
		return fate_drop(DP_DROP_TRUNCATED);
	if (rte_raw_cksum(ip, header_len) != 0xffff)
		return fate_drop(DP_DROP_CHECKSUM);
	/* 0.0.0.0 may ask for an address (RFC 1122 3.2.1.3) */
	if (!octet_is_unicast((uint8_t)(src >> 24)) &&
	    !(src == RTE_IPV4_ANY && dst == RTE_IPV4_BROADCAST))
		return fate_drop(DP_DROP_MARTIAN_SRC);
	if (!octet_is_unicast((uint8_t)(dst >> 24)))
		return ipv4_special_dst(pkt, dst);
	if (!to_us)
		return fate_local_only();
	if (header_len > sizeof(*ip))
		return fate_punt(DP_PUNT_EXCEPTION);
	return fate_forward();
}

static struct fate frame_judge(const struct rte_mbuf *pkt, uint64_t port_mac)
{
	const struct rte_ether_hdr *eth = rte_pktmbuf_mtod(pkt, const struct rte_ether_hdr *);
	uint64_t dst_mac;
	bool to_us;

	if (pkt->data_len < sizeof(*eth))
		return fate_drop(DP_DROP_TRUNCATED);
	memcpy(&dst_mac, eth, sizeof(dst_mac));
	to_us = (dst_mac & PARSE_MAC_MASK) == port_mac;
	if (!to_us && !rte_is_multicast_ether_addr(&eth->dst_addr))
		return fate_drop(DP_DROP_MAC);
	switch (eth->ether_type) {
	case RTE_BE16(RTE_ETHER_TYPE_IPV4):
		return ipv4_judge(pkt, to_us);
	case RTE_BE16(RTE_ETHER_TYPE_ARP):
		return fate_punt(DP_PUNT_ARP);
	case RTE_BE16(RTE_ETHER_TYPE_IPV6):
		return parse_ipv6_judge(pkt, to_us);
	default:
		return fate_drop(DP_DROP_ETHERTYPE);
	}
}

/* Disposes of a packet that is not plain. @return whether it is to be forwarded after all */
static bool frame_dispose(struct stage_burst *burst, struct rte_mbuf *pkt)
{
	struct fate fate = frame_judge(pkt, __atomic_load_n(&burst->port->mac, __ATOMIC_RELAXED));

	switch (fate.kind) {
	case FATE_FORWARD:
		/* the lengths that were read are no longer right */
		if (parse_ether_trim(pkt))
			burst->lengths.n = 0;
		return true;
	case FATE_LOCAL_ONLY:
		if (!punt_is_local(burst->router->routing, pkt)) {
			stage_drop(burst->port, pkt, DP_DROP_MAC);
			return false;
		}
		punt_pkt(burst->router, burst->port, pkt, punt_classify(pkt), burst->now_tsc);
		return false;
	case FATE_PUNT:
		punt_pkt(burst->router, burst->port, pkt, fate.punt_class, burst->now_tsc);
		return false;
	case FATE_DROP:
		stage_drop(burst->port, pkt, fate.reason);
		return false;
	}
	return false;
}

/*
 * Whether an IPv4 packet names one of the router's own addresses as its source (RFC 1812 5.3.7).
 * Where there are rules they have a say in it: stage_rpf() asks them.
 */
static bool source_is_own(const struct dp_routing *routing, const struct rte_mbuf *pkt)
{
	const rte_be32_t src = pkt_ipv4(pkt)->src_addr;
	const uint32_t key = rte_be_to_cpu_32(src);
	const struct dp_nh *nh;

	if (likely(!own_filter_has(&routing->own, src)) || rules_get(routing, false) != NULL)
		return false;
	dp_routing_lookup_burst(routing, &key, &nh, 1);
	return nh->kind == DP_NH_LOCAL;
}

/* Drops what names the router itself as its source. */
static void burst_drop_own(struct stage_burst *burst)
{
	unsigned i, n = 0;

	for (i = 0; i < burst->n; i++) {
		struct rte_mbuf *pkt = burst->pkts[i];

		if (unlikely(source_is_own(burst->router->routing, pkt)))
			stage_drop(burst->port, pkt, DP_DROP_MARTIAN_SRC);
		else
			burst->pkts[n++] = pkt;
	}
	burst->n = n;
}

/* Looks at each packet by itself. */
static void burst_sort_out(struct stage_burst *burst, uint64_t port_mac)
{
	unsigned i, n = 0;

	for (i = 0; i < burst->n; i++) {
		struct rte_mbuf *pkt = burst->pkts[i];
		bool is_ipv6, is_plain;

		parse_ether_untag(pkt);
		is_ipv6 = pkt_is_ipv6(pkt);
		is_plain = is_ipv6 ? parse_ipv6_is_plain(pkt, port_mac)
				   : frame_is_plain(pkt, port_mac);
		if (!is_plain && !frame_dispose(burst, pkt))
			continue;
		if (!is_ipv6 && source_is_own(burst->router->routing, pkt)) {
			stage_drop(burst->port, pkt, DP_DROP_MARTIAN_SRC);
			continue;
		}
		burst->pkts[n++] = pkt;
		burst->has_ipv6 |= is_ipv6;
	}
	burst->n = n;
}

void stage_parse(struct stage_burst *burst)
{
	uint64_t port_mac = __atomic_load_n(&burst->port->mac, __ATOMIC_RELAXED);
	const struct dp_own_filter *own = &burst->router->routing->own;

	burst->has_ipv6 = false;
	stage_headers_load(&burst->headers, burst->pkts, burst->n, port_mac, own);
	if (likely(burst->headers.plain)) {
		if (unlikely(burst->headers.may_be_own))
			burst_drop_own(burst);
		return;
	}
	burst_sort_out(burst, port_mac);
	if (!burst->has_ipv6)
		stage_headers_load(&burst->headers, burst->pkts, burst->n, port_mac, own);
}
