#ifndef DATAPLANE_PREFIX_TREE_H
#define DATAPLANE_PREFIX_TREE_H

/**
 * @file
 * The routes behind a FIB: a path-compressed binary tree of prefixes, at most two nodes per route,
 * of 16 bytes each for IPv4 and 32 for IPv6. It knows what the lookup tables cannot tell: which
 * routes exist though longer ones hide them, and what appears when one is removed.
 *
 * Control thread only. Prefixes have no bits beyond their depth.
 */

#include "dataplane/arena.h"

#include <stdbool.h>
#include <stdint.h>

/** Bits of an address. */
#define PREFIX_BITS_IPV4 32U
#define PREFIX_BITS_IPV6 128U

/** An address as a number whose highest bit is its first; IPv4 has the upper 32 bits. */
__extension__ typedef unsigned __int128 prefix_key;

static inline prefix_key prefix_key_ipv4(uint32_t addr)
{
	return (prefix_key)addr << (PREFIX_BITS_IPV6 - PREFIX_BITS_IPV4);
}

/** All ones in the first depth bits. */
static inline prefix_key prefix_key_mask(unsigned depth)
{
	return depth == 0 ? 0 : ~(prefix_key)0 << (PREFIX_BITS_IPV6 - depth);
}

/** A set of prefixes, each with a value of 20 bits. */
struct prefix_tree {
	struct arena nodes;
	uint32_t root; /**< index of the node above all others, 0 while there is none */
	bool is_wide;  /**< IPv6; constant */
	uint64_t n_routes;
};

/** A route as the tree knows it. */
struct prefix_route {
	prefix_key prefix;
	uint8_t depth;	/**< 0 to 32 or 128 */
	uint32_t value; /**< 20 bits */
};

/** A node as those see it who build tables from the tree: a route, or a fork of two. */
struct prefix_node {
	struct prefix_route route; /**< prefix and depth, of a fork, too */
	bool has_route;		   /**< else a fork: both children exist */
	uint32_t child[2];	   /**< node for the next bit, 0 for none */
};

/** bits: PREFIX_BITS_IPV4 or PREFIX_BITS_IPV6. @return 0 or -ENOMEM */
int prefix_tree_init(struct prefix_tree *tree, unsigned bits);

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

/**
 * The longest route of at most some depth that contains a prefix of that depth.
 *
 * @return whether there is one
 */
bool prefix_tree_cover(const struct prefix_tree *tree, prefix_key prefix, unsigned depth,
		       struct prefix_route *cover);

/**
 * The node above all others that lie in a prefix, itself included.
 *
 * @param from the tree's root, or a node that contains all of them
 * @return 0 when there are none
 */
uint32_t prefix_tree_top(const struct prefix_tree *tree, uint32_t from, prefix_key prefix,
			 unsigned depth);

/** Reads a node. */
void prefix_tree_node(const struct prefix_tree *tree, uint32_t index, struct prefix_node *node);

/** Called once per route; a value other than 0 ends the walk. Must not change the tree. */
typedef int (*prefix_tree_fn)(const struct prefix_route *route, void *arg);

/** Visits all routes in ascending order of prefix, then depth. @return 0 or what fn returned */
int prefix_tree_walk(const struct prefix_tree *tree, prefix_tree_fn fn, void *arg);

#endif
