/*
 * Updates of the IPv6 table.
 *
 * Invariant: the entry that a lookup ends with is {depth, nexthop} of the longest route of depth 6
 * to 128 that covers the address, 0 without one. Adding or removing a route of depth d touches,
 * inside its prefix, the entries of depth d or less and no others: deeper ones belong to longer
 * routes, and shallower ones exist there only while the route itself does not.
 *
 * A change of shape is built aside and published by one store; what it keeps of the old objects
 * has its entries changed in place. So every address changes its answer once. Old objects wait for
 * the readers.
 */

#include "dataplane/fib6_update.h"

#include "dataplane/dp_publish.h"
#include "dataplane/fib6_build.h"

#include <errno.h>

#include <rte_common.h>

#define ROOT_PAGE_ENTRIES (4096U / sizeof(uint32_t))
#define CHUNK_UNITS (DP_FIB6_CHUNK_SLOTS * sizeof(uint32_t) / FIB6_UNIT_BYTES)
#define CHUNK_DEPTH (FIB6_BYTE_BITS * (FIB6_CHUNK_AT + 1))

static unsigned count_runs(const struct fib_leaf *leaf)
{
	return fib_leaf_runs_to(leaf, FIB_LEAF_SLOTS - 1);
}

/* Where a node keeps the entry for a value of its byte. */
static uint32_t *node_link(struct fib_leaf *leaf, unsigned byte)
{
	return &leaf->value[fib_leaf_runs_to(leaf, byte) - 1];
}

/* Below an entry whose prefix the route covers. */
static void fill(struct dp_fib6 *fib, uint32_t *link, unsigned depth, uint32_t entry)
{
	uint32_t now = fib6_load(link);

	if (!fib6_is_child(now)) {
		if (fib6_depth(now) <= depth)
			fib6_publish(link, entry);
	} else if (fib6_is_path(now)) {
		struct fib6_path *path = fib6_at(fib, now);

		fill(fib, &path->to[FIB6_INSIDE], depth, entry);
		fill(fib, &path->to[FIB6_OUTSIDE], depth, entry);
	} else {
		struct fib_leaf *leaf = fib6_at(fib, now);

		for (unsigned run = 0, n = count_runs(leaf); run < n; run++)
			fill(fib, &leaf->value[run], depth, entry);
	}
}

/* The runs of a route that ends in the byte of this node. */
static void fill_slots(struct dp_fib6 *fib, struct fib_leaf *leaf, unsigned at,
		       const struct prefix_route *route, uint32_t entry)
{
	uint32_t *link, *last;
	unsigned first, n;

	fib6_slots_of(route, at, &first, &n);
	last = node_link(leaf, first + n - 1);
	for (link = node_link(leaf, first); link <= last; link++)
		fill(fib, link, route->depth, entry);
}

/* Finds the route, or where it was, below an entry that stands for a prefix of the route. */
static void fill_route(struct dp_fib6 *fib, uint32_t *link, unsigned at,
		       const struct prefix_route *route, uint32_t entry)
{
	while (route->depth > FIB6_BYTE_BITS * at) {
		uint32_t now = fib6_load(link);
		struct fib6_path *path = fib6_at(fib, now);
		struct fib_leaf *leaf = fib6_at(fib, now);

		if (!fib6_is_child(now))
			return;
		if (!fib6_is_path(now)) {
			if (route->depth <= FIB6_BYTE_BITS * (at + 1)) {
				fill_slots(fib, leaf, at, route, entry);
				return;
			}
			link = node_link(leaf, fib6_byte(route->prefix, at++));
			continue;
		}
		if (!fib6_contains(route->prefix, RTE_MIN(path->depth, route->depth),
				   fib6_key(path->prefix)))
			return;
		/* a route that was removed may have ended within the path */
		link = &path->to[FIB6_INSIDE];
		if (route->depth <= path->depth)
			break;
		at = path->depth / FIB6_BYTE_BITS;
	}
	fill(fib, link, route->depth, entry);
}

/* Pages of the root that are only read stay with the kernel's page of zeros. */
static uint32_t *root_link(struct dp_fib6 *fib, unsigned slot)
{
	fib->root_pages |= 1ULL << (slot / ROOT_PAGE_ENTRIES);
	return &fib->root[slot];
}

static unsigned root_slot(prefix_key prefix)
{
	return (unsigned)(prefix >> (FIB6_DEPTH_MAX - DP_FIB6_ROOT_BITS));
}

/* Entries of a chunk that lie in a route. */
static void fill_chunk(struct dp_fib6 *fib, uint32_t *chunk, unsigned first, unsigned n,
		       unsigned depth, uint32_t entry)
{
	for (unsigned slot = first; slot < first + n; slot++)
		fill(fib, &chunk[slot], depth, entry);
}

