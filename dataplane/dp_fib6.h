#ifndef DATAPLANE_DP_FIB6_H
#define DATAPLANE_DP_FIB6_H

/**
 * @file
 * IPv6 forwarding table: longest prefix match of an address to a nexthop index of 20 bits.
 *
 * A root of 65 536 entries, one for each value of the first 16 bits, and below it a tree of nodes
 * that look at one byte of the address each (fib_leaf.h: up to 7 runs are one cache line). Where
 * all longer routes of a prefix agree in more than the next byte, a path compares all those bits at
 * once and leads to what is inside or outside of them. So a lookup takes as many steps as the
 * routes that it has to be told apart from differ in bytes, whatever their length, and memory
 * follows the number of routes.
 *
 * An entry holds the nexthop and the depth of the route it came from, or leads one step further.
 * The default route is kept beside the table, so that changing it costs one store; an entry of 0
 * means it.
 *
 * Readers need no lock: an entry is one aligned word. What a lookup returns was the right answer
 * at some moment during the call. Nodes and paths that leave the table are freed through
 * dp_publish, so a reader must be online there and not quiescent during a call.
 *
 * Addresses are as they lie in a packet. Functions are for the control thread unless they say
 * otherwise.
 */

#include "dataplane/arena.h"
#include "dataplane/dp_route.h"
#include "dataplane/fib_leaf.h"
#include "dataplane/prefix_tree.h"

#include <stdint.h>
#include <string.h>

#define DP_FIB6_BURST_MAX 64U /**< addresses of one dp_fib6_lookup_burst() */
#define DP_FIB6_ROOT_BITS 16U /**< of an address that choose an entry of the root */

/** Layout of an entry. */
#define DP_FIB6_CHILD (1U << 31)		 /**< leads to a node or a path */
#define DP_FIB6_PATH (1U << 30)			 /**< with DP_FIB6_CHILD: to a path */
#define DP_FIB6_BYTE_SHIFT 26U			 /**< to a node: byte of the address, 2 to 15 */
#define DP_FIB6_BYTE_MASK 0xfU			 /**< after the shift */
#define DP_FIB6_INDEX_MASK 0x3ffffffU		 /**< with DP_FIB6_CHILD: index in the arena */
#define DP_FIB6_NH_MASK 0xfffffU		 /**< without: nexthop */
#define DP_FIB6_DEPTH_SHIFT FIB_LEAF_DEPTH_SHIFT /**< without: depth of the route, 1 to 128 */

/** Addresses that share a prefix, against those that do not. Constant but for the entries. */
struct fib6_path {
	uint64_t prefix[2], mask[2]; /**< as they lie in a packet; no bits beyond the mask */
	uint32_t inside, outside;    /**< entries; writer: control, readers: workers */
	uint32_t depth;		     /**< bits of the mask; control only */
};

/** A table. Public only for the lookups below; nothing else may look inside. */
struct dp_fib6 {
	uint32_t *root;	    /**< 65 536 entries; writer: control, readers: workers */
	struct arena arena; /**< nodes and paths, in units of 64 bytes */
	uint64_t fallback;  /**< default route: nexthop, and above it a count of its changes;
				 writer: control, readers: workers */
	/* Control thread only. */
	struct prefix_tree tree; /**< the routes */
	uint64_t n_retired;	 /**< nodes and paths that wait for readers */
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

/** Packets of a burst whose entries lead further, one bit each. */
struct fib6_pending {
	uint64_t nodes, paths;
};

static inline void fib6_pending_add(struct fib6_pending *pending, uint32_t entry, unsigned i)
{
	pending->nodes |= (uint64_t)(entry >> 30 == DP_FIB6_CHILD >> 30) << i;
	pending->paths |= (uint64_t)(entry >> 30 == (DP_FIB6_CHILD | DP_FIB6_PATH) >> 30) << i;
}

/** Where an entry leads that leads further. */
static inline const void *fib6_below(const struct dp_fib6 *fib, uint32_t entry)
{
	return arena_at(&fib->arena, entry & DP_FIB6_INDEX_MASK);
}

static inline uint32_t fib6_node_step(const struct dp_fib6 *fib, uint32_t entry,
				      const struct dp_ip6 *addr)
{
	unsigned byte = entry >> DP_FIB6_BYTE_SHIFT & DP_FIB6_BYTE_MASK;

	return fib_leaf_get(fib6_below(fib, entry), addr->bytes[byte]);
}

static inline uint32_t fib6_path_step(const struct dp_fib6 *fib, uint32_t entry,
				      const struct dp_ip6 *addr)
{
	const struct fib6_path *path = fib6_below(fib, entry);
	uint64_t words[2], diff;

	memcpy(words, addr, sizeof(words));
	diff = ((words[0] ^ path->prefix[0]) & path->mask[0]) |
	       ((words[1] ^ path->prefix[1]) & path->mask[1]);
	return __atomic_load_n(diff == 0 ? &path->inside : &path->outside, __ATOMIC_ACQUIRE);
}

/** The entry of each address, 0 where the default route decides. */
static inline void fib6_entry_burst(const struct dp_fib6 *fib, const struct dp_ip6 *addr,
				    uint32_t *entry, unsigned n)
{
	struct fib6_pending now = { 0, 0 }, next;

	for (unsigned i = 0; i < n; i++) {
		unsigned slot = (unsigned)addr[i].bytes[0] << 8 | addr[i].bytes[1];

		entry[i] = __atomic_load_n(&fib->root[slot], __ATOMIC_ACQUIRE);
		fib6_pending_add(&now, entry[i], i);
	}
	/* One step of all packets at a time: their loads do not wait for each other. */
	for (; (now.nodes | now.paths) != 0; now = next) {
		next.nodes = next.paths = 0;
		for (; now.nodes != 0; now.nodes &= now.nodes - 1) {
			unsigned i = (unsigned)__builtin_ctzll(now.nodes);

			entry[i] = fib6_node_step(fib, entry[i], &addr[i]);
			fib6_pending_add(&next, entry[i], i);
		}
		for (; now.paths != 0; now.paths &= now.paths - 1) {
			unsigned i = (unsigned)__builtin_ctzll(now.paths);

			entry[i] = fib6_path_step(fib, entry[i], &addr[i]);
			fib6_pending_add(&next, entry[i], i);
		}
	}
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
	uint64_t fallback;

	/* The default route must be the same before and after; see dp_fib_lookup_burst(). */
	do {
		fallback = __atomic_load_n(&fib->fallback, __ATOMIC_ACQUIRE);
		fib6_entry_burst(fib, addr, nexthop, n);
	} while (
		__builtin_expect(fallback != __atomic_load_n(&fib->fallback, __ATOMIC_ACQUIRE), 0));
	for (unsigned i = 0; i < n; i++)
		nexthop[i] = (nexthop[i] ? nexthop[i] : (uint32_t)fallback) & DP_FIB6_NH_MASK;
}

/** Looks up one address. Any reader. */
static inline uint32_t dp_fib6_lookup(const struct dp_fib6 *fib, const struct dp_ip6 *addr)
{
	uint32_t nexthop;

	dp_fib6_lookup_burst(fib, addr, &nexthop, 1);
	return nexthop;
}

#endif
