/*
 * The FIB when memory runs out: adding fails and changes nothing, deleting always succeeds.
 *
 * The arena asks for memory with mprotect(); the one here refuses when told to.
 */

#include "dataplane/dp_fib.h"
#include "tests/dataplane/fib_reference.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
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

static void check_near(const struct dp_fib *fib, struct reference *reference, uint32_t prefix)
{
	for (int32_t step = -1; step <= 1; step++)
		assert_int_equal(dp_fib_lookup(fib, prefix + (uint32_t)step),
				 reference_lookup(reference, prefix + (uint32_t)step));
}

static bool add_host(struct dp_fib *fib, struct reference *reference, uint32_t addr)
{
	struct reference_route route = { .prefix = addr, .depth = 32, .nexthop = 9 };
	int expected, ret = dp_fib_add(fib, route.prefix, route.depth, route.nexthop, NULL);
	uint32_t old;

	if (ret == -ENOMEM)
		return false;
	expected = reference_add(reference, &route, &old);
	assert_int_equal(ret, expected);
	return true;
}

/* Host routes in different /16s until no chunk is left, then in different /24s: no leaf either. */
static void fill_up(struct dp_fib *fib, struct reference *reference)
{
	uint32_t i = 0, j = 1;

	while (add_host(fib, reference, i << 16 | 77))
		i++;
	while (add_host(fib, reference, (j / 255 + 64) << 16 | (j % 255 + 1) << 8 | 77))
		j++;
}

/* Long routes in the /24s that the host routes are in: leaves that want to grow. */
static struct reference_route random_route(struct reference *reference)
{
	struct reference_route route;

	route.depth = (uint8_t)(24 + reference_random(reference) % 9);
	route.prefix = (reference_random(reference) % 6 << 16 | reference_random(reference) % 256) &
		       reference_mask(route.depth);
	route.nexthop = reference_random(reference) % 4;
	return route;
}

static unsigned churn(struct dp_fib *fib, struct reference *reference)
{
	unsigned refused = 0;

	for (unsigned op = 0; op < OPS; op++) {
		struct reference_route route = random_route(reference);
		uint32_t old;

		if (reference_random(reference) % 2) {
			int ret = dp_fib_add(fib, route.prefix, route.depth, route.nexthop, NULL);

			refused += ret == -ENOMEM;
			if (ret != -ENOMEM)
				assert_int_equal(reference_add(reference, &route, &old), ret);
		} else {
			int expected = reference_del(reference, &route, &old);

			assert_int_equal(dp_fib_del(fib, route.prefix, route.depth, NULL),
					 expected);
		}
		check_near(fib, reference, route.prefix);
		check_near(fib, reference, route.prefix | ~reference_mask(route.depth));
		assert_int_equal(dp_fib_routes(fib), reference->n);
	}
	return refused;
}

static void test_without_memory(void **state)
{
	struct reference *reference = reference_create(5);
	struct dp_fib *fib = dp_fib_create();

	(void)state;
	assert_non_null(reference);
	assert_non_null(fib);
	assert_int_equal(churn(fib, reference), 0);
	refuse = true;
	fill_up(fib, reference);
	assert_true(churn(fib, reference) > 100);
	while (reference->n != 0) {
		struct reference_route route = reference->routes[0];
		uint32_t old;

		assert_int_equal(reference_del(reference, &route, &old), 0);
		assert_int_equal(dp_fib_del(fib, route.prefix, route.depth, NULL), 0);
		check_near(fib, reference, route.prefix);
	}
	refuse = false;
	dp_fib_destroy(fib);
	reference_destroy(reference);
}

static void test_no_memory_for_a_table(void **state)
{
	(void)state;
	refuse = true;
	assert_null(dp_fib_create());
	refuse = false;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_without_memory),
		cmocka_unit_test(test_no_memory_for_a_table),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
