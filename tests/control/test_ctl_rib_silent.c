/* What the kernel does to routes without telling: links, addresses and nexthop objects that go. */

#include "rib_world.h"

static struct ctl_nl_route tell_two_paths(void)
{
	struct ctl_nl_route route = route_to(0x14000000, 8);

	add_path(&route, WAN, 0x0a000005);
	add_path(&route, LAN, 0x0a010005);
	route.paths[1].weight = 3;
	tell_route(&route);
	return route;
}

static void test_several_paths_become_a_group(void **state)
{
	struct dp_nexthop group;
	struct dp_nexthop member;

	(void)state;
	tell_neigh(WAN, 0x0a000005, NUD_REACHABLE, 5);
	tell_two_paths();
	group = looked_up(0x14000001);
	assert_int_equal(group.kind, DP_NH_GROUP);
	assert_int_equal(group.n_members, 2);
	assert_int_equal(group.weights[0], 1);
	assert_int_equal(group.weights[1], 3);
	assert_int_equal(dp_nexthop_get(routing, group.members[0], &member), 0);
	assert_int_equal(member.kind, DP_NH_FORWARD);
	assert_int_equal(dp_nexthop_get(routing, group.members[1], &member), 0);
	assert_int_equal(member.kind, DP_NH_GLEAN);
}

static void test_link_going_down_takes_its_path_and_not_the_route(void **state)
{
	(void)state;
	tell_two_paths();
	tell_path(0x1e000000, 8, WAN, 0x0a000005);
	tell_link(WAN, "wan0", 0);
	assert_kind(0x14000001, DP_NH_GLEAN);
	assert_int_equal(looked_up(0x14000001).port, 1);
	/* The route that had no other path is gone, as in the kernel. */
	assert_int_equal(stats_now().routes, 1);
	assert_int_equal(stats_now().purges, 1);
	assert_true(ctl_rib_is_suspect(rib));
	assert_false(ctl_rib_is_suspect(rib));
	tell_link(LAN, "lan0", 0);
	assert_int_equal(stats_now().routes, 0);
}

static void test_surviving_route_gets_its_path_back_with_the_link(void **state)
{
	(void)state;
	tell_two_paths();
	tell_link(WAN, "wan0", 0);
	assert_kind(0x14000001, DP_NH_GLEAN);
	tell_link(WAN, "wan0", ALIVE);
	assert_kind(0x14000001, DP_NH_GROUP);
}

static void test_removed_link_takes_the_whole_route(void **state)
{
	(void)state;
	tell_two_paths();
	tell_link_gone(WAN);
	assert_int_equal(stats_now().routes, 0);
	assert_kind(0x14000001, DP_NH_UNREACHABLE);
}

static void test_carrier_loss_keeps_routes_and_stops_traffic(void **state)
{
	(void)state;
	tell_neigh(WAN, 0x0a000005, NUD_REACHABLE, 5);
	tell_path(0x1e000000, 8, WAN, 0x0a000005);
	tell_two_paths();
	tell_link(WAN, "wan0", IFF_UP);
	assert_kind(0x1e000001, DP_NH_UNREACHABLE);
	assert_int_equal(looked_up(0x14000001).port, 1);
	assert_int_equal(stats_now().routes, 2);
	tell_link(WAN, "wan0", ALIVE);
	assert_forwards(0x1e000001, 0, 5);
	assert_kind(0x14000001, DP_NH_GROUP);
}

static void test_routes_without_carrier_are_passed_over_where_so_set(void **state)
{
	struct ctl_nl_netconf netconf = { .ifindex = CTL_NL_NETCONF_ALL,
					  .has_linkdown = true,
					  .ignores_linkdown = true };
	struct ctl_nl_route poor = route_to(0x1e000000, 8);

	(void)state;
	tell_path(0x1e000000, 8, WAN, 0x0a000005);
	add_path(&poor, LAN, 0x0a010005);
	poor.metric = 10;
	tell_route(&poor);
	tell_path(0x1e010000, 16, WAN, 0x0a000005);
	tell_link(WAN, "wan0", IFF_UP);
	assert_kind(0x1e000001, DP_NH_UNREACHABLE);
	assert_int_equal(ctl_rib_apply_netconf(rib, &netconf), 0);
	/* The next metric, and the next shorter prefix. */
	assert_int_equal(looked_up(0x1e000001).port, 1);
	assert_int_equal(looked_up(0x1e010001).port, 1);
	tell_link(WAN, "wan0", ALIVE);
	assert_int_equal(looked_up(0x1e000001).port, 0);
	assert_int_equal(looked_up(0x1e010001).port, 0);
}

