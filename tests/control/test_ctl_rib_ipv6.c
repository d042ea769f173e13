/* The rib told IPv6 by hand, against what the data path then does. */

#include "control/mirror/ctl_rib_audit.h"
#include "rib_world.h"

#include <arpa/inet.h>
#include <string.h>

static struct ctl_addr address(const char *text)
{
	struct ctl_addr addr = { .family = AF_INET6 };

	assert_int_equal(inet_pton(AF_INET6, text, addr.bytes), 1);
	return addr;
}

static struct dp_nexthop found(const char *text)
{
	struct dp_nexthop nexthop = { .kind = DP_NH_UNREACHABLE };
	struct ctl_addr addr = address(text);
	struct dp_ip6 ip6;
	uint32_t index;

	memcpy(ip6.bytes, addr.bytes, sizeof(ip6.bytes));
	index = dp_route6_lookup(routing, &ip6);
	if (index != DP_NH_NONE)
		assert_int_equal(dp_nexthop_get(routing, index, &nexthop), 0);
	return nexthop;
}

static struct ctl_nl_route route6(const char *prefix, uint8_t depth)
{
	struct ctl_nl_route route = { .type = RTN_UNICAST,
				      .depth = depth,
				      .table = RT_TABLE_MAIN,
				      .metric = 1024,
				      .prefix = address(prefix) };

	return route;
}

static void path6(struct ctl_nl_route *route, int ifindex, const char *gateway)
{
	struct ctl_nl_path *path = &route->paths[route->n_paths++];

	path->ifindex = ifindex;
	path->weight = 1;
	if (gateway)
		path->gateway = address(gateway);
}

static struct ctl_nl_route tell_path6(const char *prefix, uint8_t depth, int ifindex,
				      const char *gateway)
{
	struct ctl_nl_route route = route6(prefix, depth);

	path6(&route, ifindex, gateway);
	tell_route(&route);
	return route;
}

static void tell_neigh6(int ifindex, const char *addr, uint8_t mac_end)
{
	struct ctl_nl_neigh neigh = { .ifindex = ifindex,
				      .addr = address(addr),
				      .state = mac_end ? NUD_REACHABLE : NUD_FAILED,
				      .has_mac = mac_end != 0,
				      .mac = { 2, 0, 0, 0, 0, mac_end } };

	assert_int_equal(ctl_rib_apply_neigh(rib, &neigh), 0);
}

static void test_gateways_of_one_address_on_two_links(void **state)
{
	(void)state;
	tell_path6("fd20::", 48, WAN, "fe80::5");
	tell_path6("fd20:0:1::", 48, LAN, "fe80::5");
	tell_neigh6(WAN, "fe80::5", 5);
	assert_int_equal(found("fd20::1").kind, DP_NH_FORWARD);
	assert_int_equal(found("fd20:0:1::1").kind, DP_NH_GLEAN);
	tell_neigh6(LAN, "fe80::5", 6);
	assert_int_equal(found("fd20:0:1::1").dst_mac[5], 6);
	assert_int_equal(found("fd20::1").port, 0);
}

static void test_connected_prefix_has_an_entry_for_each_neighbour(void **state)
{
	struct ctl_nl_route connected = tell_path6("fd00::", 64, WAN, NULL);
	struct dp_route_stats stats;

	(void)state;
	assert_int_equal(found("fd00::5").kind, DP_NH_GLEAN);
	tell_neigh6(WAN, "fd00::5", 5);
	tell_neigh6(WAN, "fe80::5", 5);
	assert_int_equal(found("fd00::5").kind, DP_NH_FORWARD);
	assert_int_equal(found("fd00::6").kind, DP_NH_GLEAN);
	dp_route_stats_get(routing, &stats);
	assert_int_equal(stats.routes6, 2);
	assert_int_equal(stats.routes, 0);
	tell_neigh6(WAN, "fd00::5", 0);
	assert_int_equal(found("fd00::5").kind, DP_NH_GLEAN);
	tell_route_gone(connected);
	assert_int_equal(found("fd00::5").kind, DP_NH_UNREACHABLE);
}

static void test_own_addresses_are_local(void **state)
{
	struct ctl_nl_route local = route6("fd00::1", 128);

	(void)state;
	tell_path6("fd00::", 64, WAN, NULL);
	local.type = RTN_LOCAL;
	local.table = RT_TABLE_LOCAL;
	local.metric = 0;
	path6(&local, WAN, NULL);
	tell_route(&local);
	assert_int_equal(found("fd00::1").kind, DP_NH_LOCAL);
	local.type = RTN_ANYCAST;
	local.prefix = address("fd00::");
	tell_route(&local);
	assert_int_equal(found("fd00::").kind, DP_NH_LOCAL);
}

