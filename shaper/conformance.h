#ifndef SHAPER_CONFORMANCE_H
#define SHAPER_CONFORMANCE_H

/**
 * @file
 * Conformance meter: the smallest burst that everything seen so far fits at a given rate.
 *
 * A sequence of departures (t_i, len_i) fits the token bucket (burst, rate) iff for every window
 * [i, j] the bytes len_i + ... + len_j are at most burst + rate * (t_j - t_i). The smallest such
 * burst is the largest backlog of a virtual queue that is filled by the packets and drained at the
 * rate:
 *
 *     backlog = max(backlog - (now - last) * rate, 0) + len;    worst = max(worst, backlog)
 *
 * which is exact in stamp units (policer/rate.h): no rounding accumulates. The time between two
 * departures may have any length: it is compared in ticks before it becomes stamp units. The
 * backlog saturates at 2^62 stamp units, more than 2^40 bytes at any rate.
 *
 * All packets that leave at one time may be recorded as one departure of all their bytes.
 */

#include "policer/rate.h"

#include <stdint.h>

/** Where the backlog saturates, stamp units. */
#define SHAPER_CONFORMANCE_MAX_STAMP (1ULL << 62)

/** One meter. Writer: the thread that sends. Readers of max_backlog_stamp: any thread. */
struct shaper_conformance {
	uint64_t last_ticks;	    /**< latest departure */
	uint64_t backlog_stamp;	    /**< of the virtual queue, just after it */
	uint64_t max_backlog_stamp; /**< largest so far; one aligned word, so a read is whole */
};

/**
 * Starts or restarts a meter. The sending thread, or before it starts.
 *
 * @param rate the rate it will be used with; an idle meter is the same for all of them
 */
static inline void shaper_conformance_init(struct shaper_conformance *meter,
					   const struct rate *rate, uint64_t now_ticks)
{
	(void)rate;
	*meter = (struct shaper_conformance){ .last_ticks = now_ticks };
}

/**
 * Records one departure. The sending thread.
 *
 * @param rate the rate of the profile; the same at every call since shaper_conformance_init()
 * @param now_ticks time of the departure, not before that of the last one
 * @param len_bytes length in the profile's accounting layer, at most RATE_MAX_CHARGE_BYTES
 */
static inline void shaper_conformance_record(struct shaper_conformance *meter,
					     const struct rate *rate, uint64_t now_ticks,
					     uint32_t len_bytes)
{
	uint64_t elapsed_ticks = now_ticks - meter->last_ticks;
	uint64_t backlog = meter->backlog_stamp;

	if (elapsed_ticks > backlog >> rate->frac_bits)
		backlog = 0;
	else
		backlog -= rate_stamp(rate, elapsed_ticks);
	backlog += rate_cost(rate, len_bytes);
	if (backlog > SHAPER_CONFORMANCE_MAX_STAMP)
		backlog = SHAPER_CONFORMANCE_MAX_STAMP;
	meter->last_ticks = now_ticks;
	meter->backlog_stamp = backlog;
	if (backlog > meter->max_backlog_stamp)
		meter->max_backlog_stamp = backlog;
}

/**
 * The smallest burst that everything recorded so far fits, bytes, rounded up; 0 before the first
 * departure. Any thread.
 */
uint64_t shaper_conformance_burst_bytes(const struct shaper_conformance *meter,
					const struct rate *rate);

#endif
