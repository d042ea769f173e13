#ifndef DATAPLANE_FIB6_UPDATE_H
#define DATAPLANE_FIB6_UPDATE_H

/**
 * @file
 * How changes of the tree of IPv6 routes get into the lookup table, while readers read. Private to
 * dp_fib6.c. Control thread.
 */

#include "dataplane/fib6_entry.h"

/**
 * Makes the table follow the tree, which has a new route or one less.
 *
 * @param route prefix and depth, not the default route
 * @param entry what the route's own addresses lead to now
 * @return 0 or -ENOMEM (then nothing has changed)
 */
int fib6_update_shape(struct dp_fib6 *fib, const struct prefix_route *route, uint32_t entry);

/**
 * Makes what led to a route lead to something else. Changes no shape and needs no memory.
 *
 * @param route prefix and depth of a route that the table has, not the default route
 */
void fib6_update_entries(struct dp_fib6 *fib, const struct prefix_route *route, uint32_t entry);

#endif
