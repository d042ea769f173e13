#include "dataplane/dp_fib.h"
#include "tests/dataplane/route_mix.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#define MILLION 1000000U
#define NEXTHOPS 1000U
#define CYCLES 3U
/* What may stay behind a full table: a spare block per arena and records of slabs. */
#define KEPT_BYTES (5ULL << 20)

static void add_all(struct dp_fib *fib, const struct route_mix *routes, unsigned from, unsigned to)
{
	for (unsigned i = from; i < to; i++)
		assert_int_equal(
			dp_fib_add(fib, routes[i].prefix, routes[i].depth, routes[i].nexthop, NULL),
			0);
}

static void del_all(struct dp_fib *fib, const struct route_mix *routes, unsigned from, unsigned to)
{
	uint32_t nexthop;

	for (unsigned i = from; i < to; i++) {
		assert_int_equal(dp_fib_del(fib, routes[i].prefix, routes[i].depth, &nexthop), 0);
		assert_int_equal(nexthop, routes[i].nexthop);
	}
}

/* The longest route over an address, found by asking for each depth. */
static uint32_t expected_nexthop(const struct dp_fib *fib, uint32_t addr)
{
	uint32_t nexthop = DP_NH_NONE;

	for (int depth = 32; depth >= 0; depth--) {
		uint32_t mask = depth == 0 ? 0 : UINT32_MAX << (32 - depth);

		if (dp_fib_get(fib, addr & mask, (uint8_t)depth, &nexthop) == 0)
			return nexthop;
	}
	return DP_NH_NONE;
}

static void check_lookups(const struct dp_fib *fib, const struct route_mix *routes, unsigned n)
{
	uint64_t seed = 99;

	for (unsigned i = 0; i < n; i += 10) {
		uint32_t last = routes[i].prefix |
				(uint32_t)(UINT64_C(0xffffffff) >> routes[i].depth);
		uint32_t addr = route_mix_addr(&seed);

		assert_int_equal(dp_fib_lookup(fib, last), expected_nexthop(fib, last));
		assert_int_equal(dp_fib_lookup(fib, last + 1), expected_nexthop(fib, last + 1));
		assert_int_equal(dp_fib_lookup(fib, addr), expected_nexthop(fib, addr));
	}
}

static void test_hundred_routes_are_cheap(void **state)
{
	struct route_mix *routes = route_mix_create(100, NEXTHOPS, 1);
	struct dp_fib *fib = dp_fib_create();

	(void)state;
	assert_non_null(routes);
	assert_non_null(fib);
	add_all(fib, routes, 0, 100);
	assert_in_range(dp_fib_memory_bytes(fib), 1, 1 << 20);
	dp_fib_destroy(fib);
	free(routes);
}

static void test_million_routes(void **state)
{
	struct route_mix *routes = route_mix_create(MILLION, NEXTHOPS, 2);
	struct dp_fib *fib = dp_fib_create();
	uint64_t empty_bytes, full_bytes;

	(void)state;
	assert_non_null(routes);
	assert_non_null(fib);
	add_all(fib, routes, 0, 100);
	empty_bytes = dp_fib_memory_bytes(fib);
	add_all(fib, routes, 100, MILLION);
	assert_int_equal(dp_fib_routes(fib), MILLION);
	full_bytes = dp_fib_memory_bytes(fib);
	assert_in_range(full_bytes, 1, 150 << 20);
	check_lookups(fib, routes, MILLION);
	for (unsigned cycle = 0; cycle < CYCLES; cycle++) {
		unsigned from = 100 + cycle * MILLION / 10;

		del_all(fib, routes, from, from + MILLION / 10);
		check_lookups(fib, routes, MILLION / 10);
		add_all(fib, routes, from, from + MILLION / 10);
		assert_in_range(dp_fib_memory_bytes(fib), 1, full_bytes + KEPT_BYTES);
	}
	check_lookups(fib, routes, MILLION);
	del_all(fib, routes, 100, MILLION);
	assert_in_range(dp_fib_memory_bytes(fib), 1, empty_bytes + KEPT_BYTES);
	add_all(fib, routes, 100, MILLION);
	assert_in_range(dp_fib_memory_bytes(fib), 1, full_bytes + KEPT_BYTES);
	del_all(fib, routes, 100, MILLION);
	assert_in_range(dp_fib_memory_bytes(fib), 1, empty_bytes + KEPT_BYTES);
	check_lookups(fib, routes, MILLION / 10);
	dp_fib_destroy(fib);
	free(routes);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_hundred_routes_are_cheap),
		cmocka_unit_test(test_million_routes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
