/*
 * Malformed IPv6 packets are dropped by name; what the kernel must see is punted by class.
 */

#include "tests/dataplane/ipv6_fixture.h"

struct address_case {
	const char *src, *dst;
	enum dp_drop reason;
};

static void expect_drop(struct rte_mbuf *pkt, enum dp_drop reason)
{
	uint64_t before = drops(0, reason);

	send_in(pkt);
	turns(1);
	assert_int_equal(drops(0, reason), before + 1);
	assert_true(rte_ring_empty(fx.from[1]));
}

static void malformed_packets_are_dropped_by_name(void **state)
{
	static const struct address_case cases[] = {
		{ "ff02::5", "2001:db8:1::1", DP_DROP_MARTIAN_SRC },
		{ "::", "2001:db8:1::1", DP_DROP_MARTIAN_SRC },
		{ "::1", "2001:db8:1::1", DP_DROP_MARTIAN_SRC },
		{ "2001:db8:9::9", "::1", DP_DROP_MARTIAN_DST },
		{ "2001:db8:9::9", "::", DP_DROP_MARTIAN_DST },
		{ "2001:db8:9::9", "ff01::1", DP_DROP_MULTICAST },
		{ "2001:db8:9::9", "ff00::1", DP_DROP_MULTICAST },
	};
	struct rte_mbuf *pkt;

	(void)state;
	for (size_t i = 0; i < RTE_DIM(cases); i++) {
		pkt = pkt6_make(cases[i].dst, 100);
		src6_set(pkt, cases[i].src);
		expect_drop(pkt, cases[i].reason);
	}
	pkt = pkt6_make("2001:db8:1::1", 100);
	ip6_of(pkt)->vtc_flow = RTE_BE32(4U << 28);
	expect_drop(pkt, DP_DROP_VERSION);
	pkt = pkt6_make("2001:db8:1::1", 100);
	ip6_of(pkt)->payload_len = RTE_BE16(100 - 54 + 1);
	expect_drop(pkt, DP_DROP_TRUNCATED);
	pkt = pkt6_make("2001:db8:1::1", 100);
	rte_pktmbuf_trim(pkt, 100 - 53);
	expect_drop(pkt, DP_DROP_TRUNCATED);
	pkt = pkt6_make("2001:db8:1::1", 100);
	eth_of(pkt)->dst_addr.addr_bytes[5] ^= 1;
	expect_drop(pkt, DP_DROP_MAC);
	pkt = pkt6_make("2001:db8:1::1", 100);
	memset(&eth_of(pkt)->dst_addr, 0xff, 6);
	expect_drop(pkt, DP_DROP_MAC);
}

/* What follows the packet is no part of it (RFC 8200 3). */
static void trailers_are_taken_off(void **state)
{
	struct rte_mbuf *pkt = pkt6_make("2001:db8:1::1", 100);

	(void)state;
	ip6_of(pkt)->payload_len = 0;
	ip6_of(pkt)->proto = IPPROTO_NONE;
	send_in(pkt);
	turns(1);
	assert_int_equal(rte_ring_dequeue(fx.from[1], (void **)&pkt), 0);
	assert_int_equal(pkt->pkt_len, RTE_ETHER_HDR_LEN + sizeof(struct rte_ipv6_hdr));
	rte_pktmbuf_free(pkt);
}

static void expect_punt(struct rte_mbuf *pkt, enum dp_punt punt_class)
{
	struct rte_ring *ring = punt_class == DP_PUNT_CONTROL || punt_class == DP_PUNT_ND
					? fx.router->punt_control
					: fx.router->punt_other;
	uint64_t before = fx.router->ports[0].counters.punt_pkts[punt_class];
	struct rte_mbuf *got = NULL;

	send_in(pkt);
	turns(1);
	assert_int_equal(fx.router->ports[0].counters.punt_pkts[punt_class], before + 1);
	assert_int_equal(rte_ring_dequeue(ring, (void **)&got), 0);
	assert_ptr_equal(got, pkt);
	rte_pktmbuf_free(got);
}

