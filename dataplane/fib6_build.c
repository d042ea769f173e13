/*
 * The shape of the table is a function of the set of routes alone. Take the routes longer than a
 * prefix that ends before byte "at", and what they have in common:
 *
 *   no routes                            the entry of the longest route that covers the prefix
 *   they differ within the next byte,    a node: one slot for each value of the byte, with the
 *   or one of them ends in it            routes that end in it, and what the longer ones need
 *   a single, longer route               a path that compares all of it
 *   else                                 a path up to the byte where they part or the first ends
 *
 * A change of one route changes the shape in one place. There a few objects are built, which lead
 * to those that were below before, wherever these stand for the same prefix and do not contain the
 * route. After a removal that found no memory an object may be larger than its shape: such a one is
 * right all the same, and serves until something below it changes.
 */

#include "dataplane/fib6_build.h"

#include <errno.h>

/* Nodes of the tree that wait in a walk over the bits of one byte: one per bit, and two. */
#define STACK_MAX (FIB6_BYTE_BITS + 2)

struct fib6_shape fib6_shape(const struct prefix_tree *tree, uint32_t from, prefix_key prefix,
			     unsigned at)
{
	unsigned depth = FIB6_BYTE_BITS * at;
	struct fib6_shape shape = { .kind = FIB6_SHAPE_NOTHING };
	struct prefix_node top;
	bool single;

	shape.top = prefix_tree_top(tree, from, prefix, depth);
	if (shape.top == 0)
		return shape;
	prefix_tree_node(tree, shape.top, &top);
	if (top.route.depth == depth && (top.child[0] == 0 || top.child[1] == 0)) {
		shape.top = top.child[0] != 0 ? top.child[0] : top.child[1];
		if (shape.top == 0)
			return shape;
		prefix_tree_node(tree, shape.top, &top);
	}
	if (top.route.depth <= depth + FIB6_BYTE_BITS) {
		shape.kind = FIB6_SHAPE_NODE;
		return shape;
	}
	single = top.child[0] == 0 && top.child[1] == 0;
	shape.kind = FIB6_SHAPE_PATH;
	shape.depth = single ? top.route.depth : top.route.depth / FIB6_BYTE_BITS * FIB6_BYTE_BITS;
	shape.prefix = top.route.prefix & prefix_key_mask(shape.depth);
	return shape;
}

bool fib6_matches(const struct dp_fib6 *fib, uint32_t entry, const struct fib6_shape *shape)
{
	const struct fib6_path *path;

	if (shape->kind == FIB6_SHAPE_NOTHING || !fib6_is_child(entry))
		return false;
	if (fib6_is_path(entry) != (shape->kind == FIB6_SHAPE_PATH))
		return false;
	if (shape->kind == FIB6_SHAPE_NODE)
		return true;
	path = fib6_at(fib, entry);
	return path->depth == shape->depth && fib6_key(path->prefix) == shape->prefix;
}

uint32_t fib6_find(const struct dp_fib6 *fib, uint32_t entry, unsigned at, prefix_key prefix,
		   unsigned want)
{
	while (at < want && fib6_is_child(entry)) {
		const struct fib6_path *path;

		if (!fib6_is_path(entry)) {
			entry = fib_leaf_get(fib6_at(fib, entry), fib6_byte(prefix, at++));
			continue;
		}
		path = fib6_at(fib, entry);
		if (path->depth > FIB6_BYTE_BITS * want ||
		    !fib6_contains(fib6_key(path->prefix), path->depth, prefix))
			return 0;
		entry = fib6_load(&path->to[FIB6_INSIDE]);
		at = path->depth / FIB6_BYTE_BITS;
	}
	return at == want ? entry : 0;
}

/* @return index, 0 without memory */
static uint32_t object_new(struct fib6_build *build, unsigned bytes)
{
	uint32_t index = 0;

	if (build->n_new < FIB6_BUILD_MAX)
		index = arena_alloc(&build->fib->arena,
				    (bytes + FIB6_UNIT_BYTES - 1) / FIB6_UNIT_BYTES);
	if (index != 0)
		build->new_index[build->n_new++] = index;
	return index;
}

