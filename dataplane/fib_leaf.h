#ifndef DATAPLANE_FIB_LEAF_H
#define DATAPLANE_FIB_LEAF_H

/**
 * @file
 * What the 256 prefixes lead to that are 8 bits longer than some prefix, as runs of equal entries
 * that belong to one route: the lowest level of the IPv4 FIB, whose leaves are for a /24 each, and
 * every level of the IPv6 FIB.
 *
 * A leaf with up to 7 runs, which is what a host route or a few subnets in a /24 need, is one cache
 * line. Readers find the run of an address by counting the starts of runs up to it. The starts
 * never change once a leaf is published; values may, each by one aligned store.
 */

#include <stddef.h>
#include <stdint.h>

#define FIB_LEAF_SLOTS 256U
#define FIB_LEAF_DEPTH_SHIFT 20U /**< entries hold the depth of their route above this bit */

/** Runs; as many values follow as there are bits in start. */
struct fib_leaf {
	uint64_t start[4]; /**< bit n of the 256: a run begins at address n; bit 0 is always set */
	uint8_t before[4]; /**< starts in the words before this one */
	uint32_t value[];  /**< entry of each run; writer: control, readers: workers */
};

/**
 * Runs that 256 entries make.
 *
 * @param base_depth depth of the prefix that the leaf is for: routes up to it cover all of it. An
 * entry with the highest bit set is no route but leads further down, and equals no other.
 */
unsigned fib_leaf_count_runs(const uint32_t slots[FIB_LEAF_SLOTS], unsigned base_depth);

/** Size of a leaf with this many runs, bytes. */
unsigned fib_leaf_bytes(unsigned n_runs);

/** Writes a leaf that no reader can see yet. */
void fib_leaf_build(struct fib_leaf *leaf, const uint32_t slots[FIB_LEAF_SLOTS],
		    unsigned base_depth);

/** Expands a leaf into its 256 entries. */
void fib_leaf_expand(const struct fib_leaf *leaf, uint32_t slots[FIB_LEAF_SLOTS]);

/** Runs up to and with the one that a slot, 0 to 255, lies in. Any thread. */
static inline unsigned fib_leaf_runs_to(const struct fib_leaf *leaf, unsigned slot)
{
	unsigned word = slot >> 6, later = ~slot & 63;

	return leaf->before[word] + (unsigned)__builtin_popcountll(leaf->start[word] << later);
}

/** Entry of a slot. Any thread. */
static inline uint32_t fib_leaf_get(const struct fib_leaf *leaf, unsigned slot)
{
	size_t runs = fib_leaf_runs_to(leaf, slot);

	return __atomic_load_n(&leaf->value[runs - 1], __ATOMIC_ACQUIRE);
}

#endif
