#ifndef DATAPLANE_FIB6_BUILD_H
#define DATAPLANE_FIB6_BUILD_H

/**
 * @file
 * Builds what an entry of the IPv6 table shall lead to, from the tree of routes, beside what it
 * leads to now. Private to fib6_update.c. Control thread.
 */

#include "dataplane/fib6_entry.h"

/** More than one route can need, by far. */
#define FIB6_BUILD_MAX 64U

/** What the routes below a prefix of 8 * at bits need. */
struct fib6_shape {
	enum { FIB6_SHAPE_NOTHING, FIB6_SHAPE_NODE, FIB6_SHAPE_PATH } kind;
	uint32_t top; /**< the tree's node above all these routes */
	/** PATH: bits that they have in common, a multiple of 8 but for a single route. */
	prefix_key prefix;
	unsigned depth;
};

/** A change of one route, which the tree has seen already. */
struct fib6_build {
	struct dp_fib6 *fib;
	const struct prefix_route *changed; /**< what contains it is built, the rest is kept */
	uint32_t entry;			    /**< what addresses of that route lead to from now on */
	uint32_t old;			    /**< entry that is to be replaced */
	unsigned at;			    /**< where it stands */
	unsigned n_new;			    /**< objects allocated so far */
	uint32_t new_index[FIB6_BUILD_MAX];
};

/**
 * Tells what a prefix of 8 * at bits needs.
 *
 * @param from node of the tree that contains all routes of the prefix, or the root
 */
struct fib6_shape fib6_shape(const struct prefix_tree *tree, uint32_t from, prefix_key prefix,
			     unsigned at);

/** Whether an entry leads to a node or path of this shape. */
bool fib6_matches(const struct dp_fib6 *fib, uint32_t entry, const struct fib6_shape *shape);

/**
 * The entry that stands for a prefix of 8 * want bits below another entry.
 *
 * @param entry for the first 8 * at bits of the prefix
 * @return 0 when none stands for exactly this prefix, or when it leads to the default route
 */
uint32_t fib6_find(const struct dp_fib6 *fib, uint32_t entry, unsigned at, prefix_key prefix,
		   unsigned want);

/**
 * Builds.
 *
 * @param prefix 8 * build->at bits
 * @param shape what it needs
 * @param entry receives what shall stand there
 * @return 0 or -ENOMEM (then nothing is left of it)
 */
int fib6_build(struct fib6_build *build, prefix_key prefix, const struct fib6_shape *shape,
	       uint32_t *entry);

#endif
