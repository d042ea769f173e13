#include "dataplane/dp_fib.h"
#include "dataplane/dp_publish.h"
#include "tests/dataplane/fib_reference.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define IP(a, b, c, d) ((uint32_t)(a) << 24 | (uint32_t)(b) << 16 | (uint32_t)(c) << 8 | (d))

static int make_fib(void **state)
{
	*state = dp_fib_create();
	return *state == NULL;
}

static int free_fib(void **state)
{
	dp_fib_destroy(*state);
	return 0;
}

static void test_empty(void **state)
{
	struct dp_fib *fib = *state;
	uint32_t nexthop;

	assert_int_equal(dp_fib_lookup(fib, 0), DP_NH_NONE);
	assert_int_equal(dp_fib_lookup(fib, IP(10, 1, 2, 3)), DP_NH_NONE);
	assert_int_equal(dp_fib_lookup(fib, UINT32_MAX), DP_NH_NONE);
	assert_int_equal(dp_fib_routes(fib), 0);
	assert_int_equal(dp_fib_get(fib, 0, 0, &nexthop), -ENOENT);
	assert_int_equal(dp_fib_del(fib, 0, 0, NULL), -ENOENT);
	assert_int_equal(dp_fib_del(fib, IP(10, 0, 0, 0), 8, NULL), -ENOENT);
}

static void test_bad_arguments(void **state)
{
	struct dp_fib *fib = *state;
	uint32_t nexthop;

	assert_int_equal(dp_fib_add(fib, 0, 33, 1, NULL), -EINVAL);
	assert_int_equal(dp_fib_add(fib, IP(10, 0, 0, 1), 24, 1, NULL), -EINVAL);
	assert_int_equal(dp_fib_add(fib, 1, 0, 1, NULL), -EINVAL);
	assert_int_equal(dp_fib_add(fib, 0, 8, DP_NH_MAX, NULL), -EINVAL);
	assert_int_equal(dp_fib_del(fib, 0, 33, NULL), -EINVAL);
	assert_int_equal(dp_fib_get(fib, 1, 31, &nexthop), -EINVAL);
	assert_int_equal(dp_fib_routes(fib), 0);
}

/* Nested routes of every depth over one address: each removal uncovers the next shorter one. */
static void test_every_depth(void **state)
{
	struct dp_fib *fib = *state;
	uint32_t addr = IP(203, 0, 113, 77);
	uint32_t old = 0;

	for (unsigned depth = 0; depth <= 32; depth++) {
		assert_int_equal(dp_fib_add(fib, addr & reference_mask(depth), (uint8_t)depth,
					    100 + depth, NULL),
				 0);
		assert_int_equal(dp_fib_lookup(fib, addr), 100 + depth);
	}
	assert_int_equal(dp_fib_lookup(fib, addr ^ 1), 131);
	assert_int_equal(dp_fib_lookup(fib, addr ^ (1U << 31)), 100);
	assert_int_equal(dp_fib_routes(fib), 33);
	for (unsigned depth = 32; depth > 0; depth--) {
		assert_int_equal(
			dp_fib_del(fib, addr & reference_mask(depth), (uint8_t)depth, &old), 0);
		assert_int_equal(old, 100 + depth);
		assert_int_equal(dp_fib_lookup(fib, addr), 100 + depth - 1);
	}
	assert_int_equal(dp_fib_del(fib, 0, 0, NULL), 0);
	assert_int_equal(dp_fib_lookup(fib, addr), DP_NH_NONE);
}

