#ifndef DATAPLANE_DP_FIB_H
#define DATAPLANE_DP_FIB_H

/**
 * @file
 * IPv4 forwarding table: longest prefix match of an address to a nexthop index of 20 bits.
 *
 * Three levels of 16, 8 and 8 bits: a root of 65 536 entries, a chunk of 256 entries for each /16
 * with routes longer than 16, a compressed leaf (fib_leaf.h) for each /24 with routes longer than
 * 24. An entry holds the nexthop and the depth of the route it came from, or leads one level down.
 * The default route and those of up to 3 bits are kept beside the table, so that changing one costs
 * a few stores, not one in every table of its eighth or half of all addresses; an entry of 0 means
 * the longest of them.
 *
 * Readers need no lock: an entry is one aligned word. What a lookup returns was the right answer
 * at some moment during the call. Chunks and leaves that leave the table are freed through
 * dp_publish, so a reader must be online there and not quiescent during a call.
 *
 * Addresses are in host byte order. Functions are for the control thread unless they say otherwise.
 */

#include "dataplane/arena.h"
#include "dataplane/dp_route.h"
#include "dataplane/fib_gather.h"
#include "dataplane/fib_leaf.h"
#include "dataplane/fib_wide.h"
#include "dataplane/prefix_tree.h"

#include <stdbool.h>
#include <stdint.h>

#define DP_FIB_BURST_MAX 64U /**< addresses of one dp_fib_lookup_burst() */

/** Layout of an entry. */
#define DP_FIB_CHILD (1U << 31)			/**< leads one level down */
#define DP_FIB_INDEX_MASK 0x3ffffffU		/**< with DP_FIB_CHILD: index in the arena */
#define DP_FIB_NH_MASK 0xfffffU			/**< without: nexthop */
#define DP_FIB_DEPTH_SHIFT FIB_LEAF_DEPTH_SHIFT /**< without: depth of the route, 1 to 32 */
#define DP_FIB_CHUNK_SLOTS 256U

/** Routes that are kept beside the table: those of up to this depth. */
#define DP_FIB_WIDE_DEPTH 3U
#define DP_FIB_WIDE_SLOTS (1U << DP_FIB_WIDE_DEPTH)
#define DP_FIB_WIDE_SHIFT (32U - DP_FIB_WIDE_DEPTH)

_Static_assert(DP_FIB_WIDE_SLOTS <= FIB_WIDE_SLOTS_MAX, "there is an entry for each");

/** A table. Public only for the lookups below; nothing else may look inside. */
struct dp_fib {
	uint32_t *root;	      /**< 65 536 entries; writer: control, readers: workers */
	struct arena arena;   /**< chunks and leaves, in units of 64 bytes */
	struct fib_wide wide; /**< of the first DP_FIB_WIDE_SLOTS entries */
	bool use_gather;      /**< AVX2 gathers are fast on this processor; constant */
	/* Control thread only. */
	struct prefix_tree tree; /**< the routes */
	uint64_t n_retired;	 /**< chunks and leaves that wait for readers */
};

/** An empty table: every address leads to DP_NH_NONE. NULL without memory. */
struct dp_fib *dp_fib_create(void);

/** Frees everything; no reader may use the table any more. May wait for readers of others. */
void dp_fib_destroy(struct dp_fib *fib);

/**
 * Adds a route or changes its nexthop.
 *
 * @param prefix no bits beyond depth
 * @param depth 0 to 32
 * @param nexthop below DP_NH_MAX; DP_NH_NONE makes a hole in a shorter route
 * @param old receives the nexthop that was replaced; unchanged for a new route; may be NULL
 * @return 0 for a new route, 1 for a changed one, -EINVAL, -ENOMEM (then nothing has changed)
 */
int dp_fib_add(struct dp_fib *fib, uint32_t prefix, uint8_t depth, uint32_t nexthop, uint32_t *old);

