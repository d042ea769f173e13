/* The rib, told by hand what the kernel would tell, against what the data path then does. */

#include "rib_world.h"

static void test_gateway_is_gleaned_until_its_neighbour_is_known(void **state)
{
	(void)state;
	tell_path(0x14000000, 8, WAN, 0x0a000005);
	assert_kind(0x14000001, DP_NH_GLEAN);
	assert_int_equal(looked_up(0x14000001).port, 0);
	tell_neigh(WAN, 0x0a000005, NUD_REACHABLE, 5);
	assert_forwards(0x14000001, 0, 5);
	tell_neigh(WAN, 0x0a000005, NUD_STALE, 6);
	assert_forwards(0x14000001, 0, 6);
	tell_neigh(WAN, 0x0a000005, NUD_FAILED, 0);
	assert_kind(0x14000001, DP_NH_GLEAN);
	tell_neigh(WAN, 0x0a000005, NUD_PERMANENT, 7);
	tell_neigh_gone(WAN, 0x0a000005);
	assert_kind(0x14000001, DP_NH_GLEAN);
}

static void test_neighbour_of_another_link_resolves_nothing(void **state)
{
	(void)state;
	tell_path(0x14000000, 8, WAN, 0x0a000005);
	tell_neigh(LAN, 0x0a000005, NUD_REACHABLE, 5);
	assert_kind(0x14000001, DP_NH_GLEAN);
}

static void test_connected_prefix_has_an_entry_for_each_neighbour(void **state)
{
	struct ctl_nl_route connected = tell_path(0x0a000000, 24, WAN, 0);

	(void)state;
	tell_neigh(WAN, 0x0a000005, NUD_REACHABLE, 5);
	assert_forwards(0x0a000005, 0, 5);
	assert_kind(0x0a000006, DP_NH_GLEAN);
	tell_neigh(WAN, 0x0a000005, NUD_FAILED, 0);
	assert_kind(0x0a000005, DP_NH_GLEAN);
	tell_neigh(WAN, 0x0a000005, NUD_REACHABLE, 5);
	tell_route_gone(connected);
	assert_kind(0x0a000005, DP_NH_UNREACHABLE);
}

static void test_neighbour_counts_only_where_its_link_is_connected(void **state)
{
	struct ctl_nl_route inner;

	(void)state;
	tell_path(0x0a000000, 24, WAN, 0);
	tell_neigh(WAN, 0x0a000005, NUD_REACHABLE, 5);
	tell_neigh(LAN, 0x0a000005, NUD_REACHABLE, 8);
	assert_forwards(0x0a000005, 0, 5);
	/* A longer prefix over the other link takes the address with it. */
	inner = tell_path(0x0a000004, 30, LAN, 0);
	assert_forwards(0x0a000005, 1, 8);
	tell_route_gone(inner);
	assert_forwards(0x0a000005, 0, 5);
}

static void test_route_to_the_host_itself_wins_over_its_neighbour(void **state)
{
	struct ctl_nl_route host;

	(void)state;
	tell_path(0x0a000000, 24, WAN, 0);
	tell_neigh(WAN, 0x0a000005, NUD_REACHABLE, 5);
	tell_neigh(LAN, 0x0a010001, NUD_REACHABLE, 9);
	host = tell_path(0x0a000005, 32, LAN, 0x0a010001);
	assert_forwards(0x0a000005, 1, 9);
	tell_neigh(WAN, 0x0a000005, NUD_STALE, 6);
	assert_forwards(0x0a000005, 1, 9);
	tell_route_gone(host);
	assert_forwards(0x0a000005, 0, 6);
}

static void test_connected_host_route_is_its_neighbour(void **state)
{
	(void)state;
	tell_path(0x0a630001, 32, LAN, 0);
	assert_kind(0x0a630001, DP_NH_GLEAN);
	tell_neigh(LAN, 0x0a630001, NUD_REACHABLE, 9);
	assert_forwards(0x0a630001, 1, 9);
	tell_neigh_gone(LAN, 0x0a630001);
	assert_kind(0x0a630001, DP_NH_GLEAN);
}

static void test_types_of_routes(void **state)
{
	static const struct {
		uint8_t type;
		enum dp_nh_kind kind;
	} types[] = {
		{ RTN_LOCAL, DP_NH_LOCAL },
		{ RTN_BROADCAST, DP_NH_LOCAL },
		{ RTN_ANYCAST, DP_NH_LOCAL },
		{ RTN_BLACKHOLE, DP_NH_BLACKHOLE },
		{ RTN_UNREACHABLE, DP_NH_UNREACHABLE },
		{ RTN_PROHIBIT, DP_NH_UNREACHABLE },
		{ RTN_THROW, DP_NH_THROW },
	};

	(void)state;
	tell_path(0, 0, WAN, 0x0a000005);
	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
		struct ctl_nl_route route = route_to(0x1e000000, 8);

		route.type = types[i].type;
		tell_route(&route);
		assert_kind(0x1e000001, types[i].kind);
		tell_route_gone(route);
		assert_kind(0x1e000001, DP_NH_GLEAN);
	}
}