/* Routes that come before and after their cover, at the borders between the levels. */
static void test_borders(void **state)
{
	struct dp_fib *fib = *state;

	assert_int_equal(dp_fib_add(fib, IP(10, 1, 0, 0), 17, 17, NULL), 0);
	assert_int_equal(dp_fib_add(fib, IP(10, 0, 0, 0), 15, 15, NULL), 0);
	assert_int_equal(dp_fib_add(fib, IP(10, 1, 0, 255), 32, 32, NULL), 0);
	assert_int_equal(dp_fib_add(fib, IP(10, 1, 1, 0), 24, 24, NULL), 0);
	assert_int_equal(dp_fib_lookup(fib, IP(10, 0, 255, 255)), 15);
	assert_int_equal(dp_fib_lookup(fib, IP(10, 1, 0, 254)), 17);
	assert_int_equal(dp_fib_lookup(fib, IP(10, 1, 0, 255)), 32);
	assert_int_equal(dp_fib_lookup(fib, IP(10, 1, 1, 0)), 24);
	assert_int_equal(dp_fib_lookup(fib, IP(10, 1, 2, 0)), 17);
	assert_int_equal(dp_fib_lookup(fib, IP(10, 1, 128, 0)), 15);
	assert_int_equal(dp_fib_lookup(fib, IP(10, 2, 0, 0)), DP_NH_NONE);
	assert_int_equal(dp_fib_lookup(fib, IP(9, 255, 255, 255)), DP_NH_NONE);
}

/* A route without nexthop is a hole in the default route, not a way to it. */
static void test_hole(void **state)
{
	struct dp_fib *fib = *state;

	assert_int_equal(dp_fib_add(fib, 0, 0, 5, NULL), 0);
	assert_int_equal(dp_fib_add(fib, IP(10, 0, 0, 0), 8, DP_NH_NONE, NULL), 0);
	assert_int_equal(dp_fib_lookup(fib, IP(10, 1, 1, 1)), DP_NH_NONE);
	assert_int_equal(dp_fib_lookup(fib, IP(11, 1, 1, 1)), 5);
}

/* Two halves of a /24 with one nexthop; removing either must not take the other along. */
static void test_equal_neighbours(void **state)
{
	struct dp_fib *fib = *state;

	assert_int_equal(dp_fib_add(fib, IP(10, 0, 0, 0), 25, 7, NULL), 0);
	assert_int_equal(dp_fib_add(fib, IP(10, 0, 0, 128), 25, 7, NULL), 0);
	assert_int_equal(dp_fib_del(fib, IP(10, 0, 0, 128), 25, NULL), 0);
	assert_int_equal(dp_fib_lookup(fib, IP(10, 0, 0, 127)), 7);
	assert_int_equal(dp_fib_lookup(fib, IP(10, 0, 0, 128)), DP_NH_NONE);
}

/* A prefix that often touches, contains or neighbours one made before. */
static struct reference_route random_route(struct reference *reference)
{
	static const uint32_t bases[] = { IP(10, 0, 0, 0),    IP(10, 0, 255, 0),    IP(10, 1, 0, 0),
					  IP(192, 168, 1, 0), IP(255, 255, 255, 0), 0 };
	uint32_t near = bases[reference_random(reference) % 6];
	uint32_t spread = reference_mask(32 - reference_random(reference) % 33);
	struct reference_route route;

	route.depth = (uint8_t)(reference_random(reference) % 33);
	if (reference_random(reference) % 4 == 0)
		route.depth = (uint8_t)(14 + reference_random(reference) % 4);
	else if (reference_random(reference) % 4 == 0)
		route.depth = (uint8_t)(23 + reference_random(reference) % 3);
	route.prefix = (near ^ (reference_random(reference) & ~spread)) &
		       reference_mask(route.depth);
	route.nexthop = reference_random(reference) % 50;
	return route;
}

static void check_address(const struct dp_fib *fib, const struct reference *reference,
			  uint32_t addr)
{
	uint32_t expected = reference_lookup(reference, addr);
	uint32_t found = dp_fib_lookup(fib, addr);

	if (found != expected)
		fail_msg("%u.%u.%u.%u: nexthop %u, expected %u", addr >> 24, addr >> 16 & 255,
			 addr >> 8 & 255, addr & 255, found, expected);
}

