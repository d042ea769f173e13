#ifndef DATAPLANE_PREFIX_TREE_H
#define DATAPLANE_PREFIX_TREE_H

/**
 * @file
 * The routes behind a FIB: a path-compressed binary tree of IPv4 prefixes, 16 bytes per node and
 * at most two nodes per route. It knows what the lookup tables cannot tell: which routes exist
 * though longer ones hide them, and what appears when one is removed.
 *
 * Control thread only. Addresses in host byte order; prefixes have no bits beyond their depth.
 */

#include "dataplane/arena.h"

#include <stdbool.h>
#include <stdint.h>

/** A set of prefixes, each with a value of 20 bits. */
struct prefix_tree {
	struct arena nodes;
	uint32_t root;
	uint64_t n_routes;
};

/** A route as the tree knows it. */
struct prefix_route {
	uint32_t prefix;
	uint8_t depth;	/**< 0 to 32 */
	uint32_t value; /**< 20 bits */
};

/** @return 0 or -ENOMEM */
int prefix_tree_init(struct prefix_tree *tree);

void prefix_tree_fini(struct prefix_tree *tree);

/**
 * Adds a route or replaces its value.
 *
 * @param old value that was replaced; unchanged when the route is new. May be NULL.
 * @return 0 for a new route, 1 for a replaced one, -ENOMEM (then nothing has changed)
 */
int prefix_tree_set(struct prefix_tree *tree, const struct prefix_route *route, uint32_t *old);

/**
 * Removes a route.
 *
 * @param route prefix and depth; receives the value
 * @param cover receives the longest shorter route that contains it
 * @return 1 when there is a cover, 0 when there is none, -ENOENT without such a route
 */
int prefix_tree_del(struct prefix_tree *tree, struct prefix_route *route,
		    struct prefix_route *cover);

/** @return 0 with the value in route, or -ENOENT */
int prefix_tree_get(const struct prefix_tree *tree, struct prefix_route *route);

/** Called once per route; a value other than 0 ends the walk. Must not change the tree. */
typedef int (*prefix_tree_fn)(const struct prefix_route *route, void *arg);

/** Visits all routes in ascending order of prefix, then depth. @return 0 or what fn returned */
int prefix_tree_walk(const struct prefix_tree *tree, prefix_tree_fn fn, void *arg);

#endif
