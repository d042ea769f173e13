#ifndef TESTS_DATAPLANE_FIB_REFERENCE_H
#define TESTS_DATAPLANE_FIB_REFERENCE_H

/**
 * @file
 * Longest prefix match by looking at every route: what the FIB must agree with. And a generator of
 * random numbers with a seed, the same on every machine.
 */

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>

#define REFERENCE_MAX 8192

struct reference_route {
	uint32_t prefix;
	uint8_t depth;
	uint32_t nexthop;
};

struct reference {
	uint64_t random;
	unsigned n;
	struct reference_route routes[REFERENCE_MAX];
};

static inline struct reference *reference_create(uint64_t seed)
{
	struct reference *reference = calloc(1, sizeof(*reference));

	if (reference != NULL)
		reference->random = seed * 0x9e3779b97f4a7c15ULL + 1;
	return reference;
}

static inline void reference_destroy(struct reference *reference)
{
	free(reference);
}

static inline uint32_t reference_random(struct reference *reference)
{
	reference->random = reference->random * 6364136223846793005ULL + 1442695040888963407ULL;
	return (uint32_t)(reference->random >> 32);
}

static inline uint32_t reference_mask(unsigned depth)
{
	return depth == 0 ? 0 : UINT32_MAX << (32 - depth);
}

static inline int reference_find(const struct reference *reference, uint32_t prefix, uint8_t depth)
{
	for (unsigned i = 0; i < reference->n; i++) {
		if (reference->routes[i].prefix == prefix && reference->routes[i].depth == depth)
			return (int)i;
	}
	return -1;
}

static inline int reference_add(struct reference *reference, const struct reference_route *route,
				uint32_t *old)
{
	int at = reference_find(reference, route->prefix, route->depth);

	if (at < 0) {
		if (reference->n == REFERENCE_MAX)
			return -ENOSPC;
		reference->routes[reference->n++] = *route;
		return 0;
	}
	*old = reference->routes[at].nexthop;
	reference->routes[at] = *route;
	return 1;
}

static inline int reference_del(struct reference *reference, const struct reference_route *route,
				uint32_t *old)
{
	int at = reference_find(reference, route->prefix, route->depth);

	if (at < 0)
		return -ENOENT;
	*old = reference->routes[at].nexthop;
	reference->routes[at] = reference->routes[--reference->n];
	return 0;
}

/* The nexthop of exactly this route, UINT32_MAX without one. */
static inline uint32_t reference_get(const struct reference *reference, uint32_t prefix,
				     uint8_t depth)
{
	int at = reference_find(reference, prefix, depth);

	return at < 0 ? UINT32_MAX : reference->routes[at].nexthop;
}

static inline uint32_t reference_lookup(const struct reference *reference, uint32_t addr)
{
	uint32_t nexthop = 0;
	int best = -1;

	for (unsigned i = 0; i < reference->n; i++) {
		const struct reference_route *route = &reference->routes[i];

		if (((addr ^ route->prefix) & reference_mask(route->depth)) != 0 ||
		    route->depth <= best)
			continue;
		best = route->depth;
		nexthop = route->nexthop;
	}
	return nexthop;
}

#endif
