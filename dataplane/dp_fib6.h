#ifndef DATAPLANE_DP_FIB6_H
#define DATAPLANE_DP_FIB6_H

/**
 * @file
 * IPv6 forwarding table: longest prefix match of an address to a nexthop index of 20 bits.
 *
 * A root of 65 536 entries, a chunk of 256 entries for each /16 with routes longer than 16, and
 * below it a tree of nodes that look at one byte of the address each (fib_leaf.h: up to 7 runs are
 * one cache line). Where all longer routes of a prefix agree in more than the next byte, a path
 * compares all those bits at once and leads to what is inside or outside of them. So a lookup takes
 * as many steps as the routes that it has to be told apart from differ in bytes, whatever their
 * length, and memory follows the number of routes.
 *
 * An entry holds the nexthop and the depth of the route it came from, or leads one step further.
 * The default route and those of up to 5 bits are kept beside the table, so that changing one costs
 * a few stores, not one in every object of most of the table; an entry of 0 means the longest of
 * them.
 *
 * Readers need no lock: an entry is one aligned word. What a lookup returns was the right answer
 * at some moment during the call. Chunks, nodes and paths that leave the table are freed through
 * dp_publish, so a reader must be online there and not quiescent during a call.
 *
 * Addresses are as they lie in a packet. Functions are for the control thread unless they say
 * otherwise.
 */

#include "dataplane/arena.h"
#include "dataplane/dp_route.h"
#include "dataplane/fib_leaf.h"
#include "dataplane/fib_wide.h"
#include "dataplane/prefix_tree.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#ifdef __SSE4_1__
#include <immintrin.h>
#endif

#define DP_FIB6_BURST_MAX 64U /**< addresses of one dp_fib6_lookup_burst() */
#define DP_FIB6_ROOT_BITS 16U /**< of an address that choose an entry of the root */
#define DP_FIB6_CHUNK_SLOTS 256U

/** Layout of an entry. */
#define DP_FIB6_CHILD (1U << 31)		 /**< leads to a chunk, a node or a path */
#define DP_FIB6_PATH (1U << 30)			 /**< with DP_FIB6_CHILD: to a path */
#define DP_FIB6_BYTE_SHIFT 26U			 /**< to a node: byte of the address, 3 to 15 */
#define DP_FIB6_UNIT_SHIFT 6U			 /**< log2 of bytes per unit of the arena */
#define DP_FIB6_INDEX_MASK 0x3ffffffU		 /**< with DP_FIB6_CHILD: index in the arena */
#define DP_FIB6_NH_MASK 0xfffffU		 /**< without: nexthop */
#define DP_FIB6_DEPTH_SHIFT FIB_LEAF_DEPTH_SHIFT /**< without: depth of the route, 1 to 128 */

/** From so many routes on the table is larger than the cache of a core: some 150 bytes each. */
#define DP_FIB6_FAR_ROUTES 32768U

/** Routes that are kept beside the table: those of up to this depth. */
#define DP_FIB6_WIDE_DEPTH 5U
#define DP_FIB6_WIDE_SLOTS (1U << DP_FIB6_WIDE_DEPTH)
#define DP_FIB6_WIDE_SHIFT (8U - DP_FIB6_WIDE_DEPTH) /**< of the first byte of an address */

_Static_assert(DP_FIB6_WIDE_SLOTS <= FIB_WIDE_SLOTS_MAX, "there is an entry for each");

/** Places in a path's to. */
#define FIB6_INSIDE 0U
#define FIB6_OUTSIDE 1U

/** Addresses that share a prefix, against those that do not. Constant but for the entries. */
struct fib6_path {
	uint64_t prefix[2], mask[2]; /**< as they lie in a packet; no bits beyond the mask */
	uint32_t to[2];		     /**< entries; writer: control, readers: workers */
	uint32_t depth;		     /**< bits of the mask; control only */
};

/** A table. Public only for the lookups below; nothing else may look inside. */
struct dp_fib6 {
	uint32_t *root;	      /**< 65 536 entries; writer: control, readers: workers */
	struct arena arena;   /**< chunks, nodes and paths, in units of 64 bytes */
	struct fib_wide wide; /**< of the first DP_FIB6_WIDE_SLOTS entries */
	bool is_far; /**< has DP_FIB6_FAR_ROUTES or more; writer: control, readers: workers */
	/* Control thread only. */
	struct prefix_tree tree; /**< the routes */
	uint64_t n_retired;	 /**< chunks, nodes and paths that wait for readers */
	uint64_t root_pages;	 /**< bit n: page n of the root has been written */
};

