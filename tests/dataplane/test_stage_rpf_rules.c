/*
 * Reverse path filter where there are rules: the way back is that of the answer, which comes in where
 * the packet leaves, from where it goes to.
 */

#include "dataplane/dp_rules.h"
#include "dataplane/dp_table.h"
#include "turn_fixture.h"

/* Packets come in by port 0 and leave by port 1, or for NEAR by port 0. */
#define FAR IP(198, 18, 1, 7)
#define NEAR IP(198, 18, 10, 7)
#define SRC IP(198, 18, 20, 9)
#define OWN IP(198, 18, 0, 1)
#define PORT_SRC 1111
#define PORT_DST 2222

static struct dp_table *table; /* in which the way back is the right one */
static uint32_t at_0;

static int rpf_setup(void **state)
{
	struct dp_nexthop near = { .kind = DP_NH_FORWARD, .port = 0 };
	int index, ret = router_reset(state);

	memcpy(near.dst_mac, peer_mac, sizeof(peer_mac));
	index = dp_nexthop_add(fx.router->routing, &near);
	assert_true(index > 0);
	at_0 = (uint32_t)index;
	table = dp_table_create(fx.router->routing);
	assert_non_null(table);
	assert_int_equal(dp_table_set(table, SRC, 32, at_0), 0);
	assert_int_equal(dp_route_set(fx.router->routing, NEAR, 32, at_0), 0);
	/* the main table knows the wrong one */
	assert_int_equal(dp_route_set(fx.router->routing, SRC, 32, fx.forward), 0);
	return ret;
}

static int rpf_check(void **state)
{
	fx.router->ports[0].rpf = DP_RPF_OFF;
	assert_int_equal(dp_rules_set(fx.router->routing, false, NULL, 0), 0);
	assert_int_equal(dp_route_del(fx.router->routing, SRC, 32), 0);
	assert_int_equal(dp_route_del(fx.router->routing, NEAR, 32), 0);
	assert_int_equal(dp_table_del(table, SRC, 32), 0);
	dp_table_destroy(table);
	assert_int_equal(dp_nexthop_del(fx.router->routing, at_0), 0);
	return router_check(state);
}

/* One rule, and behind it the main table. */
static void rule_use(struct dp_rule rule, enum dp_rpf rpf)
{
	struct dp_rule rules[2] = {
		rule, { .in_ports = DP_RULE_ANY_PORT, .table = dp_table_main(fx.router->routing) }
	};

	assert_int_equal(dp_rules_set(fx.router->routing, false, rules, 2), 0);
	fx.router->ports[0].rpf = (uint8_t)rpf;
}

/* A rule that leads to the table with the right way back. */
static struct dp_rule right(void)
{
	return (struct dp_rule){ .in_ports = DP_RULE_ANY_PORT, .table = table };
}

static struct rte_mbuf *pkt_from(uint32_t src, uint32_t dst)
{
	struct rte_mbuf *pkt = pkt_make(dst, 100);
	uint16_t ports[2] = { RTE_BE16(PORT_SRC), RTE_BE16(PORT_DST) };

	ip_of(pkt)->src_addr = rte_cpu_to_be_32(src);
	memcpy(ip_of(pkt) + 1, ports, sizeof(ports));
	ip_checksum(pkt);
	return pkt;
}

static unsigned left(unsigned port)
{
	unsigned n = rte_ring_count(fx.from[port]);

	ring_empty(fx.from[port]);
	return n;
}

static bool passes(uint32_t src)
{
	send_in(pkt_from(src, FAR));
	turns(1);
	return left(1) == 1;
}

static void the_way_back_is_found_by_rules(void **state)
{
	(void)state;
	rule_use(right(), DP_RPF_STRICT);
	assert_true(passes(SRC));
	rule_use((struct dp_rule){ .table = table }, DP_RPF_STRICT);
	assert_false(passes(SRC));
	assert_int_equal(drops(0, DP_DROP_RPF), 1);
	rule_use((struct dp_rule){ .table = table }, DP_RPF_LOOSE);
	assert_true(passes(SRC));
}

static void the_answer_comes_in_where_the_packet_leaves(void **state)
{
	struct dp_rule rule = right();

	(void)state;
	rule.in_ports = 1U << 1;
	rule_use(rule, DP_RPF_STRICT);
	assert_true(passes(SRC));
	rule.in_ports = 1U << 0;
	rule_use(rule, DP_RPF_STRICT);
	send_in(pkt_from(SRC, FAR));
	turns(1);
	assert_int_equal(drops(0, DP_DROP_RPF), 1);
}

