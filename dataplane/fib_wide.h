#ifndef DATAPLANE_FIB_WIDE_H
#define DATAPLANE_FIB_WIDE_H

/**
 * @file
 * The widest routes of a FIB, beside its table: each would have an entry in every object of an eighth
 * or half of it. The control thread changes them; any reader may look.
 */

#include "dataplane/fib_leaf.h"

#include <stdint.h>

#define FIB_WIDE_SLOTS_MAX 32U

/** Writer of all: control, readers: workers. */
struct fib_wide {
	uint32_t changes;  /**< of the entries, each counted before it is made */
	uint32_t fallback; /**< nexthop of the default route */
	/** What an entry of 0 in the table means, by the first bits of the address: {depth, nexthop} of
	    the longest wide route, 0 without one. */
	uint32_t entry[FIB_WIDE_SLOTS_MAX];
};

/**
 * Gives the addresses of a wide route an entry, but for those of longer ones. Control thread.
 *
 * The change is counted first: a reader that finds an entry of it, but not the count, looks again.
 *
 * @param first place of the route's first entry, of n
 * @param depth of the route, bits
 * @param entry of the route, or of what covers it when it is gone; 0 for nothing
 */
static inline void fib_wide_fill(struct fib_wide *wide, unsigned first, unsigned n, unsigned depth,
				 uint32_t entry)
{
	__atomic_store_n(&wide->changes, wide->changes + 1, __ATOMIC_RELEASE);
	for (unsigned i = first; i < first + n; i++) {
		if (wide->entry[i] >> FIB_LEAF_DEPTH_SHIFT <= depth)
			__atomic_store_n(&wide->entry[i], entry, __ATOMIC_RELEASE);
	}
	if (depth == 0)
		__atomic_store_n(&wide->fallback, entry, __ATOMIC_RELEASE);
}

#endif
