/*
 * Updates of the FIB.
 *
 * Invariant: the entry of an address is {depth, nexthop} of the longest route of depth 4 to 32 that
 * covers it, 0 without one; wide routes are beside the table. Adding or removing a route of depth d
 * touches, inside its prefix, the entries of depth d or less and no others: deeper ones belong to
 * longer routes, and shallower ones exist there only while the route itself does not.
 *
 * A chunk exists while a route longer than 16 lies in its /16, a leaf while one longer than 24 lies
 * in its /24. Whatever changes the shape of the table is built aside and published by one store;
 * memory is obtained before anything changes.
 */

#include "dataplane/fib_update.h"

#include "dataplane/dp_publish.h"

#include <errno.h>
#include <stdbool.h>

#define ROOT_DEPTH 16U
#define CHUNK_DEPTH 24U
#define DEPTH_MAX 32U
#define CHUNK_UNITS (DP_FIB_CHUNK_SLOTS * sizeof(uint32_t) / FIB_UNIT_BYTES)

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

static uint32_t route_entry(const struct fib_route *route)
{
	return (uint32_t)route->depth << DP_FIB_DEPTH_SHIFT | route->nexthop;
}

/* What stands in the table where no longer route covers an address. */
static uint32_t cover_entry(const struct fib_route *cover)
{
	return cover == NULL || cover->depth <= DP_FIB_WIDE_DEPTH ? 0 : route_entry(cover);
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
		       const struct fib_route *route, uint32_t entry)
{
	for (unsigned i = first; i < first + n; i++) {
		uint32_t now = load(&chunk[i]);

		if (now & DP_FIB_CHILD)
			fill_leaf(at_entry(fib, now), 0, FIB_LEAF_SLOTS, route->depth, entry);
		else if (entry_depth(now) <= route->depth)
			publish(&chunk[i], entry);
	}
}

static void fill_root(struct dp_fib *fib, const struct fib_route *route, uint32_t entry)
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

static void fill_wide(struct dp_fib *fib, const struct fib_route *route, uint32_t entry)
{
	fib_wide_fill(&fib->wide, route->prefix >> DP_FIB_WIDE_SHIFT,
		      1U << (DP_FIB_WIDE_DEPTH - route->depth), route->depth, entry);
}

/* The first and the number of the entries of a route at the level that it ends in. */
static void slots_of(const struct fib_route *route, unsigned *first, unsigned *n)
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
static bool build_leaf(struct dp_fib *fib, const struct fib_route *route, uint32_t entry,
		       struct fib_update *update)
{
	uint32_t now = load(&update->chunk[chunk_slot(route->prefix)]);
	unsigned first, n;

	if (now & DP_FIB_CHILD) {
		update->old_leaf = now & DP_FIB_INDEX_MASK;
		fib_leaf_expand(at_entry(fib, now), update->leaf_slots);
	} else {
		for (unsigned i = 0; i < FIB_LEAF_SLOTS; i++)
			update->leaf_slots[i] = now;
	}
	slots_of(route, &first, &n);
	fill_slots(update->leaf_slots, first, n, route->depth, entry);
	n = fib_leaf_bytes(fib_leaf_count_runs(update->leaf_slots, CHUNK_DEPTH));
	update->new_leaf = arena_alloc(&fib->arena, (n + FIB_UNIT_BYTES - 1) / FIB_UNIT_BYTES);
	if (update->new_leaf == 0)
		return false;
	fib_leaf_build(arena_at(&fib->arena, update->new_leaf), update->leaf_slots, CHUNK_DEPTH);
	return true;
}

void fib_update_abandon(struct dp_fib *fib, const struct fib_update *update)
{
	if (update->new_leaf != 0)
		arena_free(&fib->arena, update->new_leaf);
	if (update->new_chunk != 0)
		arena_free(&fib->arena, update->new_chunk);
}

