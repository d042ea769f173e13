/*
 * Routers come and go while the worker of another one runs, on the same core: with real twins in
 * namespaces of this test, workers and grace periods. The one that stays has packets without end
 * (net_null); what it has received by then says whether its worker ran.
 */

#include "dataplane/dp.h"
#include "dataplane/dp_stats.h"
#include "tests/dataplane/dp_world.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#define POOL_BYTES (96ULL << 20)
#define VISITORS 3U
#define ROUNDS 12U
/* More than a worker has in hand when a call begins: it has served bursts since. */
#define PROGRESS_PKTS 256U
#define WAIT_S 20

static struct dp_why why;

static void netns_name(char *name, size_t size, unsigned number)
{
	snprintf(name, size, "sluice-dp-%d-%u", (int)getpid(), number);
}

static void netns_all(const char *verb)
{
	char name[DP_NAME_MAX];

	for (unsigned i = 0; i <= VISITORS; i++) {
		netns_name(name, sizeof(name), i);
		netns_command(verb, name);
	}
}

static int dp_start(void **state)
{
	(void)state;
	netns_all("add");
	return dp_world_start("test-dp-routers", POOL_BYTES);
}

static int dp_stop(void **state)
{
	(void)state;
	dp_fini();
	netns_all("del");
	return 0;
}

static struct dp_router *router_create(unsigned number, unsigned share_percent, bool receives)
{
	static struct dp_router_config config;
	struct dp_router *router = NULL;

	config = (struct dp_router_config){
		.core = 1,
		.share_percent = share_percent,
		.n_ports = 1,
		.ports = { { .name = "p0", .kind = DP_DEVICE_VDEV, .mtu = 1500 } },
	};
	snprintf(config.name, sizeof(config.name), "r%u", number);
	netns_name(config.netns, sizeof(config.netns), number);
	snprintf(config.ports[0].device, sizeof(config.ports[0].device), "net_null%u%s", number,
		 receives ? "" : ",no-rx=1");
	if (dp_router_create(&config, &router, &why) != 0)
		print_error("%s\n", why.text);
	return router;
}

static uint64_t received(const struct dp_router *router)
{
	struct dp_port_counters counters;

	dp_port_counters_get(router, 0, &counters);
	return counters.rx_pkts;
}

/* Waits for a worker that runs; one that does not fails after WAIT_S. */
static void expect_progress(const struct dp_router *router, uint64_t since)
{
	const struct timespec pause = { .tv_nsec = 1000000 };

	for (unsigned i = 0; i < WAIT_S * 1000; i++) {
		if (received(router) - since >= PROGRESS_PKTS)
			return;
		nanosleep(&pause, NULL);
	}
	fail_msg("the worker stands still");
}

/* Creation and destruction take milliseconds, in which the other router goes on. */
static void others_are_served_meanwhile(void **state)
{
	struct dp_router *stays = router_create(0, DP_SHARE_EQUAL, true), *visitors[VISITORS];
	unsigned served = 0, calls = 0;

	(void)state;
	assert_non_null(stays);
	expect_progress(stays, 0);
	for (unsigned round = 0; round < ROUNDS; round++) {
		for (unsigned i = 0; i < VISITORS; i++) {
			uint64_t before = received(stays);

			visitors[i] = router_create(1 + i, DP_SHARE_EQUAL, i % 2 == 0);
			assert_non_null(visitors[i]);
			calls++;
			served += received(stays) - before >= PROGRESS_PKTS;
			expect_progress(stays, before);
		}
		expect_progress(visitors[0], 0);
		for (unsigned i = 0; i < VISITORS; i++) {
			uint64_t before = received(stays);

			dp_router_destroy(visitors[i]);
			calls++;
			served += received(stays) - before >= PROGRESS_PKTS;
			dp_reclaim();
			expect_progress(stays, before);
		}
	}
	/* not in each one: the host may have the worker's core for as long as a call takes */
	assert_true(served > calls / 2);
	dp_router_destroy(stays);
}

/* The quanta of those without a share follow their number. */
static void equal_parts_follow_the_number(void **state)
{
	struct dp_router *first = router_create(0, DP_SHARE_EQUAL, false), *second;
	struct dp_share share;

	(void)state;
	assert_int_equal(dp_share_get(first, &share), 0);
	assert_int_equal(share.quantum_ns, DP_CORE_ROUND_NS);
	second = router_create(1, DP_SHARE_EQUAL, false);
	assert_int_equal(dp_share_get(first, &share), 0);
	assert_int_equal(share.quantum_ns, DP_CORE_ROUND_NS / 2);
	dp_router_destroy(first);
	assert_int_equal(dp_share_get(second, &share), 0);
	assert_int_equal(share.quantum_ns, DP_CORE_ROUND_NS);
	/* nothing of an earlier router in the place is charged to the next one */
	first = router_create(0, 40, false);
	assert_int_equal(dp_share_get(first, &share), 0);
	assert_int_equal(share.quantum_ns, DP_CORE_ROUND_NS * 40 / 100);
	assert_true(share.spent_tsc < dp_tsc_hz() * WAIT_S);
	dp_router_destroy(first);
	dp_router_destroy(second);
}

static void a_scheduler_is_chosen_before_the_first_router(void **state)
{
	const struct dp_core_config slices = { .core = 1,
					       .scheduler = DP_SCHEDULER_TIMESLICE,
					       .slice_ns = 100000 };
	const struct dp_core_config drr = { .core = 1 };
	struct dp_router *router = router_create(0, DP_SHARE_EQUAL, true);
	struct dp_core_stats stats;

	(void)state;
	assert_int_equal(dp_core_configure(&slices, &why), -EBUSY);
	assert_non_null(strstr(why.text, "core 1 serves routers already"));
	dp_router_destroy(router);
	assert_int_equal(dp_core_configure(&slices, &why), 0);
	router = router_create(0, DP_SHARE_EQUAL, true);
	assert_int_equal(dp_core_stats_get(1, &stats), 0);
	assert_int_equal(stats.scheduler, DP_SCHEDULER_TIMESLICE);
	assert_int_equal(stats.slice_ns, 100000);
	expect_progress(router, 0);
	dp_router_destroy(router);
	assert_int_equal(dp_core_configure(&drr, &why), 0);
	assert_int_equal(dp_core_stats_get(1, &stats), -ENOENT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(others_are_served_meanwhile),
		cmocka_unit_test(equal_parts_follow_the_number),
		cmocka_unit_test(a_scheduler_is_chosen_before_the_first_router),
	};

	return cmocka_run_group_tests(tests, dp_start, dp_stop);
}
