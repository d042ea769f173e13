/*
 * Packets of both families through all stages, where rules decide: what is read from their headers,
 * and that each packet of a burst has its own way.
 */

#include "dataplane/dp_rules.h"
#include "tests/dataplane/ipv6_fixture.h"

#define HALF_A 0
#define HALF_B 1

static const uint8_t macs[2][6] = { { 2, 0, 0, 0, 8, 1 }, { 2, 0, 0, 0, 8, 2 } };
static struct dp_table *tables[2];
static uint32_t ways[2];

/* Two tables with a default route each. */
static int rules_setup(void **state)
{
	struct dp_nexthop way = { .kind = DP_NH_FORWARD, .port = 1 };
	struct dp_ip6 any = { { 0 } };
	int ret = routes6_setup(state);

	for (unsigned i = 0; i < 2; i++) {
		int index;

		memcpy(way.dst_mac, macs[i], sizeof(macs[i]));
		index = dp_nexthop_add(fx.router->routing, &way);
		assert_true(index > 0);
		ways[i] = (uint32_t)index;
		tables[i] = dp_table_create(fx.router->routing);
		assert_non_null(tables[i]);
		assert_int_equal(dp_table_set(tables[i], 0, 0, ways[i]), 0);
		assert_int_equal(dp_table6_set(tables[i], &any, 0, ways[i]), 0);
	}
	return ret;
}

static int rules_teardown(void **state)
{
	struct dp_ip6 any = { { 0 } };

	assert_int_equal(dp_rules_set(fx.router->routing, false, NULL, 0), 0);
	assert_int_equal(dp_rules_set(fx.router->routing, true, NULL, 0), 0);
	for (unsigned i = 0; i < 2; i++) {
		assert_int_equal(dp_table_del(tables[i], 0, 0), 0);
		assert_int_equal(dp_table6_del(tables[i], &any, 0), 0);
		dp_table_destroy(tables[i]);
		assert_int_equal(dp_nexthop_del(fx.router->routing, ways[i]), 0);
	}
	return router_check(state);
}

/* Packets that match one rule take the first table, all others the second. */
static void rule_use(bool ipv6, struct dp_rule rule)
{
	struct dp_rule rules[2] = { rule, { .in_ports = DP_RULE_ANY_PORT, .table = tables[1] } };

	rules[0].in_ports = DP_RULE_ANY_PORT;
	rules[0].table = tables[0];
	assert_int_equal(dp_rules_set(fx.router->routing, ipv6, rules, 2), 0);
}

/* @return the table that a packet took */
static unsigned way_of(struct rte_mbuf *pkt)
{
	unsigned way;

	send_in(pkt);
	turns(1);
	assert_int_equal(rte_ring_dequeue(fx.from[1], (void **)&pkt), 0);
	way = memcmp(&eth_of(pkt)->dst_addr, macs[0], 6) == 0 ? 0 : 1;
	assert_memory_equal(&eth_of(pkt)->dst_addr, macs[way], 6);
	rte_pktmbuf_free(pkt);
	return way;
}

static struct rte_mbuf *pkt4(uint8_t protocol, uint16_t fragment, unsigned ports_at,
			     uint16_t dst_port)
{
	struct rte_mbuf *pkt = pkt_make(IP(203, 0, 113, 7), 100);
	uint16_t ports[2] = { RTE_BE16(1), rte_cpu_to_be_16(dst_port) };

	ip_of(pkt)->next_proto_id = protocol;
	ip_of(pkt)->fragment_offset = rte_cpu_to_be_16(fragment);
	memcpy((uint8_t *)(ip_of(pkt) + 1) + ports_at, ports, sizeof(ports));
	ip_checksum(pkt);
	return pkt;
}

static void ports_of_ipv4(void **state)
{
	const struct dp_rule rule = { .dst_port = { 0, 5000, 5999 } };

	(void)state;
	rule_use(false, rule);
	assert_int_equal(way_of(pkt4(IPPROTO_UDP, 0, 0, 5000)), HALF_A);
	assert_int_equal(way_of(pkt4(IPPROTO_UDP, 0, 0, 6000)), HALF_B);
	assert_int_equal(way_of(pkt4(IPPROTO_TCP, 0, 0, 5999)), HALF_A);
	assert_int_equal(way_of(pkt4(IPPROTO_SCTP, 0, 0, 5999)), HALF_A);
	assert_int_equal(way_of(pkt4(IPPROTO_ESP, 0, 0, 5999)), HALF_A);
	assert_int_equal(way_of(pkt4(IPPROTO_AH, 0, 4, 5999)), HALF_A);
	assert_int_equal(way_of(pkt4(IPPROTO_AH, 0, 0, 5999)), HALF_B);
	assert_int_equal(way_of(pkt4(IPPROTO_ICMP, 0, 0, 5999)), HALF_B);
	/* more fragments, a later fragment, and may not be fragmented */
	assert_int_equal(way_of(pkt4(IPPROTO_UDP, 0x2000, 0, 5000)), HALF_B);
	assert_int_equal(way_of(pkt4(IPPROTO_UDP, 0x0010, 0, 5000)), HALF_B);
	assert_int_equal(way_of(pkt4(IPPROTO_UDP, 0x4000, 0, 5000)), HALF_A);
}

static void fragments_keep_their_protocol(void **state)
{
	const struct dp_rule rule = { .protocol = IPPROTO_UDP };

	(void)state;
	rule_use(false, rule);
	assert_int_equal(way_of(pkt4(IPPROTO_UDP, 0x2000, 0, 0)), HALF_A);
	assert_int_equal(way_of(pkt4(IPPROTO_UDP, 0x0010, 0, 0)), HALF_A);
	assert_int_equal(way_of(pkt4(IPPROTO_TCP, 0x0010, 0, 0)), HALF_B);
}

