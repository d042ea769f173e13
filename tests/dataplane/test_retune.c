/*
 * A router's service levels change while its worker serves it: a port that has packets without end
 * (net_null), one with classes, one with flows.
 */

#include "dataplane/class_table.h"
#include "dataplane/dp_change.h"
#include "dataplane/dp_stats.h"
#include "dataplane/router.h"
#include "tests/dataplane/dp_world.h"

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

#define POOL_BYTES (128ULL << 20)
#define WAIT_MS 20000
#define N_FLOWS 256

enum { RECEIVES, SHAPED, N_PORTS };

static struct dp_why why;
static struct dp_router_config config;
static struct dp_router *router;
static char netns[DP_NAME_MAX];

static int dp_start(void **state)
{
	(void)state;
	snprintf(netns, sizeof(netns), "sluice-retune-%d", (int)getpid());
	netns_command("add", netns);
	return dp_world_start("test-retune", POOL_BYTES);
}

static int dp_stop(void **state)
{
	(void)state;
	dp_fini();
	netns_command("del", netns);
	return 0;
}

static struct dp_sla sla(uint64_t rate_bps, uint64_t burst_bytes)
{
	return (struct dp_sla){
		.name = "sla",
		.unit = RATE_BITS_PER_S,
		.rate = rate_bps,
		.burst = burst_bytes,
		.layer = RATE_LAYER_L2,
		.actions[POLICER_RED] = { .action = POLICER_DROP },
	};
}

static int router_setup(void **state)
{
	(void)state;
	config = (struct dp_router_config){
		.name = "r",
		.core = 1,
		.share_percent = 30,
		.n_ports = N_PORTS,
		.ports = {
			[RECEIVES] = { .name = "in", .kind = DP_DEVICE_VDEV, .device = "net_null0",
				       .mtu = 1500 },
			[SHAPED] = { .name = "out", .kind = DP_DEVICE_VDEV,
				     .device = "net_null1,no-rx=1", .mtu = 1500,
				     .has_shape = true, .shape = sla(1000000000, 100000),
				     .flows = { .by = DP_FLOW_BY_HASH, .count = N_FLOWS,
						.quota_pkts = 4, .class_index = 1,
						.sla = sla(1000000, 10000) } },
		},
		.n_classes = 2,
		.classes = {
			{ .name = "voice", .has_police = true, .police = sla(1000, 20000),
			  .has_queue = true, .level = 1, .weight = 1, .has_shape = true,
			  .shape = sla(500000, 5000) },
			{ .name = "default", .has_queue = true, .level = 2, .weight = 1 },
		},
	};
	config.classes[0].match = (struct dp_class_match){ .dscp_mask = 2,
							   .protocol = DP_PROTOCOL_ANY };
	snprintf(config.netns, sizeof(config.netns), "%s", netns);
	if (dp_router_create(&config, &router, &why) == 0)
		return 0;
	print_error("%s\n", why.text);
	return -1;
}

static int router_teardown(void **state)
{
	(void)state;
	dp_router_destroy(router);
	return 0;
}

/* Puts config in force, which is possible in place; the worker goes on. */
static void retune(const char *what)
{
	struct dp_why found;

	assert_int_equal(dp_router_change(dp_router_config(router), &config, &found),
			 DP_CHANGE_IN_PLACE);
	assert_string_equal(found.text, what);
	if (dp_router_retune(router, &config, &why) != 0)
		fail_msg("%s", why.text);
	assert_int_equal(dp_router_change(dp_router_config(router), &config, &found),
			 DP_CHANGE_NONE);
}

static struct dp_port_counters counters(void)
{
	struct dp_port_counters read;

	dp_port_counters_get(router, RECEIVES, &read);
	return read;
}

static bool drops(const struct dp_port_counters *since)
{
	return counters().police_drop_pkts > since->police_drop_pkts;
}

static bool receives_on(const struct dp_port_counters *since)
{
	return counters().rx_pkts > since->rx_pkts + 1000;
}

static void wait_for(bool (*condition)(const struct dp_port_counters *since), const char *what)
{
	const struct timespec pause = { .tv_nsec = 1000000 };
	struct dp_port_counters since = counters();

	for (unsigned i = 0; i < WAIT_MS; i++) {
		if (condition(&since))
			return;
		nanosleep(&pause, NULL);
	}
	fail_msg("in vain: %s", what);
}

