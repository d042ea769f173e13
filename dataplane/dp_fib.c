/*
 * Updates of the FIB.
 *
 * Invariant: the entry of an address is {depth, nexthop} of the longest route of depth 1 to 32 that
 * covers it, 0 without one. Adding or removing a route of depth d touches, inside its prefix, the
 * entries of depth d or less and no others: deeper ones belong to longer routes, and shallower
 * ones exist there only while the route itself does not.
 *
 * A chunk exists while a route longer than 16 lies in its /16, a leaf while one longer than 24 lies
 * in its /24. Whatever changes the shape of the table is built aside and published by one store;
 * memory is obtained before anything changes.
 */

#include "dataplane/dp_fib.h"

#include "dataplane/dp_publish.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include <rte_common.h>

#define ROOT_SLOTS 65536U
#define ROOT_BYTES (ROOT_SLOTS * sizeof(uint32_t))
#define ROOT_DEPTH 16U
#define CHUNK_DEPTH 24U
#define DEPTH_MAX 32U
#define UNIT_BYTES 64U
#define CHUNK_UNITS (DP_FIB_CHUNK_SLOTS * sizeof(uint32_t) / UNIT_BYTES)

/* A leaf has 1 (7 runs) to 17 units (256 runs); a chunk 16. */
static const uint16_t class_units[] = { 1, 2, 3, 4, 6, 8, 12, 16, 17 };

_Static_assert(ARENA_RESERVED_BYTES / UNIT_BYTES <= DP_FIB_INDEX_MASK + 1ULL,
	       "an entry can name every unit of the arena");

/* An update that changes the shape: what is published where, what it replaces. */
struct reshape {
	uint32_t *chunk;    /* chunk of the /16; not yet in the root when new_chunk is set */
	uint32_t new_chunk; /* index, 0 when the /16 has one already */
	uint32_t new_leaf;  /* index, 0 when no leaf is built */
	uint32_t old_leaf;  /* index, 0 when the /24 has none */
	uint32_t leaf_slots[FIB_LEAF_SLOTS];
};

static uint32_t load(const uint32_t *entry)
{
	return __atomic_load_n(entry, __ATOMIC_RELAXED); /* control is the only writer */
}

/* NOLINTNEXTLINE(readability-non-const-parameter): the checker does not see the atomic store */
static void publish(uint32_t *entry, uint32_t value)
{
	__atomic_store_n(entry, value, __ATOMIC_RELEASE);
}

static unsigned entry_depth(uint32_t entry)
{
	return entry >> DP_FIB_DEPTH_SHIFT;
}

static uint32_t route_entry(const struct prefix_route *route)
{
	if (route->depth == 0)
		return 0;
	return (uint32_t)route->depth << DP_FIB_DEPTH_SHIFT | route->value;
}

static bool is_prefix(uint32_t prefix, unsigned depth)
{
	return depth <= DEPTH_MAX && (depth == DEPTH_MAX || (prefix & (UINT32_MAX >> depth)) == 0);
}

static uint32_t *root_slot(const struct dp_fib *fib, uint32_t addr)
{
	return &fib->root[addr >> 16];
}

static unsigned chunk_slot(uint32_t addr)
{
	return (addr >> 8) & 0xff;
}

static void *at_entry(const struct dp_fib *fib, uint32_t entry)
{
	return arena_at(&fib->arena, entry & DP_FIB_INDEX_MASK);
}

struct dp_fib *dp_fib_create(void)
{
	struct dp_fib *fib = aligned_alloc(UNIT_BYTES, RTE_ALIGN_CEIL(sizeof(*fib), UNIT_BYTES));

