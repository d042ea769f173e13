#ifndef DATAPLANE_FIB_UPDATE_H
#define DATAPLANE_FIB_UPDATE_H

/**
 * @file
 * How routes get into the lookup tables of a FIB and out of them again, while readers read. Private
 * to dp_fib.c, which keeps the routes themselves. Control thread.
 */

#include "dataplane/dp_fib.h"

#define FIB_UNIT_BYTES 64U /**< unit of the arena that chunks and leaves are in */

/** A route. */
struct fib_route {
	uint32_t prefix; /**< host byte order */
	uint8_t depth;
	uint32_t nexthop;
};

/** What adding a route will publish, and what that replaces. */
struct fib_update {
	uint32_t *chunk;    /**< chunk of the /16; not yet in the root when new_chunk is set */
	uint32_t new_chunk; /**< index, 0 when the /16 has one or needs none */
	uint32_t new_leaf;  /**< index, 0 when no leaf is built */
	uint32_t old_leaf;  /**< index, 0 when the /24 has none */
	uint32_t leaf_slots[FIB_LEAF_SLOTS];
};

/** Gets all the memory that adding a route needs; changes nothing. @return 0 or -ENOMEM */
int fib_update_prepare(struct dp_fib *fib, const struct fib_route *route,
		       struct fib_update *update);

/** Undoes fib_update_prepare(). */
void fib_update_abandon(struct dp_fib *fib, const struct fib_update *update);

/** Adds the route that was prepared, or changes its nexthop. Cannot fail. */
void fib_update_commit(struct dp_fib *fib, const struct fib_route *route,
		       const struct fib_update *update);

/**
 * Removes a route. Cannot fail: without memory for smaller tables it keeps the larger ones.
 *
 * @param cover the route that its addresses go to, NULL without one
 */
void fib_update_remove(struct dp_fib *fib, const struct fib_route *route,
		       const struct fib_route *cover);

#endif
