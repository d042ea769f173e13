#ifndef SHAPER_FLOW_H
#define SHAPER_FLOW_H

/**
 * @file
 * Flows of a class: a FIFO and a token bucket each, and a wheel that holds the flows (not the
 * packets) that have something queued, by the time their first packet conforms.
 *
 * A flow with packets is in exactly one place: in the wheel, in a chain that came out of it, or in
 * the window of flows that are due and being served. A flow without packets is in none. The wheel
 * is also the queue of flows that are due: they come out in the order of their times. A flow that
 * is still due after its turn (longest packet bytes; what it took beyond is held against its next
 * turn) is filed for now, behind all that were due earlier; so flows that are held back by the
 * class or the aggregate share what there is evenly in bytes.
 *
 * The window exists for the caches: flows and their first entries are fetched many at a time.
 *
 * The wheel's slots are at most 100 ns (or one tick) wide and rounded up: a flow is never early,
 * and late by less than one slot.
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
	uint32_t reserved;	   /**< */
};

static_assert(sizeof(struct shaper_flow) == 32, "two flows per cache line");

/** Flows that are fetched at a time. */
#define SHAPER_FLOWS_WINDOW 32U
/** Flows that are filed again from a far slot at a time, while it is ahead. */
#define SHAPER_FLOWS_PORTION 64U

/** All flows of a shaper. Owner: the shaper's thread. */
struct shaper_flows {
	struct shaper_flow *flows; /**< nflows */
	struct shaper_profile *profiles;
	uint16_t *profile_of_flow; /**< NULL: all have profiles[0] */
	struct shaper_wheel *wheel;
	uint32_t *next;	      /**< the wheel's links, nflows */
	uint64_t base_ticks;  /**< start of the wheel's time */
	unsigned slot_shift;  /**< slot = (ticks - base) >> slot_shift */
	uint32_t nflows;      /**< */
	uint32_t nprofiles;   /**< */
	uint32_t quota_pkts;  /**< of one flow */
	uint32_t quota_bytes; /**< of one flow */
	uint32_t turn_bytes;  /**< longest packet */
	uint32_t first;	      /**< place in window of the flow being served */
	uint32_t end;	      /**< end of the window; == first: empty */
	uint32_t window[SHAPER_FLOWS_WINDOW];
	uint32_t due_chain;  /**< due as well, no room in the window yet */
	uint32_t far_chain;  /**< came out of a far slot, to be filed again */
	uint64_t far_slot;   /**< by when; SHAPER_WHEEL_NEVER when there is no far_chain */
	uint32_t flush_next; /**< flows before it are flushed */
};

/** Empties all flows and fills their buckets. The other members are set. */
void shaper_flows_init(struct shaper_flows *flows, uint64_t now_ticks, uint64_t ticks_hz);

/**
 * Fetches flows that are due into the window, which is empty.
 *
 * @return whether there are any
 */
bool shaper_flows_fetch(struct shaper_flows *flows, const struct shaper_pool *pool,
			uint64_t now_ticks);

/** Does a portion of the wheel's work that is not due yet; called once per burst. */
void shaper_flows_prepare(struct shaper_flows *flows, uint64_t now_ticks);

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

/** Whether there is a flow to serve, looking for it if need be. */
static inline bool shaper_flows_any_due(struct shaper_flows *flows, const struct shaper_pool *pool,
					uint64_t now_ticks)
{
	return flows->first != flows->end || shaper_flows_fetch(flows, pool, now_ticks);
}

/** Number of the flow being served. */
static inline uint32_t shaper_flows_served(const struct shaper_flows *flows)
{
	return flows->window[flows->first];
}

/** The queue of the flow being served. */
static inline struct shaper_queue *shaper_flows_head(const struct shaper_flows *flows)
{
	return &flows->flows[shaper_flows_served(flows)].queue;
}

/** The wheel's slot of a time, rounded down. */
static inline uint64_t shaper_flows_slot(const struct shaper_flows *flows, uint64_t ticks)
{
	return (ticks - flows->base_ticks) >> flows->slot_shift;
}

/** When the first packet of a flow conforms; now_ticks when it does already. */
static inline uint64_t shaper_flow_due_ticks(const struct shaper_flows *flows, uint32_t index,
					     uint64_t now_ticks)
{
	const struct shaper_flow *flow = &flows->flows[index];

	return shaper_pacer_due_ticks(&flow->pacer, shaper_flows_profile(flows, index), now_ticks,
				      shaper_word_len_bytes(flow->queue.head_word));
}

/** Files a flow for a time; one that is due now goes behind all that were due before. */
static inline void shaper_flow_file(struct shaper_flows *flows, uint32_t index, uint64_t due_ticks,
				    uint64_t now_ticks)
{
	uint64_t slot = shaper_flows_slot(flows, now_ticks);

	if (due_ticks != now_ticks)
		slot = shaper_flows_slot(flows, due_ticks + (1ULL << flows->slot_shift) - 1);
	shaper_wheel_file(flows->wheel, slot, index);
}

/**
 * Finds the flow being served its next place, after a packet was taken from it: it keeps its turn,
 * is filed for its next packet, or leaves because it is empty.
 *
 * @param used_bytes what was sent of it, 0 when the packet was dropped
 */
static inline void shaper_flows_advance(struct shaper_flows *flows, uint64_t now_ticks,
					uint32_t used_bytes)
{
	uint32_t index = shaper_flows_served(flows);
	struct shaper_queue *queue = &flows->flows[index].queue;
	uint32_t turn = queue->turn_bytes + used_bytes;
	uint64_t due;

	if (queue->npkts == 0) {
		queue->turn_bytes = 0;
		flows->first++;
		return;
	}
	due = shaper_flow_due_ticks(flows, index, now_ticks);
	if (due == now_ticks && turn < flows->turn_bytes) {
		queue->turn_bytes = (uint16_t)turn;
		return;
	}
	queue->turn_bytes = due == now_ticks ? (uint16_t)(turn - flows->turn_bytes) : 0;
	shaper_flow_file(flows, index, due, now_ticks);
	flows->first++;
}

#endif
