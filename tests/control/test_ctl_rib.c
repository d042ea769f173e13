/* The rib, told by hand what the kernel would tell, against what the data path then does. */

#include "control/mirror/ctl_rib.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>
#include <linux/neighbour.h>
#include <linux/rtnetlink.h>

#define WAN 7	/* ifindex of port 0 */
#define LAN 8	/* ifindex of port 1 */
#define OTHER 9 /* ifindex of a link that is no port */

#define LOWER_UP (1U << 16) /* IFF_LOWER_UP */
#define ALIVE (IFF_UP | IFF_RUNNING | LOWER_UP)

static struct dp_routing *routing;
static struct ctl_rib *rib;

static void tell_link(int ifindex, const char *name, uint32_t flags)
{
	struct ctl_nl_link link = { .ifindex = ifindex, .flags = flags, .mtu = 1500 };

	strcpy(link.name, name);
	assert_int_equal(ctl_rib_apply_link(rib, &link), 0);
}

static void tell_link_gone(int ifindex)
{
	struct ctl_nl_link link = { .ifindex = ifindex, .removed = true };

	assert_int_equal(ctl_rib_apply_link(rib, &link), 0);
}

static void tell_neigh(int ifindex, uint32_t addr, uint16_t state, uint8_t mac_end)
{
	struct ctl_nl_neigh neigh = { .ifindex = ifindex,
				      .addr = ctl_addr_from_ipv4(addr),
				      .state = state,
				      .has_mac = mac_end != 0,
				      .mac = { 2, 0, 0, 0, 0, mac_end } };

	assert_int_equal(ctl_rib_apply_neigh(rib, &neigh), 0);
}

static void tell_neigh_gone(int ifindex, uint32_t addr)
{
	struct ctl_nl_neigh neigh = { .ifindex = ifindex,
				      .addr = ctl_addr_from_ipv4(addr),
				      .removed = true };

	assert_int_equal(ctl_rib_apply_neigh(rib, &neigh), 0);
}

static struct ctl_nl_route route_to(uint32_t prefix, uint8_t depth)
{
	struct ctl_nl_route route = { .type = RTN_UNICAST,
				      .depth = depth,
				      .table = RT_TABLE_MAIN,
				      .prefix = ctl_addr_from_ipv4(prefix) };

	return route;
}

static void add_path(struct ctl_nl_route *route, int ifindex, uint32_t gateway)
{
	struct ctl_nl_path *path = &route->paths[route->n_paths++];

	path->ifindex = ifindex;
	path->weight = 1;
	if (gateway != 0)
		path->gateway = ctl_addr_from_ipv4(gateway);
}

static void tell_route(const struct ctl_nl_route *route)
{
	assert_int_equal(ctl_rib_apply_route(rib, route, false), 0);
}

static void tell_route_gone(struct ctl_nl_route route)
{
	route.removed = true;
	tell_route(&route);
}

/* A route with one path; gateway 0: connected. */
static struct ctl_nl_route tell_path(uint32_t prefix, uint8_t depth, int ifindex, uint32_t gateway)
{
	struct ctl_nl_route route = route_to(prefix, depth);

	add_path(&route, ifindex, gateway);
	tell_route(&route);
	return route;
}

static void tell_object(uint32_t id, int ifindex, uint32_t gateway)
{
	struct ctl_nl_nexthop nexthop = {
		.id = id,
		.path = { .ifindex = ifindex, .weight = 1, .gateway = ctl_addr_from_ipv4(gateway) }
	};

	assert_int_equal(ctl_rib_apply_nexthop(rib, &nexthop), 0);
}

static void tell_object_gone(uint32_t id)
{
	struct ctl_nl_nexthop nexthop = { .id = id, .removed = true };

	assert_int_equal(ctl_rib_apply_nexthop(rib, &nexthop), 0);
}

static void tell_group(uint32_t id, uint32_t a, uint32_t b)
{
	struct ctl_nl_nexthop nexthop = {
		.id = id, .n_members = 2, .members = { a, b }, .weights = { 1, 3 }
	};

	assert_int_equal(ctl_rib_apply_nexthop(rib, &nexthop), 0);
}

static struct ctl_nl_route tell_route_over(uint32_t prefix, uint8_t depth, uint32_t id)
{
	struct ctl_nl_route route = route_to(prefix, depth);

	route.nexthop_id = id;
	tell_route(&route);
	return route;
}

static struct dp_nexthop looked_up(uint32_t addr)
{
	struct dp_nexthop nexthop = { .kind = DP_NH_UNREACHABLE };
	uint32_t index = dp_route_lookup(routing, addr);

	if (index != DP_NH_NONE)
		assert_int_equal(dp_nexthop_get(routing, index, &nexthop), 0);
	return nexthop;
}

#define assert_kind(addr, expected) assert_int_equal(looked_up(addr).kind, expected)