/**
 * Removes a route; its addresses go to the longest route that still covers them. Needs no memory.
 *
 * @param old receives the nexthop that the route had; may be NULL
 * @return 0, -EINVAL, -ENOENT
 */
int dp_fib_del(struct dp_fib *fib, uint32_t prefix, uint8_t depth, uint32_t *old);

/** Reads the nexthop of exactly this route. @return 0, -EINVAL, -ENOENT */
int dp_fib_get(const struct dp_fib *fib, uint32_t prefix, uint8_t depth, uint32_t *nexthop);

/** Visits all routes in ascending order of prefix, then depth. fn must not change the table. */
int dp_fib_walk(const struct dp_fib *fib, dp_route_fn fn, void *arg);

/** Number of routes. */
uint64_t dp_fib_routes(const struct dp_fib *fib);

/** Memory that the table and its routes hold, bytes. */
uint64_t dp_fib_memory_bytes(const struct dp_fib *fib);

/** All ones for an entry that leads down, else 0. */
static inline uint32_t dp_fib_child_mask(uint32_t entry)
{
	return (uint32_t)((int32_t)entry >> 31);
}

/**
 * Where an entry leads. For one that leads nowhere that is index 0 of the arena, which is readable
 * and zero: lookups select between the two results instead of branching on their input.
 */
static inline const void *dp_fib_below(const struct dp_fib *fib, uint32_t entry)
{
	return arena_at(&fib->arena, entry & dp_fib_child_mask(entry) & DP_FIB_INDEX_MASK);
}

static inline uint32_t dp_fib_select(uint32_t entry, uint32_t below)
{
	return (below & dp_fib_child_mask(entry)) | (entry & ~dp_fib_child_mask(entry));
}

/** The first two levels. @return one bit per address whose entry leads to a leaf */
static inline uint64_t dp_fib_scalar_burst(const struct dp_fib *fib, const uint32_t *addr,
					   uint32_t *entry, unsigned n)
{
	uint64_t leaves = 0;

	for (unsigned i = 0; i < n; i++) {
		const uint32_t *chunk;

		entry[i] = __atomic_load_n(&fib->root[addr[i] >> 16], __ATOMIC_ACQUIRE);
		chunk = dp_fib_below(fib, entry[i]);
		__builtin_prefetch(&chunk[(addr[i] >> 8) & 0xff]);
	}
	for (unsigned i = 0; i < n; i++) {
		const uint32_t *chunk = dp_fib_below(fib, entry[i]);
		uint32_t below = __atomic_load_n(&chunk[(addr[i] >> 8) & 0xff], __ATOMIC_ACQUIRE);

		entry[i] = dp_fib_select(entry[i], below);
		leaves |= (uint64_t)(entry[i] >> 31) << i;
	}
	return leaves;
}

/** As dp_fib_scalar_burst(), by whatever is fastest here. */
static inline uint64_t dp_fib_upper_burst(const struct dp_fib *fib, const uint32_t *addr,
					  uint32_t *entry, unsigned n)
{
	uint64_t leaves = 0;
	unsigned i = 0;

#if FIB_HAS_GATHER
	if (__builtin_expect(fib->use_gather, 1)) {
		/* Unrolled, gcc warns of steps beyond the caller's arrays, and is slower. */
#pragma GCC unroll 1
		for (; i + FIB_GATHER_LANES <= n; i += FIB_GATHER_LANES)
			leaves |= (uint64_t)fib_gather(fib->root, fib->arena.base, &addr[i],
						       &entry[i])
				  << i;
		/* Gathers are no atomics; what the caller loads next must not come before. */
		__atomic_thread_fence(__ATOMIC_ACQUIRE);
	}
#endif
	if (i < n)
		leaves |= dp_fib_scalar_burst(fib, &addr[i], &entry[i], n - i) << i;
	return leaves;
}

