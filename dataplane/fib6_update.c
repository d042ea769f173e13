/*
 * Updates of the IPv6 table.
 *
 * Invariant: the entry that a lookup ends with is {depth, nexthop} of the longest route of depth 1
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

#include <rte_common.h>

#define ROOT_PAGE_ENTRIES (4096U / sizeof(uint32_t))

static unsigned count_runs(const struct fib_leaf *leaf)
{
	return fib_leaf_run(leaf, FIB_LEAF_SLOTS - 1) + 1;
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

		fill(fib, &path->inside, depth, entry);
		fill(fib, &path->outside, depth, entry);
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
	unsigned first, n, run, last;

	fib6_slots_of(route, at, &first, &n);
	last = fib_leaf_run(leaf, first + n - 1);
	for (run = fib_leaf_run(leaf, first); run <= last; run++)
		fill(fib, &leaf->value[run], route->depth, entry);
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
			link = &leaf->value[fib_leaf_run(leaf, fib6_byte(route->prefix, at++))];
			continue;
		}
		if (!fib6_contains(route->prefix, RTE_MIN(path->depth, route->depth),
				   fib6_key(path->prefix)))
			return;
		/* a route that was removed may have ended within the path */
		link = &path->inside;
		if (route->depth <= path->depth)
			break;
		at = path->depth / FIB6_BYTE_BITS;
	}
	fill(fib, link, route->depth, entry);
}

/* Pages of the root that are read only stay with the kernel's page of zeros. */
static uint32_t *root_link(struct dp_fib6 *fib, unsigned slot)
{
	fib->root_pages |= 1ULL << (slot / ROOT_PAGE_ENTRIES);
	return &fib->root[slot];
}

static unsigned root_slot(prefix_key prefix)
{
	return (unsigned)(prefix >> (FIB6_DEPTH_MAX - DP_FIB6_ROOT_BITS));
}

static void fill_root(struct dp_fib6 *fib, const struct prefix_route *route, uint32_t entry)
{
	unsigned first = root_slot(route->prefix);
	unsigned n = 1U << (DP_FIB6_ROOT_BITS - route->depth);

	for (unsigned slot = first; slot < first + n; slot++)
		fill(fib, root_link(fib, slot), route->depth, entry);
}

void fib6_update_entries(struct dp_fib6 *fib, const struct prefix_route *route, uint32_t entry)
{
	if (route->depth <= DP_FIB6_ROOT_BITS)
		fill_root(fib, route, entry);
	else
		fill_route(fib, root_link(fib, root_slot(route->prefix)), FIB6_ROOT_AT, route,
			   entry);
}

static void free_retired(void *owner, uint64_t item)
{
	struct dp_fib6 *fib = owner;

	arena_free(&fib->arena, (uint32_t)item);
	fib->n_retired--;
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

		retire(fib, path->inside, path->depth / FIB6_BYTE_BITS, fib6_key(path->prefix), by);
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
	fib->n_retired++;
	dp_publish_defer_item(free_retired, fib, old & DP_FIB6_INDEX_MASK);
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

		place->link = &path->inside;
		place->at = path->depth / FIB6_BYTE_BITS;
		if (route->depth > path->depth)
			place->shape = fib6_shape(&fib->tree, place->shape.top, place->shape.prefix,
						  place->at);
		return true;
	}
	if (route->depth <= FIB6_BYTE_BITS * (place->at + 1))
		return false;
	leaf = fib6_at(fib, now);
	link = &leaf->value[fib_leaf_run(leaf, fib6_byte(route->prefix, place->at))];
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
	struct fib6_build build = {
		.fib = fib, .changed = route, .old = fib6_load(place->link), .at = place->at
	};
	struct replacement by = { .at = place->at };
	int ret = fib6_build(&build, prefix, &place->shape, &by.entry);

	if (ret != 0)
		return ret;
	fib6_publish(place->link, by.entry);
	fill_route(fib, place->link, place->at, route, entry);
	retire(fib, build.old, place->at, prefix, &by);
	return 0;
}

int fib6_update_shape(struct dp_fib6 *fib, const struct prefix_route *route, uint32_t entry)
{
	struct place place = { .at = FIB6_ROOT_AT };
	prefix_key prefix = route->prefix & prefix_key_mask(DP_FIB6_ROOT_BITS);

	if (route->depth <= DP_FIB6_ROOT_BITS) {
		fill_root(fib, route, entry);
		return 0;
	}
	place.link = root_link(fib, root_slot(prefix));
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
