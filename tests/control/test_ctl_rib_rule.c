/* Rules and tables of the rib, and what a packet finds by them in the data path. */

#include "dataplane/dp_rules.h"
#include "rib_world.h"

#include <linux/fib_rules.h>

static struct ctl_nl_rule rule_to(uint8_t family, uint32_t priority, uint32_t table)
{
	struct ctl_nl_rule rule;

	memset(&rule, 0, sizeof(rule));
	rule.family = family;
	rule.action = FR_ACT_TO_TBL;
	rule.priority = priority;
	rule.table = table;
	rule.uid_max = UINT32_MAX;
	rule.suppress_depth = rule.suppress_ifgroup = -1;
	rule.src.family = rule.dst.family = family;
	return rule;
}

/* The kernel's own rules, as a synchronisation brings them. */
static int rules_setup(void **state)
{
	struct ctl_nl_rule rules[] = { rule_to(AF_INET, 0, RT_TABLE_LOCAL),
				       rule_to(AF_INET, 32766, RT_TABLE_MAIN),
				       rule_to(AF_INET, 32767, RT_TABLE_DEFAULT) };
	int rc = rib_setup(state);

	ctl_rib_sync_begin(rib);
	tell_link(WAN, "wan0", ALIVE);
	tell_link(LAN, "lan0", ALIVE);
	tell_link(OTHER, "other0", ALIVE);
	for (unsigned i = 0; i < 3; i++)
		assert_int_equal(ctl_rib_apply_rule(rib, &rules[i], true), 0);
	ctl_rib_apply_merge(rib, true);
	ctl_rib_sync_end(rib);
	tell_path(0x0a000000, 24, WAN, 0);
	tell_path(0x0a010000, 24, LAN, 0);
	tell_neigh(WAN, 0x0a000005, NUD_REACHABLE, 5);
	tell_neigh(LAN, 0x0a010005, NUD_REACHABLE, 6);
	tell_path(0, 0, WAN, 0x0a000005);
	return rc;
}

static void tell_rule(struct ctl_nl_rule rule, bool removed)
{
	rule.removed = removed;
	assert_int_equal(ctl_rib_apply_rule(rib, &rule, false), 0);
}

static void tell_in_table(uint32_t table, uint32_t prefix, uint8_t depth, uint8_t type)
{
	struct ctl_nl_route route = route_to(prefix, depth);

	route.table = table;
	route.type = type;
	if (type == RTN_UNICAST)
		add_path(&route, LAN, 0x0a010005);
	tell_route(&route);
}

static struct dp_nexthop flow_leads(uint32_t source, uint32_t destination, unsigned in_port)
{
	struct dp_nexthop nexthop = { .kind = DP_NH_UNREACHABLE };
	struct dp_flow flow = { .in_port = in_port, .protocol = 17, .dst_port = 53 };
	uint32_t wire = htonl(source);

	memcpy(flow.src.bytes, &wire, sizeof(wire));
	wire = htonl(destination);
	memcpy(flow.dst.bytes, &wire, sizeof(wire));
	assert_int_equal(dp_nexthop_get(routing, dp_flow_lookup(routing, &flow), &nexthop), 0);
	return nexthop;
}

#define assert_way(source, in_port, expected)                                                      \
	assert_int_equal(flow_leads(source, 0x14000001, in_port).dst_mac[5], expected)

static int first_use(const struct ctl_mirror_rule *rule, void *arg)
{
	if (rule->spec.priority != 100)
		return 0;
	*(enum ctl_mirror_rule_use *)arg = rule->use;
	return 1;
}

static void test_own_rules_of_the_kernel_are_none(void **state)
{
	(void)state;
	assert_int_equal(dp_rules_count(routing, false), 0);
	assert_way(0x1e000001, 0, 5);
}

static void test_before_the_rules_are_known_the_kernel_decides(void **state)
{
	(void)state;
	tell_path(0x0a000000, 24, WAN, 0);
	tell_neigh(WAN, 0x0a000005, NUD_REACHABLE, 5);
	tell_path(0, 0, WAN, 0x0a000005);
	assert_int_equal(flow_leads(0, 0x14000001, 0).kind, DP_NH_UNREACHABLE);
	ctl_rib_sync_begin(rib);
}