static void test_what_is_of_one_link_is_not_followed(void **state)
{
	struct ctl_nl_route route = route6("fe80::", 64);

	(void)state;
	path6(&route, WAN, NULL);
	assert_int_equal(ctl_rib_apply_route(rib, &route, false), -ENOMSG);
	route.prefix = address("ff02::");
	assert_int_equal(ctl_rib_apply_route(rib, &route, false), -ENOMSG);
	assert_int_equal(stats_now().routes, 0);
}

/* The kernel tells all siblings when one comes, that one first, and the one when it goes. */
static void test_siblings_are_paths_of_one_route(void **state)
{
	struct ctl_nl_route route = tell_path6("fd20::", 48, WAN, "fd00::5");
	struct ctl_nl_route gone = route6("fd20::", 48);

	(void)state;
	route.n_paths = 0;
	route.append = true;
	path6(&route, LAN, "fd01::5");
	path6(&route, WAN, "fd00::5");
	route.paths[0].weight = 3;
	tell_route(&route);
	assert_int_equal(found("fd20::1").n_members, 2);
	assert_int_equal(stats_now().routes, 1);
	path6(&gone, LAN, "fd01::5");
	tell_route_gone(gone);
	assert_int_equal(found("fd20::1").kind, DP_NH_GLEAN);
	assert_int_equal(found("fd20::1").port, 0);
	assert_int_equal(stats_now().routes, 1);
	gone.n_paths = 0;
	path6(&gone, WAN, "fd00::5");
	tell_route_gone(gone);
	assert_int_equal(stats_now().routes, 0);
	assert_false(ctl_rib_is_suspect(rib));
}

/* The weight of what is left is not told until it has a sibling again: an audit finds it equal. */
static void test_weight_of_a_single_path_means_nothing(void **state)
{
	struct ctl_nl_route route = route6("fd20::", 48);
	struct ctl_nl_route gone = route6("fd20::", 48);
	struct ctl_nl_route left = route6("fd20::", 48);

	(void)state;
	path6(&route, WAN, "fd00::5");
	path6(&route, LAN, "fd01::5");
	route.paths[0].weight = 3;
	tell_route(&route);
	path6(&gone, LAN, "fd01::5");
	tell_route_gone(gone);
	path6(&left, WAN, "fd00::5");
	ctl_rib_audit_begin(rib);
	assert_int_equal(ctl_rib_audit_route(rib, &left), 0);
	assert_int_equal(ctl_rib_diffs(rib)->n, 0);
}

static void test_order_of_siblings_means_nothing(void **state)
{
	struct ctl_nl_route a = route6("fd20::", 48), b = route6("fd20::", 48);
	struct dp_nexthop before, after;

	(void)state;
	path6(&a, WAN, "fd00::5");
	path6(&a, LAN, "fd01::5");
	path6(&b, LAN, "fd01::5");
	path6(&b, WAN, "fd00::5");
	tell_route(&a);
	before = found("fd20::1");
	tell_route(&b);
	after = found("fd20::1");
	assert_memory_equal(before.members, after.members, 2 * sizeof(before.members[0]));
	tell_route_gone(a);
	assert_int_equal(stats_now().routes, 0);
}

/* Routes without gateway are none; the first of a metric wins. */
static void test_device_routes_stay_apart(void **state)
{
	struct ctl_nl_route first = tell_path6("fd20::", 48, LAN, NULL);

	(void)state;
	tell_path6("fd20::", 48, WAN, "fd00::5");
	tell_path6("fd20::", 48, WAN, NULL);
	assert_int_equal(stats_now().routes, 3);
	assert_int_equal(found("fd20::1").port, 1);
	tell_route_gone(first);
	assert_int_equal(found("fd20::1").port, 0);
	assert_int_equal(stats_now().routes, 2);
}

static void test_replacement_removes_all_siblings(void **state)
{
	struct ctl_nl_route route = route6("fd20::", 48);
	struct ctl_nl_route next = route6("fd20::", 48);

	(void)state;
	path6(&route, WAN, "fd00::5");
	path6(&route, WAN, "fd00::6");
	tell_route(&route);
	next.replace = true;
	path6(&next, LAN, "fd01::5");
	tell_route(&next);
	assert_int_equal(stats_now().routes, 1);
	assert_int_equal(found("fd20::1").kind, DP_NH_GLEAN);
	assert_int_equal(found("fd20::1").port, 1);
}

/* The kernel says nothing of a path that dies while the route stays, nor when it revives. */
static void test_path_over_a_link_that_is_down(void **state)
{
	struct ctl_nl_route route = route6("fd20::", 48);

	(void)state;
	path6(&route, WAN, "fd00::5");
	path6(&route, LAN, "fd01::5");
	tell_route(&route);
	tell_path6("fd21::", 48, LAN, "fd01::5");
	tell_link(LAN, "lan0", 0);
	assert_int_equal(found("fd20::1").port, 0);
	assert_int_equal(found("fd20::1").kind, DP_NH_GLEAN);
	assert_int_equal(stats_now().routes, 1);
	tell_link(LAN, "lan0", ALIVE);
	assert_int_equal(found("fd20::1").n_members, 2);
	tell_link_gone(LAN);
	assert_int_equal(found("fd20::1").port, 0);
	assert_int_equal(stats_now().routes, 1);
}