static void exceptions_go_to_the_kernel_by_class(void **state)
{
	struct rte_mbuf *pkt;

	(void)state;
	expect_punt(pkt6_make("2001:db8::1", 100), DP_PUNT_LOCAL);
	expect_punt(pkt6_make("2001:db8:2::1", 100), DP_PUNT_NEIGHBOUR6);
	expect_punt(pkt6_make("2001:db8:4::1", 100), DP_PUNT_EXCEPTION6);
	/* an address of ::/64 that is none of the special ones is looked up */
	expect_punt(pkt6_make("::2", 100), DP_PUNT_EXCEPTION6);
	expect_punt(pkt6_make("fe80::1", 100), DP_PUNT_LOCAL);
	expect_punt(pkt6_make("ff05::2", 100), DP_PUNT_EXCEPTION6);
	pkt = pkt6_make("2001:db8:1::1", 100);
	src6_set(pkt, "fe80::9");
	expect_punt(pkt, DP_PUNT_EXCEPTION6);
	pkt = pkt6_make("2001:db8:1::1", 100);
	ip6_of(pkt)->proto = IPPROTO_HOPOPTS;
	expect_punt(pkt, DP_PUNT_EXCEPTION6);
	for (uint8_t hops = 0; hops < 2; hops++) {
		pkt = pkt6_make("2001:db8:1::1", 100);
		ip6_of(pkt)->hop_limits = hops;
		expect_punt(pkt, DP_PUNT_EXCEPTION6);
	}
	pkt = pkt6_make("2001:db8::1", 100);
	ip6_of(pkt)->hop_limits = 1;
	expect_punt(pkt, DP_PUNT_LOCAL);
}

static struct rte_mbuf *icmp6_make(const char *dst, uint8_t type, uint8_t hops)
{
	struct rte_mbuf *pkt = pkt6_make(dst, 100);

	ip6_of(pkt)->proto = IPPROTO_ICMPV6;
	ip6_of(pkt)->hop_limits = hops;
	*(uint8_t *)(ip6_of(pkt) + 1) = type;
	return pkt;
}

static void neighbours_and_routing_have_their_classes(void **state)
{
	static const uint8_t group_mac[6] = { 0x33, 0x33, 0, 0, 0, 5 };
	struct rte_mbuf *pkt;

	(void)state;
	for (uint8_t type = 133; type <= 137; type++)
		expect_punt(icmp6_make("2001:db8::1", type, 255), DP_PUNT_ND);
	expect_punt(icmp6_make("ff02::1:ff00:1", 135, 255), DP_PUNT_ND);
	/* one that crossed a router is none (RFC 4861 7.1) */
	expect_punt(icmp6_make("2001:db8::1", 135, 254), DP_PUNT_ICMP);
	expect_punt(icmp6_make("2001:db8::1", 128, 255), DP_PUNT_ICMP);
	pkt = icmp6_make("ff02::1:ff00:1", 135, 255);
	src6_set(pkt, "::");
	expect_punt(pkt, DP_PUNT_ND);
	pkt = pkt6_make("ff02::5", 100);
	memcpy(&eth_of(pkt)->dst_addr, group_mac, 6);
	src6_set(pkt, "fe80::9");
	ip6_of(pkt)->proto = 89;
	expect_punt(pkt, DP_PUNT_CONTROL);
	pkt = pkt6_make("2001:db8::1", 100);
	((struct rte_udp_hdr *)(ip6_of(pkt) + 1))->dst_port = RTE_BE16(3784);
	expect_punt(pkt, DP_PUNT_CONTROL);
	pkt = pkt6_make("fe80::1", 100);
	src6_set(pkt, "fe80::9");
	ip6_of(pkt)->proto = IPPROTO_TCP;
	((struct rte_udp_hdr *)(ip6_of(pkt) + 1))->src_port = RTE_BE16(179);
	expect_punt(pkt, DP_PUNT_CONTROL);
}

