/* Synchronisations of the rib, and what it asks the kernel to do with neighbours. */

#include "rib_world.h"

static void test_synchronisation_sweeps_what_it_did_not_see(void **state)
{
	struct ctl_nl_route kept = tell_path(0x14000000, 8, WAN, 0x0a000005);

	(void)state;
	tell_path(0x1e000000, 8, WAN, 0x0a000005);
	tell_object(1, WAN, 0x0a000005);
	tell_neigh(WAN, 0x0a000005, NUD_REACHABLE, 5);
	tell_neigh(WAN, 0x0a000006, NUD_REACHABLE, 6);
	ctl_rib_sync_begin(rib);
	tell_link(WAN, "wan0", ALIVE);
	tell_link(LAN, "lan0", ALIVE);
	tell_neigh(WAN, 0x0a000005, NUD_REACHABLE, 5);
	assert_int_equal(ctl_rib_apply_route(rib, &kept, true), 0);
	/* Until its end everything forwards as before. */
	assert_forwards(0x1e000001, 0, 5);
	ctl_rib_sync_end(rib);
	assert_forwards(0x14000001, 0, 5);
	assert_kind(0x1e000001, DP_NH_UNREACHABLE);
	assert_int_equal(stats_now().routes, 1);
	assert_int_equal(stats_now().nexthops, 0);
	assert_int_equal(stats_now().neighbours, 1);
	assert_int_equal(stats_now().swept, 4);
}

static void test_synchronisation_that_starts_again_forgets_what_it_saw(void **state)
{
	struct ctl_nl_route route = tell_path(0x14000000, 8, WAN, 0x0a000005);

	(void)state;
	ctl_rib_sync_begin(rib);
	assert_int_equal(ctl_rib_apply_route(rib, &route, true), 0);
	ctl_rib_sync_begin(rib);
	ctl_rib_sync_end(rib);
	assert_int_equal(stats_now().routes, 0);
}

static void test_synchronisation_takes_over_the_order_of_the_kernel(void **state)
{
	struct ctl_nl_route a = tell_path(0x14000000, 8, WAN, 0x0a000005);
	struct ctl_nl_route b = tell_path(0x14000000, 8, LAN, 0x0a010005);

	(void)state;
	assert_int_equal(looked_up(0x14000001).port, 1);
	ctl_rib_sync_begin(rib);
	tell_link(WAN, "wan0", ALIVE);
	tell_link(LAN, "lan0", ALIVE);
	assert_int_equal(ctl_rib_apply_route(rib, &a, true), 0);
	assert_int_equal(ctl_rib_apply_route(rib, &b, true), 0);
	ctl_rib_sync_end(rib);
	assert_int_equal(looked_up(0x14000001).port, 0);
	assert_int_equal(stats_now().routes, 2);
}

static int collect_gateway(const struct ctl_mirror_route *route, void *arg)
{
	uint32_t *gateways = arg;

	gateways[route->place] = ctl_addr_ipv4(&route->paths[0].gateway);
	return 0;
}

/* A route that was appended while the dump was on its way: the dump has the last word. */
static void test_dump_orders_what_a_notification_brought_meanwhile(void **state)
{
	struct ctl_nl_route routes[3];
	uint32_t gateways[3] = { 0 };

	(void)state;
	for (unsigned i = 0; i < 3; i++) {
		routes[i] = route_to(0x14000000, 8);
		add_path(&routes[i], WAN, 0x0a000001 + i);
		routes[i].append = true;
	}
	tell_route(&routes[0]);
	tell_route(&routes[1]);
	ctl_rib_sync_begin(rib);
	tell_route(&routes[2]);
	for (unsigned i = 0; i < 3; i++) {
		routes[i].append = false;
		assert_int_equal(ctl_rib_apply_route(rib, &routes[i], true), 0);
	}
	ctl_rib_walk_routes(rib, NULL, collect_gateway, gateways);
	for (unsigned i = 0; i < 3; i++)
		assert_int_equal(gateways[i], 0x0a000001 + i);
}

