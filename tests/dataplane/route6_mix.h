#ifndef TESTS_DATAPLANE_ROUTE6_MIX_H
#define TESTS_DATAPLANE_ROUTE6_MIX_H

/**
 * @file
 * Tables of any size with the lengths of the Internet's IPv6 table, plus 2 % of what a network adds
 * inside: links of a /64 and loopbacks. Allocations of a /32 or shorter lie under the blocks of the
 * five registries; nine of ten longer routes lie in one of those, the others anywhere in 2000::/3,
 * which is the hardest for memory. Same seed, same table.
 */

#include "dataplane/dp_route.h"
#include "tests/dataplane/route_mix.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

struct route6_mix {
	struct dp_ip6 prefix;
	uint8_t depth;
	uint32_t nexthop;
};

/* Routes of each depth among 1 000. */
static const uint16_t route6_mix_share[129] = {
	[20] = 1,  [24] = 3,   [28] = 10, [29] = 55, [30] = 10, [31] = 5,  [32] = 110,
	[33] = 15, [34] = 12,  [35] = 10, [36] = 55, [37] = 5,	[38] = 10, [39] = 10,
	[40] = 90, [41] = 5,   [42] = 15, [43] = 10, [44] = 95, [45] = 12, [46] = 27,
	[47] = 35, [48] = 380, [64] = 15, [128] = 5,
};

static inline void route6_mix_cut(struct dp_ip6 *addr, unsigned depth)
{
	for (unsigned i = 0; i < sizeof(addr->bytes); i++) {
		unsigned left = depth > 8 * i ? depth - 8 * i : 0;

		addr->bytes[i] &= (uint8_t)(0xff00U >> (left < 8 ? left : 8));
	}
}

/* Any address in 2000::/3. */
static inline struct dp_ip6 route6_mix_addr(uint64_t *state)
{
	struct dp_ip6 addr;
	uint64_t words[2] = { route_mix_random(state), route_mix_random(state) };

	memcpy(&addr, words, sizeof(addr));
	addr.bytes[0] = (uint8_t)(0x20 | (addr.bytes[0] & 0x1f));
	return addr;
}

/* An address in one of the registries' blocks. */
static inline struct dp_ip6 route6_mix_near(uint64_t *state)
{
	static const uint8_t blocks[][2] = { { 0x20, 0x01 }, { 0x24, 0x00 }, { 0x24, 0x04 },
					     { 0x26, 0x00 }, { 0x26, 0x04 }, { 0x28, 0x00 },
					     { 0x2a, 0x00 }, { 0x2a, 0x02 }, { 0x2a, 0x06 },
					     { 0x2c, 0x0f } };
	struct dp_ip6 addr = route6_mix_addr(state);

	memcpy(addr.bytes, blocks[route_mix_random(state) % 10], 2);
	return addr;
}

static inline struct route6_mix route6_mix_draw(uint64_t *state, uint32_t n_nexthops,
						const struct route6_mix *have, unsigned n)
{
	unsigned pick = (unsigned)(route_mix_random(state) % 1000);
	const struct route6_mix *parent = &have[n == 0 ? 0 : route_mix_random(state) % n];
	struct route6_mix route;

	route.depth = 0;
	while (pick >= route6_mix_share[route.depth])
		pick -= route6_mix_share[route.depth++];
	route.prefix = route6_mix_near(state);
	if (route.depth > 32 && n != 0 && parent->depth <= 32)
		memcpy(route.prefix.bytes, parent->prefix.bytes, 4);
	else if (route.depth > 32 && route_mix_random(state) % 10 == 0)
		route.prefix = route6_mix_addr(state);
	else if (route.depth > 32 && n != 0)
		memcpy(route.prefix.bytes, parent->prefix.bytes, route.depth > 48 ? 6 : 4);
	route6_mix_cut(&route.prefix, route.depth);
	route.nexthop = 1 + (uint32_t)(route_mix_random(state) % n_nexthops);
	return route;
}

static inline int route6_mix_compare(const void *left, const void *right)
{
	const struct route6_mix *a = left, *b = right;
	int order = memcmp(&a->prefix, &b->prefix, sizeof(a->prefix));

	return order != 0 ? order : (int)a->depth - (int)b->depth;
}

/**
 * Draws n different routes with nexthops 1 to n_nexthops, in random order.
 *
 * @return an array to free(), NULL without memory
 */
static inline struct route6_mix *route6_mix_create(unsigned n, uint32_t n_nexthops, uint64_t seed)
{
	struct route6_mix *routes = calloc(n, sizeof(*routes));
	unsigned have = 0;

	if (routes == NULL)
		return NULL;
	while (have < n) {
		unsigned unique = 0;

		for (; have < n; have++)
			routes[have] = route6_mix_draw(&seed, n_nexthops, routes, have);
		qsort(routes, n, sizeof(*routes), route6_mix_compare);
		for (unsigned i = 0; i < n; i++) {
			if (unique == 0 || route6_mix_compare(&routes[unique - 1], &routes[i]) != 0)
				routes[unique++] = routes[i];
		}
		have = unique;
	}
	for (unsigned i = n - 1; i > 0; i--) {
		unsigned j = (unsigned)(route_mix_random(&seed) % (i + 1));
		struct route6_mix swap = routes[i];

		routes[i] = routes[j];
		routes[j] = swap;
	}
	return routes;
}

/* An address in a route. */
static inline struct dp_ip6 route6_mix_inside(const struct route6_mix *route, uint64_t *state)
{
	struct dp_ip6 addr = route6_mix_addr(state), cut = addr;

	route6_mix_cut(&cut, route->depth);
	for (unsigned i = 0; i < sizeof(addr.bytes); i++)
		addr.bytes[i] ^= cut.bytes[i] ^ route->prefix.bytes[i];
	return addr;
}

#endif