static void test_types_that_are_not_followed(void **state)
{
	struct ctl_nl_route route = route_to(0x1e000000, 8);

	(void)state;
	add_path(&route, WAN, 0x0a000005);
	route.type = RTN_MULTICAST;
	assert_int_equal(ctl_rib_apply_route(rib, &route, false), -ENOMSG);
	assert_kind(0x1e000001, DP_NH_UNREACHABLE);
	assert_int_equal(stats_now().routes, 0);
}

static void test_lowest_metric_wins(void **state)
{
	struct ctl_nl_route good = route_to(0x14000000, 8);
	struct ctl_nl_route poor = route_to(0x14000000, 8);

	(void)state;
	add_path(&poor, LAN, 0x0a010005);
	poor.metric = 100;
	tell_route(&poor);
	assert_int_equal(looked_up(0x14000001).port, 1);
	add_path(&good, WAN, 0x0a000005);
	good.metric = 20;
	tell_route(&good);
	assert_int_equal(looked_up(0x14000001).port, 0);
	assert_int_equal(stats_now().routes, 2);
	assert_int_equal(stats_now().prefixes, 1);
	tell_route_gone(good);
	assert_int_equal(looked_up(0x14000001).port, 1);
}

static void test_local_table_comes_first(void **state)
{
	struct ctl_nl_route local = route_to(0x14000000, 8);

	(void)state;
	tell_path(0x14000000, 8, WAN, 0x0a000005);
	local.table = RT_TABLE_LOCAL;
	local.type = RTN_LOCAL;
	local.metric = 1000;
	tell_route(&local);
	assert_kind(0x14000001, DP_NH_LOCAL);
}

static void test_replacing_takes_the_place_of_the_first(void **state)
{
	struct ctl_nl_route route = tell_path(0x14000000, 8, WAN, 0x0a000005);

	(void)state;
	route.paths[0].ifindex = LAN;
	route.replace = true;
	tell_route(&route);
	assert_int_equal(looked_up(0x14000001).port, 1);
	assert_int_equal(stats_now().routes, 1);
}

static void test_equal_routes_stand_in_the_order_of_the_kernel(void **state)
{
	struct ctl_nl_route first = tell_path(0x14000000, 8, WAN, 0x0a000005);
	struct ctl_nl_route behind = route_to(0x14000000, 8);
	struct ctl_nl_route before = route_to(0x14000000, 8);

	(void)state;
	behind.append = true;
	add_path(&behind, LAN, 0x0a010005);
	tell_route(&behind);
	assert_int_equal(looked_up(0x14000001).port, 0);
	add_path(&before, LAN, 0x0a010006);
	tell_route(&before);
	assert_int_equal(looked_up(0x14000001).port, 1);
	tell_route_gone(before);
	assert_int_equal(looked_up(0x14000001).port, 0);
	tell_route_gone(first);
	assert_int_equal(looked_up(0x14000001).port, 1);
}

static void test_path_over_a_link_that_is_no_port_is_the_kernels(void **state)
{
	(void)state;
	tell_path(0x14000000, 8, OTHER, 0x0a020005);
	tell_neigh(OTHER, 0x0a020005, NUD_REACHABLE, 5);
	assert_kind(0x14000001, DP_NH_UNREACHABLE);
	assert_int_equal(stats_now().punted_routes, 1);
}

static void test_route_for_a_tos_leaves_the_prefix_to_the_kernel(void **state)
{
	struct ctl_nl_route tos = route_to(0x14000000, 8);

	(void)state;
	tell_path(0x14000000, 8, WAN, 0x0a000005);
	add_path(&tos, LAN, 0x0a010005);
	tos.tos = 0x10;
	tell_route(&tos);
	assert_kind(0x14000001, DP_NH_UNREACHABLE);
	tell_route_gone(tos);
	assert_kind(0x14000001, DP_NH_GLEAN);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		RIB_TEST(test_gateway_is_gleaned_until_its_neighbour_is_known),
		RIB_TEST(test_neighbour_of_another_link_resolves_nothing),
		RIB_TEST(test_connected_prefix_has_an_entry_for_each_neighbour),
		RIB_TEST(test_neighbour_counts_only_where_its_link_is_connected),
		RIB_TEST(test_route_to_the_host_itself_wins_over_its_neighbour),
		RIB_TEST(test_connected_host_route_is_its_neighbour),
		RIB_TEST(test_types_of_routes),
		RIB_TEST(test_types_that_are_not_followed),
		RIB_TEST(test_lowest_metric_wins),
		RIB_TEST(test_local_table_comes_first),
		RIB_TEST(test_replacing_takes_the_place_of_the_first),
		RIB_TEST(test_equal_routes_stand_in_the_order_of_the_kernel),
		RIB_TEST(test_path_over_a_link_that_is_no_port_is_the_kernels),
		RIB_TEST(test_route_for_a_tos_leaves_the_prefix_to_the_kernel),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
