/*
 * Reverse path filter: a packet stays when the route to its source leads where it came from.
 */

#include "turn_fixture.h"

/* Packets come in by port 0; the fixture's own routes leave by port 1. */
#define BEHIND_0 IP(198, 18, 10, 9)
#define GLEAN_0 IP(198, 18, 11, 9)
#define BEHIND_BOTH IP(198, 18, 12, 9)
#define BEHIND_1 IP(198, 18, 1, 9)
#define BEHIND_1_TWICE IP(198, 18, 13, 9)
#define ONLY_KERNEL IP(198, 18, 14, 9)
#define DEAD_BEHIND_0 IP(198, 18, 15, 9)
#define DEAD_BEHIND_1 IP(198, 18, 16, 9)
#define OWN IP(198, 18, 0, 1)
#define BLACKHOLE IP(198, 18, 3, 9)
#define NOWHERE IP(203, 0, 113, 9)

static uint32_t nexthop_add(const struct dp_nexthop *nexthop)
{
	int index = dp_nexthop_add(fx.router->routing, nexthop);

	assert_true(index > 0);
	return (uint32_t)index;
}

static void route_set(uint32_t addr, uint32_t nexthop)
{
	assert_int_equal(dp_route_set(fx.router->routing, addr & 0xffffff00, 24, nexthop), 0);
}

static int rpf_setup(void **state)
{
	uint32_t at_0 = nexthop_add(&(struct dp_nexthop){ .kind = DP_NH_FORWARD, .port = 0 });
	uint32_t other = nexthop_make(DP_NH_FORWARD);
	struct dp_nexthop group = { .kind = DP_NH_GROUP,
				    .n_members = 2,
				    .members = { fx.forward, at_0 },
				    .weights = { 1, 1 } };
	int ret = router_reset(state);

	route_set(BEHIND_0, at_0);
	route_set(GLEAN_0, nexthop_add(&(struct dp_nexthop){ .kind = DP_NH_GLEAN, .port = 0 }));
	route_set(BEHIND_BOTH, nexthop_add(&group));
	group.members[1] = other;
	route_set(BEHIND_1_TWICE, nexthop_add(&group));
	route_set(DEAD_BEHIND_0,
		  nexthop_add(&(struct dp_nexthop){
			  .kind = DP_NH_FORWARD, .port = 1, .unused_ports = 1U << 0 }));
	group.unused_ports = 1U << 1;
	route_set(DEAD_BEHIND_1, nexthop_add(&group));
	route_set(ONLY_KERNEL, nexthop_make(DP_NH_UNREACHABLE));
	return ret;
}

static int rpf_check(void **state)
{
	fx.router->ports[0].rpf = DP_RPF_OFF;
	return router_check(state);
}

static void send_from(uint32_t src)
{
	struct rte_mbuf *pkt = pkt_make(IP(198, 18, 1, 7), 100);

	ip_of(pkt)->src_addr = rte_cpu_to_be_32(src);
	ip_checksum(pkt);
	send_in(pkt);
}

static unsigned left(void)
{
	unsigned n = rte_ring_count(fx.from[1]);

	ring_empty(fx.from[1]);
	return n;
}

/* The router's own addresses have a reason of their own. */
static uint64_t dropped(void)
{
	return drops(0, DP_DROP_RPF) + drops(0, DP_DROP_MARTIAN_SRC);
}

/* What becomes of one packet from each source. */
static void expect(enum dp_rpf rpf, const uint32_t *pass, unsigned n_pass, const uint32_t *drop,
		   unsigned n_drop)
{
	unsigned i;

	fx.router->ports[0].rpf = (uint8_t)rpf;
	for (i = 0; i < n_pass; i++) {
		send_from(pass[i]);
		turns(1);
		assert_int_equal(left(), 1);
	}
	for (i = 0; i < n_drop; i++) {
		uint64_t before = dropped();

		send_from(drop[i]);
		turns(1);
		assert_int_equal(left(), 0);
		assert_int_equal(dropped(), before + 1);
	}
}

static void strict_wants_a_path_through_the_port(void **state)
{
	const uint32_t pass[] = { BEHIND_0, GLEAN_0, BEHIND_BOTH, DEAD_BEHIND_0 };
	const uint32_t drop[] = {
		BEHIND_1, BEHIND_1_TWICE, DEAD_BEHIND_1, OWN, BLACKHOLE, NOWHERE
	};

	(void)state;
	expect(DP_RPF_STRICT, pass, RTE_DIM(pass), drop, RTE_DIM(drop));
}

static void loose_wants_a_unicast_route(void **state)
{
	const uint32_t pass[] = { BEHIND_0, GLEAN_0, BEHIND_BOTH, BEHIND_1, BEHIND_1_TWICE };
	const uint32_t drop[] = { OWN, BLACKHOLE, NOWHERE };

	(void)state;
	expect(DP_RPF_LOOSE, pass, RTE_DIM(pass), drop, RTE_DIM(drop));
}

static void off_asks_nobody(void **state)
{
	const uint32_t pass[] = { BEHIND_0, BEHIND_1, OWN, BLACKHOLE, NOWHERE, ONLY_KERNEL };

	(void)state;
	expect(DP_RPF_OFF, pass, RTE_DIM(pass), NULL, 0);
}

static void what_only_the_kernel_can_judge_goes_there(void **state)
{
	(void)state;
	for (int rpf = DP_RPF_STRICT; rpf <= DP_RPF_LOOSE; rpf++) {
		fx.router->ports[0].rpf = (uint8_t)rpf;
		send_from(ONLY_KERNEL);
	}
	turns(1);
	assert_int_equal(left(), 0);
	assert_int_equal(drops(0, DP_DROP_RPF), 0);
	assert_int_equal(fx.router->ports[0].counters.punt_pkts[DP_PUNT_EXCEPTION], 2);
}

static void others_of_a_burst_stay(void **state)
{
	unsigned i;

	(void)state;
	fx.router->ports[0].rpf = DP_RPF_STRICT;
	for (i = 0; i < PORT_RX_BURST; i++)
		send_from(i % 2 == 0 ? BEHIND_0 : BEHIND_1);
	turns(1);
	assert_int_equal(left(), PORT_RX_BURST / 2);
	assert_int_equal(drops(0, DP_DROP_RPF), PORT_RX_BURST / 2);
}

#define RPF_TEST(f) cmocka_unit_test_setup_teardown(f, rpf_setup, rpf_check)

int main(void)
{
	const struct CMUnitTest tests[] = {
		RPF_TEST(strict_wants_a_path_through_the_port),
		RPF_TEST(loose_wants_a_unicast_route),
		RPF_TEST(off_asks_nobody),
		RPF_TEST(what_only_the_kernel_can_judge_goes_there),
		RPF_TEST(others_of_a_burst_stay),
	};

	return turn_fixture_main(tests, RTE_DIM(tests));
}
