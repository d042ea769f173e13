#ifndef POLICER_PARAMS_H
#define POLICER_PARAMS_H

/**
 * @file
 * What a user asks of one token bucket, and whether that can be had.
 */

#include "policer/rate.h"

#include <stddef.h>
#include <stdint.h>

/** Largest bursts: bytes for RATE_BITS_PER_S, packets for RATE_PKTS_PER_S. */
#define POLICER_MAX_BURST_BYTES 1000000000ULL
#define POLICER_MAX_BURST_PKTS 10000000ULL
/** Range of policer_params.mtu_bytes: IPv4's minimum and its largest packet. */
#define POLICER_MIN_MTU_BYTES 68U
#define POLICER_MAX_MTU_BYTES 65535U

/** Rate and burst of a bucket. */
struct policer_params {
	enum rate_unit unit;   /**< what rate and burst count */
	uint64_t rate;	       /**< bit/s [1000, 4e11] or packets/s [1, 1e9] */
	uint64_t burst;	       /**< bytes [one MTU in the layer, 1e9] or packets [1, 1e7] */
	enum rate_layer layer; /**< which bytes count */
	uint32_t mtu_bytes;    /**< largest IP packet, bytes [68, 65535]; ignored for packets */
};

/** A bucket of bytes, as each of a marker's two is. Any thread. */
static inline struct policer_params policer_params_bytes(uint64_t rate_bps, uint64_t burst_bytes,
							 enum rate_layer layer, uint32_t mtu_bytes)
{
	return (struct policer_params){
		.unit = RATE_BITS_PER_S,
		.rate = rate_bps,
		.burst = burst_bytes,
		.layer = layer,
		.mtu_bytes = mtu_bytes,
	};
}

/**
 * Checks parameters.
 *
 * @param why receives one sentence with the arithmetic when the result is not 0; may be NULL when
 *            why_len is 0
 * @param why_len size of why, bytes
 * @return 0, -ERANGE for a value out of range or a burst below one MTU, -EINVAL for an unknown
 *         unit or layer
 */
int policer_params_check(const struct policer_params *params, char *why, size_t why_len);

/**
 * The same with the names that a marker has for its rate and burst ("CIR", "CBS") in the sentence.
 */
int policer_params_check_as(const struct policer_params *params, const char *rate_name,
			    const char *burst_name, char *why, size_t why_len);

#endif
