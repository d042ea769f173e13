#ifndef SHAPER_PACER_H
#define SHAPER_PACER_H

/**
 * @file
 * Pacer: a token bucket kept as one stamp, the time at which it will be full again.
 *
 *     missing tokens(now) = max(full - now, 0)            in stamp units
 *     a packet may leave at now  iff  max(full, now) + cost(len) - now <= cost(burst)
 *     earliest departure         =    full + cost(len) - cost(burst)
 *     after it left              full = max(full, now) + cost(len)
 *
 * which is "tokens >= length" without a refill. rate_cost() is exactly linear, so a full bucket
 * lets exactly `burst` bytes go, however they are cut. Earliest departures follow from the stamp,
 * not from when the last packet really left, so being late costs nothing until the bucket is full.
 *
 * Overflow: cost(burst) < 2^57 stamp units (policer/rate.h), stamps are modulo 2^64, and
 * shaper_pacer_refresh() at least every rate_max_idle_ticks() keeps a stamp from falling so far
 * behind that it would look like the future.
 *
 * A profile of all zeroes never limits: its costs and its burst are 0.
 */

#include "policer/rate.h"

#include <stdbool.h>
#include <stdint.h>

/** A prepared profile. Constant for its users, shared. */
struct shaper_profile {
	struct rate rate;     /**< all zero when there is no limit */
	uint64_t limit_stamp; /**< cost of the burst */
	uint32_t burst_bytes; /**< the burst */
};

/** State of one token bucket. Owner: the shaper's thread. */
struct shaper_pacer {
	uint64_t full_stamp; /**< when the bucket is full again */
};

/**
 * Prepares a profile.
 *
 * @param rate_bps bit/s in [RATE_MIN_BPS, RATE_MAX_BPS], or 0 for a profile that never limits
 * @param burst_bytes at most RATE_MAX_CHARGE_BYTES
 * @return 0 or the error of rate_init()
 */
int shaper_profile_init(struct shaper_profile *profile, uint64_t rate_bps, uint32_t burst_bytes,
			uint64_t ticks_hz);

/**
 * Moves a bucket from one profile to another: it keeps its bytes of tokens, at most the new burst.
 *
 * @param from the profile that the stamp was made for
 * @param to the profile that it is to be used with
 */
void shaper_pacer_convert(struct shaper_pacer *pacer, const struct shaper_profile *from,
			  const struct shaper_profile *to, uint64_t now_ticks);

/** Fills the bucket. */
static inline void shaper_pacer_init(struct shaper_pacer *pacer,
				     const struct shaper_profile *profile, uint64_t now_ticks)
{
	pacer->full_stamp = rate_stamp(&profile->rate, now_ticks);
}

/** The stamp to charge from: max(full, now). */
static inline uint64_t shaper_pacer_start(uint64_t full_stamp, uint64_t now_stamp)
{
	return (int64_t)(full_stamp - now_stamp) > 0 ? full_stamp : now_stamp;
}

/** Keeps the stamp of an idle bucket from getting too old. */
static inline void shaper_pacer_refresh(struct shaper_pacer *pacer,
					const struct shaper_profile *profile, uint64_t now_ticks)
{
	pacer->full_stamp = shaper_pacer_start(pacer->full_stamp,
					       rate_stamp(&profile->rate, now_ticks));
}

/** Tokens at one moment, in stamp units, while several packets take from them. */
struct shaper_tokens {
	uint64_t room;	    /**< tokens left */
	uint64_t unit_cost; /**< of a byte */
};

/** Reads the tokens of a moment. */
static inline struct shaper_tokens shaper_pacer_open(const struct shaper_pacer *pacer,
						     const struct shaper_profile *profile,
						     uint64_t now_ticks)
{
	uint64_t now = rate_stamp(&profile->rate, now_ticks);

	uint64_t ahead = shaper_pacer_start(pacer->full_stamp, now) - now;

	return (struct shaper_tokens){
		/* departures that were late may have taken more than there was */
		.room = ahead < profile->limit_stamp ? profile->limit_stamp - ahead : 0,
		.unit_cost = profile->rate.unit_cost,
	};
}

/** Writes back what is left of the tokens of the same moment. */
static inline void shaper_pacer_close(struct shaper_pacer *pacer,
				      const struct shaper_profile *profile, uint64_t now_ticks,
				      const struct shaper_tokens *tokens)
{
	pacer->full_stamp = rate_stamp(&profile->rate, now_ticks) + profile->limit_stamp -
			    tokens->room;
}

/** Whether a packet may leave now. */
static inline bool shaper_tokens_suffice(const struct shaper_tokens *tokens, uint32_t len_bytes)
{
	return tokens->unit_cost * len_bytes <= tokens->room;
}

/** Charges a packet that leaves now. */
static inline void shaper_tokens_charge(struct shaper_tokens *tokens, uint32_t len_bytes)
{
	tokens->room -= tokens->unit_cost * len_bytes;
}

/** Whether a packet may leave now. */
static inline bool shaper_pacer_conforms(const struct shaper_pacer *pacer,
					 const struct shaper_profile *profile, uint64_t now_ticks,
					 uint32_t len_bytes)
{
	struct shaper_tokens tokens = shaper_pacer_open(pacer, profile, now_ticks);

	return shaper_tokens_suffice(&tokens, len_bytes);
}

/** Charges a packet that leaves now. */
static inline void shaper_pacer_charge(struct shaper_pacer *pacer,
				       const struct shaper_profile *profile, uint64_t now_ticks,
				       uint32_t len_bytes)
{
	uint64_t now = rate_stamp(&profile->rate, now_ticks);

	pacer->full_stamp = shaper_pacer_start(pacer->full_stamp, now) +
			    rate_cost(&profile->rate, len_bytes);
}

/**
 * Earliest departure of a packet, given that no other leaves before it.
 *
 * @return the first tick at which it conforms, now_ticks when that is not in the future
 */
static inline uint64_t shaper_pacer_due_ticks(const struct shaper_pacer *pacer,
					      const struct shaper_profile *profile,
					      uint64_t now_ticks, uint32_t len_bytes)
{
	uint64_t due = pacer->full_stamp + rate_cost(&profile->rate, len_bytes) -
		       profile->limit_stamp;

	if ((int64_t)(due - rate_stamp(&profile->rate, now_ticks)) <= 0)
		return now_ticks;
	return rate_stamp_to_ticks(&profile->rate, due, now_ticks);
}

#endif