/* ICMPv6 in transit, an extension header but the first, and a packet of just the MTU pass. */
static void transit_passes(void **state)
{
	struct rte_mbuf *pkts[] = { icmp6_make("2001:db8:1::1", 128, 255),
				    pkt6_make("2001:db8:1::1", 100),
				    pkt6_make("2001:db8:1::1", RTE_ETHER_HDR_LEN + 1500) };

	(void)state;
	ip6_of(pkts[1])->proto = IPPROTO_FRAGMENT;
	for (unsigned i = 0; i < RTE_DIM(pkts); i++) {
		struct rte_mbuf *got = NULL;

		send_in(pkts[i]);
		turns(1);
		assert_int_equal(rte_ring_dequeue(fx.from[1], (void **)&got), 0);
		assert_ptr_equal(got, pkts[i]);
		rte_pktmbuf_free(got);
	}
	expect_punt(pkt6_make("2001:db8:1::1", RTE_ETHER_HDR_LEN + 1501), DP_PUNT_EXCEPTION6);
}

/* Neither family may take the tokens of the other's exceptions. */
static void exceptions_of_the_families_have_limits_of_their_own(void **state)
{
	(void)state;
	for (unsigned i = 0; i < 1000; i++) {
		send_in(pkt6_make("2001:db8:2::1", 100));
		turns(1);
		ring_empty(fx.router->punt_other);
	}
	assert_true(drops(0, DP_DROP_PUNT_LIMIT) > 0);
	send_in(pkt_make(IP(198, 18, 2, 1), 60));
	turns(1);
	assert_int_equal(fx.router->ports[0].counters.punt_pkts[DP_PUNT_NEIGHBOUR], 1);
}

/* Anything at all may arrive: half of it nearly right, so that every check is reached. */
static void any_bytes_are_accounted_for(void **state)
{
	static const char *const dsts[] = { "2001:db8:1::1", "2001:db8::1", "ff02::1",
					    "2001:db8:1::2", "fe80::1",	    "2001:db8:1::3" };
	uint64_t seed = 7;
	unsigned i, j;

	(void)state;
	for (i = 0; i < 100000; i++) {
		struct rte_mbuf *pkt = pkt6_make(dsts[i % RTE_DIM(dsts)], 60 + i % 1400);
		uint8_t *bytes = rte_pktmbuf_mtod(pkt, uint8_t *);

		for (j = 0; j < (i % 3); j++) {
			seed = seed * 6364136223846793005ULL + 1442695040888963407ULL;
			bytes[(seed >> 33) % 62] ^= (uint8_t)(seed >> 56);
		}
		if (i % 5 == 0)
			rte_pktmbuf_trim(pkt, (uint16_t)((seed >> 40) % pkt->pkt_len));
		send_in(pkt);
		if (i % 32 == 31) {
			turns(1);
			ring_empty(fx.from[0]);
			ring_empty(fx.from[1]);
			ring_empty(fx.router->punt_control);
			ring_empty(fx.router->punt_other);
		}
	}
	turns(2);
	assert_int_equal(fx.router->ports[0].counters.rx_pkts, 100000);
	assert_true(fx.router->ports[1].counters.tx_pkts > 1000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		IPV6_TEST(malformed_packets_are_dropped_by_name),
		IPV6_TEST(trailers_are_taken_off),
		IPV6_TEST(exceptions_go_to_the_kernel_by_class),
		IPV6_TEST(neighbours_and_routing_have_their_classes),
		IPV6_TEST(transit_passes),
		IPV6_TEST(exceptions_of_the_families_have_limits_of_their_own),
		IPV6_TEST(any_bytes_are_accounted_for),
	};

	return turn_fixture_main(tests, RTE_DIM(tests));
}