/* The kernel tells of a route that went with its source address after we have removed it. */
static void test_late_word_of_a_route_that_is_gone_takes_no_other(void **state)
{
	struct ctl_nl_route gone = route_to(0x14000000, 8);

	(void)state;
	tell_path(0x0a000000, 24, WAN, 0);
	tell_neigh(WAN, 0x0a000005, NUD_REACHABLE, 5);
	tell_path(0x14000000, 8, WAN, 0x0a000005);
	add_path(&gone, WAN, 0x0a000006);
	tell_route_gone(gone);
	assert_forwards(0x14000001, 0, 5);
	assert_true(ctl_rib_is_suspect(rib));
}

static bool requested(enum ctl_rib_request_kind kind, uint32_t addr)
{
	struct ctl_rib_request request;
	bool found = false;

	while (ctl_rib_request_take(rib, &request))
		found |= request.kind == kind && ctl_addr_ipv4(&request.addr) == addr;
	return found;
}

static void test_gateways_are_put_under_management_and_released(void **state)
{
	struct ctl_nl_route route = tell_path(0x14000000, 8, WAN, 0x0a000005);
	struct ctl_nl_neigh neigh = { .ifindex = WAN,
				      .addr = ctl_addr_from_ipv4(0x0a000005),
				      .state = NUD_REACHABLE,
				      .managed = true,
				      .has_mac = true };

	(void)state;
	assert_true(requested(CTL_RIB_MANAGE, 0x0a000005));
	assert_int_equal(ctl_rib_apply_neigh(rib, &neigh), 0);
	ctl_rib_tick(rib);
	assert_false(requested(CTL_RIB_MANAGE, 0x0a000005));
	neigh.removed = true;
	assert_int_equal(ctl_rib_apply_neigh(rib, &neigh), 0);
	assert_true(requested(CTL_RIB_MANAGE, 0x0a000005));
	neigh.removed = false;
	assert_int_equal(ctl_rib_apply_neigh(rib, &neigh), 0);
	tell_route_gone(route);
	assert_true(requested(CTL_RIB_RELEASE, 0x0a000005));
}

static void test_static_neighbours_are_left_alone(void **state)
{
	(void)state;
	tell_neigh(WAN, 0x0a000005, NUD_PERMANENT, 5);
	tell_path(0x14000000, 8, WAN, 0x0a000005);
	ctl_rib_tick(rib);
	assert_false(requested(CTL_RIB_MANAGE, 0x0a000005));
}

static void test_hosts_are_asked_for_again_when_stale(void **state)
{
	(void)state;
	tell_path(0x0a000000, 24, WAN, 0);
	tell_neigh(WAN, 0x0a000005, NUD_REACHABLE, 5);
	ctl_rib_tick(rib);
	assert_false(requested(CTL_RIB_REFRESH, 0x0a000005));
	tell_neigh(WAN, 0x0a000005, NUD_STALE, 5);
	for (unsigned s = 0; s < 14; s++)
		ctl_rib_tick(rib);
	assert_false(requested(CTL_RIB_REFRESH, 0x0a000005));
	for (unsigned s = 0; s < 2; s++)
		ctl_rib_tick(rib);
	assert_true(requested(CTL_RIB_REFRESH, 0x0a000005));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		RIB_TEST(test_synchronisation_sweeps_what_it_did_not_see),
		RIB_TEST(test_synchronisation_that_starts_again_forgets_what_it_saw),
		RIB_TEST(test_synchronisation_takes_over_the_order_of_the_kernel),
		RIB_TEST(test_dump_orders_what_a_notification_brought_meanwhile),
		RIB_TEST(test_late_word_of_a_route_that_is_gone_takes_no_other),
		RIB_TEST(test_gateways_are_put_under_management_and_released),
		RIB_TEST(test_static_neighbours_are_left_alone),
		RIB_TEST(test_hosts_are_asked_for_again_when_stale),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
