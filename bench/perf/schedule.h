#ifndef PERF_SCHEDULE_H
#define PERF_SCHEDULE_H

/**
 * @file
 * When the packets of a stream are due.
 *
 * Departure n is due when a line of the stream's rate has carried the n packets before it. The
 * position on that line is a time and a rest, in fractions of a nanosecond that the rate divides
 * exactly: nothing is ever rounded off, so the long-run rate is the configured one and not a
 * neighbour of it. (policer/rate.h, which the device under test may pace by, is within 5e-7: what
 * judges it has to be better.) The position grows by what was sent and never looks at the clock: a
 * late packet does not move the ones behind it. There are no tokens: what the sender missed while
 * it was stopped becomes due at once, and is visible as lateness.
 *
 * Bursts: the packets of one burst are all due when its first is, and the line then stays silent
 * for as long as they cost.
 */

#include "bench/perf/stream.h"

/** A stream's plan. Owner: the sending thread. */
struct perf_schedule {
	bool unpaced;
	bool counts_pkts;    /**< a packet costs one unit, else each of its bytes in the layer */
	uint64_t unit_ns;    /**< cost of a unit, ns times per_second */
	uint64_t per_second; /**< divisor of every cost */
	int adjust_bytes;    /**< from bytes without FCS to the bytes that are paid */
	uint32_t burst_pkts;
	uint32_t burst_left;
	uint64_t line_ns;   /**< end of what was planned so far, whole ns */
	uint64_t line_rest; /**< and the rest, ns times per_second, below per_second */
	uint64_t due_ns;    /**< of the next packet */
	uint64_t end_ns;    /**< first time that is too late */
	uint64_t left_pkts;
};

/**
 * Plans a stream.
 *
 * @param line_bps see perf_stream_check(), which must have passed
 * @param start_ns start of the run; the stream's own start is added
 * @param end_ns no packet is due at or after it
 */
void perf_schedule_init(struct perf_schedule *schedule, const struct perf_stream *stream,
			uint64_t line_bps, uint64_t start_ns, uint64_t end_ns);

/** Time at which the next packet is due, ns, or UINT64_MAX when there is none. */
static inline uint64_t perf_schedule_due_ns(const struct perf_schedule *schedule)
{
	return schedule->left_pkts == 0 || schedule->due_ns >= schedule->end_ns ? UINT64_MAX
										: schedule->due_ns;
}

/**
 * Takes the next packet off the plan.
 *
 * @param bytes its frame without FCS
 * @param now_ns time; only an unpaced stream uses it
 */
void perf_schedule_take(struct perf_schedule *schedule, uint32_t bytes, uint64_t now_ns);

#endif