static void test_object_changes_without_its_routes(void **state)
{
	(void)state;
	tell_object(1, WAN, 0x0a000005);
	tell_route_over(0x14000000, 8, 1);
	assert_int_equal(looked_up(0x14000001).port, 0);
	tell_object(1, LAN, 0x0a010005);
	assert_int_equal(looked_up(0x14000001).port, 1);
}

static void test_route_may_come_before_its_object(void **state)
{
	(void)state;
	tell_route_over(0x14000000, 8, 1);
	assert_kind(0x14000001, DP_NH_UNREACHABLE);
	tell_object(1, WAN, 0x0a000005);
	assert_kind(0x14000001, DP_NH_GLEAN);
}

static void test_object_takes_its_routes_with_it(void **state)
{
	(void)state;
	tell_object(1, WAN, 0x0a000005);
	tell_route_over(0x14000000, 8, 1);
	tell_object_gone(1);
	assert_int_equal(stats_now().routes, 0);
	assert_int_equal(stats_now().nexthops, 0);
	assert_kind(0x14000001, DP_NH_UNREACHABLE);
}

static void test_group_shrinks_and_goes_with_its_last_member(void **state)
{
	(void)state;
	tell_object(1, WAN, 0x0a000005);
	tell_object(2, LAN, 0x0a010005);
	tell_group(10, 1, 2);
	tell_route_over(0x14000000, 8, 10);
	assert_kind(0x14000001, DP_NH_GROUP);
	tell_object_gone(1);
	assert_kind(0x14000001, DP_NH_GLEAN);
	assert_int_equal(looked_up(0x14000001).port, 1);
	tell_object_gone(2);
	assert_int_equal(stats_now().routes, 0);
	assert_int_equal(stats_now().nexthops, 0);
}

static void test_carrier_loss_flushes_objects(void **state)
{
	(void)state;
	tell_object(1, WAN, 0x0a000005);
	tell_object(2, LAN, 0x0a010005);
	tell_group(10, 1, 2);
	tell_route_over(0x14000000, 8, 10);
	tell_route_over(0x1e000000, 8, 1);
	tell_link(WAN, "wan0", IFF_UP);
	assert_int_equal(stats_now().nexthops, 2);
	assert_int_equal(stats_now().routes, 1);
	assert_int_equal(looked_up(0x14000001).port, 1);
	/* The kernel does not bring it back by itself. */
	tell_link(WAN, "wan0", ALIVE);
	assert_kind(0x14000001, DP_NH_GLEAN);
}

static void test_last_address_takes_paths_of_its_link(void **state)
{
	(void)state;
	tell_addr(WAN, 0x0a000001, false);
	tell_two_paths();
	tell_path(0x1e000000, 8, WAN, 0x0a000005);
	tell_addr(WAN, 0x0a000001, true);
	assert_int_equal(stats_now().routes, 1);
	assert_int_equal(looked_up(0x14000001).port, 1);
	/* where packets may still come from, by a strict reverse path filter */
	assert_int_equal(looked_up(0x14000001).unused_ports, 1U << 0);
	tell_addr(WAN, 0x0a000001, false);
	assert_kind(0x14000001, DP_NH_GROUP);
	assert_int_equal(looked_up(0x14000001).unused_ports, 0);
}

static void test_routes_go_with_the_source_that_they_prefer(void **state)
{
	struct ctl_nl_route local = route_to(0x0a000001, 32);
	struct ctl_nl_route route = route_to(0x14000000, 8);

	(void)state;
	local.table = RT_TABLE_LOCAL;
	local.type = RTN_LOCAL;
	tell_route(&local);
	add_path(&route, LAN, 0x0a010005);
	route.prefsrc = ctl_addr_from_ipv4(0x0a000001);
	tell_route(&route);
	tell_route_gone(local);
	assert_int_equal(stats_now().routes, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		RIB_TEST(test_several_paths_become_a_group),
		RIB_TEST(test_link_going_down_takes_its_path_and_not_the_route),
		RIB_TEST(test_surviving_route_gets_its_path_back_with_the_link),
		RIB_TEST(test_removed_link_takes_the_whole_route),
		RIB_TEST(test_carrier_loss_keeps_routes_and_stops_traffic),
		RIB_TEST(test_routes_without_carrier_are_passed_over_where_so_set),
		RIB_TEST(test_object_changes_without_its_routes),
		RIB_TEST(test_route_may_come_before_its_object),
		RIB_TEST(test_object_takes_its_routes_with_it),
		RIB_TEST(test_group_shrinks_and_goes_with_its_last_member),
		RIB_TEST(test_carrier_loss_flushes_objects),
		RIB_TEST(test_last_address_takes_paths_of_its_link),
		RIB_TEST(test_routes_go_with_the_source_that_they_prefer),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