static void assert_forwards(uint32_t addr, uint16_t port, uint8_t mac_end)
{
	struct dp_nexthop nexthop = looked_up(addr);

	assert_int_equal(nexthop.kind, DP_NH_FORWARD);
	assert_int_equal(nexthop.port, port);
	assert_int_equal(nexthop.dst_mac[5], mac_end);
}

static struct ctl_mirror_stats stats_now(void)
{
	struct ctl_mirror_stats stats = { 0 };

	ctl_rib_stats_get(rib, &stats);
	return stats;
}

static int setup(void **state)
{
	struct ctl_rib_params params = { .n_ports = 2, .port_names = { "wan0", "lan0" } };

	(void)state;
	routing = dp_routing_create();
	assert_non_null(routing);
	params.routing = routing;
	assert_int_equal(ctl_rib_create(&params, &rib), 0);
	tell_link(WAN, "wan0", ALIVE);
	tell_link(LAN, "lan0", ALIVE);
	tell_link(OTHER, "other0", ALIVE);
	ctl_rib_is_suspect(rib);
	return 0;
}

/* Whatever happened, the routing is empty again without the rib. */
static int teardown(void **state)
{
	struct dp_route_stats stats;

	(void)state;
	ctl_rib_destroy(rib);
	dp_route_stats_get(routing, &stats);
	assert_int_equal(stats.routes, 0);
	dp_routing_destroy(routing);
	return 0;
}

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
		{ RTN_THROW, DP_NH_UNREACHABLE },
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

static void test_tables_and_types_that_are_not_followed(void **state)
{
	struct ctl_nl_route route = route_to(0x1e000000, 8);

	(void)state;
	add_path(&route, WAN, 0x0a000005);
	route.table = 100;
	assert_int_equal(ctl_rib_apply_route(rib, &route, false), -ENOMSG);
	route.table = RT_TABLE_MAIN;
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
	struct ctl_nl_netconf netconf = { .ifindex = CTL_NL_NETCONF_ALL, .ignores_linkdown = true };
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
	struct ctl_nl_addr addr = { .ifindex = WAN,
				    .depth = 24,
				    .local = ctl_addr_from_ipv4(0x0a000001),
				    .peer = ctl_addr_from_ipv4(0x0a000001) };

	(void)state;
	assert_int_equal(ctl_rib_apply_addr(rib, &addr), 0);
	tell_two_paths();
	tell_path(0x1e000000, 8, WAN, 0x0a000005);
	addr.removed = true;
	assert_int_equal(ctl_rib_apply_addr(rib, &addr), 0);
	assert_int_equal(stats_now().routes, 1);
	assert_int_equal(looked_up(0x14000001).port, 1);
	addr.removed = false;
	assert_int_equal(ctl_rib_apply_addr(rib, &addr), 0);
	assert_kind(0x14000001, DP_NH_GROUP);
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

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_gateway_is_gleaned_until_its_neighbour_is_known),
		TEST(test_neighbour_of_another_link_resolves_nothing),
		TEST(test_connected_prefix_has_an_entry_for_each_neighbour),
		TEST(test_neighbour_counts_only_where_its_link_is_connected),
		TEST(test_route_to_the_host_itself_wins_over_its_neighbour),
		TEST(test_connected_host_route_is_its_neighbour),
		TEST(test_types_of_routes),
		TEST(test_tables_and_types_that_are_not_followed),
		TEST(test_lowest_metric_wins),
		TEST(test_local_table_comes_first),
		TEST(test_replacing_takes_the_place_of_the_first),
		TEST(test_equal_routes_stand_in_the_order_of_the_kernel),
		TEST(test_several_paths_become_a_group),
		TEST(test_link_going_down_takes_its_path_and_not_the_route),
		TEST(test_surviving_route_gets_its_path_back_with_the_link),
		TEST(test_removed_link_takes_the_whole_route),
		TEST(test_carrier_loss_keeps_routes_and_stops_traffic),
		TEST(test_routes_without_carrier_are_passed_over_where_so_set),
		TEST(test_path_over_a_link_that_is_no_port_is_the_kernels),
		TEST(test_route_for_a_tos_leaves_the_prefix_to_the_kernel),
		TEST(test_object_changes_without_its_routes),
		TEST(test_route_may_come_before_its_object),
		TEST(test_object_takes_its_routes_with_it),
		TEST(test_group_shrinks_and_goes_with_its_last_member),
		TEST(test_carrier_loss_flushes_objects),
		TEST(test_last_address_takes_paths_of_its_link),
		TEST(test_routes_go_with_the_source_that_they_prefer),
		TEST(test_synchronisation_sweeps_what_it_did_not_see),
		TEST(test_synchronisation_that_starts_again_forgets_what_it_saw),
		TEST(test_synchronisation_takes_over_the_order_of_the_kernel),
		TEST(test_gateways_are_put_under_management_and_released),
		TEST(test_static_neighbours_are_left_alone),
		TEST(test_hosts_are_asked_for_again_when_stale),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
