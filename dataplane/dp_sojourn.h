#ifndef DATAPLANE_DP_SOJOURN_H
#define DATAPLANE_DP_SOJOURN_H

/**
 * @file
 * How long packets of each class of a router stayed, what they waited for, and which of them stayed
 * longer than was sold. Control thread only.
 */

#include "dataplane/dp_config.h"

#include <stdint.h>

struct dp_router;

/** Distribution of a time; all 0 without packets. */
struct dp_delay {
	uint64_t count; /**< packets */
	uint64_t min_ns, mean_ns, p50_ns, p90_ns, p99_ns, p999_ns, p9999_ns, p99999_ns, max_ns;
};

/** Parts of a sojourn. */
enum dp_part {
	/** Before the receive call: since the device's queue was last seen empty, an upper bound. */
	DP_PART_WAIT,
	DP_PART_PIPELINE, /**< stages, and the call that handed the packet to its device */
	DP_PART_SHAPER,	  /**< receive call to release, 0 for packets that it did not hold */
	DP_PART_TOTAL,	  /**< all of them */
	DP_PART_COUNT,
};

/** Name of a part, as shown to users. */
const char *dp_part_name(enum dp_part part);

/** Of one class, of all time. Bounds are those of dp_class_delay_ns(). */
struct dp_sojourn {
	struct dp_delay parts[DP_PART_COUNT];
	uint64_t gap_pkts;   /**< beyond the bound, because the host took the core away */
	uint64_t queue_pkts; /**< beyond the bound for any other reason */
};

/** Classes that sojourns are told apart by; 1 in a router without classes. */
unsigned dp_sojourn_count(const struct dp_router *router);

/** @return 0, or -ERANGE when there is no such class */
int dp_sojourn_get(const struct dp_router *router, unsigned class_index,
		   struct dp_sojourn *sojourn);

/** Of all classes of a router together. */
struct dp_latency {
	struct dp_delay sojourn; /**< DP_PART_TOTAL */
	uint64_t gap_pkts, queue_pkts;
};
void dp_latency_get(const struct dp_router *router, struct dp_latency *latency);

/**
 * Delay bound of a class of packets that leave by a port, ns; 0: none was sold. It is that of the
 * class's own profile, else of the SLA that polices the class, else of the port's profile. Callable
 * before dp_init().
 *
 * @param class_index place in the router's classes; 0 where there are none
 */
uint64_t dp_class_delay_ns(const struct dp_router_config *router, unsigned class_index,
			   unsigned port_index);

#endif
