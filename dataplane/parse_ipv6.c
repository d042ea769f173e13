/*
 * What IPv6 packets are dropped for before any router looks at its tables: as RFC 4291 2.5 and 2.7
 * have it, and as Linux does in the twin's stead.
 */

#include "dataplane/parse_ipv6.h"

#include "dataplane/punt.h"

/* Scope of a group (RFC 4291 2.7): 0 is reserved, 1 never leaves its interface, 2 its link. */
#define SCOPE_MASK 0x0f
#define SCOPE_INTERFACE 1
#define SCOPE_LINK 2

static const uint8_t unspecified[16], loopback[16] = { [15] = 1 };

static bool is_link_local(const uint8_t addr[16])
{
	return addr[0] == 0xfe && (addr[1] & 0xc0) == 0x80;
}

static bool is_multicast(const uint8_t addr[16])
{
	return addr[0] == 0xff;
}

static bool is_equal(const uint8_t a[16], const uint8_t b[16])
{
	return memcmp(a, b, 16) == 0;
}

static struct fate group_judge(const struct rte_mbuf *pkt, const uint8_t group[16])
{
	unsigned scope = group[1] & SCOPE_MASK;

	if (scope <= SCOPE_INTERFACE)
		return fate_drop(DP_DROP_MULTICAST);
	return fate_punt(scope == SCOPE_LINK ? punt_classify_ipv6(pkt) : DP_PUNT_EXCEPTION6);
}

static struct fate unicast_judge(const struct rte_mbuf *pkt, const struct rte_ipv6_hdr *ip,
				 bool to_us)
{
	enum dp_punt punt_class = punt_classify_ipv6(pkt);

	/* an address without a link of its own is what only a neighbour of ours can mean */
	if (is_link_local(ip->dst_addr))
		return fate_punt(punt_class);
	if (!to_us && ip->proto != IPPROTO_HOPOPTS)
		return fate_local_only();
	if (punt_class == DP_PUNT_ND)
		return fate_punt(punt_class);
	if (is_link_local(ip->src_addr))
		return fate_punt(punt_class == DP_PUNT_LOCAL ? DP_PUNT_EXCEPTION6 : punt_class);
	if (ip->proto == IPPROTO_HOPOPTS)
		return fate_punt(DP_PUNT_EXCEPTION6);
	return fate_forward();
}

struct fate parse_ipv6_judge(const struct rte_mbuf *pkt, bool to_us)
{
	const struct rte_ipv6_hdr *ip = pkt_ipv6(pkt);

	if (pkt->data_len < PARSE_IPV6_MIN_BYTES)
		return fate_drop(DP_DROP_TRUNCATED);
	if (*(const uint8_t *)ip >> 4 != 6)
		return fate_drop(DP_DROP_VERSION);
	if (rte_be_to_cpu_16(ip->payload_len) + PARSE_IPV6_MIN_BYTES > pkt->data_len)
		return fate_drop(DP_DROP_TRUNCATED);
	if (is_multicast(ip->src_addr) || is_equal(ip->src_addr, loopback))
		return fate_drop(DP_DROP_MARTIAN_SRC);
	if (is_equal(ip->dst_addr, unspecified) || is_equal(ip->dst_addr, loopback))
		return fate_drop(DP_DROP_MARTIAN_DST);
	if (is_multicast(ip->dst_addr))
		return group_judge(pkt, ip->dst_addr);
	/* only who has no address yet uses none, and asks groups (RFC 4291 2.5.2) */
	if (is_equal(ip->src_addr, unspecified))
		return fate_drop(DP_DROP_MARTIAN_SRC);
	return unicast_judge(pkt, ip, to_us);
}
