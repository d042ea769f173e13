#include "dataplane/dp_fib6.h"

#include "dataplane/dp_publish.h"
#include "dataplane/fib6_update.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/mman.h>

#include <rte_common.h>

#define ROOT_BYTES ((1U << DP_FIB6_ROOT_BITS) * sizeof(uint32_t))
#define PAGE_BYTES 4096U

/* A path and a node of up to 7 runs have 1 unit, a node of 256 runs has 17; a chunk 16. */
static const uint16_t class_units[] = { 1, 2, 3, 4, 6, 8, 12, 16, 17 };

_Static_assert(ARENA_RESERVED_BYTES == 1ULL << 32 &&
		       ARENA_RESERVED_BYTES / FIB6_UNIT_BYTES == DP_FIB6_INDEX_MASK + 1ULL,
	       "an entry's lower bits, shifted, are an offset in the arena");
_Static_assert(sizeof(struct fib6_path) <= FIB6_UNIT_BYTES, "a path is one cache line");
_Static_assert(sizeof(struct dp_ip6) == sizeof(uint64_t[2]), "an address is two words");

static prefix_key key_of(const struct dp_ip6 *addr)
{
	uint64_t words[2];

	memcpy(words, addr, sizeof(words));
	return fib6_key(words);
}

static bool route_init(struct prefix_route *route, const struct dp_ip6 *prefix, unsigned depth)
{
	if (depth > FIB6_DEPTH_MAX)
		return false;
	*route = (struct prefix_route){ .prefix = key_of(prefix), .depth = (uint8_t)depth };
	return (route->prefix & ~prefix_key_mask(depth)) == 0;
}

struct dp_fib6 *dp_fib6_create(void)
{
	struct dp_fib6 *fib = aligned_alloc(FIB6_UNIT_BYTES,
					    RTE_ALIGN_CEIL(sizeof(*fib), FIB6_UNIT_BYTES));

	if (fib == NULL)
		return NULL;
	memset(fib, 0, sizeof(*fib));
	fib->root = mmap(NULL, ROOT_BYTES, PROT_READ | PROT_WRITE,
			 MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (fib->root == MAP_FAILED)
		goto free_fib;
	if (arena_init(&fib->arena, FIB6_UNIT_BYTES, class_units, RTE_DIM(class_units)) != 0)
		goto free_root;
	if (prefix_tree_init(&fib->tree, PREFIX_BITS_IPV6) != 0)
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

void dp_fib6_destroy(struct dp_fib6 *fib)
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

static void fill_wide(struct dp_fib6 *fib, const struct prefix_route *route, uint32_t entry)
{
	unsigned first = (unsigned)(route->prefix >> (FIB6_DEPTH_MAX - DP_FIB6_WIDE_DEPTH));

	fib_wide_fill(&fib->wide, first, 1U << (DP_FIB6_WIDE_DEPTH - route->depth), route->depth,
		      entry);
}

/* Lookups of either kind are right at any size. */
static void note_size(struct dp_fib6 *fib)
{
	__atomic_store_n(&fib->is_far, fib->tree.n_routes >= DP_FIB6_FAR_ROUTES, __ATOMIC_RELAXED);
}

int dp_fib6_add(struct dp_fib6 *fib, const struct dp_ip6 *prefix, uint8_t depth, uint32_t nexthop,
		uint32_t *old)
{
	struct prefix_route route, cover;
	int ret;

	if (!route_init(&route, prefix, depth) || nexthop >= DP_NH_MAX)
		return -EINVAL;
	route.value = nexthop;
	ret = prefix_tree_set(&fib->tree, &route, old);
	if (ret < 0)
		return ret;
	if (depth <= DP_FIB6_WIDE_DEPTH) {
		fill_wide(fib, &route, fib6_wide_entry(&route));
	} else if (ret == 1) {
		fib6_update_entries(fib, &route, fib6_route_entry(&route));
	} else if (fib6_update_shape(fib, &route, fib6_route_entry(&route)) != 0) {
		(void)prefix_tree_del(&fib->tree, &route, &cover);
		return -ENOMEM;
	}
	note_size(fib);
	return ret;
}

int dp_fib6_del(struct dp_fib6 *fib, const struct dp_ip6 *prefix, uint8_t depth, uint32_t *old)
{
	struct prefix_route route, cover;
	uint32_t entry;
	int ret;

	if (!route_init(&route, prefix, depth))
		return -EINVAL;
	ret = prefix_tree_del(&fib->tree, &route, &cover);
	if (ret < 0)
		return ret;
	entry = ret == 1 ? fib6_route_entry(&cover) : 0;
	if (depth <= DP_FIB6_WIDE_DEPTH)
		fill_wide(fib, &route, ret == 1 ? fib6_wide_entry(&cover) : 0);
	else if (fib6_update_shape(fib, &route, entry) != 0)
		fib6_update_entries(fib, &route, entry); /* larger than it need be, but right */
	note_size(fib);
	if (old != NULL)
		*old = route.value;
	return 0;
}

int dp_fib6_get(const struct dp_fib6 *fib, const struct dp_ip6 *prefix, uint8_t depth,
		uint32_t *nexthop)
{
	struct prefix_route route;
	int ret;

	if (!route_init(&route, prefix, depth))
		return -EINVAL;
	ret = prefix_tree_get(&fib->tree, &route);
	if (ret == 0)
		*nexthop = route.value;
	return ret;
}

struct walk {
	dp_route6_fn fn;
	void *arg;
};

static int walk_one(const struct prefix_route *route, void *arg)
{
	const struct walk *walk = arg;
	struct dp_ip6 prefix;
	uint64_t words[2];

	fib6_words(route->prefix, words);
	memcpy(&prefix, words, sizeof(prefix));
	return walk->fn(&prefix, route->depth, route->value, walk->arg);
}

int dp_fib6_walk(const struct dp_fib6 *fib, dp_route6_fn fn, void *arg)
{
	struct walk walk = { .fn = fn, .arg = arg };

	return prefix_tree_walk(&fib->tree, walk_one, &walk);
}

uint64_t dp_fib6_routes(const struct dp_fib6 *fib)
{
	return fib->tree.n_routes;
}

uint64_t dp_fib6_memory_bytes(const struct dp_fib6 *fib)
{
	return sizeof(*fib) + (uint64_t)__builtin_popcountll(fib->root_pages) * PAGE_BYTES +
	       arena_memory_bytes(&fib->arena) + arena_memory_bytes(&fib->tree.nodes);
}