/** An empty table: every address leads to DP_NH_NONE. NULL without memory. */
struct dp_fib6 *dp_fib6_create(void);

/** Frees everything; no reader may use the table any more. May wait for readers of others. */
void dp_fib6_destroy(struct dp_fib6 *fib);

/**
 * Adds a route or changes its nexthop.
 *
 * @param prefix no bits beyond depth
 * @param depth 0 to 128
 * @param nexthop below DP_NH_MAX; DP_NH_NONE makes a hole in a shorter route
 * @param old receives the nexthop that was replaced; unchanged for a new route; may be NULL
 * @return 0 for a new route, 1 for a changed one, -EINVAL, -ENOMEM (then nothing has changed)
 */
int dp_fib6_add(struct dp_fib6 *fib, const struct dp_ip6 *prefix, uint8_t depth, uint32_t nexthop,
		uint32_t *old);

/**
 * Removes a route; its addresses go to the longest route that still covers them. Needs no memory.
 *
 * @param old receives the nexthop that the route had; may be NULL
 * @return 0, -EINVAL, -ENOENT
 */
int dp_fib6_del(struct dp_fib6 *fib, const struct dp_ip6 *prefix, uint8_t depth, uint32_t *old);

/** Reads the nexthop of exactly this route. @return 0, -EINVAL, -ENOENT */
int dp_fib6_get(const struct dp_fib6 *fib, const struct dp_ip6 *prefix, uint8_t depth,
		uint32_t *nexthop);

/** Visits all routes in ascending order of prefix, then depth. fn must not change the table. */
int dp_fib6_walk(const struct dp_fib6 *fib, dp_route6_fn fn, void *arg);

/** Number of routes. */
uint64_t dp_fib6_routes(const struct dp_fib6 *fib);

/** Memory that the table and its routes hold, bytes. */
uint64_t dp_fib6_memory_bytes(const struct dp_fib6 *fib);

/**
 * The object that an entry leads to. The index counts units of 64 bytes and is the entry's lower 26
 * bits, so that a shift of the word alone makes it an offset.
 */
static inline const void *fib6_below(const char *base, uint32_t entry)
{
	return base + (uint32_t)(entry << DP_FIB6_UNIT_SHIFT);
}

/** What the first three bytes lead to, without a branch on them: index 0 of the arena reads as 0. */
static inline uint32_t fib6_upper(const uint32_t *root, const char *base, const struct dp_ip6 *addr)
{
	/* Four bytes: a load of two would wait for what the register held before. */
	uint32_t begin, entry, mask, below;
	const uint32_t *chunk;

	memcpy(&begin, addr, sizeof(begin));
	begin = __builtin_bswap32(begin);
	entry = __atomic_load_n(&root[begin >> 16], __ATOMIC_ACQUIRE);
	mask = (uint32_t)((int32_t)entry >> 31);
	chunk = fib6_below(base, entry & mask);
	below = __atomic_load_n(&chunk[begin >> 8 & 0xff], __ATOMIC_ACQUIRE);
	return (below & mask) | (entry & ~mask);
}

/** Where the node that an entry leads to has the entry of an address. */
static inline const uint32_t *fib6_node_value(const char *base, uint32_t entry,
					      const struct dp_ip6 *addr)
{
	/* DP_FIB6_CHILD stays in what the shift leaves, and is taken off again */
	unsigned byte = (entry >> DP_FIB6_BYTE_SHIFT) - (DP_FIB6_CHILD >> DP_FIB6_BYTE_SHIFT);
	const struct fib_leaf *leaf = fib6_below(base, entry);
	size_t runs = fib_leaf_runs_to(leaf, addr->bytes[byte]);

	return &leaf->value[runs - 1];
}

