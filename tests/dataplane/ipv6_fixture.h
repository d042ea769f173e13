#ifndef TESTS_DATAPLANE_IPV6_FIXTURE_H
#define TESTS_DATAPLANE_IPV6_FIXTURE_H

/*
 * IPv6 routes and packets for the router of turn_fixture.h.
 */

#include "tests/dataplane/turn_fixture.h"

#include <arpa/inet.h>

static inline struct dp_ip6 ip6(const char *text)
{
	struct dp_ip6 addr;

	assert_int_equal(inet_pton(AF_INET6, text, addr.bytes), 1);
	return addr;
}

static inline void route6_set(const char *prefix, uint8_t depth, uint32_t nexthop)
{
	struct dp_ip6 addr = ip6(prefix);

	assert_int_equal(dp_route6_set(fx.router->routing, &addr, depth, nexthop), 0);
}

/* 2001:db8:1::/48 is forwarded, :2: gleans, :3: is a black hole, 2001:db8::1 is the router. */
static inline void routes6_make(void)
{
	route6_set("2001:db8:1::", 48, fx.forward);
	route6_set("2001:db8::1", 128, fx.local);
	route6_set("2001:db8:2::", 48, fx.glean);
	route6_set("2001:db8:3::", 48, fx.blackhole);
}

static inline struct rte_ipv6_hdr *ip6_of(struct rte_mbuf *pkt)
{
	return (struct rte_ipv6_hdr *)(eth_of(pkt) + 1);
}

/* UDP between ports 0, to port 0 of the router. */
static inline struct rte_mbuf *pkt6_make(const char *dst, unsigned frame_bytes)
{
	struct rte_mbuf *pkt = pkt_make(0, frame_bytes);
	struct rte_ipv6_hdr *ip = ip6_of(pkt);
	struct dp_ip6 src = ip6("2001:db8:9::9"), to = ip6(dst);

	eth_of(pkt)->ether_type = RTE_BE16(RTE_ETHER_TYPE_IPV6);
	memset(ip, 0, frame_bytes - RTE_ETHER_HDR_LEN);
	ip->vtc_flow = RTE_BE32(6U << 28);
	ip->payload_len = rte_cpu_to_be_16(
		(uint16_t)(frame_bytes - RTE_ETHER_HDR_LEN - sizeof(struct rte_ipv6_hdr)));
	ip->proto = IPPROTO_UDP;
	ip->hop_limits = 64;
	memcpy(ip->src_addr, &src, sizeof(src));
	memcpy(ip->dst_addr, &to, sizeof(to));
	return pkt;
}

static inline void src6_set(struct rte_mbuf *pkt, const char *text)
{
	struct dp_ip6 addr = ip6(text);

	memcpy(ip6_of(pkt)->src_addr, &addr, sizeof(addr));
}

/* Prepares a test: the fixture's routes and those of routes6_make(). */
static inline int routes6_setup(void **state)
{
	int ret = router_reset(state);

	routes6_make();
	return ret;
}

#define IPV6_TEST(f) cmocka_unit_test_setup_teardown(f, routes6_setup, router_check)

#endif
