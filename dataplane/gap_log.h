#ifndef DATAPLANE_GAP_LOG_H
#define DATAPLANE_GAP_LOG_H

/**
 * @file
 * When the host took the core away from a worker, and for how long: the latest gaps, so that a late
 * packet can be told from one that the router itself kept. Pure: time is an argument. Worker only,
 * but for lost_tsc.
 */

#include <stdint.h>

/** Gaps that are remembered. */
#define GAP_LOG_GAPS 64U

/** The log. All zeroes is an empty one. */
struct gap_log {
	uint64_t lost_tsc; /**< by all gaps so far; reader also: control */
	uint32_t n;	   /**< gaps so far */
	struct {
		uint64_t begin_tsc, end_tsc; /**< of the turn it was in */
		uint64_t lost_tsc;	     /**< of that time */
	} gaps[GAP_LOG_GAPS];
};

/** Notes that the host took lost_tsc of a turn. Turns follow each other. */
void gap_log_add(struct gap_log *log, uint64_t begin_tsc, uint64_t end_tsc, uint64_t lost_tsc);

/**
 * How much the host had taken before a time. Of a turn that had begun by then, as much as fits
 * before it. Earlier than the oldest gap that is remembered: what had been taken by then.
 */
uint64_t gap_log_before(const struct gap_log *log, uint64_t tsc);

#endif
