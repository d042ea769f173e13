#include "dataplane/dp_fib.h"

#include "dataplane/dp_publish.h"
#include "dataplane/fib_update.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include <rte_common.h>

#define ROOT_SLOTS 65536U
#define ROOT_BYTES (ROOT_SLOTS * sizeof(uint32_t))
#define DEPTH_MAX 32U

/* A leaf has 1 (7 runs) to 17 units (256 runs); a chunk 16. */
static const uint16_t class_units[] = { 1, 2, 3, 4, 6, 8, 12, 16, 17 };

_Static_assert(ARENA_RESERVED_BYTES / FIB_UNIT_BYTES <= DP_FIB_INDEX_MASK + 1ULL,
	       "an entry can name every unit of the arena");

static bool is_prefix(uint32_t prefix, unsigned depth)
{
	return depth <= DEPTH_MAX && (depth == DEPTH_MAX || (prefix & (UINT32_MAX >> depth)) == 0);
}

static struct dp_fib *fib_new(void)
{
	struct dp_fib *fib = aligned_alloc(FIB_UNIT_BYTES,
					   RTE_ALIGN_CEIL(sizeof(*fib), FIB_UNIT_BYTES));

	if (fib == NULL)
		return NULL;
	memset(fib, 0, sizeof(*fib));
	fib->root = mmap(NULL, ROOT_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1,
			 0);
	if (fib->root == MAP_FAILED)
		goto free_fib;
	if (arena_init(&fib->arena, FIB_UNIT_BYTES, class_units, RTE_DIM(class_units)) != 0)
		goto free_root;
	if (prefix_tree_init(&fib->tree, PREFIX_BITS_IPV4) != 0)
		goto free_arena;
	return fib;

free_arena:
	arena_fini(&fib->arena);
free_root:
	munmap(fib->root, ROOT_BYTES);
free_fib:
	free(fib);
	return NULL;
}

struct dp_fib *dp_fib_create(void)
{
	static enum { UNKNOWN, SCALAR, GATHER } choice; /* control thread only */
	struct dp_fib *fib = fib_new();

	if (fib != NULL && choice == UNKNOWN) {
		choice = fib_gather_is_faster(fib) ? GATHER : SCALAR;
		dp_fib_destroy(fib);
		fib = fib_new();
	}
	if (fib != NULL)
		fib->use_gather = choice == GATHER;
	return fib;
}

void dp_fib_destroy(struct dp_fib *fib)
{
	if (fib == NULL)
		return;
	if (fib->n_retired != 0)
		dp_publish_synchronize();
	prefix_tree_fini(&fib->tree);
	arena_fini(&fib->arena);
	munmap(fib->root, ROOT_BYTES);
	free(fib);
}

static struct prefix_route tree_route(const struct fib_route *route)
{
	return (struct prefix_route){ .prefix = prefix_key_ipv4(route->prefix),
				      .depth = route->depth,
				      .value = route->nexthop };
}

int dp_fib_add(struct dp_fib *fib, uint32_t prefix, uint8_t depth, uint32_t nexthop, uint32_t *old)
{
	struct fib_route route = { .prefix = prefix, .depth = depth, .nexthop = nexthop };
	struct prefix_route in_tree = tree_route(&route);
	struct fib_update update;
	int ret;

	if (!is_prefix(prefix, depth) || nexthop >= DP_NH_MAX)
		return -EINVAL;
	ret = fib_update_prepare(fib, &route, &update);
	if (ret != 0)
		return ret;
	ret = prefix_tree_set(&fib->tree, &in_tree, old);
	if (ret < 0)
		fib_update_abandon(fib, &update);
	else
		fib_update_commit(fib, &route, &update);
	return ret;
}

int dp_fib_del(struct dp_fib *fib, uint32_t prefix, uint8_t depth, uint32_t *old)
{
	struct fib_route route = { .prefix = prefix, .depth = depth }, cover_route;
	struct prefix_route in_tree = tree_route(&route), cover;
	int ret;

	if (!is_prefix(prefix, depth))
		return -EINVAL;
	ret = prefix_tree_del(&fib->tree, &in_tree, &cover);
	if (ret < 0)
		return ret;
	if (ret == 1)
		cover_route = (struct fib_route){ .depth = cover.depth, .nexthop = cover.value };
	fib_update_remove(fib, &route, ret == 1 ? &cover_route : NULL);
	if (old != NULL)
		*old = in_tree.value;
	return 0;
}

int dp_fib_get(const struct dp_fib *fib, uint32_t prefix, uint8_t depth, uint32_t *nexthop)
{
	struct prefix_route route = { .prefix = prefix_key_ipv4(prefix), .depth = depth };
	int ret;

	if (!is_prefix(prefix, depth))
		return -EINVAL;
	ret = prefix_tree_get(&fib->tree, &route);
	if (ret == 0)
		*nexthop = route.value;
	return ret;
}

struct walk {
	dp_route_fn fn;
	void *arg;
};

static int walk_one(const struct prefix_route *route, void *arg)
{
	const struct walk *walk = arg;

	return walk->fn((uint32_t)(route->prefix >> 96), route->depth, route->value, walk->arg);
}

int dp_fib_walk(const struct dp_fib *fib, dp_route_fn fn, void *arg)
{
	struct walk walk = { .fn = fn, .arg = arg };

	return prefix_tree_walk(&fib->tree, walk_one, &walk);
}

uint64_t dp_fib_routes(const struct dp_fib *fib)
{
	return fib->tree.n_routes;
}

uint64_t dp_fib_memory_bytes(const struct dp_fib *fib)
{
	return sizeof(*fib) + ROOT_BYTES + arena_memory_bytes(&fib->arena) +
	       arena_memory_bytes(&fib->tree.nodes);
}
