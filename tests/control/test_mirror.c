/* The mirror in a real namespace: what it tells the port layer, and how soon the FIB is right. */

#include "mirror_world.h"

#include <errno.h>

#include <linux/neighbour.h>

#define SOON_MS 2000 /* on a busy machine; the slowest is printed, and 50 ms is the aim */

static struct world world;
static uint64_t slowest_ns;

static bool comes_true(bool (*condition)(void), unsigned within_ms)
{
	uint64_t since_ns = world_now_ns();

	while (!condition()) {
		if (world_now_ns() - since_ns > within_ms * 1000000ULL)
			return false;
		event_base_loop(world.base, EVLOOP_NONBLOCK);
		usleep(100);
	}
	return true;
}

/* From the command's return on; what the kernel itself delays is in it. */
static bool becomes_true_soon(bool (*condition)(void))
{
	uint64_t since_ns = world_now_ns();
	bool became = comes_true(condition, SOON_MS);
	uint64_t took_ns = world_now_ns() - since_ns;

	if (took_ns > slowest_ns)
		slowest_ns = took_ns;
	return became;
}

static struct dp_nexthop looked_up(uint32_t addr)
{
	struct dp_nexthop nexthop = { .kind = DP_NH_UNREACHABLE };
	uint32_t index = dp_route_lookup(world.routing, addr);

	if (index != DP_NH_NONE)
		assert_int_equal(dp_nexthop_get(world.routing, index, &nexthop), 0);
	return nexthop;
}

static bool goes_nowhere(void)
{
	return looked_up(0x14000001).kind == DP_NH_UNREACHABLE;
}

static bool goes_out_of_p0(void)
{
	struct dp_nexthop nexthop = looked_up(0x14000001);

	return (nexthop.kind == DP_NH_FORWARD || nexthop.kind == DP_NH_GLEAN) && nexthop.port == 0;
}

static bool goes_out_of_p1(void)
{
	struct dp_nexthop nexthop = looked_up(0x14000001);

	return (nexthop.kind == DP_NH_FORWARD || nexthop.kind == DP_NH_GLEAN) && nexthop.port == 1;
}

static bool is_grouped(void)
{
	return looked_up(0x14000001).kind == DP_NH_GROUP;
}

static int setup(void **state)
{
	(void)state;
	world_create(&world);
	world_ip(&world, "addr add 10.0.0.1/24 dev p0");
	world_ip(&world, "addr add 10.1.0.1/24 dev p1");
	return 0;
}

static int setup_started(void **state)
{
	setup(state);
	world_mirror_start(&world, 0);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	world_destroy(&world);
	return 0;
}

static void test_port_layer_is_told_of_its_twins(void **state)
{
	static const uint8_t mac[6] = { 2, 0, 0, 0, 0, 0x77 };

	(void)state;
	world_ip(&world, "link set p1 down");
	world_ip(&world, "link set p0 mtu 1400 address 02:00:00:00:00:77");
	world_mirror_start(&world, 0);
	assert_int_equal(world.ready_calls, 1);
	assert_true(world.admin[0]);
	assert_false(world.admin[1]);
	assert_int_equal(world.mtu[0], 1400);
	assert_int_equal(world.mtu[1], 1500);
	assert_memory_equal(world.mac[0], mac, sizeof(mac));
	world_ip(&world, "link set p0 down");
	world_ip(&world, "link set p1 up mtu 9000");
	world_settle(&world, 5000000);
	assert_false(world.admin[0]);
	assert_true(world.admin[1]);
	assert_int_equal(world.mtu[1], 9000);
	world_ip(&world, "link del p1");
	world_settle(&world, 5000000);
	assert_false(world.admin[1]);
}

static void test_route_is_used_soon_after_it_appears(void **state)
{
	(void)state;
	world_ip(&world, "route add 20.0.0.0/8 via 10.0.0.2");
	assert_true(becomes_true_soon(goes_out_of_p0));
	world_ip(&world, "route replace 20.0.0.0/8 via 10.1.0.2");
	assert_true(becomes_true_soon(goes_out_of_p1));
	world_ip(&world, "route del 20.0.0.0/8");
	assert_true(becomes_true_soon(goes_nowhere));
}

static void test_no_route_outlives_its_link(void **state)
{
	(void)state;
	world_ip(&world, "route add 20.0.0.0/8 via 10.0.0.2");
	assert_true(becomes_true_soon(goes_out_of_p0));
	world_ip(&world, "link set p0 down");
	assert_true(becomes_true_soon(goes_nowhere));
	world_ip(&world, "link set p0 up");
	world_ip(&world, "route add 20.0.0.0/8 via 10.0.0.2");
	assert_true(becomes_true_soon(goes_out_of_p0));
	world_ip(&world, "link set q0 down");
	assert_true(becomes_true_soon(goes_nowhere));
	world_ip(&world, "link set q0 up");
	assert_true(becomes_true_soon(goes_out_of_p0));
}