static void check_route(const struct dp_fib *fib, struct reference *reference,
			const struct reference_route *route)
{
	uint32_t last = route->prefix | ~reference_mask(route->depth);

	check_address(fib, reference, route->prefix);
	check_address(fib, reference, route->prefix - 1);
	check_address(fib, reference, last);
	check_address(fib, reference, last + 1);
	check_address(fib, reference,
		      route->prefix | (reference_random(reference) & (last - route->prefix)));
	check_address(fib, reference, reference_random(reference));
}

static void apply(struct dp_fib *fib, struct reference *reference,
		  const struct reference_route *route, bool add)
{
	uint32_t expected_old = UINT32_MAX, old = UINT32_MAX;
	int expected, found;

	if (add) {
		expected = reference_add(reference, route, &expected_old);
		found = dp_fib_add(fib, route->prefix, route->depth, route->nexthop, &old);
	} else {
		expected = reference_del(reference, route, &expected_old);
		found = dp_fib_del(fib, route->prefix, route->depth, &old);
	}
	assert_int_equal(found, expected);
	assert_int_equal(old, expected_old);
}

struct walked {
	const struct reference *reference;
	uint64_t count;
	uint64_t last;
};

static int check_walk(uint32_t prefix, uint8_t depth, uint32_t nexthop, void *arg)
{
	struct walked *walked = arg;
	uint64_t key = (uint64_t)prefix << 8 | depth;

	assert_true(walked->count == 0 || key > walked->last);
	assert_int_equal(reference_get(walked->reference, prefix, depth), nexthop);
	walked->last = key;
	walked->count++;
	return 0;
}

static void check_all_routes(const struct dp_fib *fib, const struct reference *reference)
{
	struct walked walked = { .reference = reference };

	assert_int_equal(dp_fib_walk(fib, check_walk, &walked), 0);
	assert_int_equal(walked.count, reference->n);
	assert_int_equal(dp_fib_routes(fib), reference->n);
}

static void run_differential(struct dp_fib *fib, uint64_t seed, unsigned n_ops, unsigned target)
{
	struct reference *reference = reference_create(seed);

	assert_non_null(reference);
	for (unsigned op = 0; op < n_ops; op++) {
		struct reference_route route = random_route(reference);
		bool add = reference_random(reference) % (2 * target) >= reference->n;

		if (!add && reference->n != 0 && reference_random(reference) % 8 != 0)
			route = reference->routes[reference_random(reference) % reference->n];
		apply(fib, reference, &route, add);
		check_route(fib, reference, &route);
		if (op % 4096 == 0)
			check_all_routes(fib, reference);
	}
	while (reference->n != 0) {
		struct reference_route route = reference->routes[reference->n / 2];

		apply(fib, reference, &route, false);
		check_route(fib, reference, &route);
	}
	check_all_routes(fib, reference);
	reference_destroy(reference);
}

static void test_differential_few(void **state)
{
	run_differential(*state, 1, 150000, 20);
}

static void test_differential_many(void **state)
{
	run_differential(*state, 2, 60000, 400);
}

static void test_burst_equals_single(void **state)
{
	struct dp_fib *fib = *state;
	struct reference *reference = reference_create(3);
	uint32_t addr[DP_FIB_BURST_MAX], nexthop[DP_FIB_BURST_MAX];

	assert_non_null(reference);
	for (unsigned i = 0; i < 2000; i++) {
		struct reference_route route = random_route(reference);

		apply(fib, reference, &route, true);
	}
	for (unsigned n = 0; n <= DP_FIB_BURST_MAX; n++) {
		for (unsigned i = 0; i < n; i++)
			addr[i] = random_route(reference).prefix ^ (i & 1);
		memset(nexthop, 0xff, sizeof(nexthop));
		dp_fib_lookup_burst(fib, addr, nexthop, n);
		for (unsigned i = 0; i < n; i++)
			assert_int_equal(nexthop[i], reference_lookup(reference, addr[i]));
		assert_true(n == DP_FIB_BURST_MAX || nexthop[n] == UINT32_MAX);
	}
	reference_destroy(reference);
}

