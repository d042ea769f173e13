#ifndef TESTS_DATAPLANE_ROUTE_MIX_H
#define TESTS_DATAPLANE_ROUTE_MIX_H

/**
 * @file
 * Tables of any size with the lengths of the Internet's IPv4 table, plus 2 % of what a network
 * adds inside: subnets of a /24, point-to-point links and loopbacks. Prefixes are spread evenly
 * over unicast space, which is the hardest for memory: nearly every /16 has some. Same seed, same
 * table.
 */

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>

#define ROUTE_MIX_FIRST 0x01000000U /* 1.0.0.0 */
#define ROUTE_MIX_LAST 0xdfffffffU  /* 223.255.255.255 */

struct route_mix {
	uint32_t prefix;
	uint8_t depth;
	uint32_t nexthop;
};

/* Routes of each depth among 1 000. */
static const uint16_t route_mix_share[33] = {
	[8] = 1,   [12] = 1,  [14] = 1,	 [15] = 2,   [16] = 14,	 [17] = 8,   [18] = 14,
	[19] = 27, [20] = 45, [21] = 52, [22] = 110, [23] = 100, [24] = 605, [25] = 2,
	[26] = 2,  [27] = 2,  [28] = 2,	 [29] = 2,   [30] = 4,	 [32] = 6,
};

static inline uint64_t route_mix_random(uint64_t *state)
{
	uint64_t z = *state += 0x9e3779b97f4a7c15ULL;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9ULL;
	z = (z ^ z >> 27) * 0x94d049bb133111ebULL;
	return z ^ z >> 31;
}

/* An address between ROUTE_MIX_FIRST and ROUTE_MIX_LAST. */
static inline uint32_t route_mix_addr(uint64_t *state)
{
	uint64_t span = (uint64_t)ROUTE_MIX_LAST - ROUTE_MIX_FIRST + 1;

	return ROUTE_MIX_FIRST + (uint32_t)((route_mix_random(state) >> 32) * span >> 32);
}

static inline struct route_mix route_mix_draw(uint64_t *state, uint32_t n_nexthops)
{
	unsigned pick = (unsigned)(route_mix_random(state) % 1000);
	struct route_mix route;

	route.depth = 0;
	while (pick >= route_mix_share[route.depth])
		pick -= route_mix_share[route.depth++];
	route.prefix = route_mix_addr(state) & UINT32_MAX << (32 - route.depth);
	route.nexthop = 1 + (uint32_t)(route_mix_random(state) % n_nexthops);
	return route;
}

static inline int route_mix_compare(const void *left, const void *right)
{
	const struct route_mix *a = left, *b = right;

	if (a->prefix != b->prefix)
		return a->prefix < b->prefix ? -1 : 1;
	return (int)a->depth - (int)b->depth;
}

/**
 * Draws n different routes with nexthops 1 to n_nexthops, in random order.
 *
 * @return an array to free(), NULL without memory
 */
static inline struct route_mix *route_mix_create(unsigned n, uint32_t n_nexthops, uint64_t seed)
{
	struct route_mix *routes = malloc(n * sizeof(*routes));
	unsigned have = 0;

	if (routes == NULL)
		return NULL;
	while (have < n) {
		unsigned unique = 0;

		while (have < n)
			routes[have++] = route_mix_draw(&seed, n_nexthops);
		qsort(routes, n, sizeof(*routes), route_mix_compare);
		for (unsigned i = 0; i < n; i++) {
			if (unique == 0 || route_mix_compare(&routes[unique - 1], &routes[i]) != 0)
				routes[unique++] = routes[i];
		}
		have = unique;
	}
	for (unsigned i = n - 1; i > 0; i--) {
		unsigned j = (unsigned)(route_mix_random(&seed) % (i + 1));
		struct route_mix swap = routes[i];

		routes[i] = routes[j];
		routes[j] = swap;
	}
	return routes;
}

#endif
