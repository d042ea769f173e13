/*
 * A reader goes from addresses to nexthop objects while control moves routes to new nexthops and
 * groups, deletes the old ones at once and uses their indices again. Every route has a port of its
 * own, which all its nexthops share: what the reader finds tells whether it is the right route's,
 * whole, and whether there was a moment without any.
 */

#include "dataplane/dp_publish.h"
#include "dataplane/routing.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>

#include <cmocka.h>

#define READER 0
#define N_ROUTES 8U
#define WRITER_OPS 100000U
#define LOOKUPS_MIN 20000U

struct shared {
	struct dp_routing *routing;
	uint32_t addr[N_ROUTES];
	bool stop;
	uint64_t lookups; /* bursts; writer: reader thread */
	uint64_t wrong;	  /* objects that are not the route's; writer: reader thread */
	uint64_t torn;	  /* objects that are not whole; writer: reader thread */
};

/* What a route leads to: a nexthop, or a group and its two members. */
struct target {
	uint32_t index;
	bool is_group;
	uint32_t members[2];
};

static bool is_whole(const struct dp_nh *nh)
{
	const uint8_t *mac = nh->rewrite;

	return mac[1] == nh->port && mac[2] == mac[3] && mac[3] == mac[4] && mac[4] == mac[5];
}

static void *read_until_stopped(void *arg)
{
	struct shared *shared = arg;
	const struct dp_nh *nh[N_ROUTES];
	uint64_t wrong = 0, torn = 0, lookups = 0;

	dp_publish_online(READER);
	while (!__atomic_load_n(&shared->stop, __ATOMIC_RELAXED)) {
		dp_routing_lookup_burst(shared->routing, shared->addr, nh, N_ROUTES);
		for (unsigned i = 0; i < N_ROUTES; i++) {
			if (nh[i]->kind == DP_NH_GROUP)
				nh[i] = dp_nh_member(&shared->routing->nexthops, nh[i],
						     (uint32_t)lookups);
			wrong += nh[i]->kind != DP_NH_FORWARD || nh[i]->port != i;
			torn += !is_whole(nh[i]);
		}
		__atomic_store_n(&shared->lookups, ++lookups, __ATOMIC_RELAXED);
		if (lookups % 16 == 0)
			dp_publish_quiescent(READER);
	}
	dp_publish_offline(READER);
	shared->wrong = wrong;
	shared->torn = torn;
	return NULL;
}

static struct dp_nexthop forward(unsigned route, unsigned variant)
{
	uint8_t v = (uint8_t)variant;

	return (struct dp_nexthop){ .kind = DP_NH_FORWARD,
				    .port = (uint16_t)route,
				    .dst_mac = { 2, (uint8_t)route, v, v, v, v } };
}

static uint32_t add_forward(struct dp_routing *routing, unsigned route, unsigned variant)
{
	struct dp_nexthop nexthop = forward(route, variant);
	int index = dp_nexthop_add(routing, &nexthop);

	assert_true(index > 0);
	return (uint32_t)index;
}

static struct target make_target(struct dp_routing *routing, unsigned route, unsigned variant)
{
	struct dp_nexthop group = { .kind = DP_NH_GROUP, .n_members = 2, .weights = { 1, 3 } };
	struct target target = { .is_group = variant % 4 == 0 };

	if (!target.is_group) {
		target.index = add_forward(routing, route, variant);
		return target;
	}
	for (unsigned k = 0; k < 2; k++)
		target.members[k] = group.members[k] = add_forward(routing, route, variant + k);
	target.index = (uint32_t)dp_nexthop_add(routing, &group);
	return target;
}

static void drop_target(struct dp_routing *routing, const struct target *target)
{
	assert_int_equal(dp_nexthop_del(routing, target->index), 0);
	for (unsigned k = 0; target->is_group && k < 2; k++)
		assert_int_equal(dp_nexthop_del(routing, target->members[k]), 0);
}

static void move_route(struct shared *shared, struct target *target, unsigned route,
		       unsigned variant)
{
	struct target next = make_target(shared->routing, route, variant);

	assert_int_equal(dp_route_set(shared->routing, shared->addr[route], 32, next.index), 0);
	drop_target(shared->routing, target);
	*target = next;
}

static void change_nexthop(struct shared *shared, const struct target *target, unsigned route,
			   unsigned variant)
{
	struct dp_nexthop nexthop = forward(route, variant);
	uint32_t index = target->is_group ? target->members[variant & 1] : target->index;

	assert_int_equal(dp_nexthop_set(shared->routing, index, &nexthop), 0);
}

static void run_writer(struct shared *shared, struct target *targets)
{
	unsigned random = 3, ops = 0;

	/* On one core the reader runs when the system lets it: the writer goes on until it has. */
	while (ops < WRITER_OPS ||
	       __atomic_load_n(&shared->lookups, __ATOMIC_RELAXED) < LOOKUPS_MIN) {
		unsigned route, variant;

		random = random * 1664525U + 1013904223U;
		route = random >> 8 & (N_ROUTES - 1);
		variant = random >> 12 & 0xff;
		if (random >> 24 & 1)
			move_route(shared, &targets[route], route, variant);
		else
			change_nexthop(shared, &targets[route], route, variant);
		if (++ops % 64 == 0)
			dp_publish_reclaim();
	}
}

static void test_reader_sees_whole_nexthops_of_its_route(void **state)
{
	struct shared shared = { .stop = false };
	struct target targets[N_ROUTES];
	pthread_t thread;

	(void)state;
	assert_int_equal(dp_publish_init(1), 0);
	assert_int_equal(dp_publish_register(READER), 0);
	shared.routing = dp_routing_create();
	assert_non_null(shared.routing);
	for (unsigned i = 0; i < N_ROUTES; i++) {
		shared.addr[i] = 10U << 24 | i << 8 | 1;
		targets[i] = make_target(shared.routing, i, i);
		assert_int_equal(dp_route_set(shared.routing, shared.addr[i], 32, targets[i].index),
				 0);
	}
	assert_int_equal(pthread_create(&thread, NULL, read_until_stopped, &shared), 0);
	run_writer(&shared, targets);
	__atomic_store_n(&shared.stop, true, __ATOMIC_RELAXED);
	assert_int_equal(pthread_join(thread, NULL), 0);
	assert_int_equal(shared.wrong, 0);
	assert_int_equal(shared.torn, 0);
	assert_int_equal(dp_publish_unregister(READER), 0);
	dp_routing_destroy(shared.routing);
	dp_publish_fini();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_reader_sees_whole_nexthops_of_its_route),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
