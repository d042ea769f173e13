/*
 * The mirror where it hurts: flapping links, lost messages, interrupted dumps, a namespace without
 * a name, and as many routes as there may be. After each the audit must find no difference.
 *
 *   test_control_mirror_robust [--long] [TEST]
 */

#include "long_option.h"
#include "mirror_routes.h"

#define FLAPS_PER_S 100U
#define BURST 200U /* route changes between two turns of the loop; divides the number of all */
#define PATIENCE_NS 60000000000ULL
#define DEAD_PORT_NS 1000000U

static struct world world;

static struct dp_nexthop looked_up(uint32_t addr)
{
	struct dp_nexthop nexthop = { .kind = DP_NH_UNREACHABLE };
	uint32_t index = dp_route_lookup(world.routing, addr);

	if (index != DP_NH_NONE)
		assert_int_equal(dp_nexthop_get(world.routing, index, &nexthop), 0);
	return nexthop;
}

static bool leaves_by(uint32_t addr, uint16_t port)
{
	struct dp_nexthop nexthop = looked_up(addr);

	return nexthop.kind == DP_NH_FORWARD && nexthop.port == port;
}

static uint64_t spent_ns(void)
{
	struct timespec spent;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &spent);
	return (uint64_t)spent.tv_sec * 1000000000ULL + (uint64_t)spent.tv_nsec;
}

static uint64_t longest_turn_ns;

/* One turn of the loop; processor time, because others use the processor, too. */
static void turn(void)
{
	uint64_t since_ns = spent_ns(), took_ns;

	event_base_loop(world.base, EVLOOP_ONCE | EVLOOP_NONBLOCK);
	took_ns = spent_ns() - since_ns;
	longest_turn_ns = took_ns > longest_turn_ns ? took_ns : longest_turn_ns;
}

/* Until the mirror has as many routes as the kernel and rests. */
static void settle_at(uint64_t routes)
{
	uint64_t since_ns = world_now_ns();

	while (world_stats(&world).routes != routes || world_stats(&world).syncing) {
		if (world_now_ns() - since_ns > PATIENCE_NS)
			fail_msg("%lu routes, not %lu", (unsigned long)world_stats(&world).routes,
				 (unsigned long)routes);
		turn();
	}
}

static void assert_no_difference(void)
{
	if (world_audit(&world) > 0) {
		world_print_differences(&world);
		fail_msg("the audit found differences");
	}
}

static int setup(void **state)
{
	(void)state;
	world_create(&world);
	world_ip(&world, "addr add 10.0.0.1/24 dev p0");
	world_ip(&world, "addr add 10.1.0.1/24 dev p1");
	for (unsigned port = 0; port < 2; port++)
		world_ip(&world,
			 "neigh add 10.%u.0.2 lladdr 02:00:00:00:00:0%u dev p%u nud permanent",
			 port, port, port);
	world_ip(&world, "route add 20.0.0.0/8 via 10.0.0.2");
	longest_turn_ns = 0;
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	world_destroy(&world);
	return 0;
}

/* Carrier of p2 and the link p3 itself, with routes over both and over both at once. */
static void test_links_flap(void **state)
{
	unsigned n = FLAPS_PER_S * (is_long ? 60 : 3);
	uint64_t since_ns, period_ns = 1000000000ULL / FLAPS_PER_S;

	(void)state;
	world_ip(&world, "addr add 10.2.0.1/24 dev p2");
	world_ip(&world, "addr add 10.3.0.1/24 dev p3");
	world_mirror_start(&world, 0);
	world_batch_begin(&world);
	since_ns = world_now_ns();
	for (unsigned i = 0; i < n; i++) {
		world_add(&world, "link set q2 %s", i % 2 ? "up" : "down");
		world_add(&world, "link set p3 %s", i % 2 ? "up" : "down");
		world_add(&world, "route replace 21.0.0.0/8 via 10.2.0.2");
		world_add(&world,
			  "route replace 22.0.0.0/8 nexthop via 10.2.0.2 nexthop via 10.3.0.2");
		fflush(world.batch);
		while (world_now_ns() - since_ns < (i + 1) * period_ns) {
			turn();
			assert_true(leaves_by(0x14000001, 0));
			usleep(200);
		}
	}
	world_batch_end(&world);
	since_ns = world_now_ns();
	assert_no_difference();
	print_message("%u flaps; no difference %lu ms after the last; %lu resyncs, %lu purged, "
		      "longest turn %lu us\n",
		      n, (unsigned long)((world_now_ns() - since_ns) / 1000000),
		      (unsigned long)world_stats(&world).resyncs,
		      (unsigned long)world_stats(&world).purges,
		      (unsigned long)(longest_turn_ns / 1000));
	assert_int_equal(world_stats(&world).differences_total, 0);
}

