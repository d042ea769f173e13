#ifndef DATAPLANE_DP_SLA_H
#define DATAPLANE_DP_SLA_H

/**
 * @file
 * A service level: what was sold, and what happens to what exceeds it.
 */

#include "policer/policer.h"
#include "policer/rate.h"

#include <stdbool.h>
#include <stdint.h>

#define DP_NAME_MAX 32 /**< router, SLA and class names, bytes with the final NUL */

/** How a service level colours packets. */
enum dp_sla_kind {
	DP_SLA_SINGLE,	  /**< one bucket: within the rate or beyond it */
	DP_SLA_SRTCM,	  /**< RFC 2697: second_bytes is the excess burst */
	DP_SLA_TRTCM,	  /**< RFC 2698: second_bps and second_bytes are peak rate and burst */
	DP_SLA_TRTCM4115, /**< RFC 4115: second_bps and second_bytes are excess rate and burst */
};

/** A service level, shared by policer, shaper and counters. */
struct dp_sla {
	char name[DP_NAME_MAX];
	enum rate_unit unit; /**< what rate and burst count */
	uint64_t rate;	     /**< bit/s or packets/s */
	/** Bytes in the layer, or packets; at least one MTU, at most DP_BURST_MAX_BYTES. */
	uint64_t burst;
	enum rate_layer layer; /**< which bytes count */
	uint64_t delay_ns;     /**< bound of the sojourn, 0 when none was sold */

	/* Only policing reads these; a shaper delays what a policer would colour. */
	enum dp_sla_kind kind;
	bool colour_aware;     /**< the DSCP of a packet tells its colour (RFC 2597) */
	uint64_t second_bps;   /**< peak or excess rate, bit/s; 0 where the kind has none */
	uint64_t second_bytes; /**< peak or excess burst; 0 where the kind has none */
	/** By enum policer_colour; POLICER_DROP for red is what an operator expects. */
	struct policer_colour_action actions[POLICER_COLOURS];
};

#endif
