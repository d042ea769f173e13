#ifndef POLICER_RATE_H
#define POLICER_RATE_H

/**
 * @file
 * A rate as a cost in time: how long one byte (or one packet) occupies a line of that rate.
 *
 * Everything in policer/ and shaper/ works with two clocks that are one:
 *  - ticks: the caller's clock (TSC cycles in the data plane, anything in a test), of a frequency
 *    given when the rate is prepared;
 *  - stamps: ticks with rate.frac_bits bits of fraction, modulo 2^64. A stamp is made from the
 *    caller's ticks by a shift, so the wrap of either is harmless as long as differences stay
 *    below half the range (see rate_max_idle_ticks()).
 *
 * Long-run error: the cost of one charge is rounded to nearest. frac_bits is chosen so that the
 * smallest charge, RATE_MIN_CHARGE_BYTES or one packet, costs at least 2^20 stamp units; the
 * relative error of any stream of charges is therefore at most 2^-21 (4.8e-7) plus 2^-62 from the
 * multiplier. frac_bits is never negative, so slow rates are far more exact than that.
 */

#include <stdbool.h>
#include <stdint.h>

/** Slowest and fastest configurable rates, bit/s. */
#define RATE_MIN_BPS 1000ULL
#define RATE_MAX_BPS 400000000000ULL
/** Slowest and fastest configurable packet rates, packets/s. */
#define RATE_MIN_PPS 1ULL
#define RATE_MAX_PPS 1000000000ULL
/** Range of tick frequencies, Hz. */
#define RATE_MIN_TICKS_HZ 1000000ULL
#define RATE_MAX_TICKS_HZ 10000000000ULL
/** Smallest length that the stated error bound holds for: an IPv4 header without payload. */
#define RATE_MIN_CHARGE_BYTES 20U

/** Wide intermediate of a multiplication; a GNU extension. */
__extension__ typedef unsigned __int128 rate_u128;

/** What a rate counts. */
enum rate_unit {
	RATE_BITS_PER_S, /**< charge = bytes of the packet in the accounting layer */
	RATE_PKTS_PER_S, /**< charge = 1 for every packet */
};

/** Which bytes of a packet a profile pays for. */
enum rate_layer {
	RATE_LAYER_L1, /**< Ethernet frame + 4 FCS + 20 preamble, SFD and inter-frame gap */
	RATE_LAYER_L2, /**< Ethernet frame + 4 FCS */
	RATE_LAYER_L3, /**< IP packet: Ethernet frame - 14 */
};

/** A rate prepared for multiply-shift use. Constant after rate_init(). */
struct rate {
	uint64_t mult;	   /**< stamp units per charge unit, scaled by 2^shift */
	uint8_t shift;	   /**< 0 to 63 */
	uint8_t frac_bits; /**< fraction bits of a stamp, 0 to 24 */
	uint8_t unit;	   /**< enum rate_unit */
	uint64_t value;	   /**< the configured rate: bit/s or packets/s */
	uint64_t ticks_hz; /**< frequency the rate was prepared for, Hz */
};

/**
 * Prepares a rate.
 *
 * @param rate result; unchanged on error
 * @param unit what value counts
 * @param value bit/s in [RATE_MIN_BPS, RATE_MAX_BPS] or packets/s in [RATE_MIN_PPS, RATE_MAX_PPS]
 * @param ticks_hz measured frequency of the caller's clock, Hz
 * @return 0, or -ERANGE when value or ticks_hz is out of range, -EINVAL for an unknown unit
 */
int rate_init(struct rate *rate, enum rate_unit unit, uint64_t value, uint64_t ticks_hz);

/**
 * Bytes to add to the length of an Ethernet frame without FCS (what a driver reports) to get its
 * length in a layer: +24, +4 or -14.
 */
int rate_layer_adjust_bytes(enum rate_layer layer);

/** Longest time that a state may go unused before its stamp could be mistaken for a future one. */
uint64_t rate_max_idle_ticks(const struct rate *rate);

/**
 * Bytes (or packets) that the rate delivers in a time, rounded down; saturates at UINT64_MAX.
 */
uint64_t rate_units_in_ns(const struct rate *rate, uint64_t ns);

/**
 * Cost of a charge.
 *
 * @param charge bytes, or packets for RATE_PKTS_PER_S; at most 2^30
 * @return stamp units, rounded to nearest
 */
static inline uint64_t rate_cost(const struct rate *rate, uint32_t charge)
{
	rate_u128 product = (rate_u128)rate->mult * charge;

	return (uint64_t)((product + (((rate_u128)1 << rate->shift) >> 1)) >> rate->shift);
}

/** The stamp of a time on the caller's clock. */
static inline uint64_t rate_stamp(const struct rate *rate, uint64_t ticks)
{
	return ticks << rate->frac_bits;
}

/** The first tick at or after a stamp, given any tick within half a stamp range of it. */
static inline uint64_t rate_stamp_to_ticks(const struct rate *rate, uint64_t stamp,
					   uint64_t near_ticks)
{
	int64_t ahead = (int64_t)(stamp - rate_stamp(rate, near_ticks));
	int64_t round_up = (int64_t)((1ULL << rate->frac_bits) - 1);

	return near_ticks + (uint64_t)((ahead + round_up) >> rate->frac_bits);
}

#endif