/* A dead port is left before its kernel has heard: no turn of the loop in between. */
static void test_port_without_carrier(void **state)
{
	struct dp_nexthop nexthop;

	(void)state;
	world_ip(&world, "route add 21.0.0.0/8 nexthop via 10.0.0.2 nexthop via 10.1.0.2");
	world_mirror_start(&world, 0);
	world_settle(&world, 5000000);
	assert_int_equal(looked_up(0x15000001).kind, DP_NH_GROUP);
	ctl_mirror_port_carrier(world.mirror, 0, false);
	nexthop = looked_up(0x14000001);
	assert_int_equal(nexthop.kind, DP_NH_UNREACHABLE);
	assert_true(leaves_by(0x15000001, 1));
	assert_no_difference();
	ctl_mirror_port_carrier(world.mirror, 1, false);
	nexthop = looked_up(0x15000001);
	assert_int_equal(nexthop.kind, DP_NH_UNREACHABLE);
	ctl_mirror_port_carrier(world.mirror, 0, true);
	assert_true(leaves_by(0x14000001, 0));
	assert_true(leaves_by(0x15000001, 0));
	ctl_mirror_port_carrier(world.mirror, 1, true);
	assert_int_equal(looked_up(0x15000001).kind, DP_NH_GROUP);
	assert_no_difference();
	assert_int_equal(world_stats(&world).differences_total, 0);
}

static void test_overrun_loses_no_packet(void **state)
{
	unsigned n = is_long ? 100000 : 20000;
	uint64_t routes, since_ns;

	(void)state;
	world_mirror_start(&world, 2048);
	world_settle(&world, 5000000);
	routes = world_stats(&world).routes;
	for (unsigned i = 1; i <= n; i += BURST) {
		/* Messages pile up while the loop is elsewhere. */
		world_routes_write(&world, AF_INET, RTM_NEWROUTE, i, i + BURST - 1, "10.1.0.2");
		turn();
		assert_true(leaves_by(0x14000001, 0));
	}
	since_ns = world_now_ns();
	while (world_stats(&world).routes != routes + n || world_stats(&world).syncing) {
		assert_true(world_now_ns() - since_ns < PATIENCE_NS);
		turn();
		assert_true(leaves_by(0x14000001, 0));
	}
	print_message("%u route changes, %lu overruns, %lu resyncs: parity %lu ms after the last "
		      "change, longest turn %lu us\n",
		      n, (unsigned long)world_stats(&world).overruns,
		      (unsigned long)world_stats(&world).resyncs,
		      (unsigned long)((world_now_ns() - since_ns) / 1000000),
		      (unsigned long)(longest_turn_ns / 1000));
	assert_true(world_stats(&world).overruns > 0);
	assert_no_difference();
	assert_int_equal(world_stats(&world).differences_total, 0);
}

/* The list of links changes while it is dumped. */
static void test_interrupted_dumps_are_repeated(void **state)
{
	uint64_t since_ns = world_now_ns();
	unsigned i;

	(void)state;
	world_batch_begin(&world);
	for (i = 0; i < 200; i++)
		world_add(&world, "link add d%u type veth peer name e%u", i, i);
	assert_true(world_batch_end(&world));
	world_mirror_start(&world, 0);
	world_batch_begin(&world);
	for (i = 0; world_stats(&world).dump_interrupts == 0; i++) {
		assert_true(world_now_ns() - since_ns < PATIENCE_NS);
		world_add(&world, "link del d%u", i % 200);
		world_add(&world, "link add d%u type veth peer name e%u", i % 200, i % 200);
		fflush(world.batch);
		/* Changes go on in the other process while dumps go on here. */
		for (unsigned k = 0; k < 50; k++) {
			if (!world_stats(&world).syncing)
				ctl_mirror_resync(world.mirror);
			turn();
		}
	}
	world_batch_end(&world);
	print_message("a dump was interrupted after %u changes\n", i);
	assert_no_difference();
	assert_true(leaves_by(0x14000001, 0));
}

