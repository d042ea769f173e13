#ifndef DATAPLANE_FIB6_ENTRY_H
#define DATAPLANE_FIB6_ENTRY_H

/**
 * @file
 * Small things that building and changing the IPv6 tables share. Private to dp_fib6.c and fib6_*.c.
 * Control thread.
 *
 * An entry stands at a byte: it decides what the prefix of 8 * at bits leads to whose bytes are all
 * those before.
 */

#include "dataplane/dp_fib6.h"

#include <stdbool.h>

#define FIB6_UNIT_BYTES                                                                            \
	(1U << DP_FIB6_UNIT_SHIFT) /**< unit of the arena that nodes and paths are in */
#define FIB6_DEPTH_MAX PREFIX_BITS_IPV6
#define FIB6_BYTE_BITS 8U
#define FIB6_CHUNK_AT (DP_FIB6_ROOT_BITS / FIB6_BYTE_BITS) /**< byte that a chunk looks at */

static inline uint32_t fib6_load(const uint32_t *entry)
{
	return __atomic_load_n(entry, __ATOMIC_RELAXED); /* control is the only writer */
}

/* NOLINTNEXTLINE(readability-non-const-parameter): the checker does not see the atomic store */
static inline void fib6_publish(uint32_t *entry, uint32_t value)
{
	__atomic_store_n(entry, value, __ATOMIC_RELEASE);
}

static inline bool fib6_is_child(uint32_t entry)
{
	return (entry & DP_FIB6_CHILD) != 0;
}

static inline bool fib6_is_path(uint32_t entry)
{
	return entry >> 30 == (DP_FIB6_CHILD | DP_FIB6_PATH) >> 30;
}

/** Depth of the route that an entry comes from, which leads no further; 0 for a wide route. */
static inline unsigned fib6_depth(uint32_t entry)
{
	return entry >> DP_FIB6_DEPTH_SHIFT;
}

/** What stands for a wide route beside the table. */
static inline uint32_t fib6_wide_entry(const struct prefix_route *route)
{
	return (uint32_t)route->depth << DP_FIB6_DEPTH_SHIFT | route->value;
}

/** What stands for a route in the table: for a wide one nothing. */
static inline uint32_t fib6_route_entry(const struct prefix_route *route)
{
	return route->depth <= DP_FIB6_WIDE_DEPTH ? 0 : fib6_wide_entry(route);
}

/** Node or path that an entry leads to. */
static inline void *fib6_at(const struct dp_fib6 *fib, uint32_t entry)
{
	return arena_at(&fib->arena, entry & DP_FIB6_INDEX_MASK);
}

static inline unsigned fib6_byte(prefix_key addr, unsigned at)
{
	return (unsigned)(addr >> (FIB6_DEPTH_MAX - FIB6_BYTE_BITS - FIB6_BYTE_BITS * at)) & 0xff;
}

/** A prefix that ends before a byte, made longer by that byte. */
static inline prefix_key fib6_append(prefix_key prefix, unsigned at, unsigned byte)
{
	return prefix | (prefix_key)byte << (FIB6_DEPTH_MAX - FIB6_BYTE_BITS - FIB6_BYTE_BITS * at);
}

static inline prefix_key fib6_key(const uint64_t words[2])
{
	return (prefix_key)__builtin_bswap64(words[0]) << 64 | __builtin_bswap64(words[1]);
}

static inline void fib6_words(prefix_key key, uint64_t words[2])
{
	words[0] = __builtin_bswap64((uint64_t)(key >> 64));
	words[1] = __builtin_bswap64((uint64_t)key);
}

/** Whether an address or a prefix at least as long lies in a prefix. */
static inline bool fib6_contains(prefix_key prefix, unsigned depth, prefix_key addr)
{
	return ((prefix ^ addr) & prefix_key_mask(depth)) == 0;
}

/** First slot, and number of slots, of a route that ends in the byte of a node. */
static inline void fib6_slots_of(const struct prefix_route *route, unsigned at, unsigned *first,
				 unsigned *n)
{
	*first = fib6_byte(route->prefix, at);
	*n = 1U << (FIB6_BYTE_BITS * at + FIB6_BYTE_BITS - route->depth);
}

#endif