static void fill_root(struct dp_fib6 *fib, const struct prefix_route *route, uint32_t entry)
{
	unsigned first = root_slot(route->prefix);
	unsigned n = 1U << (DP_FIB6_ROOT_BITS - route->depth);

	for (unsigned slot = first; slot < first + n; slot++) {
		uint32_t *link = root_link(fib, slot);

		if (fib6_is_child(fib6_load(link)))
			fill_chunk(fib, fib6_at(fib, *link), 0, DP_FIB6_CHUNK_SLOTS, route->depth,
				   entry);
		else
			fill(fib, link, route->depth, entry);
	}
}

/* A route of any length, from the chunk of its /16 on. */
static void fill_long(struct dp_fib6 *fib, uint32_t *chunk, const struct prefix_route *route,
		      uint32_t entry)
{
	unsigned first = fib6_byte(route->prefix, FIB6_CHUNK_AT), n = 1;

	if (route->depth > CHUNK_DEPTH) {
		fill_route(fib, &chunk[first], FIB6_CHUNK_AT + 1, route, entry);
		return;
	}
	fib6_slots_of(route, FIB6_CHUNK_AT, &first, &n);
	fill_chunk(fib, chunk, first, n, route->depth, entry);
}

void fib6_update_entries(struct dp_fib6 *fib, const struct prefix_route *route, uint32_t entry)
{
	if (route->depth <= DP_FIB6_ROOT_BITS)
		fill_root(fib, route, entry);
	else
		fill_long(fib, fib6_at(fib, fib->root[root_slot(route->prefix)]), route, entry);
}

static void free_retired(void *owner, uint64_t item)
{
	struct dp_fib6 *fib = owner;

	arena_free(&fib->arena, (uint32_t)item);
	fib->n_retired--;
}

static void defer_free(struct dp_fib6 *fib, uint32_t entry)
{
	fib->n_retired++;
	dp_publish_defer_item(free_retired, fib, entry & DP_FIB6_INDEX_MASK);
}

/* What took the place of an entry: whatever is still below it is in use. */
struct replacement {
	uint32_t entry;
	unsigned at;
};

/* Retires what an entry led to that stood for a prefix of 8 * at bits, but for what is in use. */
static void retire(struct dp_fib6 *fib, uint32_t old, unsigned at, prefix_key prefix,
		   const struct replacement *by)
{
	if (!fib6_is_child(old) || fib6_find(fib, by->entry, by->at, prefix, at) == old)
		return;
	if (fib6_is_path(old)) {
		const struct fib6_path *path = fib6_at(fib, old);

		retire(fib, path->to[FIB6_INSIDE], path->depth / FIB6_BYTE_BITS,
		       fib6_key(path->prefix), by);
	} else {
		const struct fib_leaf *leaf = fib6_at(fib, old);

		/* What leads further is a run of one slot. */
		for (unsigned word = 0, run = 0; word < FIB_LEAF_SLOTS / 64; word++) {
			for (uint64_t starts = leaf->start[word]; starts != 0;
			     starts &= starts - 1) {
				unsigned slot = 64 * word + (unsigned)__builtin_ctzll(starts);

				retire(fib, leaf->value[run++], at + 1,
				       fib6_append(prefix, at, slot), by);
			}
		}
	}
	defer_free(fib, old);
}

/* A place in the table. */
struct place {
	uint32_t *link;
	unsigned at;
	struct fib6_shape shape; /* that it should have */
};

/*
 * Goes one step towards the route.
 *
 * @return false where the object of this place has to be built anew
 */
static bool place_descend(struct dp_fib6 *fib, const struct prefix_route *route,
			  struct place *place)
{
	uint32_t now = fib6_load(place->link);
	struct fib6_shape shape;
	struct fib_leaf *leaf;
	prefix_key prefix;
	uint32_t *link;

	if (!fib6_matches(fib, now, &place->shape))
		return false;
	if (place->shape.kind == FIB6_SHAPE_PATH) {
		struct fib6_path *path = fib6_at(fib, now);

		place->link = &path->to[FIB6_INSIDE];
		place->at = path->depth / FIB6_BYTE_BITS;
		if (route->depth > path->depth)
			place->shape = fib6_shape(&fib->tree, place->shape.top, place->shape.prefix,
						  place->at);
		return true;
	}
	if (route->depth <= FIB6_BYTE_BITS * (place->at + 1))
		return false;
	leaf = fib6_at(fib, now);
	link = node_link(leaf, fib6_byte(route->prefix, place->at));
	prefix = route->prefix & prefix_key_mask(FIB6_BYTE_BITS * (place->at + 1));
	shape = fib6_shape(&fib->tree, place->shape.top, prefix, place->at + 1);
	if (!fib6_is_child(fib6_load(link)) || shape.kind == FIB6_SHAPE_NOTHING)
		return false; /* the runs of the node change */
	*place = (struct place){ .link = link, .at = place->at + 1, .shape = shape };
	return true;
}

