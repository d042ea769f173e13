/*
 * IPv6 through all stages, alone and in bursts with IPv4: what is forwarded, where, and how it
 * leaves.
 */

#include "tests/dataplane/ipv6_fixture.h"

#include <errno.h>

#define MIXED_PKTS 2000U

static void forwards_and_counts_hops(void **state)
{
	struct rte_mbuf *pkt = NULL;
	unsigned i;

	(void)state;
	for (i = 0; i < 100; i++) {
		pkt = pkt6_make("2001:db8:1::5", 62 + i * 10);
		ip6_of(pkt)->hop_limits = (uint8_t)(2 + i);
		ip6_of(pkt)->vtc_flow = rte_cpu_to_be_32(6U << 28 | i << 20 | 0xabcde);
		send_in(pkt);
	}
	turns(5);
	for (i = 0; i < 100; i++) {
		assert_int_equal(rte_ring_dequeue(fx.from[1], (void **)&pkt), 0);
		assert_int_equal(ip6_of(pkt)->hop_limits, 1 + i);
		assert_int_equal(ip6_of(pkt)->vtc_flow,
				 rte_cpu_to_be_32(6U << 28 | i << 20 | 0xabcde));
		assert_int_equal(eth_of(pkt)->ether_type, RTE_BE16(RTE_ETHER_TYPE_IPV6));
		assert_memory_equal(&eth_of(pkt)->dst_addr, peer_mac, 6);
		assert_memory_equal(&eth_of(pkt)->src_addr, port_macs[1], 6);
		assert_int_equal(pkt->pkt_len, 62 + i * 10);
		rte_pktmbuf_free(pkt);
	}
	assert_int_equal(fx.router->ports[1].counters.tx_pkts, 100);
}

static bool is_ipv6_turn(unsigned i)
{
	return (i * 2654435761U >> 16) % 3 == 0;
}

/* Every fourth packet goes nowhere, so that the others move up. */
static struct rte_mbuf *mixed_make(unsigned i)
{
	struct rte_mbuf *pkt = NULL;

	if (is_ipv6_turn(i)) {
		pkt = pkt6_make(i % 4 == 0 ? "2001:db8:3::1" : "2001:db8:1::1", 70 + i % 200);
		ip6_of(pkt)->hop_limits = (uint8_t)(2 + i % 200);
		memcpy(ip6_of(pkt) + 1, &i, sizeof(i));
		return pkt;
	}
	pkt = pkt_make(i % 4 == 0 ? IP(198, 18, 3, 1) : IP(198, 18, 1, 1), 70 + i % 200);
	ip_of(pkt)->time_to_live = (uint8_t)(2 + i % 200);
	memcpy(ip_of(pkt) + 1, &i, sizeof(i));
	ip_checksum(pkt);
	return pkt;
}

static void mixed_check(struct rte_mbuf *pkt, unsigned i)
{
	const void *payload = is_ipv6_turn(i) ? (const void *)(ip6_of(pkt) + 1)
					      : (const void *)(ip_of(pkt) + 1);

	assert_memory_equal(payload, &i, sizeof(i));
	assert_memory_equal(&eth_of(pkt)->dst_addr, peer_mac, 6);
	assert_memory_equal(&eth_of(pkt)->src_addr, port_macs[1], 6);
	if (is_ipv6_turn(i)) {
		assert_int_equal(eth_of(pkt)->ether_type, RTE_BE16(RTE_ETHER_TYPE_IPV6));
		assert_int_equal(ip6_of(pkt)->hop_limits, 1 + i % 200);
		return;
	}
	assert_int_equal(eth_of(pkt)->ether_type, RTE_BE16(RTE_ETHER_TYPE_IPV4));
	assert_int_equal(ip_of(pkt)->time_to_live, 1 + i % 200);
	assert_int_equal(rte_raw_cksum(ip_of(pkt), 20), 0xffff);
}

/* Bursts of every length, in which the families follow each other without order. */
static void mixed_bursts_keep_their_order(void **state)
{
	unsigned sent = 0, seen = 0, length = 1;
	struct rte_mbuf *pkt = NULL;

	(void)state;
	while (sent < MIXED_PKTS) {
		for (unsigned i = 0; i < length; i++)
			send_in(mixed_make(sent++));
		turns(2);
		for (; seen < sent; seen++) {
			if (seen % 4 == 0)
				continue;
			assert_int_equal(rte_ring_dequeue(fx.from[1], (void **)&pkt), 0);
			mixed_check(pkt, seen);
			rte_pktmbuf_free(pkt);
		}
		length = length % PORT_RX_BURST + 1;
	}
	assert_int_equal(drops(0, DP_DROP_BLACKHOLE), (sent + 3) / 4);
}