static void test_other_paths_survive_a_link(void **state)
{
	(void)state;
	world_ip(&world, "route add 20.0.0.0/8 nexthop via 10.0.0.2 nexthop via 10.1.0.2");
	assert_true(becomes_true_soon(is_grouped));
	world_ip(&world, "link set q0 down");
	assert_true(becomes_true_soon(goes_out_of_p1));
	world_ip(&world, "link set q0 up");
	assert_true(becomes_true_soon(is_grouped));
	world_ip(&world, "link set p1 down");
	assert_true(becomes_true_soon(goes_out_of_p0));
}

static void test_nexthop_objects_that_vanish_in_silence(void **state)
{
	(void)state;
	world_ip(&world, "nexthop add id 1 via 10.0.0.2 dev p0");
	world_ip(&world, "nexthop add id 2 via 10.1.0.2 dev p1");
	world_ip(&world, "nexthop add id 10 group 1/2");
	world_ip(&world, "route add 20.0.0.0/8 nhid 10");
	assert_true(becomes_true_soon(is_grouped));
	world_ip(&world, "link set q0 down");
	assert_true(becomes_true_soon(goes_out_of_p1));
	world_ip(&world, "nexthop del id 2");
	assert_true(becomes_true_soon(goes_nowhere));
	world_settle(&world, 50000000);
	assert_int_equal(world_stats(&world).nexthops, 0);
	assert_int_equal(world_stats(&world).swept, 0);
}

static bool gateway_is_managed(void)
{
	char command[128];

	snprintf(command, sizeof(command), "ip -n %s neigh show 10.0.0.2 dev p0 | grep -q managed",
		 world.netns);
	return system(command) == 0;
}

static bool gateway_is_free(void)
{
	return !gateway_is_managed();
}

static void test_gateways_are_managed_while_routes_lead_there(void **state)
{
	(void)state;
	world_ip(&world, "route add 20.0.0.0/8 via 10.0.0.2");
	assert_true(comes_true(gateway_is_managed, 2000));
	world_ip(&world, "neigh flush dev p0");
	assert_true(comes_true(gateway_is_managed, 3000));
	world_ip(&world, "route del 20.0.0.0/8");
	assert_true(comes_true(gateway_is_free, 2000));
	assert_int_equal(world_stats(&world).request_errors, 0);
}

static void test_static_neighbour_stays_static(void **state)
{
	struct dp_nexthop nexthop;

	(void)state;
	world_ip(&world, "neigh add 10.0.0.2 lladdr 02:00:00:00:00:05 dev p0 nud permanent");
	world_ip(&world, "route add 20.0.0.0/8 via 10.0.0.2");
	assert_true(becomes_true_soon(goes_out_of_p0));
	world_settle(&world, 1500000000);
	assert_true(gateway_is_free());
	nexthop = looked_up(0x14000001);
	assert_int_equal(nexthop.kind, DP_NH_FORWARD);
	assert_int_equal(nexthop.dst_mac[5], 5);
}

static void add_routes(unsigned from, unsigned n)
{
	world_batch_begin(&world);
	for (unsigned i = from; i < from + n; i++)
		world_add(&world, "route add 30.%u.%u.%u/32 via 10.0.0.2", i >> 16 & 255,
			  i >> 8 & 255, i & 255);
	assert_true(world_batch_end(&world));
}

static void del_routes(unsigned from, unsigned n)
{
	world_batch_begin(&world);
	for (unsigned i = from; i < from + n; i++)
		world_add(&world, "route del 30.%u.%u.%u/32", i >> 16 & 255, i >> 8 & 255, i & 255);
	assert_true(world_batch_end(&world));
}

/* The loop does not run while the kernel's messages overflow the socket. */
static void test_overrun_is_counted_and_made_good(void **state)
{
	struct ctl_mirror_stats stats;
	uint64_t routes;

	(void)state;
	world_mirror_start(&world, 8192);
	world_settle(&world, 5000000);
	routes = world_stats(&world).routes;
	add_routes(0, 3000);
	del_routes(0, 1000);
	assert_int_equal(world_stats(&world).routes, routes);
	world_settle(&world, 50000000);
	stats = world_stats(&world);
	assert_true(stats.overruns > 0);
	assert_int_equal(stats.routes, routes + 2000);
	assert_int_equal(looked_up(0x1e000001).kind, DP_NH_UNREACHABLE);
	assert_int_equal(looked_up(0x1e000bb7).kind, DP_NH_GLEAN);
}