/** The entry of each address, 0 where only a wide route may cover it. */
static inline void dp_fib_entry_burst(const struct dp_fib *fib, const uint32_t *addr,
				      uint32_t *entry, unsigned n)
{
	uint64_t leaves = dp_fib_upper_burst(fib, addr, entry, n);

	for (; leaves != 0; leaves &= leaves - 1) {
		unsigned i = (unsigned)__builtin_ctzll(leaves);
		const struct fib_leaf *leaf = dp_fib_below(fib, entry[i]);

		entry[i] = fib_leaf_get(leaf, addr[i] & 0xff);
	}
}

/** Puts the wide routes where an entry is 0, and takes from all what mask leaves. */
static inline void dp_fib_wide_burst(const struct dp_fib *fib, const uint32_t *addr,
				     uint32_t *entry, unsigned n, uint32_t mask)
{
	unsigned i = 0;

#if FIB_HAS_GATHER
	/* Unrolled, gcc warns of steps beyond the caller's arrays. */
#pragma GCC unroll 1
	for (; i + FIB_GATHER_LANES <= n; i += FIB_GATHER_LANES)
		fib_gather_wide(fib->wide.entry, &addr[i], &entry[i], mask);
#endif
	for (; i < n; i++) {
		uint32_t wide = __atomic_load_n(&fib->wide.entry[addr[i] >> DP_FIB_WIDE_SHIFT],
						__ATOMIC_RELAXED);

		entry[i] = (entry[i] ? entry[i] : wide) & mask;
	}
}

/** The bits in mask of {depth, nexthop} of each address. */
static inline void dp_fib_found_burst(const struct dp_fib *fib, const uint32_t *addr,
				      uint32_t *found, unsigned n, uint32_t mask)
{
	uint32_t changes;

	/*
	 * The wide routes must not change meanwhile, or an address could get one that was never in
	 * force while no longer route covered it. The change that was counted last may be under
	 * way: what was there before and what is there after it are both right.
	 */
	do {
		changes = __atomic_load_n(&fib->wide.changes, __ATOMIC_ACQUIRE);
		dp_fib_entry_burst(fib, addr, found, n);
		dp_fib_wide_burst(fib, addr, found, n, mask);
		__atomic_thread_fence(__ATOMIC_ACQUIRE);
	} while (__builtin_expect(changes != __atomic_load_n(&fib->wide.changes, __ATOMIC_RELAXED),
				  0));
}

/**
 * Looks up a burst. Any reader.
 *
 * @param addr n addresses
 * @param nexthop receives n indices, DP_NH_NONE where there is no route
 * @param n 0 to DP_FIB_BURST_MAX
 */
static inline void dp_fib_lookup_burst(const struct dp_fib *fib, const uint32_t *addr,
				       uint32_t *nexthop, unsigned n)
{
	dp_fib_found_burst(fib, addr, nexthop, n, DP_FIB_NH_MASK);
}

/** As dp_fib_lookup_burst(), but for the default route: DP_NH_NONE where there is no longer one. */
static inline void dp_fib_lookup_longer_burst(const struct dp_fib *fib, const uint32_t *addr,
					      uint32_t *nexthop, unsigned n)
{
	dp_fib_found_burst(fib, addr, nexthop, n, UINT32_MAX);
	for (unsigned i = 0; i < n; i++) {
		bool longer = nexthop[i] >> DP_FIB_DEPTH_SHIFT != 0;

		nexthop[i] = longer ? nexthop[i] & DP_FIB_NH_MASK : DP_NH_NONE;
	}
}

/** The default route, DP_NH_NONE without. Any reader. */
static inline uint32_t dp_fib_default(const struct dp_fib *fib)
{
	return __atomic_load_n(&fib->wide.fallback, __ATOMIC_ACQUIRE);
}

/** Looks up one address. Any reader. */
static inline uint32_t dp_fib_lookup(const struct dp_fib *fib, uint32_t addr)
{
	uint32_t nexthop;

	dp_fib_lookup_burst(fib, &addr, &nexthop, 1);
	return nexthop;
}

#endif
