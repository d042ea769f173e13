#include "dataplane/arena.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const uint16_t classes[] = { 1, 2, 4, 16, 17 };

static int make_arena(void **state)
{
	struct arena *arena = calloc(1, sizeof(*arena));

	*state = arena;
	return arena == NULL || arena_init(arena, 64, classes, 5) != 0;
}

static int free_arena(void **state)
{
	arena_fini(*state);
	free(*state);
	return 0;
}

static void test_bad_arguments(void **state)
{
	struct arena arena;

	(void)state;
	assert_int_equal(arena_init(&arena, 8, classes, 5), -EINVAL);
	assert_int_equal(arena_init(&arena, 48, classes, 5), -EINVAL);
	assert_int_equal(arena_init(&arena, 64, classes, 0), -EINVAL);
	assert_int_equal(arena_init(&arena, 64, classes, ARENA_CLASSES_MAX + 1), -EINVAL);
}

static void test_sizes(void **state)
{
	struct arena *arena = *state;
	static const unsigned asked[] = { 1, 2, 3, 4, 5, 16, 17 };
	static const unsigned given[] = { 1, 2, 4, 4, 16, 16, 17 };

	assert_int_equal(arena_alloc(arena, 18), 0);
	for (unsigned i = 0; i < 7; i++) {
		uint32_t index = arena_alloc(arena, asked[i]);

		assert_int_not_equal(index, 0);
		assert_int_equal(arena_units(arena, index), given[i]);
		memset(arena_at(arena, index), 0xff, given[i] * 64UL);
		arena_free(arena, index);
	}
}

static void test_index_zero_reads_zero(void **state)
{
	static const char zeros[1024];

	assert_memory_equal(arena_at(*state, 0), zeros, sizeof(zeros));
}

#define OBJECTS 40000U

/* Objects of all sizes, each filled with its own number: none may overlap another. */
static void test_objects_do_not_overlap(void **state)
{
	struct arena *arena = *state;
	uint32_t *index = calloc(OBJECTS, sizeof(*index));
	unsigned random = 1;

	assert_non_null(index);
	for (unsigned round = 0; round < 4; round++) {
		for (unsigned i = 0; i < OBJECTS; i++) {
			uint32_t *words;

			random = random * 1103515245U + 12345U;
			if (index[i] != 0) {
				words = arena_at(arena, index[i]);
				for (unsigned w = 0; w < arena_units(arena, index[i]) * 16; w++)
					assert_int_equal(words[w], i);
				arena_free(arena, index[i]);
				index[i] = 0;
			}
			if (random >> 16 & 1)
				continue;
			index[i] = arena_alloc(arena, 1 + (random >> 18) % 17);
			assert_int_not_equal(index[i], 0);
			words = arena_at(arena, index[i]);
			for (unsigned w = 0; w < arena_units(arena, index[i]) * 16; w++)
				words[w] = i;
		}
	}
	free(index);
}

/* Whatever the order of freeing, the memory goes back, but for one spare block at most. */
static void test_memory_returns(void **state)
{
	struct arena *arena = *state;
	uint32_t *index = calloc(OBJECTS, sizeof(*index));
	uint64_t empty = arena_memory_bytes(arena);

	assert_non_null(index);
	for (unsigned stride = 1; stride <= 7; stride += 2) {
		for (unsigned i = 0; i < OBJECTS; i++)
			index[i] = arena_alloc(arena, i % 2 ? 16 : 1);
		assert_true(arena_memory_bytes(arena) > OBJECTS / 2 * 1024UL);
		for (unsigned first = 0; first < stride; first++) {
			for (unsigned i = first; i < OBJECTS; i += stride)
				arena_free(arena, index[i]);
		}
		/* The records of slabs stay; they are 8 bytes for 64 KB. */
		assert_in_range(arena_memory_bytes(arena), empty, empty + 8192);
	}
	free(index);
}

static void test_small_arena_is_small(void **state)
{
	struct arena *arena = *state;

	for (unsigned i = 0; i < 100; i++)
		assert_int_not_equal(arena_alloc(arena, 16), 0);
	assert_in_range(arena_memory_bytes(arena), 100 * 1024, 256 * 1024);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_bad_arguments),
		cmocka_unit_test_setup_teardown(test_sizes, make_arena, free_arena),
		cmocka_unit_test_setup_teardown(test_index_zero_reads_zero, make_arena, free_arena),
		cmocka_unit_test_setup_teardown(test_objects_do_not_overlap, make_arena,
						free_arena),
		cmocka_unit_test_setup_teardown(test_memory_returns, make_arena, free_arena),
		cmocka_unit_test_setup_teardown(test_small_arena_is_small, make_arena, free_arena),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