static int count_route(const struct ctl_mirror_route *route, void *arg)
{
	unsigned *n = arg;

	*n += route->active;
	return route->depth == 8 && *n > 3 ? 42 : 0;
}

static int find_gateway(const struct ctl_mirror_neighbour *neighbour, void *arg)
{
	struct ctl_mirror_neighbour *found = arg;

	if (ctl_addr_ipv4(&neighbour->addr) == 0x0a000002)
		*found = *neighbour;
	return 0;
}

static void test_walks_show_what_the_client_asks_for(void **state)
{
	struct ctl_mirror_neighbour gateway = { .state = 0 };
	unsigned n = 0;

	(void)state;
	world_ip(&world, "neigh add 10.0.0.2 lladdr 02:00:00:00:00:05 dev p0 nud permanent");
	world_ip(&world, "route add 20.0.0.0/8 via 10.0.0.2 proto ospf metric 20");
	world_settle(&world, 5000000);
	assert_int_equal(ctl_mirror_walk_routes(world.mirror, NULL, count_route, &n), 42);
	assert_int_equal(ctl_mirror_walk_neighbours(world.mirror, find_gateway, &gateway), 0);
	assert_string_equal(gateway.port, "p0");
	assert_true(gateway.is_port);
	assert_true(gateway.resolved);
	assert_true(gateway.gateway);
	assert_int_equal(gateway.state, NUD_PERMANENT);
	assert_int_equal(gateway.mac[5], 5);
}

/* What is done to the data path behind the mirror's back is found, told and made good. */
static void test_audit_finds_what_the_data_path_lost(void **state)
{
	const struct ctl_diffs *diffs;

	(void)state;
	world_ip(&world, "route add 20.0.0.0/8 via 10.0.0.2");
	world_ip(&world, "route add 21.0.0.0/8 via 10.1.0.2");
	world_settle(&world, 5000000);
	assert_int_equal(world_audit(&world), 0);
	assert_int_equal(dp_route_del(world.routing, 0x14000000, 8), 0);
	assert_int_equal(dp_route_set(world.routing, 0x16000000, 8, DP_NH_NONE), 0);
	assert_int_equal(world_audit(&world), 2);
	diffs = ctl_mirror_differences(world.mirror);
	assert_int_equal(diffs->n, 2);
	assert_int_equal(diffs->items[0].key.kind, CTL_DIFF_FIB);
	assert_string_equal(diffs->items[0].object, "20.0.0.0/8 table 254");
	assert_string_equal(diffs->items[1].object, "0.0.0.0/0 table 254");
	assert_int_equal(world_stats(&world).differences_total, 2);
	dp_route_del(world.routing, 0x16000000, 8);
	assert_true(goes_out_of_p0());
	assert_int_equal(world_audit(&world), 0);
}

static void test_missing_namespace_is_one_sentence(void **state)
{
	struct ctl_mirror_params params = { .netns = "slmi-none",
					    .base = world.base,
					    .routing = world.routing,
					    .n_ports = 1,
					    .port_names = { "p0" } };
	struct dp_why why = { "" };

	(void)state;
	assert_int_equal(ctl_mirror_create(&params, &world.mirror, &why), -ENOENT);
	assert_null(world.mirror);
	assert_string_equal(why.text, "cannot enter network namespace slmi-none: No such file or "
				      "directory; create it with: ip netns add slmi-none");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup_started, teardown)
#define TEST_BEFORE_START(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST_BEFORE_START(test_port_layer_is_told_of_its_twins),
		TEST(test_route_is_used_soon_after_it_appears),
		TEST(test_no_route_outlives_its_link),
		TEST(test_other_paths_survive_a_link),
		TEST(test_nexthop_objects_that_vanish_in_silence),
		TEST(test_gateways_are_managed_while_routes_lead_there),
		TEST(test_static_neighbour_stays_static),
		TEST_BEFORE_START(test_overrun_is_counted_and_made_good),
		TEST(test_walks_show_what_the_client_asks_for),
		TEST(test_audit_finds_what_the_data_path_lost),
		TEST_BEFORE_START(test_missing_namespace_is_one_sentence),
	};

	int failed = cmocka_run_group_tests(tests, NULL, NULL);

	print_message("slowest change of a route: %lu us\n", (unsigned long)(slowest_ns / 1000));
	return failed;
}