/* The kernel revives them when the link can send, later than it says that there is a carrier. */
static void test_paths_that_stay_dead_for_a_while(void **state)
{
	struct ctl_nl_route route = route6("fd20::", 48);

	(void)state;
	path6(&route, WAN, "fd00::5");
	path6(&route, LAN, "fd01::5");
	route.paths[1].flags = RTNH_F_DEAD;
	assert_int_equal(ctl_rib_apply_route(rib, &route, true), 0);
	assert_int_equal(found("fd20::1").kind, DP_NH_GLEAN);
	assert_false(ctl_rib_is_suspect(rib));
	tell_link(WAN, "wan0", ALIVE);
	assert_false(ctl_rib_is_suspect(rib));
	tell_link(LAN, "lan0", ALIVE);
	assert_true(ctl_rib_is_suspect(rib));
	route.paths[1].flags = 0;
	assert_int_equal(ctl_rib_apply_route(rib, &route, true), 0);
	assert_int_equal(found("fd20::1").n_members, 2);
}

/* The last IPv4 address takes IPv4 routes along, and those alone. */
static void test_ipv6_outlives_ipv4_addresses(void **state)
{
	(void)state;
	tell_addr(WAN, 0x0a000001, false);
	tell_path(0x14000000, 8, WAN, 0);
	tell_path6("fd20::", 48, WAN, NULL);
	tell_addr(WAN, 0x0a000001, true);
	assert_kind(0x14000001, DP_NH_UNREACHABLE);
	assert_int_equal(found("fd20::1").kind, DP_NH_GLEAN);
}

static void test_one_object_leads_routes_of_both_families(void **state)
{
	struct ctl_nl_nexthop object = {
		.id = 1,
		.family = AF_INET6,
		.path = { .ifindex = WAN, .weight = 1, .gateway = address("fe80::5") }
	};
	struct ctl_nl_route route = route6("fd20::", 48);

	(void)state;
	assert_int_equal(ctl_rib_apply_nexthop(rib, &object), 0);
	tell_route_over(0x14000000, 8, 1);
	route.nexthop_id = 1;
	tell_route(&route);
	tell_neigh6(WAN, "fe80::5", 5);
	assert_forwards(0x14000001, 0, 5);
	assert_int_equal(found("fd20::1").dst_mac[5], 5);
	tell_object_gone(1);
	assert_int_equal(stats_now().routes, 0);
	assert_int_equal(found("fd20::1").kind, DP_NH_UNREACHABLE);
	assert_kind(0x14000001, DP_NH_UNREACHABLE);
}

/* For routes of one source prefix the kernel decides about all of the prefix. */
static void test_source_routes_are_the_kernels(void **state)
{
	struct ctl_nl_route route = route6("fd20::", 48);

	(void)state;
	tell_path6("fd20::", 48, WAN, "fd00::5");
	route.tos = 77;
	path6(&route, LAN, "fd01::5");
	tell_route(&route);
	assert_int_equal(found("fd20::1").kind, DP_NH_UNREACHABLE);
	tell_route_gone(route);
	assert_int_equal(found("fd20::1").kind, DP_NH_GLEAN);
}

static void test_what_a_synchronisation_does_not_see_goes(void **state)
{
	(void)state;
	tell_path(0x14000000, 8, WAN, 0);
	tell_path6("fd20::", 48, WAN, NULL);
	tell_path6("fd21::", 48, WAN, NULL);
	ctl_rib_sync_begin(rib);
	tell_link(WAN, "wan0", ALIVE);
	tell_path6("fd21::", 48, WAN, NULL);
	ctl_rib_sync_end(rib);
	while (ctl_rib_work(rib, 16))
		;
	assert_int_equal(found("fd20::1").kind, DP_NH_UNREACHABLE);
	assert_int_equal(stats_now().routes, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		RIB_TEST(test_gateways_of_one_address_on_two_links),
		RIB_TEST(test_connected_prefix_has_an_entry_for_each_neighbour),
		RIB_TEST(test_own_addresses_are_local),
		RIB_TEST(test_what_is_of_one_link_is_not_followed),
		RIB_TEST(test_siblings_are_paths_of_one_route),
		RIB_TEST(test_weight_of_a_single_path_means_nothing),
		RIB_TEST(test_order_of_siblings_means_nothing),
		RIB_TEST(test_device_routes_stay_apart),
		RIB_TEST(test_replacement_removes_all_siblings),
		RIB_TEST(test_path_over_a_link_that_is_down),
		RIB_TEST(test_paths_that_stay_dead_for_a_while),
		RIB_TEST(test_ipv6_outlives_ipv4_addresses),
		RIB_TEST(test_one_object_leads_routes_of_both_families),
		RIB_TEST(test_source_routes_are_the_kernels),
		RIB_TEST(test_what_a_synchronisation_does_not_see_goes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