/* Builds what a place shall lead to, and publishes it. */
static int place_rebuild(struct dp_fib6 *fib, const struct prefix_route *route,
			 const struct place *place, uint32_t entry)
{
	prefix_key prefix = route->prefix & prefix_key_mask(FIB6_BYTE_BITS * place->at);
	struct fib6_build build = { .fib = fib,
				    .changed = route,
				    .entry = entry,
				    .old = fib6_load(place->link),
				    .at = place->at };
	struct replacement by = { .at = place->at };
	int ret = fib6_build(&build, prefix, &place->shape, &by.entry);

	if (ret != 0)
		return ret;
	fib6_publish(place->link, by.entry);
	fill_route(fib, place->link, place->at, route, entry);
	retire(fib, build.old, place->at, prefix, &by);
	return 0;
}

/* A route longer than 24. */
/* NOLINTNEXTLINE(readability-non-const-parameter): the checker does not see the atomic store */
static int update_deep(struct dp_fib6 *fib, uint32_t *chunk, const struct prefix_route *route,
		       uint32_t entry)
{
	prefix_key prefix = route->prefix & prefix_key_mask(CHUNK_DEPTH);
	struct place place = { .link = &chunk[fib6_byte(prefix, FIB6_CHUNK_AT)],
			       .at = FIB6_CHUNK_AT + 1 };

	place.shape = fib6_shape(&fib->tree, fib->tree.root, prefix, place.at);
	while (place_descend(fib, route, &place)) {
		if (route->depth > FIB6_BYTE_BITS * place.at)
			continue;
		/* a path of just this length: the shape stays, the entries inside change */
		fill(fib, place.link, route->depth, entry);
		return 0;
	}
	return place_rebuild(fib, route, &place, entry);
}

/* The chunk of a /16, made when there is none. @return NULL without memory */
static uint32_t *chunk_take(struct dp_fib6 *fib, uint32_t *link)
{
	uint32_t now = fib6_load(link), index;
	uint32_t *chunk;

	if (fib6_is_child(now))
		return fib6_at(fib, now);
	index = arena_alloc(&fib->arena, CHUNK_UNITS);
	if (index == 0)
		return NULL;
	chunk = arena_at(&fib->arena, index);
	for (unsigned slot = 0; slot < DP_FIB6_CHUNK_SLOTS; slot++)
		chunk[slot] = now;
	fib6_publish(link, DP_FIB6_CHILD | index);
	return chunk;
}

/* A chunk without longer routes goes, and with it what a lack of memory may have left below. */
static void chunk_release(struct dp_fib6 *fib, uint32_t *link, prefix_key prefix)
{
	struct fib6_shape shape = fib6_shape(&fib->tree, fib->tree.root, prefix, FIB6_CHUNK_AT);
	struct replacement by = { .at = FIB6_CHUNK_AT };
	struct prefix_route cover = { .depth = 0 };
	uint32_t old = fib6_load(link);
	const uint32_t *chunk = fib6_at(fib, old);

	if (shape.kind != FIB6_SHAPE_NOTHING)
		return;
	if (!prefix_tree_cover(&fib->tree, prefix, DP_FIB6_ROOT_BITS, &cover))
		cover.depth = 0;
	by.entry = fib6_route_entry(&cover);
	fib6_publish(link, by.entry);
	for (unsigned slot = 0; slot < DP_FIB6_CHUNK_SLOTS; slot++)
		retire(fib, chunk[slot], FIB6_CHUNK_AT + 1,
		       fib6_append(prefix, FIB6_CHUNK_AT, slot), &by);
	defer_free(fib, old);
}

int fib6_update_shape(struct dp_fib6 *fib, const struct prefix_route *route, uint32_t entry)
{
	prefix_key prefix = route->prefix & prefix_key_mask(DP_FIB6_ROOT_BITS);
	uint32_t *link, *chunk;
	int ret = 0;

	if (route->depth <= DP_FIB6_ROOT_BITS) {
		fill_root(fib, route, entry);
		return 0;
	}
	link = root_link(fib, root_slot(prefix));
	chunk = chunk_take(fib, link);
	if (chunk == NULL)
		return -ENOMEM;
	if (route->depth > CHUNK_DEPTH)
		ret = update_deep(fib, chunk, route, entry);
	else
		fill_long(fib, chunk, route, entry);
	chunk_release(fib, link, prefix);
	return ret;
}