/* UDP behind one extension header of some bytes. */
static struct rte_mbuf *pkt6(uint8_t extension, unsigned bytes, uint16_t dst_port)
{
	struct rte_mbuf *pkt = pkt6_make("2001:db8:f::1", 200);
	uint8_t *at = (uint8_t *)(ip6_of(pkt) + 1);
	uint16_t ports[2] = { RTE_BE16(1), rte_cpu_to_be_16(dst_port) };

	if (bytes > 0) {
		ip6_of(pkt)->proto = extension;
		at[0] = IPPROTO_UDP;
		at[1] = (uint8_t)(extension == IPPROTO_FRAGMENT ? 0 : bytes / 8 - 1);
	}
	memcpy(at + bytes, ports, sizeof(ports));
	return pkt;
}

static void ports_of_ipv6(void **state)
{
	const struct dp_rule rule = { .protocol = IPPROTO_UDP, .dst_port = { 0xfff0, 5008, 5008 } };

	(void)state;
	rule_use(true, rule);
	assert_int_equal(way_of(pkt6(0, 0, 5008)), HALF_A);
	assert_int_equal(way_of(pkt6(0, 0, 5024)), HALF_B);
	assert_int_equal(way_of(pkt6(IPPROTO_DSTOPTS, 8, 5009)), HALF_A);
	assert_int_equal(way_of(pkt6(IPPROTO_ROUTING, 24, 5009)), HALF_A);
	assert_int_equal(way_of(pkt6(IPPROTO_FRAGMENT, 8, 5009)), HALF_B);
	rule_use(true, (struct dp_rule){ .protocol = IPPROTO_UDP });
	assert_int_equal(way_of(pkt6(IPPROTO_FRAGMENT, 8, 5009)), HALF_A);
	assert_int_equal(way_of(pkt6(IPPROTO_DSTOPTS, 16, 0)), HALF_A);
}

/* The last header says that it is longer than the packet. */
static void headers_that_end_early(void **state)
{
	struct rte_mbuf *pkt = pkt6(IPPROTO_DSTOPTS, 8, 5009);

	(void)state;
	((uint8_t *)(ip6_of(pkt) + 1))[1] = 255;
	rule_use(true, (struct dp_rule){ .dst_port = { 0, 1, 65534 } });
	assert_int_equal(way_of(pkt), HALF_B);
}

static void dscp_and_label(void **state)
{
	struct rte_mbuf *pkt;

	(void)state;
	rule_use(true, (struct dp_rule){ .dscp = 46,
					 .dscp_mask = 63,
					 .flow_label = 0x12345,
					 .flow_label_mask = DP_RULE_FLOW_LABEL_MASK });
	for (unsigned i = 0; i < 3; i++) {
		pkt = pkt6(0, 0, 1);
		ip6_of(pkt)->vtc_flow = rte_cpu_to_be_32(6U << 28 | (i == 1 ? 45U : 46U) << 22 |
							 (i == 2 ? 0x12344U : 0x12345U) | 1U << 20);
		assert_int_equal(way_of(pkt), i == 0 ? HALF_A : HALF_B);
	}
	rule_use(false, (struct dp_rule){ .dscp = 46, .dscp_mask = 63 });
	for (unsigned i = 0; i < 2; i++) {
		pkt = pkt4(IPPROTO_UDP, 0, 0, 1);
		ip_of(pkt)->type_of_service = (uint8_t)((46 - i) << 2 | 1);
		ip_checksum(pkt);
		assert_int_equal(way_of(pkt), i == 0 ? HALF_A : HALF_B);
	}
}

/* Bursts of all lengths of both families: every packet takes the way of its own source. */
static void each_packet_of_a_burst_has_its_own_way(void **state)
{
	unsigned length = 1, sent = 0, seen = 0;
	struct rte_mbuf *pkt = NULL;

	(void)state;
	rule_use(false, (struct dp_rule){ .src = { { 198, 18, 9, 8 } }, .src_depth = 31 });
	rule_use(true, (struct dp_rule){ .src = ip6("2001:db8:9::8"), .src_depth = 127 });
	while (sent < 4000) {
		for (unsigned i = 0; i < length; i++, sent++) {
			unsigned last = sent * 7919 % 13;

			pkt = sent * 31 % 3 == 0 ? pkt6(0, 0, 1) : pkt4(IPPROTO_UDP, 0, 0, 1);
			if (sent * 31 % 3 == 0) {
				ip6_of(pkt)->src_addr[15] = (uint8_t)last;
			} else {
				ip_of(pkt)->src_addr = rte_cpu_to_be_32(IP(198, 18, 9, last));
				ip_checksum(pkt);
			}
			send_in(pkt);
		}
		turns(2);
		for (; seen < sent; seen++) {
			unsigned last = seen * 7919 % 13;

			assert_int_equal(rte_ring_dequeue(fx.from[1], (void **)&pkt), 0);
			assert_memory_equal(&eth_of(pkt)->dst_addr, macs[last >> 1 != 4], 6);
			rte_pktmbuf_free(pkt);
		}
		length = length % PORT_RX_BURST + 1;
	}
}

#define WAY_TEST(f) cmocka_unit_test_setup_teardown(f, rules_setup, rules_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		WAY_TEST(ports_of_ipv4),  WAY_TEST(fragments_keep_their_protocol),
		WAY_TEST(ports_of_ipv6),  WAY_TEST(headers_that_end_early),
		WAY_TEST(dscp_and_label), WAY_TEST(each_packet_of_a_burst_has_its_own_way),
	};

	return turn_fixture_main(tests, RTE_DIM(tests));
}
