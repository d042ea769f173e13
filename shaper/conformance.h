#ifndef SHAPER_CONFORMANCE_H
#define SHAPER_CONFORMANCE_H

/**
 * @file
 * Conformance meter: the smallest burst that everything seen so far fits at a given rate.
 *
 * A sequence of departures (t_i, len_i) fits the token bucket (burst, rate) iff for every window
 * [i, j] the bytes len_i + ... + len_j are at most burst + rate * (t_j - t_i). The smallest such
 * burst is the largest backlog of a virtual queue that is filled by the packets and drained at
 * the rate, which one stamp tracks exactly in constant time: stamp = max(stamp, now) + cost(len),
 * backlog = stamp - now.
 */

#include "policer/rate.h"

#include <stdint.h>

/** One meter. Owner: the thread that records; others may read max_backlog_stamp at any time. */
struct shaper_conformance {
	uint64_t stamp;		    /**< when the virtual queue is empty again, stamp units */
	uint64_t max_backlog_stamp; /**< largest backlog so far, stamp units */
};

/** Starts or restarts a meter at a time. */
static inline void shaper_conformance_init(struct shaper_conformance *meter,
					   const struct rate *rate, uint64_t now_ticks)
{
	meter->stamp = rate_stamp(rate, now_ticks);
	meter->max_backlog_stamp = 0;
}

/**
 * Records one departure.
 *
 * @param rate the rate of the profile; the same at every call
 * @param now_ticks time of the departure; never earlier than at the last call
 * @param len_bytes length in the profile's accounting layer
 */
static inline void shaper_conformance_record(struct shaper_conformance *meter,
					     const struct rate *rate, uint64_t now_ticks,
					     uint32_t len_bytes)
{
	uint64_t now = rate_stamp(rate, now_ticks);
	uint64_t start = (int64_t)(meter->stamp - now) > 0 ? meter->stamp : now;
	uint64_t backlog;

	meter->stamp = start + rate_cost(rate, len_bytes);
	backlog = meter->stamp - now;
	if (backlog > meter->max_backlog_stamp)
		meter->max_backlog_stamp = backlog;
}

/** The smallest burst that everything recorded so far fits, bytes, rounded up. */
uint64_t shaper_conformance_burst_bytes(const struct shaper_conformance *meter,
					const struct rate *rate);

#endif