static int build_shape(struct fib6_build *build, unsigned at, const struct fib6_shape *shape,
		       uint32_t cover, uint32_t *entry);

/*
 * What stands for a prefix of 8 * at bits below something that is being built: what stood for it
 * before, unless the route that changes is in there.
 */
static int build_below(struct fib6_build *build, uint32_t from, prefix_key prefix, unsigned at,
		       uint32_t cover, uint32_t *entry)
{
	const struct prefix_route *changed = build->changed;
	unsigned depth = FIB6_BYTE_BITS * at;
	struct fib6_shape shape = fib6_shape(&build->fib->tree, from, prefix, at);

	if (shape.kind != FIB6_SHAPE_NOTHING &&
	    (changed->depth <= depth || !fib6_contains(prefix, depth, changed->prefix))) {
		uint32_t now = fib6_find(build->fib, build->old, build->at, prefix, at);

		if (fib6_is_child(now)) {
			*entry = now;
			return 0;
		}
	}
	return build_shape(build, at, &shape, cover, entry);
}

static int build_path(struct fib6_build *build, const struct fib6_shape *shape, uint32_t cover,
		      uint32_t *entry)
{
	uint32_t index = object_new(build, sizeof(struct fib6_path));
	struct fib6_path *path = arena_at(&build->fib->arena, index);
	struct prefix_node top;
	uint32_t inside = cover;
	int ret;

	if (index == 0)
		return -ENOMEM;
	prefix_tree_node(&build->fib->tree, shape->top, &top);
	if (top.route.depth == shape->depth && top.has_route)
		inside = fib6_route_entry(&top.route);
	fib6_words(shape->prefix, path->prefix);
	fib6_words(prefix_key_mask(shape->depth), path->mask);
	path->depth = shape->depth;
	path->to[FIB6_OUTSIDE] = cover;
	path->to[FIB6_INSIDE] = inside;
	if (top.child[0] != 0 || top.child[1] != 0) {
		ret = build_below(build, shape->top, shape->prefix, shape->depth / FIB6_BYTE_BITS,
				  inside, &path->to[FIB6_INSIDE]);
		if (ret != 0)
			return ret;
	}
	*entry = DP_FIB6_CHILD | DP_FIB6_PATH | index;
	return 0;
}

/* One node of the tree on the way through a byte. Those above it have been seen. */
static int slots_add(struct fib6_build *build, uint32_t index, const struct prefix_node *node,
		     unsigned at, uint32_t slots[FIB_LEAF_SLOTS])
{
	const struct prefix_route *route = &node->route;
	unsigned end = FIB6_BYTE_BITS * (at + 1), first, n;

	if (route->depth > FIB6_BYTE_BITS * at && route->depth <= end && node->has_route) {
		fib6_slots_of(route, at, &first, &n);
		for (unsigned i = first; i < first + n; i++)
			slots[i] = fib6_route_entry(route);
	}
	if (route->depth < end)
		return 0;
	first = fib6_byte(route->prefix, at);
	return build_below(build, index, route->prefix & prefix_key_mask(end), at + 1, slots[first],
			   &slots[first]);
}

static int build_slots(struct fib6_build *build, uint32_t top, unsigned at,
		       uint32_t slots[FIB_LEAF_SLOTS])
{
	uint32_t stack[STACK_MAX];
	unsigned n = 0;

	stack[n++] = top;
	while (n != 0) {
		uint32_t index = stack[--n];
		struct prefix_node node;
		int ret;

		prefix_tree_node(&build->fib->tree, index, &node);
		ret = slots_add(build, index, &node, at, slots);
		if (ret != 0)
			return ret;
		if (node.route.depth >= FIB6_BYTE_BITS * (at + 1))
			continue;
		if (node.child[1] != 0)
			stack[n++] = node.child[1];
		if (node.child[0] != 0)
			stack[n++] = node.child[0];
	}
	return 0;
}

