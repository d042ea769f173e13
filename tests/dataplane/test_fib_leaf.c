#include "dataplane/fib_leaf.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

#define ENTRY(depth, nexthop) ((uint32_t)(depth) << FIB_LEAF_DEPTH_SHIFT | (nexthop))

static void set_route(uint32_t *slots, unsigned first, unsigned depth, uint32_t nexthop)
{
	for (unsigned i = first; i < first + (1U << (32 - depth)); i++)
		slots[i] = ENTRY(depth, nexthop);
}

/* Builds a leaf and checks it both ways. @return number of runs */
static unsigned check_leaf(const uint32_t slots[FIB_LEAF_SLOTS])
{
	unsigned n = fib_leaf_count_runs(slots, 24);
	struct fib_leaf *leaf = calloc(1, fib_leaf_bytes(n));
	uint32_t back[FIB_LEAF_SLOTS];

	assert_non_null(leaf);
	fib_leaf_build(leaf, slots, 24);
	fib_leaf_expand(leaf, back);
	assert_memory_equal(back, slots, sizeof(back));
	for (unsigned i = 0; i < FIB_LEAF_SLOTS; i++)
		assert_int_equal(fib_leaf_get(leaf, i), slots[i]);
	free(leaf);
	return n;
}

static void test_host_route_is_one_line(void **state)
{
	uint32_t slots[FIB_LEAF_SLOTS];

	(void)state;
	for (unsigned host = 0; host < FIB_LEAF_SLOTS; host++) {
		set_route(slots, 0, 24, 1);
		set_route(slots, host, 32, 2);
		assert_int_equal(check_leaf(slots), host == 0 || host == 255 ? 2 : 3);
	}
	assert_true(fib_leaf_bytes(7) == 64);
}

static void test_most_runs(void **state)
{
	uint32_t slots[FIB_LEAF_SLOTS];

	(void)state;
	for (unsigned i = 0; i < FIB_LEAF_SLOTS; i++)
		set_route(slots, i, 32, 1);
	/* 256 routes with one nexthop are 256 runs: each can be removed in place. */
	assert_int_equal(check_leaf(slots), 256);
	assert_int_equal(fib_leaf_bytes(256), 36 + 256 * 4);
}

static void test_one_run(void **state)
{
	uint32_t slots[FIB_LEAF_SLOTS];

	(void)state;
	set_route(slots, 0, 24, 3);
	assert_int_equal(check_leaf(slots), 1);
}

/* A route cut in two by a longer one is two runs; neighbours are never one. */
static void test_runs_belong_to_one_route(void **state)
{
	uint32_t slots[FIB_LEAF_SLOTS];

	(void)state;
	set_route(slots, 0, 25, 5);
	set_route(slots, 128, 25, 5);
	assert_int_equal(check_leaf(slots), 2);
	set_route(slots, 64, 28, 5);
	assert_int_equal(check_leaf(slots), 4);
}

static void test_random_routes(void **state)
{
	uint32_t slots[FIB_LEAF_SLOTS];
	unsigned random = 1;

	(void)state;
	for (unsigned trial = 0; trial < 2000; trial++) {
		set_route(slots, 0, 24, trial % 3);
		for (unsigned depth = 25; depth <= 32; depth++) {
			unsigned size = 1U << (32 - depth);

			random = random * 1103515245U + 12345U;
			set_route(slots, (random >> 16) % FIB_LEAF_SLOTS / size * size, depth,
				  random >> 24 & 3);
		}
		assert_in_range(check_leaf(slots), 2, 18);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_host_route_is_one_line),
		cmocka_unit_test(test_most_runs),
		cmocka_unit_test(test_one_run),
		cmocka_unit_test(test_runs_belong_to_one_route),
		cmocka_unit_test(test_random_routes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