int fib_update_prepare(struct dp_fib *fib, const struct fib_route *route, struct fib_update *update)
{
	uint32_t now = load(root_slot(fib, route->prefix));

	update->new_chunk = update->new_leaf = update->old_leaf = 0;
	if (route->depth <= ROOT_DEPTH)
		return 0;
	if (now & DP_FIB_CHILD) {
		update->chunk = at_entry(fib, now);
	} else {
		update->new_chunk = arena_alloc(&fib->arena, CHUNK_UNITS);
		if (update->new_chunk == 0)
			return -ENOMEM;
		update->chunk = arena_at(&fib->arena, update->new_chunk);
		for (unsigned i = 0; i < DP_FIB_CHUNK_SLOTS; i++)
			update->chunk[i] = now;
	}
	if (route->depth > CHUNK_DEPTH && !build_leaf(fib, route, route_entry(route), update)) {
		fib_update_abandon(fib, update);
		return -ENOMEM;
	}
	return 0;
}

static void add_long(struct dp_fib *fib, const struct fib_route *route,
		     const struct fib_update *update)
{
	unsigned first, n;

	if (update->new_leaf != 0) {
		publish(&update->chunk[chunk_slot(route->prefix)], DP_FIB_CHILD | update->new_leaf);
		if (update->old_leaf != 0)
			retire(fib, update->old_leaf);
	} else {
		slots_of(route, &first, &n);
		fill_chunk(fib, update->chunk, first, n, route, route_entry(route));
	}
	if (update->new_chunk != 0)
		publish(root_slot(fib, route->prefix), DP_FIB_CHILD | update->new_chunk);
}

void fib_update_commit(struct dp_fib *fib, const struct fib_route *route,
		       const struct fib_update *update)
{
	if (route->depth <= DP_FIB_WIDE_DEPTH)
		fill_wide(fib, route, route_entry(route));
	else if (route->depth <= ROOT_DEPTH)
		fill_root(fib, route, route_entry(route));
	else
		add_long(fib, route, update);
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

static void remove_from_leaf(struct dp_fib *fib, uint32_t *chunk, const struct fib_route *route,
			     uint32_t cover)
{
	uint32_t *slot = &chunk[chunk_slot(route->prefix)];
	struct fib_update update = { .chunk = chunk };
	unsigned first, n;
	bool built = build_leaf(fib, route, cover, &update);

	if (!has_deeper(update.leaf_slots, CHUNK_DEPTH)) {
		publish(slot, update.leaf_slots[0]);
		fib_update_abandon(fib, &update);
		retire(fib, update.old_leaf);
	} else if (built) {
		publish(slot, DP_FIB_CHILD | update.new_leaf);
		retire(fib, update.old_leaf);
	} else {
		/* No memory for a smaller leaf: the old one serves, with runs that could be one. */
		slots_of(route, &first, &n);
		fill_leaf(at_entry(fib, *slot), first, n, route->depth, cover);
	}
}

static void remove_long(struct dp_fib *fib, const struct fib_route *route, uint32_t cover)
{
	uint32_t *slot = root_slot(fib, route->prefix);
	uint32_t index = *slot & DP_FIB_INDEX_MASK;
	uint32_t *chunk = arena_at(&fib->arena, index);
	unsigned first, n;

	if (route->depth > CHUNK_DEPTH) {
		remove_from_leaf(fib, chunk, route, cover);
	} else {
		slots_of(route, &first, &n);
		fill_chunk(fib, chunk, first, n, route, cover);
	}
	if (!has_deeper(chunk, ROOT_DEPTH)) {
		publish(slot, chunk[0]);
		retire(fib, index);
	}
}

void fib_update_remove(struct dp_fib *fib, const struct fib_route *route,
		       const struct fib_route *cover)
{
	if (route->depth <= DP_FIB_WIDE_DEPTH)
		fill_wide(fib, route, cover != NULL ? route_entry(cover) : 0);
	else if (route->depth <= ROOT_DEPTH)
		fill_root(fib, route, cover_entry(cover));
	else
		remove_long(fib, route, cover_entry(cover));
}
