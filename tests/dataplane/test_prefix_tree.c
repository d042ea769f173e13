#include "dataplane/prefix_tree.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

static int make_tree(void **state)
{
	struct prefix_tree *tree = calloc(1, sizeof(*tree));

	*state = tree;
	return tree == NULL || prefix_tree_init(tree, PREFIX_BITS_IPV4) != 0;
}

static int free_tree(void **state)
{
	prefix_tree_fini(*state);
	free(*state);
	return 0;
}

static int set(struct prefix_tree *tree, uint32_t prefix, uint8_t depth, uint32_t value)
{
	struct prefix_route route = { .prefix = prefix_key_ipv4(prefix),
				      .depth = depth,
				      .value = value };

	return prefix_tree_set(tree, &route, NULL);
}

static int get(struct prefix_tree *tree, uint32_t prefix, uint8_t depth)
{
	struct prefix_route route = { .prefix = prefix_key_ipv4(prefix), .depth = depth };
	int ret = prefix_tree_get(tree, &route);

	return ret == 0 ? (int)route.value : ret;
}

/* The fork that two routes need is no route, until one is set there. */
static void test_fork_is_no_route(void **state)
{
	struct prefix_route route = { .prefix = prefix_key_ipv4(0x0a000000), .depth = 15 }, cover;

	assert_int_equal(set(*state, 0x0a000000, 16, 1), 0);
	assert_int_equal(set(*state, 0x0a010000, 16, 2), 0);
	assert_int_equal(get(*state, 0x0a000000, 15), -ENOENT);
	assert_int_equal(prefix_tree_del(*state, &route, &cover), -ENOENT);
	assert_int_equal(set(*state, 0x0a000000, 15, 3), 0);
	assert_int_equal(get(*state, 0x0a000000, 15), 3);
	assert_int_equal(set(*state, 0x0a000000, 15, 4), 1);
	assert_int_equal(prefix_tree_del(*state, &route, &cover), 0);
	assert_int_equal(route.value, 4);
	assert_int_equal(get(*state, 0x0a000000, 16), 1);
	assert_int_equal(get(*state, 0x0a010000, 16), 2);
}

static void test_cover_is_the_longest(void **state)
{
	struct prefix_route route = { .prefix = prefix_key_ipv4(0x0a010200), .depth = 24 }, cover;

	assert_int_equal(set(*state, 0, 0, 9), 0);
	assert_int_equal(set(*state, 0x0a000000, 8, 1), 0);
	assert_int_equal(set(*state, 0x0a010000, 16, 2), 0);
	assert_int_equal(set(*state, 0x0a010200, 24, 3), 0);
	assert_int_equal(prefix_tree_del(*state, &route, &cover), 1);
	assert_int_equal(route.value, 3);
	assert_true(cover.prefix == prefix_key_ipv4(0x0a010000));
	assert_int_equal(cover.depth, 16);
	assert_int_equal(cover.value, 2);
}

/* Deleting in any order leaves no node behind. */
static void test_nodes_come_back(void **state)
{
	struct prefix_tree *tree = *state;
	uint64_t empty = arena_memory_bytes(&tree->nodes);
	struct prefix_route cover;

	for (unsigned stride = 1; stride <= 5; stride += 2) {
		for (uint32_t i = 0; i < 20000; i++)
			assert_int_equal(set(tree, i * 0x9e3779b1U & ~0xfU, 28, i), 0);
		assert_int_equal(tree->n_routes, 20000);
		for (uint32_t first = 0; first < stride; first++) {
			for (uint32_t i = first; i < 20000; i += stride) {
				struct prefix_route route = { .prefix = prefix_key_ipv4(
								      i * 0x9e3779b1U & ~0xfU),
							      .depth = 28 };

				assert_int_equal(prefix_tree_del(tree, &route, &cover), 0);
				assert_int_equal(route.value, i);
			}
		}
		assert_int_equal(tree->root, 0);
		assert_int_equal(arena_memory_bytes(&tree->nodes), empty);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_fork_is_no_route, make_tree, free_tree),
		cmocka_unit_test_setup_teardown(test_cover_is_the_longest, make_tree, free_tree),
		cmocka_unit_test_setup_teardown(test_nodes_come_back, make_tree, free_tree),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