static void each_packet_of_a_burst_has_its_own_port(void **state)
{
	struct dp_rule rule = right();

	(void)state;
	rule.in_ports = 1U << 1;
	rule_use(rule, DP_RPF_STRICT);
	for (unsigned i = 0; i < PORT_RX_BURST; i++)
		send_in(pkt_from(SRC, i % 2 == 0 ? NEAR : FAR));
	turns(1);
	assert_int_equal(left(1), PORT_RX_BURST / 2);
	assert_int_equal(left(0), 0);
	assert_int_equal(drops(0, DP_DROP_RPF), PORT_RX_BURST / 2);
}

static void addresses_and_ports_are_swapped(void **state)
{
	struct dp_rule rule = right();

	(void)state;
	rule.src = (struct dp_ip6){ { 198, 18, 1 } };
	rule.src_depth = 24;
	rule.dst = (struct dp_ip6){ { 198, 18, 20 } };
	rule.dst_depth = 24;
	rule.protocol = IPPROTO_UDP;
	rule.src_port = (struct dp_rule_ports){ .min = PORT_DST, .max = PORT_DST };
	rule.dst_port = (struct dp_rule_ports){ .min = PORT_SRC, .max = PORT_SRC };
	rule_use(rule, DP_RPF_STRICT);
	assert_true(passes(SRC));
	rule.dst_port = (struct dp_rule_ports){ .min = PORT_DST, .max = PORT_DST };
	rule_use(rule, DP_RPF_STRICT);
	assert_false(passes(SRC));
}

/* With the filter off, too: Linux looks at the way back wherever there are rules. */
static void own_addresses_are_those_that_rules_find(void **state)
{
	(void)state;
	for (int rpf = DP_RPF_OFF; rpf <= DP_RPF_LOOSE; rpf++) {
		uint64_t before = drops(0, DP_DROP_MARTIAN_SRC);

		rule_use((struct dp_rule){ .table = table }, (enum dp_rpf)rpf);
		assert_false(passes(OWN));
		assert_int_equal(drops(0, DP_DROP_MARTIAN_SRC), before + 1);
	}
	/* what a rule takes elsewhere is nobody's own */
	rule_use((struct dp_rule){ .in_ports = DP_RULE_ANY_PORT,
				   .dst = { { 198, 18, 0, 1 } },
				   .dst_depth = 32,
				   .action = DP_RULE_NEXTHOP,
				   .nexthop = at_0 },
		 DP_RPF_STRICT);
	assert_true(passes(OWN));
}

static void off_minds_nothing_else(void **state)
{
	(void)state;
	rule_use((struct dp_rule){ .table = table }, DP_RPF_OFF);
	assert_true(passes(SRC));
	assert_true(passes(IP(198, 18, 3, 9)));	 /* a black hole */
	assert_true(passes(IP(203, 0, 113, 9))); /* no route */
}

static void what_only_the_kernel_can_decide_goes_there(void **state)
{
	const struct dp_rule rule = { .in_ports = 1U << 1, .action = DP_RULE_KERNEL };

	(void)state;
	for (int rpf = DP_RPF_OFF; rpf <= DP_RPF_LOOSE; rpf++) {
		uint64_t before = fx.router->ports[0].counters.punt_pkts[DP_PUNT_EXCEPTION];

		rule_use(rule, (enum dp_rpf)rpf);
		assert_false(passes(SRC));
		assert_int_equal(fx.router->ports[0].counters.punt_pkts[DP_PUNT_EXCEPTION],
				 before + 1);
	}
	assert_int_equal(drops(0, DP_DROP_RPF), 0);
}

#define RPF_TEST(f) cmocka_unit_test_setup_teardown(f, rpf_setup, rpf_check)

int main(void)
{
	const struct CMUnitTest tests[] = {
		RPF_TEST(the_way_back_is_found_by_rules),
		RPF_TEST(the_answer_comes_in_where_the_packet_leaves),
		RPF_TEST(each_packet_of_a_burst_has_its_own_port),
		RPF_TEST(addresses_and_ports_are_swapped),
		RPF_TEST(own_addresses_are_those_that_rules_find),
		RPF_TEST(off_minds_nothing_else),
		RPF_TEST(what_only_the_kernel_can_decide_goes_there),
	};

	return turn_fixture_main(tests, RTE_DIM(tests));
}
