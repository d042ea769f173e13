#ifndef POLICER_BUCKET_H
#define POLICER_BUCKET_H

/**
 * @file
 * Token bucket: a single rate, two colours, 8 bytes of state.
 *
 * Definition. A bucket holds at most `burst` tokens (bytes, or packets), starts full and gains
 * `rate` tokens per second. A packet of length B conforms iff tokens - B >= 0; then the tokens
 * fall by B, otherwise nothing changes (RFC 2697 section 3 with EBS = 0).
 *
 * Formulation. The state is the theoretical arrival time (TAT): the stamp at which the bucket is
 * full again. With ahead = max(TAT - now, 0) and room = cost(burst) - ahead,
 *
 *     tokens = room / unit_cost;    conforms iff cost(B) <= room;    then TAT += cost(B)
 *
 * One multiplication, no division, no refill. Costs are exactly linear (policer/rate.h) and stamps
 * are whole numbers, so with the prepared rate every verdict is that of real-number arithmetic:
 * there is no rounding per packet.
 *
 * Idle time. Stamps live modulo 2^64. A TAT is never further in the future than cost(burst), so
 * only a TAT within ahead_max = cost(burst) + 1/64 s counts as future and everything else is the
 * past, i.e. a full bucket: nearly the whole range of 2^64 stamps (3 minutes at 400 Gbit/s in the
 * worst case, typically an hour; years below 1 Mbit/s). No 8 bytes can do better: they would have
 * to tell apart more moments at this resolution than they have values. So the owner calls
 * policer_bucket_refresh() on each bucket at least once per policer_profile_max_idle_ticks() (43 s
 * at the least); then any idle time and any wrap of the tick counter are harmless. Every packet
 * refreshes its bucket, too. An owner that forgets risks little: once per wrap, for the last
 * ahead_max of it, an idle bucket would be taken for one that is up to ahead_max short of full.
 *
 * Time. now_ticks must not run backwards between two calls for the same bucket. A step back of up
 * to 1/64 s costs its user that time's worth of tokens until time has caught up, and nothing else.
 *
 * Threads. A profile is constant and may be shared. A bucket belongs to one thread.
 */

#include "policer/branchless.h"
#include "policer/params.h"
#include "policer/rate.h"

#include <stdbool.h>
#include <stdint.h>

/** Most packets of one policer_bucket_take_burst(). */
#define POLICER_MAX_TAKE_BURST 64U

/** Prepared parameters. Constant after policer_profile_init(); shared by any number of buckets. */
struct policer_profile {
	uint64_t limit;	      /**< cost of the burst, stamp units, at most 2^57 */
	uint64_t ahead_max;   /**< furthest that a TAT may lie in the future, stamp units */
	uint64_t unit_cost;   /**< stamp units per byte of the layer; 0 when packets count */
	uint64_t packet_cost; /**< stamp units per packet; 0 when bytes count */
	int32_t adjust_bytes; /**< frame without FCS -> layer: +24, +4 or -14 */
	uint8_t frac_bits;    /**< fraction bits of a stamp */
	uint8_t layer;	      /**< enum rate_layer */
	uint64_t burst;	      /**< effective burst, bytes or packets: the configured one */
	struct rate rate;     /**< the prepared rate; rate_error_ppb() tells its rounding */
};

/** State of one bucket. Writer and only reader: the thread that polices. */
struct policer_bucket {
	uint64_t tat; /**< stamp at which the bucket is (or was) full */
};

/**
 * Prepares a profile.
 *
 * @param profile result; unchanged on error
 * @param ticks_hz frequency of the caller's clock, Hz [RATE_MIN_TICKS_HZ, RATE_MAX_TICKS_HZ]
 * @return 0 or what policer_params_check() and rate_init() return
 */
int policer_profile_init(struct policer_profile *profile, const struct policer_params *params,
			 uint64_t ticks_hz);

/**
 * Prepares a profile from a rate and parameters that were checked; the burst may be 0, which only
 * makes sense as one part of a marker.
 */
void policer_profile_prepare(struct policer_profile *profile, const struct policer_params *params,
			     const struct rate *rate);

/** Starts a bucket, full. */
void policer_bucket_init(struct policer_bucket *bucket, const struct policer_profile *profile,
			 uint64_t now_ticks);

/** Tokens in the bucket, bytes or packets, rounded down. For display and tests. */
uint64_t policer_bucket_tokens(const struct policer_profile *profile,
			       const struct policer_bucket *bucket, uint64_t now_ticks);

/**
 * Carries a bucket over to an edited profile: the tokens stay, at most the new burst. When the
 * unit changes (bytes to packets or back) the bucket starts full. The owner calls it once, at the
 * moment of the switch.
 */
void policer_bucket_convert(struct policer_bucket *bucket, const struct policer_profile *from,
			    const struct policer_profile *to, uint64_t now_ticks);

/** Longest time between two calls of policer_bucket_refresh() or policer_bucket_take(). */
static inline uint64_t policer_profile_max_idle_ticks(const struct policer_profile *profile)
{
	return rate_max_idle_ticks(&profile->rate);
}

/**
 * Length of a frame in the profile's layer, bytes.
 *
 * A frame shorter than the 14 bytes that RATE_LAYER_L3 takes off wraps to just below 2^32, more
 * than any burst: it never conforms and never lends tokens.
 */
static inline uint32_t policer_profile_bytes(const struct policer_profile *profile,
					     uint32_t frame_len_bytes)
{
	return frame_len_bytes + (uint32_t)profile->adjust_bytes;
}