static uint32_t group_make(uint8_t mac[2][6])
{
	struct dp_nexthop member = { .kind = DP_NH_FORWARD, .port = 1 };
	struct dp_nexthop group = { .kind = DP_NH_GROUP, .n_members = 2, .weights = { 1, 1 } };
	int index;

	for (unsigned i = 0; i < 2; i++) {
		memcpy(mac[i], (uint8_t[]){ 2, 0, 0, 0, 7, (uint8_t)i }, 6);
		memcpy(member.dst_mac, mac[i], 6);
		index = dp_nexthop_add(fx.router->routing, &member);
		assert_true(index > 0);
		group.members[i] = (uint32_t)index;
	}
	index = dp_nexthop_add(fx.router->routing, &group);
	assert_true(index > 0);
	return (uint32_t)index;
}

/* Sends one packet of a flow. @return the member that it took */
static unsigned member_of(uint8_t mac[2][6], uint32_t label, uint16_t port, uint8_t proto)
{
	struct rte_mbuf *pkt = pkt6_make("2001:db8:8::1", 100);
	unsigned member;

	ip6_of(pkt)->vtc_flow = rte_cpu_to_be_32(6U << 28 | label);
	ip6_of(pkt)->proto = proto;
	((struct rte_udp_hdr *)(ip6_of(pkt) + 1))->src_port = port;
	send_in(pkt);
	turns(1);
	assert_int_equal(rte_ring_dequeue(fx.from[1], (void **)&pkt), 0);
	member = memcmp(&eth_of(pkt)->dst_addr, mac[0], 6) == 0 ? 0 : 1;
	assert_memory_equal(&eth_of(pkt)->dst_addr, mac[member], 6);
	rte_pktmbuf_free(pkt);
	return member;
}

/* A label decides alone (RFC 6438); without one the ports do. */
static void flows_spread_and_stay_together(void **state)
{
	unsigned by_label = 0, by_port = 0;
	uint8_t mac[2][6];

	(void)state;
	route6_set("2001:db8:8::", 48, group_make(mac));
	for (uint16_t i = 1; i <= 400; i++) {
		unsigned member = member_of(mac, i, 0, IPPROTO_UDP);

		by_label += member;
		assert_int_equal(member_of(mac, i, i, IPPROTO_UDP), member);
		assert_int_equal(member_of(mac, i, i, IPPROTO_FRAGMENT), member);
		by_port += member_of(mac, 0, i, IPPROTO_UDP);
		assert_int_equal(member_of(mac, 0, i, IPPROTO_FRAGMENT),
				 member_of(mac, 0, 0, IPPROTO_FRAGMENT));
	}
	assert_in_range(by_label, 100, 300);
	assert_in_range(by_port, 100, 300);
}

/* IPv4 over a neighbour that IPv6 uses, and the other way round: the type is the packet's. */
static void families_share_nexthops(void **state)
{
	struct rte_mbuf *pkt = NULL;

	(void)state;
	for (unsigned i = 0; i < 2; i++) {
		send_in(i == 0 ? pkt6_make("2001:db8:1::1", 100)
			       : pkt_make(IP(198, 18, 1, 1), 100));
		turns(1);
		assert_int_equal(rte_ring_dequeue(fx.from[1], (void **)&pkt), 0);
		assert_int_equal(eth_of(pkt)->ether_type, i == 0 ? RTE_BE16(RTE_ETHER_TYPE_IPV6)
								 : RTE_BE16(RTE_ETHER_TYPE_IPV4));
		rte_pktmbuf_free(pkt);
	}
}

static void a_route_holds_its_nexthop(void **state)
{
	struct dp_ip6 prefix = ip6("2001:db8:77::"), inside = ip6("2001:db8:77::1");
	uint32_t nexthop = nexthop_make(DP_NH_FORWARD);
	struct dp_route_stats before, after;

	(void)state;
	dp_route_stats_get(fx.router->routing, &before);
	assert_int_equal(dp_route6_set(fx.router->routing, &prefix, 48, DP_NH_MAX - 1), -ENOENT);
	assert_int_equal(dp_route6_set(fx.router->routing, &prefix, 40, nexthop), -EINVAL);
	assert_int_equal(dp_route6_set(fx.router->routing, &prefix, 48, nexthop), 0);
	assert_int_equal(dp_route6_lookup(fx.router->routing, &inside), nexthop);
	assert_int_equal(dp_nexthop_del(fx.router->routing, nexthop), -EBUSY);
	dp_route_stats_get(fx.router->routing, &after);
	assert_int_equal(after.routes6, before.routes6 + 1);
	assert_int_equal(dp_route6_del(fx.router->routing, &prefix, 48), 0);
	assert_int_equal(dp_route6_del(fx.router->routing, &prefix, 48), -ENOENT);
	assert_int_equal(dp_nexthop_del(fx.router->routing, nexthop), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		IPV6_TEST(forwards_and_counts_hops),	   IPV6_TEST(mixed_bursts_keep_their_order),
		IPV6_TEST(flows_spread_and_stay_together), IPV6_TEST(families_share_nexthops),
		IPV6_TEST(a_route_holds_its_nexthop),
	};

	return turn_fixture_main(tests, RTE_DIM(tests));
}
