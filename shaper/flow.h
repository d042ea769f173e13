#ifndef SHAPER_FLOW_H
#define SHAPER_FLOW_H

/**
 * @file
 * Flows of a class: a FIFO and a token bucket each, and a wheel that holds the flows (not the
 * packets) that have something queued, by the time their first packet conforms.
 *
 * A flow with packets is in exactly one place: in the chain of flows that are due and being
 * served, or in the wheel. A flow without packets is in neither. The wheel is also the queue of
 * flows that are due: they come out in the order of their times. A flow that is still due after
 * its turn (longest packet bytes; what it took beyond is held against its next turn) is filed for
 * now, behind all that were due earlier; so flows that are held back by the class or the aggregate
 * share what there is evenly in bytes.
 *
 * The wheel's slots are at most 100 ns (or one tick) wide and rounded up: a flow is never early and late by less
 * than one slot.
 */

#include "shaper/pacer.h"
#include "shaper/pkt_queue.h"
#include "shaper/wheel.h"

#include <assert.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** One flow: half a cache line. */
struct shaper_flow {
	struct shaper_pacer pacer;
	struct shaper_queue queue; /**< turn_bytes: sent in its turn so far */
	uint32_t next;		   /**< flow behind it in a chain */
};

static_assert(sizeof(struct shaper_flow) == 32, "two flows per cache line");

/** All flows of a shaper. Owner: the shaper's thread. */
struct shaper_flows {
	uint32_t nflows;
	uint32_t flush_next;	   /**< flows before it are flushed */
	uint32_t chain;		   /**< flow being served, then those due with it; or END */
	uint32_t quota_pkts;	   /**< of one flow */
	uint32_t quota_bytes;	   /**< of one flow */
	uint32_t turn_bytes;	   /**< longest packet */
	unsigned slot_shift;	   /**< slot = (ticks - base) >> slot_shift */
	uint64_t base_ticks;	   /**< start of the wheel's time */
	struct shaper_flow *flows; /**< nflows */
	struct shaper_profile *profiles;
	uint32_t nprofiles;
	uint16_t *profile_of_flow; /**< NULL: all have profiles[0] */
	struct shaper_wheel *wheel;
};

/** Empties all flows and fills their buckets. The other members are set. */
void shaper_flows_init(struct shaper_flows *flows, uint64_t now_ticks, uint64_t ticks_hz);

/**
 * Whether a flow is due, which then is flows->chain. Must be asked before
 * shaper_flows_head()/pop() and after whatever changed the flows.
 */
bool shaper_flows_fetch(struct shaper_flows *flows, uint64_t now_ticks);

/** Removes the first packet of the flow being served and finds that flow its next place. */
void *shaper_flows_pop(struct shaper_flows *flows, struct shaper_pool *pool, uint64_t now_ticks,
		       bool sent);

/** Appends a packet to a flow; the caller has checked the quotas. */
void shaper_flows_push(struct shaper_flows *flows, struct shaper_pool *pool, uint32_t index,
		       void *pkt, uint32_t word, uint64_t now_ticks);

/** Files every flow that has packets anew, after its profile or bucket has changed. */
void shaper_flows_refile(struct shaper_flows *flows, uint64_t now_ticks);

/** Keeps the stamps of flows [first, end) from getting too old. */
void shaper_flows_refresh(struct shaper_flows *flows, uint32_t first, uint32_t end,
			  uint64_t now_ticks);

/** The time of the next look at the wheel; UINT64_MAX when it is empty. */
uint64_t shaper_flows_next_ticks(const struct shaper_flows *flows);

/**
 * Removes a packet of any flow, for tearing down.
 *
 * @param len_bytes its length
 * @return NULL when all flows are empty; the flows are as after shaper_flows_init() then, except
 * for their buckets
 */
void *shaper_flows_flush(struct shaper_flows *flows, struct shaper_pool *pool, uint32_t *len_bytes);

/** The profile of a flow. */
static inline const struct shaper_profile *shaper_flows_profile(const struct shaper_flows *flows,
								uint32_t index)
{
	if (flows->profile_of_flow == NULL)
		return flows->profiles;
	return &flows->profiles[flows->profile_of_flow[index]];
}

/** The queue of the flow being served. */
static inline const struct shaper_queue *shaper_flows_head(const struct shaper_flows *flows)
{
	return &flows->flows[flows->chain].queue;
}

/** The wheel's slot of a time, rounded down. */
static inline uint64_t shaper_flows_slot(const struct shaper_flows *flows, uint64_t ticks)
{
	return (ticks - flows->base_ticks) >> flows->slot_shift;
}

#endif