	if (fib == NULL)
		return NULL;
	memset(fib, 0, sizeof(*fib));
	fib->root = mmap(NULL, ROOT_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1,
			 0);
	if (fib->root == MAP_FAILED)
		goto free_fib;
	if (arena_init(&fib->arena, UNIT_BYTES, class_units, RTE_DIM(class_units)) != 0)
		goto free_root;
	if (prefix_tree_init(&fib->tree) != 0)
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

static void free_retired(void *owner, uint64_t item)
{
	struct dp_fib *fib = owner;

	arena_free(&fib->arena, (uint32_t)item);
	fib->n_retired--;
}

static void retire(struct dp_fib *fib, uint32_t index)
{
	fib->n_retired++;
	dp_publish_defer_item(free_retired, fib, index);
}

static void fill_slots(uint32_t *slots, unsigned first, unsigned n, unsigned depth, uint32_t entry)
{
	for (unsigned i = first; i < first + n; i++) {
		if (entry_depth(slots[i]) <= depth)
			slots[i] = entry;
	}
}

/* Changes runs in place; a run belongs to one route (fib_leaf.h). */
static void fill_leaf(struct fib_leaf *leaf, unsigned first, unsigned n, unsigned depth,
		      uint32_t entry)
{
	uint32_t *value = leaf->value;

	for (unsigned slot = 0; slot < first + n; slot++) {
		if (!(leaf->start[slot / 64] >> (slot % 64) & 1))
			continue;
		if (slot >= first && entry_depth(load(value)) <= depth)
			publish(value, entry);
		value++;
	}
}

static void fill_chunk(struct dp_fib *fib, uint32_t *chunk, unsigned first, unsigned n,
		       const struct prefix_route *route, uint32_t entry)
{
	for (unsigned i = first; i < first + n; i++) {
		uint32_t now = load(&chunk[i]);

		if (now & DP_FIB_CHILD)
			fill_leaf(at_entry(fib, now), 0, FIB_LEAF_SLOTS, route->depth, entry);
		else if (entry_depth(now) <= route->depth)
			publish(&chunk[i], entry);
	}
}

static void fill_root(struct dp_fib *fib, const struct prefix_route *route, uint32_t entry)
{
	uint32_t *slot = root_slot(fib, route->prefix);

	for (unsigned n = 1U << (ROOT_DEPTH - route->depth); n != 0; n--, slot++) {
		uint32_t now = load(slot);

		if (now & DP_FIB_CHILD)
			fill_chunk(fib, at_entry(fib, now), 0, DP_FIB_CHUNK_SLOTS, route, entry);
		else if (entry_depth(now) <= route->depth)
			publish(slot, entry);
	}
}

static void set_fallback(struct dp_fib *fib, uint32_t nexthop)
{
	uint64_t changes = (fib->fallback >> 32) + 1;

	__atomic_store_n(&fib->fallback, changes << 32 | nexthop, __ATOMIC_RELEASE);
}

/* The first and the number of the entries of a route at the level that it ends in. */
static void slots_of(const struct prefix_route *route, unsigned *first, unsigned *n)
{
	if (route->depth <= CHUNK_DEPTH) {
		*first = chunk_slot(route->prefix);
		*n = 1U << (CHUNK_DEPTH - route->depth);
	} else {
		*first = route->prefix & 0xff;
		*n = 1U << (DEPTH_MAX - route->depth);
	}
}

/* Builds the leaf that a /24 will have; the chunk and the leaf it has now stay as they are. */
static bool build_leaf(struct dp_fib *fib, const struct prefix_route *route, uint32_t entry,
		       struct reshape *to)
{
	uint32_t now = load(&to->chunk[chunk_slot(route->prefix)]);
	unsigned first, n;