static void a_policer_comes_changes_and_goes(void **state)
{
	struct dp_port_config *port = &config.ports[RECEIVES];
	struct dp_port_counters before;
	struct dp_conformance arrivals;

	(void)state;
	wait_for(receives_on, "packets come");
	assert_int_equal(counters().police_drop_pkts, 0);
	port->has_police = true;
	port->police = sla(1000, 20000);
	retune("police of port in");
	wait_for(drops, "what exceeds the SLA is dropped");
	assert_int_equal(dp_arrivals_get(router, RECEIVES, &arrivals), 0);
	assert_int_equal(arrivals.burst_bytes, 20000);
	port->police
		.kind = DP_SLA_SRTCM; /* of several colours: behind parsing, where no frame comes */
	port->police.second_bytes = 30000;
	retune("police of port in");
	before = counters();
	wait_for(receives_on, "packets come");
	assert_int_equal(counters().police_drop_pkts, before.police_drop_pkts);
	port->police.kind = DP_SLA_SINGLE;
	port->police.second_bytes = 0;
	port->police.unit = RATE_PKTS_PER_S;
	port->police.rate = 1;
	port->police.burst = 5;
	retune("police of port in");
	wait_for(drops, "what exceeds the SLA is dropped");
	assert_int_equal(dp_arrivals_get(router, RECEIVES, &arrivals), -ENOENT);
	port->has_police = false;
	retune("police of port in");
	before = counters();
	wait_for(receives_on, "packets come");
	assert_int_equal(counters().police_drop_pkts, before.police_drop_pkts);
}

/* Tokens in the bucket of class 0, which no packet takes from. */
static uint64_t class_tokens(void)
{
	const struct class_state *class = &router->classes->classes[0];
	struct policer_bucket bucket = class->state.single;

	return policer_bucket_tokens(&class->policer.single, &bucket, rte_rdtsc());
}

static void classes_keep_their_tokens(void **state)
{
	(void)state;
	assert_int_equal(class_tokens(), 20000);
	config.classes[0].police.burst = 50000;
	retune("police of class voice");
	assert_in_range(class_tokens(), 20000,
			20000 + 125 * WAIT_MS / 1000); /* and what is earned */
	config.classes[0].police.burst = 10000;
	retune("police of class voice");
	assert_int_equal(class_tokens(), 10000);
	config.classes[0].has_police = false;
	retune("police of class voice");
	assert_int_equal(router->classes->classes[0].policer.kind, POLICER_NONE);
}

static struct dp_queue_stats queue(unsigned index)
{
	struct dp_queue_stats stats;

	assert_int_equal(dp_queue_stats_get(router, SHAPED, index, &stats), 0);
	return stats;
}

static void queues_follow(void **state)
{
	struct dp_conformance left;

	(void)state;
	assert_int_equal(queue(1).effective.rate_bps, 500000);
	config.ports[SHAPED].shape = sla(2000000000, 200000);
	retune("shape of port out");
	assert_int_equal(dp_conformance_get(router, SHAPED, &left), 0);
	assert_int_equal(left.burst_bytes, 200000);
	config.classes[0].shape = sla(700000, 7000);
	config.classes[0].limit_ns = 30000000;
	retune("shape of class voice");
	assert_int_equal(queue(1).effective.rate_bps, 700000);
	assert_int_equal(queue(1).effective.burst_bytes, 7000);
	assert_int_equal(queue(1).limit_ns, 30000000);
	config.classes[1].weight = 7;
	config.classes[1].ecn_ns = 1000000;
	retune("queue of class default");
	assert_int_equal(queue(2).weight, 7);
	assert_int_equal(queue(2).ecn_ns, 1000000);
	assert_true(router->ports[SHAPED].queues.has_ecn != 0);
	config.ports[SHAPED].flows.sla = sla(3000000, 20000);
	retune("flows of port out");
	config.ports[SHAPED].shape.delay_ns = 5000000;
	retune("shape of port out");
	assert_true(router->ports[SHAPED].bound_tsc[1] != UINT64_MAX);
	wait_for(receives_on, "packets come");
}

static void a_share_follows(void **state)
{
	struct dp_share share;

	(void)state;
	config.share_percent = 55;
	retune("share");
	assert_int_equal(dp_share_get(router, &share), 0);
	assert_int_equal(share.quantum_ns, DP_CORE_ROUND_NS * 55 / 100);
}

/* What cannot be had is refused before anything has changed. */
static void nothing_changes_when_it_cannot(void **state)
{
	struct dp_why found;

	(void)state;
	config.ports[RECEIVES].has_police = true;
	config.ports[RECEIVES].police = sla(1000, 20000);
	config.ports[SHAPED].shape.burst = 100; /* below one packet */
	assert_int_equal(dp_router_change(dp_router_config(router), &config, &found),
			 DP_CHANGE_IN_PLACE);
	assert_true(dp_router_retune(router, &config, &why) < 0);
	assert_non_null(strstr(why.text, "100"));
	assert_false(dp_router_config(router)->ports[RECEIVES].has_police);
	assert_false(router->ports[RECEIVES].has_police);
	assert_int_equal(router->ports[SHAPED].shape_burst_bytes, 100000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_policer_comes_changes_and_goes, router_setup,
						router_teardown),
		cmocka_unit_test_setup_teardown(classes_keep_their_tokens, router_setup,
						router_teardown),
		cmocka_unit_test_setup_teardown(queues_follow, router_setup, router_teardown),
		cmocka_unit_test_setup_teardown(a_share_follows, router_setup, router_teardown),
		cmocka_unit_test_setup_teardown(nothing_changes_when_it_cannot, router_setup,
						router_teardown),
	};

	return cmocka_run_group_tests(tests, dp_start, dp_stop);
}
