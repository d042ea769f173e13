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
 * The cost of one charge unit is a whole number of stamp units, so costs are exactly linear: what
 * n packets cost together is what one packet of all their bytes costs, and a burst of B bytes
 * holds exactly B bytes however they are cut into packets. One 64-bit multiplication per packet.
 *
 * The only rounding is that of the unit cost itself, once, at preparation: frac_bits is the
 * smallest number that brings the rate within RATE_MAX_ERROR_PPB of the configured one, and
 * rate_error_ppb() tells by how much it is off. Nothing accumulates on top of that.
 *
 * Bounds: a unit cost with a fraction is at most 2^21; without one it is below 2^27 per byte
 * (10 GHz * 8 / 1 kbit/s) and below 2^34 per packet (10 GHz / 1 packet/s). RATE_MAX_CHARGE_BYTES
 * and RATE_MAX_CHARGE_PKTS keep every cost at or below 2^57. A stamp range lasts at least 2^43
 * charge units: 176 s at 400 Gbit/s, over an hour below 19 Gbit/s, over two years at 1 Mbit/s.
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
/** Largest difference between a configured and a prepared rate, parts per 10^9. */
#define RATE_MAX_ERROR_PPB 477
/** Largest charges of one call to rate_cost(): what the overflow bounds above rest on. */
#define RATE_MAX_CHARGE_BYTES (1U << 30)
#define RATE_MAX_CHARGE_PKTS 10000000U

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

/** A rate prepared for use. Constant after rate_init(). */
struct rate {
	uint64_t unit_cost; /**< stamp units per byte, or per packet; 1 to 2^34 */
	uint8_t frac_bits;  /**< fraction bits of a stamp, 0 to 36 */
	uint8_t unit;	    /**< enum rate_unit */
	uint64_t value;	    /**< the configured rate: bit/s or packets/s */
	uint64_t ticks_hz;  /**< frequency the rate was prepared for, Hz */
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

/** How much faster the prepared rate is than the configured one, parts per 10^9, to nearest. */
int64_t rate_error_ppb(const struct rate *rate);

/**
 * Bytes to add to the length of an Ethernet frame without FCS (what a driver reports) to get its
 * length in a layer: +24, +4 or -14.
 */
int rate_layer_adjust_bytes(enum rate_layer layer);

/**
 * Longest time that a state may go unused before its stamp could be mistaken for a future one; at
 * least 43 s. Whoever owns states sweeps them more often than that.
 */
uint64_t rate_max_idle_ticks(const struct rate *rate);

/**
 * Bytes (or packets) that the configured rate delivers in a time, rounded down; saturates at
 * UINT64_MAX.
 */
uint64_t rate_units_in_ns(const struct rate *rate, uint64_t ns);

/**
 * Cost of a charge, exact.
 *
 * @param charge bytes, or packets for RATE_PKTS_PER_S; at most RATE_MAX_CHARGE_BYTES or _PKTS
 * @return stamp units
 */
static inline uint64_t rate_cost(const struct rate *rate, uint32_t charge)
{
	return rate->unit_cost * charge;
}

/** Charge (bytes or packets) that a cost in stamp units pays for completely. */
static inline uint64_t rate_charge_floor(const struct rate *rate, uint64_t cost)
{
	return cost / rate->unit_cost;
}

/** Smallest charge (bytes or packets) that costs at least so many stamp units. */
static inline uint64_t rate_charge_ceil(const struct rate *rate, uint64_t cost)
{
	return cost / rate->unit_cost + (cost % rate->unit_cost != 0);
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
