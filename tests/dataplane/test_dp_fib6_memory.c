/*
 * The IPv6 FIB when memory runs out: adding fails and changes nothing, deleting always succeeds.
 *
 * The arena asks for memory with mprotect(); the one here refuses when told to.
 */

#include "dataplane/dp_fib6.h"
#include "tests/dataplane/fib6_reference.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cmocka.h>

#define OPS 20000U

static bool refuse;

int mprotect(void *addr, size_t len, int prot)
{
	if (refuse) {
		errno = ENOMEM;
		return -1;
	}
	return (int)syscall(SYS_mprotect, addr, len, prot);
}

static void check_near(const struct dp_fib6 *fib, const struct reference6 *reference,
		       prefix_key prefix)
{
	for (unsigned step = 0; step < 3; step++) {
		struct dp_ip6 addr = reference6_addr(prefix + step - 1);

		assert_int_equal(dp_fib6_lookup(fib, &addr),
				 reference6_lookup(reference, prefix + step - 1));
	}
}

/* Takes all that an arena has, but for what routes that go will free. */
static void fill_up(struct arena *arena, unsigned units_max)
{
	for (unsigned units = units_max; units != 0; units--) {
		while (arena_alloc(arena, units) != 0)
			;
	}
}

static struct reference6_route random_route(struct reference6 *reference)
{
	struct reference6_route route = reference6_route_random(reference);

	if (route.depth < 17)
		route.depth = 17;
	route.prefix &= prefix_key_mask(route.depth);
	return route;
}

static unsigned churn(struct dp_fib6 *fib, struct reference6 *reference)
{
	unsigned refused = 0;

	for (unsigned op = 0; op < OPS; op++) {
		struct reference6_route route = random_route(reference);
		struct dp_ip6 prefix;
		uint32_t old;

		if (reference6_random(reference) % 2 && reference->n < REFERENCE6_MAX - 1) {
			int ret;

			prefix = reference6_addr(route.prefix);
			ret = dp_fib6_add(fib, &prefix, route.depth, route.nexthop, NULL);
			refused += ret == -ENOMEM;
			if (ret != -ENOMEM)
				assert_int_equal(reference6_add(reference, &route, &old), ret);
		} else if (reference->n != 0) {
			route = reference->routes[reference6_random(reference) % reference->n];
			prefix = reference6_addr(route.prefix);
			assert_int_equal(reference6_del(reference, &route, &old), 0);
			assert_int_equal(dp_fib6_del(fib, &prefix, route.depth, NULL), 0);
		}
		check_near(fib, reference, route.prefix);
		check_near(fib, reference, route.prefix | ~prefix_key_mask(route.depth));
		assert_int_equal(dp_fib6_routes(fib), reference->n);
	}
	return refused;
}

static void run_without_memory(bool tree, uint64_t seed)
{
	struct reference6 *reference = reference6_create(seed);
	struct dp_fib6 *fib = dp_fib6_create();

	assert_non_null(reference);
	assert_non_null(fib);
	assert_int_equal(churn(fib, reference), 0);
	refuse = true;
	if (tree)
		fill_up(&fib->tree.nodes, 1);
	else
		fill_up(&fib->arena, 17);
	assert_true(churn(fib, reference) > 100);
	while (reference->n != 0) {
		struct reference6_route route = reference->routes[0];
		struct dp_ip6 prefix = reference6_addr(route.prefix);
		uint32_t old;

		assert_int_equal(reference6_del(reference, &route, &old), 0);
		assert_int_equal(dp_fib6_del(fib, &prefix, route.depth, NULL), 0);
		check_near(fib, reference, route.prefix);
	}
	refuse = false;
	/* with memory again, what became too large there is put right on the way */
	assert_int_equal(churn(fib, reference), 0);
	dp_fib6_destroy(fib);
	free(reference);
}

static void test_without_memory_for_nodes(void **state)
{
	(void)state;
	run_without_memory(false, 5);
}

static void test_without_memory_for_routes(void **state)
{
	(void)state;
	run_without_memory(true, 6);
}

static void test_no_memory_for_a_table(void **state)
{
	(void)state;
	refuse = true;
	assert_null(dp_fib6_create());
	refuse = false;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_without_memory_for_nodes),
		cmocka_unit_test(test_without_memory_for_routes),
		cmocka_unit_test(test_no_memory_for_a_table),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
