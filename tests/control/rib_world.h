#ifndef TESTS_CONTROL_RIB_WORLD_H
#define TESTS_CONTROL_RIB_WORLD_H

/*
 * A rib with two ports and one other link, a routing behind it, and words to tell it what the
 * kernel would.
 */

#include "control/mirror/ctl_rib.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
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

static inline void tell_link(int ifindex, const char *name, uint32_t flags)
{
	struct ctl_nl_link link = { .ifindex = ifindex, .flags = flags, .mtu = 1500 };

	snprintf(link.name, sizeof(link.name), "%s", name);
	assert_int_equal(ctl_rib_apply_link(rib, &link, false), 0);
}

static inline void tell_link_gone(int ifindex)
{
	struct ctl_nl_link link = { .ifindex = ifindex, .removed = true };

	assert_int_equal(ctl_rib_apply_link(rib, &link, false), 0);
}

static inline void tell_neigh(int ifindex, uint32_t addr, uint16_t state, uint8_t mac_end)
{
	struct ctl_nl_neigh neigh = { .ifindex = ifindex,
				      .addr = ctl_addr_from_ipv4(addr),
				      .state = state,
				      .has_mac = mac_end != 0,
				      .mac = { 2, 0, 0, 0, 0, mac_end } };

	assert_int_equal(ctl_rib_apply_neigh(rib, &neigh), 0);
}

static inline void tell_neigh_gone(int ifindex, uint32_t addr)
{
	struct ctl_nl_neigh neigh = { .ifindex = ifindex,
				      .addr = ctl_addr_from_ipv4(addr),
				      .removed = true };

	assert_int_equal(ctl_rib_apply_neigh(rib, &neigh), 0);
}

static inline void tell_addr(int ifindex, uint32_t addr, bool removed)
{
	struct ctl_nl_addr msg = { .removed = removed,
				   .ifindex = ifindex,
				   .depth = 24,
				   .local = ctl_addr_from_ipv4(addr),
				   .peer = ctl_addr_from_ipv4(addr) };

	assert_int_equal(ctl_rib_apply_addr(rib, &msg), 0);
}

static inline struct ctl_nl_route route_to(uint32_t prefix, uint8_t depth)
{
	struct ctl_nl_route route = { .type = RTN_UNICAST,
				      .depth = depth,
				      .table = RT_TABLE_MAIN,
				      .prefix = ctl_addr_from_ipv4(prefix) };

	return route;
}

static inline void add_path(struct ctl_nl_route *route, int ifindex, uint32_t gateway)
{
	struct ctl_nl_path *path = &route->paths[route->n_paths++];

	path->ifindex = ifindex;
	path->weight = 1;
	if (gateway != 0)
		path->gateway = ctl_addr_from_ipv4(gateway);
}

static inline void tell_route(const struct ctl_nl_route *route)
{
	assert_int_equal(ctl_rib_apply_route(rib, route, false), 0);
}

static inline void tell_route_gone(struct ctl_nl_route route)
{
	route.removed = true;
	tell_route(&route);
}

/* A route with one path; gateway 0: connected. */
static inline struct ctl_nl_route tell_path(uint32_t prefix, uint8_t depth, int ifindex,
					    uint32_t gateway)
{
	struct ctl_nl_route route = route_to(prefix, depth);

	add_path(&route, ifindex, gateway);
	tell_route(&route);
	return route;
}

static inline void tell_object(uint32_t id, int ifindex, uint32_t gateway)
{
	struct ctl_nl_nexthop nexthop = {
		.id = id,
		.path = { .ifindex = ifindex, .weight = 1, .gateway = ctl_addr_from_ipv4(gateway) }
	};

	assert_int_equal(ctl_rib_apply_nexthop(rib, &nexthop), 0);
}

static inline void tell_object_gone(uint32_t id)
{
	struct ctl_nl_nexthop nexthop = { .id = id, .removed = true };

	assert_int_equal(ctl_rib_apply_nexthop(rib, &nexthop), 0);
}

static inline void tell_group(uint32_t id, uint32_t a, uint32_t b)
{
	struct ctl_nl_nexthop nexthop = {
		.id = id, .n_members = 2, .members = { a, b }, .weights = { 1, 3 }
	};

	assert_int_equal(ctl_rib_apply_nexthop(rib, &nexthop), 0);
}

static inline struct ctl_nl_route tell_route_over(uint32_t prefix, uint8_t depth, uint32_t id)
{
	struct ctl_nl_route route = route_to(prefix, depth);

	route.nexthop_id = id;
	tell_route(&route);
	return route;
}

static inline struct dp_nexthop looked_up(uint32_t addr)
{
	struct dp_nexthop nexthop = { .kind = DP_NH_UNREACHABLE };
	uint32_t index = dp_route_lookup(routing, addr);

	if (index != DP_NH_NONE)
		assert_int_equal(dp_nexthop_get(routing, index, &nexthop), 0);
	return nexthop;
}

#define assert_kind(addr, expected) assert_int_equal(looked_up(addr).kind, expected)

static inline void assert_forwards(uint32_t addr, uint16_t port, uint8_t mac_end)
{
	struct dp_nexthop nexthop = looked_up(addr);

	assert_int_equal(nexthop.kind, DP_NH_FORWARD);
	assert_int_equal(nexthop.port, port);
	assert_int_equal(nexthop.dst_mac[5], mac_end);
}

static inline struct ctl_mirror_stats stats_now(void)
{
	struct ctl_mirror_stats stats = { 0 };

	ctl_rib_stats_get(rib, &stats);
	return stats;
}

/* With WAN and OTHER. */
static inline void rib_start(const struct ctl_mirror_ops *ops)
{
	struct ctl_rib_params params = { .n_ports = 2,
					 .port_names = { "wan0", "lan0" },
					 .ops = *ops };

	routing = dp_routing_create();
	assert_non_null(routing);
	params.routing = routing;
	assert_int_equal(ctl_rib_create(&params, &rib), 0);
	tell_link(WAN, "wan0", ALIVE);
	tell_link(OTHER, "other0", ALIVE);
}

static inline int rib_setup(void **state)
{
	(void)state;
	rib_start(&(struct ctl_mirror_ops){ 0 });
	tell_link(LAN, "lan0", ALIVE);
	ctl_rib_is_suspect(rib);
	return 0;
}

/* Whatever happened, the routing is empty again without the rib. */
static inline int rib_teardown(void **state)
{
	struct dp_route_stats stats;

	(void)state;
	ctl_rib_destroy(rib);
	dp_route_stats_get(routing, &stats);
	assert_int_equal(stats.routes, 0);
	assert_int_equal(stats.routes6, 0);
	dp_routing_destroy(routing);
	return 0;
}

#define RIB_TEST(name) cmocka_unit_test_setup_teardown(name, rib_setup, rib_teardown)

#endif
