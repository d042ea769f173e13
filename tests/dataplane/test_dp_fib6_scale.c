#include "dataplane/dp_fib6.h"
#include "tests/dataplane/route6_mix.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

#define ROUTES 200000U
#define NEXTHOPS 1000U
#define CYCLES 3U
/* What may stay behind a full table: a spare block per arena and records of slabs. */
#define KEPT_BYTES (5ULL << 20)

static void add_all(struct dp_fib6 *fib, const struct route6_mix *routes, unsigned from,
		    unsigned to)
{
	for (unsigned i = from; i < to; i++)
		assert_int_equal(dp_fib6_add(fib, &routes[i].prefix, routes[i].depth,
					     routes[i].nexthop, NULL),
				 0);
}

static void del_all(struct dp_fib6 *fib, const struct route6_mix *routes, unsigned from,
		    unsigned to)
{
	uint32_t nexthop;

	for (unsigned i = from; i < to; i++) {
		assert_int_equal(dp_fib6_del(fib, &routes[i].prefix, routes[i].depth, &nexthop), 0);
		assert_int_equal(nexthop, routes[i].nexthop);
	}
}

/* The longest route over an address, found by asking for each depth. */
static uint32_t expected_nexthop(const struct dp_fib6 *fib, const struct dp_ip6 *addr)
{
	uint32_t nexthop = DP_NH_NONE;

	for (int depth = 128; depth >= 0; depth--) {
		struct dp_ip6 prefix = *addr;

		route6_mix_cut(&prefix, (unsigned)depth);
		if (dp_fib6_get(fib, &prefix, (uint8_t)depth, &nexthop) == 0)
			return nexthop;
	}
	return DP_NH_NONE;
}

static void check_lookups(const struct dp_fib6 *fib, const struct route6_mix *routes, unsigned n)
{
	uint64_t seed = 99;

	for (unsigned i = 0; i < n; i += 25) {
		struct dp_ip6 inside = route6_mix_inside(&routes[i], &seed);
		struct dp_ip6 near = route6_mix_near(&seed);

		assert_int_equal(dp_fib6_lookup(fib, &routes[i].prefix),
				 expected_nexthop(fib, &routes[i].prefix));
		assert_int_equal(dp_fib6_lookup(fib, &inside), expected_nexthop(fib, &inside));
		assert_int_equal(dp_fib6_lookup(fib, &near), expected_nexthop(fib, &near));
	}
}

static void test_hundred_routes_are_cheap(void **state)
{
	struct route6_mix *routes = route6_mix_create(100, NEXTHOPS, 1);
	struct dp_fib6 *fib = dp_fib6_create();

	(void)state;
	assert_non_null(routes);
	assert_non_null(fib);
	add_all(fib, routes, 0, 100);
	assert_in_range(dp_fib6_memory_bytes(fib), 1, 512 << 10);
	dp_fib6_destroy(fib);
	free(routes);
}

static void test_full_table(void **state)
{
	struct route6_mix *routes = route6_mix_create(ROUTES, NEXTHOPS, 2);
	struct dp_fib6 *fib = dp_fib6_create();
	uint64_t empty_bytes, full_bytes;

	(void)state;
	assert_non_null(routes);
	assert_non_null(fib);
	add_all(fib, routes, 0, 100);
	empty_bytes = dp_fib6_memory_bytes(fib);
	add_all(fib, routes, 100, ROUTES);
	assert_int_equal(dp_fib6_routes(fib), ROUTES);
	full_bytes = dp_fib6_memory_bytes(fib);
	assert_in_range(full_bytes, 1, 40 << 20);
	check_lookups(fib, routes, ROUTES);
	for (unsigned cycle = 0; cycle < CYCLES; cycle++) {
		unsigned from = 100 + cycle * ROUTES / 10;

		del_all(fib, routes, from, from + ROUTES / 10);
		check_lookups(fib, routes, ROUTES / 10);
		add_all(fib, routes, from, from + ROUTES / 10);
		assert_in_range(dp_fib6_memory_bytes(fib), 1, full_bytes + KEPT_BYTES);
	}
	check_lookups(fib, routes, ROUTES);
	del_all(fib, routes, 100, ROUTES);
	assert_in_range(dp_fib6_memory_bytes(fib), 1, empty_bytes + KEPT_BYTES);
	add_all(fib, routes, 100, ROUTES);
	assert_in_range(dp_fib6_memory_bytes(fib), 1, full_bytes + KEPT_BYTES);
	del_all(fib, routes, 100, ROUTES);
	assert_in_range(dp_fib6_memory_bytes(fib), 1, empty_bytes + KEPT_BYTES);
	check_lookups(fib, routes, ROUTES / 10);
	dp_fib6_destroy(fib);
	free(routes);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_hundred_routes_are_cheap),
		cmocka_unit_test(test_full_table),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