static void test_a_rule_leads_to_its_table_and_back(void **state)
{
	struct ctl_nl_rule rule = rule_to(AF_INET, 100, 10001);

	(void)state;
	rule.src = ctl_addr_from_ipv4(0x1e000000);
	rule.src_depth = 24;
	tell_in_table(10001, 0, 0, RTN_UNICAST);
	tell_rule(rule, false);
	assert_way(0x1e000001, 0, 6);
	assert_way(0x1e000101, 0, 5);
	tell_in_table(10001, 0x14000000, 8, RTN_THROW);
	assert_way(0x1e000001, 0, 5);
	tell_rule(rule, true);
	assert_way(0x1e000001, 0, 5);
}

static void test_rules_of_a_port(void **state)
{
	struct ctl_nl_rule rule = rule_to(AF_INET, 100, 7);

	(void)state;
	tell_in_table(7, 0, 0, RTN_UNICAST);
	snprintf(rule.iif, sizeof(rule.iif), "lan0");
	tell_rule(rule, false);
	assert_way(1, 0, 5);
	assert_way(1, 1, 6);
	tell_rule(rule, true);
	/* what is no port never brings a packet, and all of them are not from there */
	snprintf(rule.iif, sizeof(rule.iif), "other0");
	tell_rule(rule, false);
	assert_way(1, 1, 5);
	tell_rule(rule, true);
	rule.invert = true;
	tell_rule(rule, false);
	assert_way(1, 1, 6);
}

static void test_who_handles_a_rule(void **state)
{
	struct {
		struct ctl_nl_rule rule;
		enum ctl_mirror_rule_use use;
		enum dp_nh_kind kind;
	} cases[8];

	(void)state;
	tell_in_table(7, 0, 0, RTN_UNICAST);
	for (unsigned i = 0; i < 8; i++) {
		cases[i].rule = rule_to(AF_INET, 100, 7);
		cases[i].use = i < 3   ? CTL_MIRROR_RULE_NEVER
			       : i < 5 ? CTL_MIRROR_RULE_FOLLOWED
				       : CTL_MIRROR_RULE_KERNEL;
		cases[i].kind = i < 5 ? DP_NH_FORWARD : DP_NH_UNREACHABLE;
	}
	cases[0].rule.mark = cases[0].rule.mark_mask = 1;
	cases[1].rule.uid_min = 1000;
	cases[2].rule.tun_id = 9;
	cases[3].rule.mark_mask = 1;
	cases[4].rule.suppress_depth = 0;
	cases[5].rule.suppress_depth = 8;
	cases[6].rule.unknown = true;
	cases[7].rule.suppress_ifgroup = 3;
	for (unsigned i = 0; i < 8; i++) {
		enum ctl_mirror_rule_use use = CTL_MIRROR_RULE_FOLLOWED;

		tell_rule(cases[i].rule, false);
		ctl_rib_walk_rules(rib, first_use, &use);
		assert_int_equal(use, cases[i].use);
		assert_int_equal(flow_leads(1, 0x14000001, 0).kind, cases[i].kind);
		tell_rule(cases[i].rule, true);
	}
}

static void test_a_jump_whose_target_comes_later(void **state)
{
	struct ctl_nl_rule jump = rule_to(AF_INET, 100, 0), refusal = rule_to(AF_INET, 101, 0);
	struct ctl_nl_rule target = rule_to(AF_INET, 102, 7);

	(void)state;
	tell_in_table(7, 0, 0, RTN_UNICAST);
	jump.action = FR_ACT_GOTO;
	jump.target = 102;
	refusal.action = FR_ACT_BLACKHOLE;
	tell_rule(refusal, false);
	tell_rule(jump, false);
	assert_int_equal(flow_leads(1, 0x14000001, 0).kind, DP_NH_BLACKHOLE);
	tell_rule(target, false);
	assert_way(1, 0, 6);
}

/* A neighbour is reached through every table that has its prefix. */
static void test_neighbours_in_every_table(void **state)
{
	struct ctl_nl_route connected = route_to(0x0a010000, 24);

	(void)state;
	connected.table = 7;
	add_path(&connected, LAN, 0);
	tell_route(&connected);
	tell_rule(rule_to(AF_INET, 100, 7), false);
	assert_int_equal(flow_leads(1, 0x0a010005, 0).kind, DP_NH_FORWARD);
	tell_neigh_gone(LAN, 0x0a010005);
	assert_int_equal(flow_leads(1, 0x0a010005, 0).kind, DP_NH_GLEAN);
}

