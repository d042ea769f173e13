#ifndef DATAPLANE_ROUTING_H
#define DATAPLANE_ROUTING_H

/**
 * @file
 * What a worker needs of a router's routing: destination address to nexthop object. Private to the
 * data plane; control uses dp_route.h.
 */

#include "dataplane/dp_fib.h"
#include "dataplane/dp_fib6.h"
#include "dataplane/dp_nexthop.h"

#include <stdint.h>

struct rules;

/**
 * Routes of one table. Writer: control; readers: workers, which find a FIB from its first route on
 * until the table goes, and NULL before. Those of the main table are always there.
 */
struct dp_table {
	struct dp_fib *fib;
	struct dp_fib6 *fib6;
	struct dp_nh_table *nexthops; /**< of its routing; constant */
};

/** Routing of one router. Written by control, read by the router's worker. */
struct dp_routing {
	struct dp_table main;
	/** Of IPv4 and IPv6, NULL: the main table alone. Published; load them once per burst. */
	const struct rules *rules[2];
	struct dp_nh_table nexthops;
	/* Writer: control. Reader: worker, relaxed: each word stands alone. */
	struct dp_own_filter own;
};

/**
 * Looks up a burst in the main table. Reader thread; the objects are valid until it is quiescent.
 *
 * Groups are left as they are, because only their packets need a flow hash: pass nh->index to
 * dp_nh_resolve() where nh->kind is DP_NH_GROUP.
 *
 * @param addr n destination addresses in host byte order
 * @param nh receives n objects, none of them NULL
 * @param n 0 to DP_FIB_BURST_MAX
 */
static inline void dp_routing_lookup_burst(const struct dp_routing *routing, const uint32_t *addr,
					   const struct dp_nh **nh, unsigned n)
{
	uint32_t index[DP_FIB_BURST_MAX];

	dp_fib_lookup_burst(routing->main.fib, addr, index, n);
	for (unsigned i = 0; i < n; i++)
		nh[i] = dp_nh_get(&routing->nexthops, index[i]);
}

/** The same for IPv6; n 0 to DP_FIB6_BURST_MAX. */
static inline void dp_routing_lookup6_burst(const struct dp_routing *routing,
					    const struct dp_ip6 *addr, const struct dp_nh **nh,
					    unsigned n)
{
	uint32_t index[DP_FIB6_BURST_MAX];

	dp_fib6_lookup_burst(routing->main.fib6, addr, index, n);
	for (unsigned i = 0; i < n; i++)
		nh[i] = dp_nh_get(&routing->nexthops, index[i]);
}

/**
 * Tells the MAC address of a port, the source address of what nexthops send through it; nexthops
 * that exist are rewritten. Control thread.
 *
 * @return 0, -EINVAL (no such port), -ENOMEM (then nothing has changed)
 */
int dp_routing_port_mac_set(struct dp_routing *routing, unsigned port, const uint8_t mac[6]);

#endif
