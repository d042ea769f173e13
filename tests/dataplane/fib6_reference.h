#ifndef TESTS_DATAPLANE_FIB6_REFERENCE_H
#define TESTS_DATAPLANE_FIB6_REFERENCE_H

/**
 * @file
 * Longest prefix match of IPv6 by looking at every route: what dp_fib6 must agree with. And a
 * generator of routes that often touch, contain or neighbour each other.
 */

#include "dataplane/dp_route.h"
#include "dataplane/prefix_tree.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>

#define REFERENCE6_MAX 8192

struct reference6_route {
	prefix_key prefix;
	uint8_t depth;
	uint32_t nexthop;
};

struct reference6 {
	uint64_t random;
	unsigned n;
	struct reference6_route routes[REFERENCE6_MAX];
};

static inline struct reference6 *reference6_create(uint64_t seed)
{
	struct reference6 *reference = calloc(1, sizeof(*reference));

	if (reference != NULL)
		reference->random = seed * 0x9e3779b97f4a7c15ULL + 1;
	return reference;
}

static inline uint32_t reference6_random(struct reference6 *reference)
{
	reference->random = reference->random * 6364136223846793005ULL + 1442695040888963407ULL;
	return (uint32_t)(reference->random >> 32);
}

static inline prefix_key reference6_key(struct reference6 *reference)
{
	prefix_key key = 0;

	for (unsigned i = 0; i < 4; i++)
		key = key << 32 | reference6_random(reference);
	return key;
}

static inline struct dp_ip6 reference6_addr(prefix_key key)
{
	struct dp_ip6 addr;

	for (unsigned i = 0; i < sizeof(addr.bytes); i++)
		addr.bytes[i] = (uint8_t)(key >> (120 - 8 * i));
	return addr;
}

static inline int reference6_find(const struct reference6 *reference, prefix_key prefix,
				  uint8_t depth)
{
	for (unsigned i = 0; i < reference->n; i++) {
		if (reference->routes[i].prefix == prefix && reference->routes[i].depth == depth)
			return (int)i;
	}
	return -1;
}

static inline int reference6_add(struct reference6 *reference, const struct reference6_route *route,
				 uint32_t *old)
{
	int at = reference6_find(reference, route->prefix, route->depth);

	if (at < 0) {
		if (reference->n == REFERENCE6_MAX)
			return -ENOSPC;
		reference->routes[reference->n++] = *route;
		return 0;
	}
	*old = reference->routes[at].nexthop;
	reference->routes[at] = *route;
	return 1;
}

static inline int reference6_del(struct reference6 *reference, const struct reference6_route *route,
				 uint32_t *old)
{
	int at = reference6_find(reference, route->prefix, route->depth);

	if (at < 0)
		return -ENOENT;
	*old = reference->routes[at].nexthop;
	reference->routes[at] = reference->routes[--reference->n];
	return 0;
}

static inline uint32_t reference6_lookup(const struct reference6 *reference, prefix_key addr)
{
	uint32_t nexthop = 0;
	int best = -1;

	for (unsigned i = 0; i < reference->n; i++) {
		const struct reference6_route *route = &reference->routes[i];

		if (((addr ^ route->prefix) & prefix_key_mask(route->depth)) != 0 ||
		    route->depth <= best)
			continue;
		best = route->depth;
		nexthop = route->nexthop;
	}
	return nexthop;
}

/* 2001:db8::/32 and neighbours, a link-local prefix, both ends of the address space. */
static inline struct reference6_route reference6_route_random(struct reference6 *reference)
{
	static const uint64_t bases[] = { 0x20010db800000000, 0x20010db8000100ff,
					  0x20010db9ffffffff, 0xfe80000000000000,
					  0xffffffffffffffff, 0 };
	prefix_key near = (prefix_key)bases[reference6_random(reference) % 6] << 64;
	prefix_key spread = prefix_key_mask(reference6_random(reference) % 129);
	struct reference6_route route;

	route.depth = (uint8_t)(reference6_random(reference) % 129);
	if (reference6_random(reference) % 2 == 0) /* at and around the ends of bytes */
		route.depth = (uint8_t)(8 * (2 + reference6_random(reference) % 15) - 1 +
					reference6_random(reference) % 3);
	if (route.depth > 128)
		route.depth = 128;
	if (reference6_random(reference) % 2 == 0) /* few places, so that routes meet */
		near |= (prefix_key)(reference6_random(reference) % 4)
			<< 8 * (reference6_random(reference) % 12);
	else
		near ^= reference6_key(reference) & ~spread;
	route.prefix = near & prefix_key_mask(route.depth);
	route.nexthop = reference6_random(reference) % 50;
	return route;
}

#endif