	if (now & DP_FIB_CHILD) {
		to->old_leaf = now & DP_FIB_INDEX_MASK;
		fib_leaf_expand(at_entry(fib, now), to->leaf_slots);
	} else {
		for (unsigned i = 0; i < FIB_LEAF_SLOTS; i++)
			to->leaf_slots[i] = now;
	}
	slots_of(route, &first, &n);
	fill_slots(to->leaf_slots, first, n, route->depth, entry);
	n = fib_leaf_bytes(fib_leaf_count_runs(to->leaf_slots));
	to->new_leaf = arena_alloc(&fib->arena, (n + UNIT_BYTES - 1) / UNIT_BYTES);
	if (to->new_leaf == 0)
		return false;
	fib_leaf_build(arena_at(&fib->arena, to->new_leaf), to->leaf_slots);
	return true;
}

static void abandon(struct dp_fib *fib, const struct reshape *to)
{
	if (to->new_leaf != 0)
		arena_free(&fib->arena, to->new_leaf);
	if (to->new_chunk != 0)
		arena_free(&fib->arena, to->new_chunk);
}

/* Gets all the memory that adding a route longer than 16 needs. Changes nothing. */
static int prepare(struct dp_fib *fib, const struct prefix_route *route, struct reshape *to)
{
	uint32_t now = load(root_slot(fib, route->prefix));

	to->new_chunk = to->new_leaf = to->old_leaf = 0;
	if (now & DP_FIB_CHILD) {
		to->chunk = at_entry(fib, now);
	} else {
		to->new_chunk = arena_alloc(&fib->arena, CHUNK_UNITS);
		if (to->new_chunk == 0)
			return -ENOMEM;
		to->chunk = arena_at(&fib->arena, to->new_chunk);
		for (unsigned i = 0; i < DP_FIB_CHUNK_SLOTS; i++)
			to->chunk[i] = now;
	}
	if (route->depth > CHUNK_DEPTH && !build_leaf(fib, route, route_entry(route), to)) {
		abandon(fib, to);
		return -ENOMEM;
	}
	return 0;
}

/* Cannot fail. */
static void commit_long(struct dp_fib *fib, const struct prefix_route *route, struct reshape *to)
{
	unsigned first, n;

	if (to->new_leaf != 0) {
		publish(&to->chunk[chunk_slot(route->prefix)], DP_FIB_CHILD | to->new_leaf);
		if (to->old_leaf != 0)
			retire(fib, to->old_leaf);
	} else {
		slots_of(route, &first, &n);
		fill_chunk(fib, to->chunk, first, n, route, route_entry(route));
	}
	if (to->new_chunk != 0)
		publish(root_slot(fib, route->prefix), DP_FIB_CHILD | to->new_chunk);
}

int dp_fib_add(struct dp_fib *fib, uint32_t prefix, uint8_t depth, uint32_t nexthop, uint32_t *old)
{
	struct prefix_route route = { .prefix = prefix, .depth = depth, .value = nexthop };
	struct reshape to;
	int ret;

	if (!is_prefix(prefix, depth) || nexthop >= DP_NH_MAX)
		return -EINVAL;
	if (depth > ROOT_DEPTH && prepare(fib, &route, &to) != 0)
		return -ENOMEM;
	ret = prefix_tree_set(&fib->tree, &route, old);
	if (ret < 0) {
		if (depth > ROOT_DEPTH)
			abandon(fib, &to);
		return ret;
	}
	if (depth == 0)
		set_fallback(fib, nexthop);
	else if (depth <= ROOT_DEPTH)
		fill_root(fib, &route, route_entry(&route));
	else
		commit_long(fib, &route, &to);
	return ret;
}

static bool has_deeper(const uint32_t *slots, unsigned depth)
{
	for (unsigned i = 0; i < DP_FIB_CHUNK_SLOTS; i++) {
		uint32_t now = load(&slots[i]);

		if ((now & DP_FIB_CHILD) || entry_depth(now) > depth)
			return true;
	}
	return false;
}

static void del_from_leaf(struct dp_fib *fib, uint32_t *chunk, const struct prefix_route *route,
			  uint32_t cover)
{
	uint32_t *slot = &chunk[chunk_slot(route->prefix)];
	struct reshape to = { .chunk = chunk };
	unsigned first, n;
	bool built = build_leaf(fib, route, cover, &to);

	if (!has_deeper(to.leaf_slots, CHUNK_DEPTH)) {
		publish(slot, to.leaf_slots[0]);
		abandon(fib, &to);
		retire(fib, to.old_leaf);
	} else if (built) {
		publish(slot, DP_FIB_CHILD | to.new_leaf);
		retire(fib, to.old_leaf);
	} else {
		/* No memory for a smaller leaf: the old one serves, with runs that could be one. */
		slots_of(route, &first, &n);
		fill_leaf(at_entry(fib, *slot), first, n, route->depth, cover);
	}
}

static void del_long(struct dp_fib *fib, const struct prefix_route *route, uint32_t cover)
{
	uint32_t *slot = root_slot(fib, route->prefix);
	uint32_t index = *slot & DP_FIB_INDEX_MASK;
	uint32_t *chunk = arena_at(&fib->arena, index);
	unsigned first, n;

	if (route->depth > CHUNK_DEPTH) {
		del_from_leaf(fib, chunk, route, cover);
	} else {
		slots_of(route, &first, &n);
		fill_chunk(fib, chunk, first, n, route, cover);
	}
	if (!has_deeper(chunk, ROOT_DEPTH)) {
		publish(slot, chunk[0]);
		retire(fib, index);
	}
}

int dp_fib_del(struct dp_fib *fib, uint32_t prefix, uint8_t depth, uint32_t *old)
{
	struct prefix_route route = { .prefix = prefix, .depth = depth };
	struct prefix_route cover;
	uint32_t entry = 0;
	int ret;

	if (!is_prefix(prefix, depth))
		return -EINVAL;
	ret = prefix_tree_del(&fib->tree, &route, &cover);
	if (ret < 0)
		return ret;
	if (ret == 1)
		entry = route_entry(&cover);
	if (depth == 0)
		set_fallback(fib, DP_NH_NONE);
	else if (depth <= ROOT_DEPTH)
		fill_root(fib, &route, entry);
	else
		del_long(fib, &route, entry);
	if (old != NULL)
		*old = route.value;
	return 0;
}

int dp_fib_get(const struct dp_fib *fib, uint32_t prefix, uint8_t depth, uint32_t *nexthop)
{
	struct prefix_route route = { .prefix = prefix, .depth = depth };
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

	return walk->fn(route->prefix, route->depth, route->value, walk->arg);
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
