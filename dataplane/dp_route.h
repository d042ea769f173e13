#ifndef DATAPLANE_DP_ROUTE_H
#define DATAPLANE_DP_ROUTE_H

/**
 * @file
 * Routes and nexthops of a router, as the mirror writes them.
 *
 * A route names a nexthop by index; a nexthop can change (a neighbour resolves, moves, fails)
 * without touching the routes that use it. All functions run in the control thread; workers see a
 * change at their next burst and never see half of one. A freed index is not used again before
 * every worker has passed a quiescent state.
 *
 * IPv4 addresses are in host byte order, IPv6 addresses as they lie in a packet.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct dp_routing;

#define DP_NH_NONE 0U	     /**< index of the nexthop that is always there: no route */
#define DP_NH_MAX (1U << 20) /**< nexthop indices, exclusive */
#define DP_GROUP_MAX 64	     /**< members of a group */

/** What happens to a packet whose route leads to a nexthop. */
enum dp_nh_kind {
	DP_NH_UNREACHABLE, /**< to the kernel, which answers with an ICMP error */
	DP_NH_BLACKHOLE,   /**< dropped silently */
	DP_NH_LOCAL,	   /**< an address of the router: to the kernel */
	DP_NH_GLEAN,	   /**< neighbour unknown: to the kernel, which resolves it */
	DP_NH_FORWARD,	   /**< rewritten and sent */
	DP_NH_GROUP,	   /**< one of several, by weighted hash over the flow */
	DP_NH_THROW, /**< not in this table: on with the next rule; unreachable without rules */
};

/** A nexthop as the mirror describes it. */
struct dp_nexthop {
	enum dp_nh_kind kind;
	/** UNREACHABLE: by a way that only the kernel knows; rules may pass over such a default route. */
	bool by_kernel;
	uint16_t port;	    /**< GLEAN, FORWARD: output port, place in the configuration */
	uint8_t dst_mac[6]; /**< FORWARD: MAC address of the neighbour */
	/**
	 * GLEAN, FORWARD, GROUP: ports, one bit each, of paths that nothing is sent over. The reverse
	 * path filter counts them, as fib_info_nh_uses_dev() of Linux does.
	 */
	uint32_t unused_ports;
	unsigned n_members;		/**< GROUP: 1 to DP_GROUP_MAX */
	uint32_t members[DP_GROUP_MAX]; /**< GROUP: indices of nexthops that are no groups */
	uint16_t weights[DP_GROUP_MAX]; /**< GROUP: 1 to 256 each */
};

/** Routing of a new router: empty tables, DP_NH_NONE in place. NULL without memory. */
struct dp_routing *dp_routing_create(void);

/** Frees everything at once; no worker may hold the routing any more. */
void dp_routing_destroy(struct dp_routing *routing);

/** @return index, or -ENOSPC, -ENOMEM, -EINVAL (a member that does not exist or is a group) */
int dp_nexthop_add(struct dp_routing *routing, const struct dp_nexthop *nexthop);

/** Replaces what an index means. @return 0, -ENOENT, -ENOMEM, -EINVAL */
int dp_nexthop_set(struct dp_routing *routing, uint32_t index, const struct dp_nexthop *nexthop);

/** Frees an index. @return 0, -ENOENT, or -EBUSY while a route or a group still names it */
int dp_nexthop_del(struct dp_routing *routing, uint32_t index);

/** Reads back what an index means. @return 0 or -ENOENT */
int dp_nexthop_get(const struct dp_routing *routing, uint32_t index, struct dp_nexthop *nexthop);

/** Adds a route or changes its nexthop. @return 0, -EINVAL (depth above 32), -ENOENT, -ENOMEM */
int dp_route_set(struct dp_routing *routing, uint32_t prefix, uint8_t depth, uint32_t nexthop);

/** Removes a route. @return 0 or -ENOENT */
int dp_route_del(struct dp_routing *routing, uint32_t prefix, uint8_t depth);

/** What the data path would do with a destination: index of the nexthop, DP_NH_NONE without route. */
uint32_t dp_route_lookup(const struct dp_routing *routing, uint32_t addr);

/** Called once per route. A value other than 0 ends the walk and is returned by it. */
typedef int (*dp_route_fn)(uint32_t prefix, uint8_t depth, uint32_t nexthop, void *arg);

/** Visits all routes in ascending order of prefix, then depth. */
int dp_route_walk(const struct dp_routing *routing, dp_route_fn fn, void *arg);

#define DP_OWN_FILTER_WORDS 3U

/** The router's own IPv4 addresses, in short: it may take another address for one, never one of its
 * own for another. All zero: none. */
struct dp_own_filter {
	uint32_t word[DP_OWN_FILTER_WORDS];
};

/** Adds an address to a filter. */
void dp_own_filter_add(struct dp_own_filter *filter, uint32_t addr);

/**
 * Tells all of the router's own IPv4 addresses. A packet from one of them whose route is local is
 * dropped as a martian (RFC 1812 5.3.7), as Linux does. Both the filter and the routes have to know
 * an address, so that it does not matter which of the two is told first.
 */
void dp_own_filter_set(struct dp_routing *routing, const struct dp_own_filter *filter);

/** An IPv6 address as it lies in a packet. */
struct dp_ip6 {
	uint8_t bytes[16];
};

/**
 * Adds an IPv6 route or changes its nexthop. Routes of both families share the nexthops.
 *
 * @param prefix no bits beyond depth
 * @return 0, -EINVAL (depth above 128, bits beyond it), -ENOENT (no such nexthop), -ENOMEM
 */
int dp_route6_set(struct dp_routing *routing, const struct dp_ip6 *prefix, uint8_t depth,
		  uint32_t nexthop);

/** Removes an IPv6 route. Needs no memory. @return 0, -EINVAL, -ENOENT */
int dp_route6_del(struct dp_routing *routing, const struct dp_ip6 *prefix, uint8_t depth);

/** What the data path would do with a destination: index of the nexthop, DP_NH_NONE without route. */
uint32_t dp_route6_lookup(const struct dp_routing *routing, const struct dp_ip6 *addr);

/** Called once per IPv6 route. A value other than 0 ends the walk and is returned by it. */
typedef int (*dp_route6_fn)(const struct dp_ip6 *prefix, uint8_t depth, uint32_t nexthop,
			    void *arg);

/** Visits all IPv6 routes in ascending order of prefix, then depth. */
int dp_route6_walk(const struct dp_routing *routing, dp_route6_fn fn, void *arg);

/** Size of the tables. */
struct dp_route_stats {
	uint64_t routes;  /**< IPv4 */
	uint64_t routes6; /**< IPv6 */
	uint64_t nexthops;
	uint64_t memory_bytes; /**< FIBs and nexthop tables */
};
void dp_route_stats_get(const struct dp_routing *routing, struct dp_route_stats *stats);

#endif