/** One step of those that stand at nodes. */
static inline void fib6_nodes_step(const char *base, const struct dp_ip6 *addr, uint32_t *entry,
				   uint64_t nodes)
{
	for (; nodes != 0; nodes &= nodes - 1) {
		unsigned i = (unsigned)__builtin_ctzll(nodes);

		entry[i] = __atomic_load_n(fib6_node_value(base, entry[i], &addr[i]),
					   __ATOMIC_ACQUIRE);
	}
}

/** Asks for what an entry leads to; for one that leads nowhere that is index 0. */
static inline void fib6_prefetch(const char *base, uint32_t entry)
{
	__builtin_prefetch(fib6_below(base, entry & (uint32_t)((int32_t)entry >> 31)));
}

/**
 * The same in a table that no cache holds, whose nodes have been asked for. In one of more than 7
 * runs the value lies in another line than what tells where: all values are asked for before any
 * is read, and then the nodes of the next step.
 */
static inline void fib6_nodes_step_far(const char *base, const struct dp_ip6 *addr, uint32_t *entry,
				       uint64_t nodes)
{
	const uint32_t *value[DP_FIB6_BURST_MAX];

	for (uint64_t left = nodes; left != 0; left &= left - 1) {
		unsigned i = (unsigned)__builtin_ctzll(left);

		value[i] = fib6_node_value(base, entry[i], &addr[i]);
		__builtin_prefetch(value[i]);
	}
	for (; nodes != 0; nodes &= nodes - 1) {
		unsigned i = (unsigned)__builtin_ctzll(nodes);

		entry[i] = __atomic_load_n(value[i], __ATOMIC_ACQUIRE);
		fib6_prefetch(base, entry[i]);
	}
}

static inline uint32_t fib6_path_step(const char *base, uint32_t entry, const struct dp_ip6 *addr)
{
	const struct fib6_path *path = fib6_below(base, entry);
	bool outside;

#ifdef __SSE4_1__
	__m128i diff = _mm_xor_si128(_mm_loadu_si128((const __m128i *)addr),
				     _mm_load_si128((const __m128i *)path->prefix));

	outside = _mm_testz_si128(diff, _mm_load_si128((const __m128i *)path->mask)) == 0;
#else
	uint64_t words[2];

	memcpy(words, addr, sizeof(words));
	outside = (((words[0] ^ path->prefix[0]) & path->mask[0]) |
		   ((words[1] ^ path->prefix[1]) & path->mask[1])) != 0;
#endif
	return __atomic_load_n(&path->to[outside], __ATOMIC_ACQUIRE);
}

/** Tells which of n entries lead to nodes and which to paths, one bit each. */
static inline void fib6_pending(const uint32_t *entry, unsigned n, uint64_t *nodes, uint64_t *paths)
{
	uint64_t children = 0, seconds = 0; /* the highest bit of each, and the second highest */
	unsigned i = 0;

#ifdef __AVX2__
	/* Unrolled, gcc warns of steps beyond the caller's arrays. */
#pragma GCC unroll 1
	for (; i + 8 <= n; i += 8) {
		__m256i eight = _mm256_loadu_si256((const __m256i *)&entry[i]);
		__m256i shifted = _mm256_slli_epi32(eight, 1);

		children |= (uint64_t)(uint32_t)_mm256_movemask_ps(_mm256_castsi256_ps(eight)) << i;
		seconds |= (uint64_t)(uint32_t)_mm256_movemask_ps(_mm256_castsi256_ps(shifted))
			   << i;
	}
#endif
	for (; i < n; i++) {
		children |= (uint64_t)(entry[i] >> 31) << i;
		seconds |= (uint64_t)(entry[i] >> 30 & 1) << i;
	}
	*nodes = children & ~seconds;
	*paths = children & seconds;
}

/** Tells which of n entries are 0, one bit each. */
static inline uint64_t fib6_none(const uint32_t *entry, unsigned n)
{
	uint64_t none = 0;
	unsigned i = 0;

#ifdef __AVX2__
	/* Unrolled, gcc warns of steps beyond the caller's arrays. */
#pragma GCC unroll 1
	for (; i + 8 <= n; i += 8) {
		__m256i eight = _mm256_loadu_si256((const __m256i *)&entry[i]);
		__m256i equal = _mm256_cmpeq_epi32(eight, _mm256_setzero_si256());

		none |= (uint64_t)(uint32_t)_mm256_movemask_ps(_mm256_castsi256_ps(equal)) << i;
	}
#endif
	for (; i < n; i++)
		none |= (uint64_t)(entry[i] == 0) << i;
	return none;
}