static int node_new(struct fib6_build *build, const uint32_t slots[FIB_LEAF_SLOTS], unsigned at,
		    uint32_t *entry)
{
	unsigned depth = FIB6_BYTE_BITS * at;
	uint32_t index = object_new(build, fib_leaf_bytes(fib_leaf_count_runs(slots, depth)));

	if (index == 0)
		return -ENOMEM;
	fib_leaf_build(arena_at(&build->fib->arena, index), slots, depth);
	*entry = DP_FIB6_CHILD | at << DP_FIB6_BYTE_SHIFT | index;
	return 0;
}

static int build_node(struct fib6_build *build, uint32_t top, unsigned at, uint32_t cover,
		      uint32_t *entry)
{
	uint32_t slots[FIB_LEAF_SLOTS];
	int ret;

	for (unsigned i = 0; i < FIB_LEAF_SLOTS; i++)
		slots[i] = cover;
	ret = build_slots(build, top, at, slots);
	return ret != 0 ? ret : node_new(build, slots, at, entry);
}

/* What the changed route needs below a slot of the node, which it goes through. */
static int change_below(struct fib6_build *build, uint32_t top, uint32_t slots[FIB_LEAF_SLOTS])
{
	unsigned at = build->at + 1, depth = FIB6_BYTE_BITS * at;
	prefix_key prefix = build->changed->prefix & prefix_key_mask(depth);
	struct prefix_route cover = { .depth = 0 };

	if (!prefix_tree_cover(&build->fib->tree, prefix, depth, &cover))
		cover.depth = 0;
	return build_below(build, top, prefix, at, fib6_route_entry(&cover),
			   &slots[fib6_byte(prefix, build->at)]);
}

/* A node that stays one: its other routes, which may be hundreds, are in its slots already. */
static int change_node(struct fib6_build *build, uint32_t top, uint32_t *entry)
{
	const struct prefix_route *changed = build->changed;
	uint32_t slots[FIB_LEAF_SLOTS];
	unsigned first, n;
	int ret = 0;

	fib_leaf_expand(fib6_at(build->fib, build->old), slots);
	if (changed->depth > FIB6_BYTE_BITS * (build->at + 1)) {
		ret = change_below(build, top, slots);
	} else {
		fib6_slots_of(changed, build->at, &first, &n);
		for (unsigned i = first; i < first + n; i++) {
			if (!fib6_is_child(slots[i]) && fib6_depth(slots[i]) <= changed->depth)
				slots[i] = build->entry;
		}
	}
	return ret != 0 ? ret : node_new(build, slots, build->at, entry);
}

static int build_shape(struct fib6_build *build, unsigned at, const struct fib6_shape *shape,
		       uint32_t cover, uint32_t *entry)
{
	switch (shape->kind) {
	case FIB6_SHAPE_NOTHING:
		*entry = cover;
		return 0;
	case FIB6_SHAPE_NODE:
		return build_node(build, shape->top, at, cover, entry);
	case FIB6_SHAPE_PATH:
		return build_path(build, shape, cover, entry);
	}
	return -EINVAL;
}

int fib6_build(struct fib6_build *build, prefix_key prefix, const struct fib6_shape *shape,
	       uint32_t *entry)
{
	struct prefix_route cover = { .depth = 0 };
	int ret;

	build->n_new = 0;
	if (!prefix_tree_cover(&build->fib->tree, prefix, FIB6_BYTE_BITS * build->at, &cover))
		cover.depth = 0;
	if (shape->kind == FIB6_SHAPE_NODE && fib6_matches(build->fib, build->old, shape))
		ret = change_node(build, shape->top, entry);
	else
		ret = build_shape(build, build->at, shape, fib6_route_entry(&cover), entry);
	while (ret != 0 && build->n_new != 0)
		arena_free(&build->fib->arena, build->new_index[--build->n_new]);
	return ret;
}
