#ifndef SHAPER_STATE_H
#define SHAPER_STATE_H

/**
 * @file
 * The inside of a shaper. Private to the folder.
 *
 * A class is in one of three states: idle (nothing queued that is due), waiting (its next packet
 * does not conform to the class's own profile before due_ticks) or ready (only the aggregate can
 * hold it back). A class with flows is idle while all its flows are in the wheel. Writer of
 * everything: the owner; the counters are read by others as well.
 */

#include "shaper/flow.h"
#include "shaper/pacer.h"
#include "shaper/pkt_queue.h"
#include "shaper/sched.h"
#include "shaper/shaper.h"

#include <stdalign.h>
#include <stdbool.h>

/** A class with limits of its own kind; see has. */
enum {
	SHAPER_HAS_PROFILE = 1, /**< own profile */
	SHAPER_HAS_FLOWS = 2,	/**< its packets are queued in flows */
	SHAPER_HAS_TIMES = 4,	/**< waiting times are limited */
};

/** One class. */
struct shaper_class {
	alignas(64) uint8_t has; /**< SHAPER_HAS_ bits */
	uint8_t rank;		 /**< its place in the scheduler */
	uint32_t quota_pkts;
	uint32_t limit_bytes;
	struct shaper_queue queue; /**< unused in a class with flows */
	struct shaper_pacer pacer;
	uint64_t due_ticks; /**< while waiting: when it becomes ready */
	struct shaper_profile profile;
	uint64_t limit_ticks;
	uint64_t ecn_ticks;
	struct shaper_class_stats stats; /**< read by any thread */
};

/** A shaper and all its state. */
struct shaper {
	alignas(64) struct shaper_pacer pacer; /**< the aggregate */
	struct shaper_profile profile;
	uint64_t waiting;	    /**< classes by rank */
	uint64_t sweep_ticks;	    /**< when stamps were last kept from getting old */
	uint64_t sweep_every_ticks; /**< one step of the sweep */
	int32_t adjust_bytes;	    /**< frame to layer */
	uint32_t max_frame_bytes;
	uint32_t nclasses;
	uint32_t flow_class; /**< UINT32_MAX: none */
	struct shaper_sched sched;
	uint64_t next_event_ticks;
	uint64_t queued_pkts;	   /**< read by any thread */
	uint64_t misdirected_pkts; /**< read by any thread */
	struct shaper_pool pool;
	struct shaper_flows flows;
	uint32_t sweep_next;	    /**< next flow to refresh */
	uint64_t sweep_reset_ticks; /**< after so long without a call every bucket is full */
	uint64_t ticks_hz;
	enum rate_layer layer;
	uint32_t levels[SHAPER_MAX_CLASSES];
	uint8_t class_of_rank[SHAPER_MAX_CLASSES];
	struct shaper_class classes[]; /**< nclasses */
};

/** The bit of a class in words by rank. */
static inline uint64_t shaper_class_bit(const struct shaper_class *class)
{
	return 1ULL << class->rank;
}

/** Whether a frame has a length that the shaper was built for. */
static inline bool shaper_frame_fits(const struct shaper *shaper, uint32_t frame_len_bytes)
{
	return frame_len_bytes - SHAPER_MIN_FRAME_BYTES <=
	       shaper->max_frame_bytes - SHAPER_MIN_FRAME_BYTES;
}

/** Counts and hands out a packet that is dropped. */
static inline void shaper_drop_pkt(struct shaper_class *class, enum shaper_drop cause, void *pkt,
				   uint32_t len_bytes, struct shaper_out *out)
{
	class->stats.drop_pkts[cause]++;
	class->stats.drop_bytes[cause] += len_bytes;
	out->drops[out->ndrops++] = pkt;
}

/** Finds the state of a class whose next packet or bucket may have changed. */
void shaper_class_settle(struct shaper *shaper, struct shaper_class *class, uint64_t now_ticks);

/** The same for all classes, after profiles have changed. */
void shaper_settle_all(struct shaper *shaper, uint64_t now_ticks);

/** Makes ready what has become due since the last call. */
void shaper_promote(struct shaper *shaper, uint64_t now_ticks);

#endif