/** The entry of each address, 0 where only a wide route may cover it. */
static inline void fib6_entry_burst(const struct dp_fib6 *fib, const struct dp_ip6 *addr,
				    uint32_t *entry, unsigned n)
{
	const bool is_far = __atomic_load_n(&fib->is_far, __ATOMIC_RELAXED);
	const uint32_t *root = fib->root;
	const char *base = fib->arena.base;
	uint64_t nodes, paths;

	for (unsigned i = 0; i < n; i++)
		entry[i] = fib6_upper(root, base, &addr[i]);
	for (unsigned i = 0; is_far && i < n; i++)
		fib6_prefetch(base, entry[i]);
	/* One step of all packets at a time: their loads do not wait for each other. */
	for (;;) {
		fib6_pending(entry, n, &nodes, &paths);
		if ((nodes | paths) == 0)
			return;
		if (is_far)
			fib6_nodes_step_far(base, addr, entry, nodes);
		else
			fib6_nodes_step(base, addr, entry, nodes);
		for (; paths != 0; paths &= paths - 1) {
			unsigned i = (unsigned)__builtin_ctzll(paths);

			entry[i] = fib6_path_step(base, entry[i], &addr[i]);
		}
	}
}

/** {depth, nexthop} of each address. */
static inline void fib6_found_burst(const struct dp_fib6 *fib, const struct dp_ip6 *addr,
				    uint32_t *found, unsigned n)
{
	uint32_t changes;

	/* The wide routes must not change meanwhile; see dp_fib_found_burst(). */
	do {
		changes = __atomic_load_n(&fib->wide.changes, __ATOMIC_ACQUIRE);
		fib6_entry_burst(fib, addr, found, n);
		for (uint64_t none = fib6_none(found, n); none != 0; none &= none - 1) {
			unsigned i = (unsigned)__builtin_ctzll(none);
			unsigned slot = addr[i].bytes[0] >> DP_FIB6_WIDE_SHIFT;

			found[i] = __atomic_load_n(&fib->wide.entry[slot], __ATOMIC_RELAXED);
		}
		__atomic_thread_fence(__ATOMIC_ACQUIRE);
	} while (__builtin_expect(changes != __atomic_load_n(&fib->wide.changes, __ATOMIC_RELAXED),
				  0));
}

/**
 * Looks up a burst. Any reader.
 *
 * @param addr n addresses
 * @param nexthop receives n indices, DP_NH_NONE where there is no route
 * @param n 0 to DP_FIB6_BURST_MAX
 */
static inline void dp_fib6_lookup_burst(const struct dp_fib6 *fib, const struct dp_ip6 *addr,
					uint32_t *nexthop, unsigned n)
{
	fib6_found_burst(fib, addr, nexthop, n);
	for (unsigned i = 0; i < n; i++)
		nexthop[i] &= DP_FIB6_NH_MASK;
}

/** As dp_fib6_lookup_burst(), but for the default route: DP_NH_NONE where there is no longer one. */
static inline void dp_fib6_lookup_longer_burst(const struct dp_fib6 *fib, const struct dp_ip6 *addr,
					       uint32_t *nexthop, unsigned n)
{
	fib6_found_burst(fib, addr, nexthop, n);
	for (unsigned i = 0; i < n; i++) {
		bool longer = nexthop[i] >> DP_FIB6_DEPTH_SHIFT != 0;

		nexthop[i] = longer ? nexthop[i] & DP_FIB6_NH_MASK : DP_NH_NONE;
	}
}

/** The default route, DP_NH_NONE without. Any reader. */
static inline uint32_t dp_fib6_default(const struct dp_fib6 *fib)
{
	return __atomic_load_n(&fib->wide.fallback, __ATOMIC_ACQUIRE);
}

/** Looks up one address. Any reader. */
static inline uint32_t dp_fib6_lookup(const struct dp_fib6 *fib, const struct dp_ip6 *addr)
{
	uint32_t nexthop;

	dp_fib6_lookup_burst(fib, addr, &nexthop, 1);
	return nexthop;
}

#endif