/* The namespace lives as long as the mirror's sockets; only its name is gone. */
static void test_namespace_that_loses_its_name(void **state)
{
	uint64_t resyncs;

	(void)state;
	world_mirror_start(&world, 0);
	world_settle(&world, 5000000);
	world_remove_left_over();
	assert_no_difference();
	resyncs = world_stats(&world).resyncs;
	ctl_mirror_resync(world.mirror);
	world_settle(&world, 50000000);
	assert_true(world_stats(&world).resyncs > resyncs);
	assert_true(leaves_by(0x14000001, 0));
	assert_int_equal(world_stats(&world).differences_total, 0);
}

/* What sluice takes from the message that port 1 lost its carrier to the last packet for it. */
static void leave_dead_port(void)
{
	uint64_t since_ns = spent_ns();

	ctl_mirror_port_carrier(world.mirror, 1, false);
	since_ns = spent_ns() - since_ns;
	assert_false(leaves_by(0x1e000001, 1));
	print_message("carrier lost: unused after %lu us\n", (unsigned long)(since_ns / 1000));
	if (is_long)
		assert_true(since_ns < DEAD_PORT_NS);
	ctl_mirror_port_carrier(world.mirror, 1, true);
	assert_true(leaves_by(0x1e000001, 1));
}

static void test_many_routes(void **state)
{
	unsigned n = is_long ? 1000000 : 30000;
	uint64_t few, since_ns, audit_ns;
	struct dp_route_stats fib;

	(void)state;
	world_mirror_start(&world, 0);
	few = world_stats(&world).routes;
	ctl_mirror_destroy(world.mirror);
	world_routes_write(&world, AF_INET, RTM_NEWROUTE, 1, n, "10.1.0.2");
	since_ns = world_now_ns();
	world_mirror_start(&world, 0);
	print_message("%u routes: ready after %lu ms", n,
		      (unsigned long)((world_now_ns() - since_ns) / 1000000));
	assert_int_equal(world_stats(&world).routes, few + n);
	dp_route_stats_get(world.routing, &fib);
	print_message(", %lu kB in the FIB and %lu kB in the mirror\n",
		      (unsigned long)(fib.memory_bytes / 1000),
		      (unsigned long)(world_stats(&world).memory_bytes / 1000));
	longest_turn_ns = 0;
	ctl_mirror_resync(world.mirror);
	settle_at(few + n);
	since_ns = world_now_ns();
	assert_no_difference();
	audit_ns = world_now_ns() - since_ns;
	print_message("resync and audit (%lu ms): longest turn %lu us\n",
		      (unsigned long)(audit_ns / 1000000), (unsigned long)(longest_turn_ns / 1000));
	assert_true(leaves_by(0x1e000001, 1));
	leave_dead_port();
	longest_turn_ns = 0;
	world_ip(&world, "link set p1 down");
	since_ns = world_now_ns();
	while (leaves_by(0x1e000001, 1)) {
		assert_true(world_now_ns() - since_ns < PATIENCE_NS);
		turn();
	}
	print_message("link down: unused after %lu us",
		      (unsigned long)((world_now_ns() - since_ns) / 1000));
	assert_true(leaves_by(0x14000001, 0));
	while (world_stats(&world).prefixes > few)
		turn();
	print_message(", forgotten after %lu ms, longest turn %lu us\n",
		      (unsigned long)((world_now_ns() - since_ns) / 1000000),
		      (unsigned long)(longest_turn_ns / 1000));
	assert_no_difference();
	assert_int_equal(world_stats(&world).overruns, 0);
	assert_int_equal(world_stats(&world).differences_total, 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		TEST(test_links_flap),
		TEST(test_port_without_carrier),
		TEST(test_overrun_loses_no_packet),
		TEST(test_interrupted_dumps_are_repeated),
		TEST(test_namespace_that_loses_its_name),
		TEST(test_many_routes),
	};

	long_option_read(argc, argv);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
