#ifndef DATAPLANE_FIB_LEAF_H
#define DATAPLANE_FIB_LEAF_H

/**
 * @file
 * The lowest level of the FIB: what the 256 addresses of one /24 lead to, as runs of equal entries
 * that belong to one route.
 *
 * A leaf with up to 7 runs, which is what a host route or a few subnets in a /24 need, is one cache
 * line. Readers find the run of an address by counting the starts of runs up to it. The starts
 * never change once a leaf is published; values may, each by one aligned store.
 */

#include <stdint.h>

#define FIB_LEAF_SLOTS 256U
#define FIB_LEAF_DEPTH_SHIFT 20U /**< entries hold the depth of their route above this bit */

/** Runs of a /24; as many values follow as there are bits in start. */
struct fib_leaf {
	uint64_t start[4]; /**< bit n of the 256: a run begins at address n; bit 0 is always set */
	uint8_t before[4]; /**< starts in the words before this one */
	uint32_t value[];  /**< entry of each run; writer: control, readers: workers */
};

/** Runs that 256 entries make. */
unsigned fib_leaf_count_runs(const uint32_t slots[FIB_LEAF_SLOTS]);

/** Size of a leaf with this many runs, bytes. */
unsigned fib_leaf_bytes(unsigned n_runs);

/** Writes a leaf that no reader can see yet. */
void fib_leaf_build(struct fib_leaf *leaf, const uint32_t slots[FIB_LEAF_SLOTS]);

/** Expands a leaf into its 256 entries. */
void fib_leaf_expand(const struct fib_leaf *leaf, uint32_t slots[FIB_LEAF_SLOTS]);

/** Entry of the address whose last byte is slot. Any thread. */
static inline uint32_t fib_leaf_get(const struct fib_leaf *leaf, unsigned slot)
{
	uint64_t upto = leaf->start[slot >> 6] & ((2ULL << (slot & 63)) - 1);
	unsigned run = leaf->before[slot >> 6] + (unsigned)__builtin_popcountll(upto);

	return __atomic_load_n(&leaf->value[run - 1], __ATOMIC_ACQUIRE);
}

#endif
