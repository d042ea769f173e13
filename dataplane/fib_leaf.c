#include "dataplane/fib_leaf.h"

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#define WORD_BITS 64U
#define LEAF_BITS 8U /* a leaf tells addresses apart by as many */

/*
 * Two neighbouring routes of equal depth and nexthop have equal entries but are two runs, so that
 * either can be removed in place: deleting a route never needs more runs than there were.
 */
static bool starts_run(const uint32_t *slots, unsigned base_depth, unsigned i)
{
	unsigned bits;

	if (i == 0 || slots[i] != slots[i - 1])
		return true;
	bits = slots[i] >> FIB_LEAF_DEPTH_SHIFT;
	return bits > base_depth && i % (1U << (base_depth + LEAF_BITS - bits)) == 0;
}

unsigned fib_leaf_count_runs(const uint32_t slots[FIB_LEAF_SLOTS], unsigned base_depth)
{
	unsigned n = 0;

	for (unsigned i = 0; i < FIB_LEAF_SLOTS; i++)
		n += starts_run(slots, base_depth, i);
	return n;
}

unsigned fib_leaf_bytes(unsigned n_runs)
{
	return (unsigned)(offsetof(struct fib_leaf, value) + n_runs * sizeof(uint32_t));
}

void fib_leaf_build(struct fib_leaf *leaf, const uint32_t slots[FIB_LEAF_SLOTS],
		    unsigned base_depth)
{
	unsigned n = 0;

	memset(leaf->start, 0, sizeof(leaf->start));
	for (unsigned i = 0; i < FIB_LEAF_SLOTS; i++) {
		/* At most 192 runs start in the first three words, so that a byte holds the count. */
		if (i % WORD_BITS == 0)
			leaf->before[i / WORD_BITS] = (uint8_t)n;
		if (!starts_run(slots, base_depth, i))
			continue;
		leaf->start[i / WORD_BITS] |= 1ULL << (i % WORD_BITS);
		leaf->value[n++] = slots[i];
	}
}

void fib_leaf_expand(const struct fib_leaf *leaf, uint32_t slots[FIB_LEAF_SLOTS])
{
	const uint32_t *value = leaf->value;
	uint32_t current = 0;

	for (unsigned i = 0; i < FIB_LEAF_SLOTS; i++) {
		if (leaf->start[i / WORD_BITS] >> (i % WORD_BITS) & 1)
			current = *value++;
		slots[i] = current;
	}
}