/* The nexthop of the longest route but the default that covers an address. */
static uint32_t longer_lookup(const struct reference *reference, uint32_t addr)
{
	for (unsigned depth = 32; depth > 0; depth--) {
		int i = reference_find(reference, addr & reference_mask(depth), (uint8_t)depth);

		if (i >= 0)
			return reference->routes[i].nexthop;
	}
	return DP_NH_NONE;
}

static void check_eighths(const struct dp_fib *fib, const struct reference *reference)
{
	uint32_t addr[16], nexthop[16], longer[16];
	uint32_t fallback = reference_get(reference, 0, 0);

	for (unsigned i = 0; i < 16; i++)
		addr[i] = i << 28 | (i & 1 ? 0x0fffffff : 0); /* first and last of each eighth */
	dp_fib_lookup_burst(fib, addr, nexthop, 16);
	dp_fib_lookup_longer_burst(fib, addr, longer, 16);
	for (unsigned i = 0; i < 16; i++) {
		assert_int_equal(nexthop[i], reference_lookup(reference, addr[i]));
		assert_int_equal(longer[i], longer_lookup(reference, addr[i]));
	}
	assert_int_equal(dp_fib_default(fib), fallback == UINT32_MAX ? DP_NH_NONE : fallback);
}

/* Routes of 0 to 4 bits come and go over each other, some of them holes, and a longer one stays. */
static void test_wide_routes(void **state)
{
	const struct reference_route stays = { .prefix = IP(64, 0, 0, 0),
					       .depth = 24,
					       .nexthop = 99 };
	struct reference *reference = reference_create(5);
	struct dp_fib *fib = *state;

	assert_non_null(reference);
	apply(fib, reference, &stays, true);
	for (unsigned op = 0; op < 20000; op++) {
		uint32_t random = reference_random(reference);
		struct reference_route route = { .depth = (uint8_t)(random % 5),
						 .nexthop = random >> 8 & 3 };

		route.prefix = reference_random(reference) & reference_mask(route.depth);
		apply(fib, reference, &route, random >> 16 & 1);
		check_eighths(fib, reference);
	}
	reference_destroy(reference);
}

static int stop_at_two(uint32_t prefix, uint8_t depth, uint32_t nexthop, void *arg)
{
	unsigned *seen = arg;

	(void)prefix;
	(void)depth;
	(void)nexthop;
	return ++*seen == 2 ? -EINTR : 0;
}

static void test_walk_stops(void **state)
{
	struct dp_fib *fib = *state;
	unsigned seen = 0;

	for (unsigned i = 0; i < 4; i++)
		assert_int_equal(dp_fib_add(fib, IP(10, i, 0, 0), 16, 1, NULL), 0);
	assert_int_equal(dp_fib_walk(fib, stop_at_two, &seen), -EINTR);
	assert_int_equal(seen, 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_empty, make_fib, free_fib),
		cmocka_unit_test_setup_teardown(test_bad_arguments, make_fib, free_fib),
		cmocka_unit_test_setup_teardown(test_every_depth, make_fib, free_fib),
		cmocka_unit_test_setup_teardown(test_borders, make_fib, free_fib),
		cmocka_unit_test_setup_teardown(test_hole, make_fib, free_fib),
		cmocka_unit_test_setup_teardown(test_equal_neighbours, make_fib, free_fib),
		cmocka_unit_test_setup_teardown(test_differential_few, make_fib, free_fib),
		cmocka_unit_test_setup_teardown(test_differential_many, make_fib, free_fib),
		cmocka_unit_test_setup_teardown(test_wide_routes, make_fib, free_fib),
		cmocka_unit_test_setup_teardown(test_burst_equals_single, make_fib, free_fib),
		cmocka_unit_test_setup_teardown(test_walk_stops, make_fib, free_fib),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