/** Cost of a packet, stamp units, below 2^60. */
static inline uint64_t policer_profile_cost(const struct policer_profile *profile,
					    uint32_t frame_len_bytes)
{
	return profile->unit_cost * policer_profile_bytes(profile, frame_len_bytes) +
	       profile->packet_cost;
}

/** Tokens at a time, in stamp units; negative (as int64_t) only after the clock stepped back. */
static inline uint64_t policer_bucket_room(const struct policer_profile *profile,
					   const struct policer_bucket *bucket, uint64_t now_stamp)
{
	uint64_t room = profile->limit + now_stamp - bucket->tat;

	return policer_if_above(bucket->tat - now_stamp, profile->ahead_max, profile->limit, room);
}

/** Keeps an idle bucket's stamp fresh; changes no verdict. Owner's housekeeping. */
static inline void policer_bucket_refresh(const struct policer_profile *profile,
					  struct policer_bucket *bucket, uint64_t now_ticks)
{
	uint64_t now = now_ticks << profile->frac_bits;

	bucket->tat = now + profile->limit - policer_bucket_room(profile, bucket, now);
}

/**
 * Takes one packet's tokens.
 *
 * @param now_ticks time of the packet, or of its whole reception burst
 * @param frame_len_bytes Ethernet frame without FCS, as a driver reports it; the profile applies
 *                        its layer
 * @return whether the packet conforms; nothing is taken otherwise
 */
static inline bool policer_bucket_take(const struct policer_profile *profile,
				       struct policer_bucket *bucket, uint64_t now_ticks,
				       uint32_t frame_len_bytes)
{
	uint64_t now = now_ticks << profile->frac_bits;
	uint64_t cost = policer_profile_cost(profile, frame_len_bytes);
	uint64_t room = profile->limit;
	bool full_taken = policer_take_room(&room, cost);

	return policer_move_tat(&bucket->tat, now, profile->ahead_max, cost,
				now + profile->limit - cost, now + profile->limit - room,
				full_taken);
}

/**
 * Gives back what policer_bucket_take() took for a packet that a later stage refused, so that the
 * packet costs nothing at all. Only for a packet that conformed at the same now_ticks.
 */
static inline void policer_bucket_give(const struct policer_profile *profile,
				       struct policer_bucket *bucket, uint32_t frame_len_bytes)
{
	bucket->tat -= policer_profile_cost(profile, frame_len_bytes);
}

/**
 * Least cost that a packet of at least so many bytes can have, stamp units. Below the layer's
 * header a length wraps: such a frame conforms to nothing, but longer ones cost less.
 */
static inline uint64_t policer_profile_least_cost(const struct policer_profile *profile,
						  uint32_t shortest_len_bytes)
{
	return (int64_t)shortest_len_bytes + profile->adjust_bytes < 0
		       ? 0
		       : policer_profile_cost(profile, shortest_len_bytes);
}

/**
 * Takes the tokens of packets that arrived at one time, in order; the same verdicts as one
 * policer_bucket_take() each, without a memory round trip between them. Ends with the tokens: where
 * not even the shortest packet conforms any more, the lengths of the others do not matter.
 *
 * @param frame_len_bytes lengths of count Ethernet frames without FCS
 * @param shortest_len_bytes none of them is shorter
 * @param count at most POLICER_MAX_TAKE_BURST
 * @return bit i set iff packet i conforms
 */
static inline uint64_t policer_bucket_take_burst(const struct policer_profile *profile,
						 struct policer_bucket *bucket, uint64_t now_ticks,
						 const uint32_t *frame_len_bytes,
						 uint32_t shortest_len_bytes, unsigned count)
{
	uint64_t now = now_ticks << profile->frac_bits;
	uint64_t room = policer_bucket_room(profile, bucket, now);
	uint64_t least_cost = policer_profile_least_cost(profile, shortest_len_bytes);
	uint64_t conforming = 0;

	for (unsigned i = 0; i < count && (int64_t)(room - least_cost) >= 0; i++) {
		uint64_t cost = policer_profile_cost(profile, frame_len_bytes[i]);

		conforming |= (uint64_t)policer_take_room(&room, cost) << i;
	}
	bucket->tat = now + profile->limit - room;
	return conforming;
}

/**
 * Takes the tokens of packets that arrived at one time if all of them conform, else none: then
 * policer_bucket_take_burst() tells which do. Costs are not negative, so all conform in order iff
 * their sum does; what it needs of the packets is cheaper to gather than a verdict on each.
 *
 * @param frames_len_bytes sum of the lengths of count Ethernet frames without FCS
 * @param shortest_len_bytes length of the shortest of them
 * @param count at most POLICER_MAX_TAKE_BURST
 */
static inline bool policer_bucket_take_all(const struct policer_profile *profile,
					   struct policer_bucket *bucket, uint64_t now_ticks,
					   uint32_t frames_len_bytes, uint32_t shortest_len_bytes,
					   unsigned count)
{
	uint64_t now = now_ticks << profile->frac_bits;
	uint64_t room = policer_bucket_room(profile, bucket, now);
	uint32_t layer_bytes = frames_len_bytes + count * (uint32_t)profile->adjust_bytes;
	uint64_t cost = profile->unit_cost * layer_bytes + profile->packet_cost * count;

	/* below the layer's header a length wraps: the frame conforms to nothing */
	if ((int64_t)shortest_len_bytes + profile->adjust_bytes < 0 || (int64_t)(room - cost) < 0)
		return false;
	bucket->tat = now + profile->limit - (room - cost);
	return true;
}

#endif