/* Where it looks up two tables a wide route of local wins, where it looks up one the longer one. */
static void test_wide_local_routes(void **state)
{
	struct ctl_nl_rule rule = rule_to(AF_INET, 100, 7);

	(void)state;
	tell_in_table(RT_TABLE_LOCAL, 0x14000000, 8, RTN_LOCAL);
	tell_path(0x14000000, 24, WAN, 0x0a000005);
	assert_int_equal(dp_rules_count(routing, false), 0);
	assert_way(1, 0, 5);
	tell_rule(rule, false);
	assert_int_equal(flow_leads(1, 0x14000001, 0).kind, DP_NH_LOCAL);
	tell_rule(rule, true);
	/* nobody gives the kernel's tables back together */
	assert_int_equal(flow_leads(1, 0x14000001, 0).kind, DP_NH_LOCAL);
}

/* As long as local and main are one table a neighbour below a short route of local is none of it. */
static void test_a_longer_route_of_main_than_that_of_local(void **state)
{
	struct ctl_nl_route wide = route_to(0, 0);

	(void)state;
	wide.table = RT_TABLE_LOCAL;
	add_path(&wide, WAN, 0);
	tell_route(&wide);
	tell_neigh(WAN, 0x14000005, NUD_REACHABLE, 7);
	assert_int_equal(flow_leads(1, 0x14000005, 0).dst_mac[5], 7);
	tell_in_table(RT_TABLE_MAIN, 0x14000005, 32, RTN_BLACKHOLE);
	assert_int_equal(dp_rules_count(routing, false), 0);
	assert_int_equal(flow_leads(1, 0x14000005, 0).kind, DP_NH_BLACKHOLE);
}

/* A default route is passed over though only the kernel knows its way, and not where it refuses. */
static void test_a_suppressed_default_route(void **state)
{
	struct ctl_nl_rule longer = rule_to(AF_INET, 100, 7), then = rule_to(AF_INET, 101, 8);
	struct ctl_nl_route nowhere = route_to(0, 0);

	(void)state;
	longer.suppress_depth = 0;
	tell_in_table(8, 0, 0, RTN_UNICAST);
	tell_rule(longer, false);
	tell_rule(then, false);
	nowhere.table = 7;
	add_path(&nowhere, OTHER, 0x0a000005);
	tell_route(&nowhere);
	assert_way(1, 0, 6);
	nowhere.removed = true;
	tell_route(&nowhere);
	tell_in_table(7, 0, 0, RTN_UNREACHABLE);
	assert_int_equal(flow_leads(1, 0x14000001, 0).kind, DP_NH_UNREACHABLE);
}

static void test_synchronisation_takes_over_the_rules(void **state)
{
	struct ctl_nl_rule kept = rule_to(AF_INET, 32766, RT_TABLE_MAIN);
	struct ctl_nl_rule fresh = rule_to(AF_INET, 50, 7);

	(void)state;
	tell_in_table(7, 0, 0, RTN_UNICAST);
	tell_rule(rule_to(AF_INET, 100, 8), false);
	ctl_rib_sync_begin(rib);
	assert_int_equal(ctl_rib_apply_rule(rib, &fresh, true), 0);
	/* not before all are known */
	assert_way(1, 0, 5);
	assert_int_equal(ctl_rib_apply_rule(rib, &kept, true), 0);
	ctl_rib_sync_end(rib);
	assert_int_equal(dp_rules_count(routing, false), 2);
	assert_int_equal(stats_now().rules, 2);
}

#define RULE_TEST(name) cmocka_unit_test_setup_teardown(name, rules_setup, rib_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		RIB_TEST(test_before_the_rules_are_known_the_kernel_decides),
		RULE_TEST(test_own_rules_of_the_kernel_are_none),
		RULE_TEST(test_a_rule_leads_to_its_table_and_back),
		RULE_TEST(test_rules_of_a_port),
		RULE_TEST(test_who_handles_a_rule),
		RULE_TEST(test_a_jump_whose_target_comes_later),
		RULE_TEST(test_neighbours_in_every_table),
		RULE_TEST(test_wide_local_routes),
		RULE_TEST(test_a_longer_route_of_main_than_that_of_local),
		RULE_TEST(test_a_suppressed_default_route),
		RULE_TEST(test_synchronisation_takes_over_the_rules),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
