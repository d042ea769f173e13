#ifndef DATAPLANE_PORT_QUEUES_H
#define DATAPLANE_PORT_QUEUES_H

/**
 * @file
 * The queues of a shaped port: from the classes and flows of the configuration to the classes of
 * its shaper, and back for display.
 *
 * Queue 0 is the kernel's. Every class with a queue of its own follows in the order of the list;
 * the last class always has one. When flows are destination prefixes inside a base, packets of
 * their class to other destinations have a queue beside them, with the same priority.
 */

#include "dataplane/dp_config.h"
#include "dataplane/flow_hash.h"
#include "shaper/shaper.h"

#include <stdbool.h>
#include <stdint.h>

/** Queue of what the kernel sends. */
#define PORT_QUEUE_KERNEL 0U
/** The only other one in a router without class table. */
#define PORT_QUEUE_TENANT 1U
/** class_of of the kernel's queue. */
#define PORT_QUEUE_NO_CLASS UINT8_MAX

/** Which flow a packet belongs to. */
struct port_flows {
	uint8_t by;	     /**< enum dp_flow_by */
	uint8_t class_index; /**< of the router */
	uint8_t queue;	     /**< whose packets have flows */
	uint8_t shift;	     /**< DP_FLOW_BY_DST: destination bits that do not matter */
	uint32_t base;	     /**< DP_FLOW_BY_DST: first address */
	uint32_t count;
};

/** Queues of one port. Constant while the worker sees it. */
struct port_queues {
	uint8_t n; /**< 0: not shaped */
	uint8_t of_class[DP_CLASSES_ALL];
	uint8_t class_of[SHAPER_MAX_CLASSES]; /**< PORT_QUEUE_NO_CLASS: the kernel's */
	struct port_flows flows;
	uint64_t has_ecn; /**< queues with an ECN threshold */
};

/** Parameters of a shaper, with what they point to. Does not move after port_queues_plan(). */
struct port_queues_plan {
	struct port_queues queues;
	struct shaper_params params;
	struct shaper_profile_params flow_profile;
};

/**
 * Plans queues and shaper of a port with has_shape. The result still has to pass
 * shaper_params_check(), but for the number of queues, which is judged here. Control thread.
 *
 * @return 0, or -ERANGE: more queues than a shaper has; the plan is of no use then
 */
int port_queues_plan(const struct dp_router_config *router, unsigned port, uint64_t tsc_hz,
		     struct port_queues_plan *plan);

/**
 * Whether a shaper of a port with has_shape in both configurations would be built of other parameters.
 * Control thread.
 */
bool port_queues_differ(const struct dp_router_config *from, const struct dp_router_config *to,
			unsigned port);

/** Packets that all queues of a port may hold together; 0 when it is not shaped. */
uint32_t port_queues_quota_pkts(const struct dp_router_config *router, unsigned port);

/** Whether packets of a class go to different flows or queues. Worker. */
static inline bool port_queues_divide(const struct port_queues *queues, uint8_t class_index)
{
	return queues->flows.by != DP_FLOW_NONE && queues->flows.class_index == class_index;
}

/**
 * Queue and flow of a packet of a class. Worker.
 *
 * @param dst destination address in host byte order
 */
static inline uint8_t port_queues_lookup(const struct port_queues *queues, uint8_t class_index,
					 const struct rte_mbuf *pkt, uint32_t dst, uint32_t *flow)
{
	const struct port_flows *flows = &queues->flows;
	uint64_t place;

	*flow = 0;
	if (!port_queues_divide(queues, class_index))
		return queues->of_class[class_index];
	if (flows->by == DP_FLOW_BY_HASH) {
		*flow = (uint32_t)((uint64_t)flow_hash_ipv4(pkt) * flows->count >> 32);
		return flows->queue;
	}
	/* an address below the base wraps around to a large one */
	place = (dst - flows->base) >> flows->shift;
	if (place >= flows->count)
		return queues->of_class[class_index];
	*flow = (uint32_t)place;
	return flows->queue;
}

/** The same for IPv6, whose destinations are in no range of IPv4 addresses. Worker. */
static inline uint8_t port_queues_lookup_ipv6(const struct port_queues *queues, uint8_t class_index,
					      const struct rte_mbuf *pkt, uint32_t *flow)
{
	const struct port_flows *flows = &queues->flows;

	*flow = 0;
	if (flows->by != DP_FLOW_BY_HASH || flows->class_index != class_index)
		return queues->of_class[class_index];
	*flow = (uint32_t)((uint64_t)flow_hash_ipv6(pkt) * flows->count >> 32);
	return flows->queue;
}

#endif
