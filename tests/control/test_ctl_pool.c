/* Numbers of objects: lowest first, memory back when chunks empty. */

#include "control/mirror/ctl_pool.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#define N (3 * CTL_POOL_CHUNK)

static struct ctl_pool pool;
static uint32_t numbers[N];

static void fill(void)
{
	ctl_pool_init(&pool, 12);
	for (uint32_t i = 0; i < N; i++) {
		numbers[i] = ctl_pool_alloc(&pool);
		assert_int_equal(numbers[i], i + 1);
		*(uint32_t *)ctl_pool_at(&pool, numbers[i]) = i;
	}
}

static void test_objects_keep_what_they_have(void **state)
{
	(void)state;
	fill();
	for (uint32_t i = 0; i < N; i++)
		assert_int_equal(*(uint32_t *)ctl_pool_at(&pool, numbers[i]), i);
	assert_int_equal(pool.n_used, N);
	ctl_pool_fini(&pool);
	assert_int_equal(pool.n_used, 0);
}

static void test_freed_numbers_are_taken_again_lowest_first(void **state)
{
	(void)state;
	fill();
	ctl_pool_free(&pool, 9000);
	ctl_pool_free(&pool, 70);
	ctl_pool_free(&pool, 7);
	assert_int_equal(ctl_pool_alloc(&pool), 7);
	assert_int_equal(*(uint32_t *)ctl_pool_at(&pool, 7), 0);
	assert_int_equal(ctl_pool_alloc(&pool), 70);
	assert_int_equal(ctl_pool_alloc(&pool), 9000);
	assert_int_equal(ctl_pool_alloc(&pool), N + 1);
	ctl_pool_fini(&pool);
}

static void test_empty_chunks_give_their_memory_back(void **state)
{
	uint64_t full_bytes;

	(void)state;
	fill();
	full_bytes = pool.memory_bytes;
	for (uint32_t i = 0; i < N; i++)
		ctl_pool_free(&pool, numbers[N - 1 - i]);
	assert_int_equal(pool.memory_bytes, 12 * CTL_POOL_CHUNK);
	assert_int_equal(ctl_pool_alloc(&pool), 1);
	for (uint32_t i = 1; i < N; i++)
		ctl_pool_alloc(&pool);
	assert_int_equal(pool.memory_bytes, full_bytes);
	ctl_pool_fini(&pool);
}

static void test_walk_visits_what_is_in_use(void **state)
{
	uint32_t at = 0, seen = 0;

	(void)state;
	fill();
	for (uint32_t i = 0; i < N; i++) {
		if (i % 7 != 0 || i / CTL_POOL_CHUNK == 1)
			ctl_pool_free(&pool, numbers[i]);
	}
	while (!ctl_pool_is_end(&pool, at)) {
		uint32_t number = ctl_pool_next(&pool, &at);

		if (number) {
			assert_int_equal((number - 1) % 7, 0);
			seen++;
		}
	}
	assert_int_equal(seen, pool.n_used);
	ctl_pool_fini(&pool);
}

static void test_numbers_of_a_part(void **state)
{
	uint32_t base = 1U << 26, at = base;
	uint32_t n = 2 * CTL_POOL_CHUNK;

	(void)state;
	ctl_pool_init_part(&pool, 12, base, n);
	for (uint32_t i = 1; i < n; i++)
		assert_int_equal(ctl_pool_alloc(&pool), base + i);
	assert_int_equal(ctl_pool_alloc(&pool), 0);
	assert_int_equal(ctl_pool_next(&pool, &at), base + 1);
	ctl_pool_free(&pool, base + 5);
	at = base + 4;
	assert_int_equal(ctl_pool_next(&pool, &at), base + 6);
	assert_false(ctl_pool_is_end(&pool, at));
	assert_true(ctl_pool_is_end(&pool, base + n - 1));
	ctl_pool_fini(&pool);
	assert_int_equal(ctl_pool_alloc(&pool), base + 1);
	ctl_pool_fini(&pool);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_objects_keep_what_they_have),
		cmocka_unit_test(test_freed_numbers_are_taken_again_lowest_first),
		cmocka_unit_test(test_empty_chunks_give_their_memory_back),
		cmocka_unit_test(test_walk_visits_what_is_in_use),
		cmocka_unit_test(test_numbers_of_a_part),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
