#ifndef TESTS_POLICER_REFERENCE_H
#define TESTS_POLICER_REFERENCE_H

/**
 * @file
 * Token buckets straight from the RFCs' words, in exact arithmetic: tokens are counted, not times.
 *
 * A level is a rational number of bytes with a fixed denominator, kept as its numerator in 128
 * bits. A bucket of configured rate R bit/s on a clock of H Hz gains R / (8 H) bytes per tick, so
 * with the denominator 8 H a tick adds R and a byte costs 8 H: all whole numbers. With a prepared
 * rate (unit cost c, f fraction bits) the denominator is c, a tick adds 2^f and a byte costs c.
 *
 * Largest numbers: 10^9 bytes * 8 * 10^10 < 2^67 for a level, 2^39 * 2^64 for what an idle time
 * adds; both far below 2^128.
 */

#include "policer/policer.h"

#include <stdbool.h>
#include <stdint.h>

struct ref_bucket {
	rate_u128 level, size; /* numerators */
	rate_u128 per_unit;    /* cost of one byte or packet */
	uint64_t per_tick;
	rate_u128 drift; /* what the rate delivered since reference_forget_drift() */
};

struct reference {
	enum policer_kind kind;
	bool colour_aware;
	int adjust_bytes;
	uint64_t last_ticks;
	struct ref_bucket first, second; /* C, and P or E */
	/* Whether a comparison of the last packet was decided by at most 10^-6 of the drift. */
	bool close;
};

static inline void ref_bucket_init(struct ref_bucket *bucket, const struct rate *rate,
				   uint64_t burst, bool configured_rate)
{
	uint64_t bits = rate->unit == RATE_BITS_PER_S ? 8 : 1;

	bucket->per_unit = configured_rate ? (rate_u128)rate->ticks_hz * bits : rate->unit_cost;
	bucket->per_tick = configured_rate ? rate->value : 1ULL << rate->frac_bits;
	bucket->size = bucket->per_unit * burst;
	bucket->level = bucket->size;
	bucket->drift = 0;
}

/* Adds tokens; returns those that did not fit. */
static inline rate_u128 ref_bucket_fill(struct ref_bucket *bucket, rate_u128 tokens)
{
	rate_u128 space = bucket->size - bucket->level;

	if (tokens <= space) {
		bucket->level += tokens;
		return 0;
	}
	bucket->level = bucket->size;
	return tokens - space;
}

static inline bool ref_bucket_holds(struct reference *ref, const struct ref_bucket *bucket,
				    uint64_t charge)
{
	rate_u128 cost = bucket->per_unit * charge;
	rate_u128 margin = cost > bucket->level ? cost - bucket->level : bucket->level - cost;

	if (margin * 1000000 <= bucket->drift)
		ref->close = true;
	return bucket->level >= cost;
}

static inline void reference_init(struct reference *ref, const struct policer *policer,
				  const struct policer_spec *spec, uint64_t now_ticks,
				  bool configured_rate)
{
	*ref = (struct reference){
		.kind = spec->kind,
		.colour_aware = spec->colour_aware,
		.adjust_bytes = rate_layer_adjust_bytes(spec->layer),
		.last_ticks = now_ticks,
	};
	if (spec->kind == POLICER_SINGLE_RATE || spec->kind == POLICER_PKT_RATE)
		ref_bucket_init(&ref->first, &policer->single.rate, spec->cbs, configured_rate);
	if (spec->kind == POLICER_SRTCM) {
		const struct rate *cir = &policer->srtcm.c.rate;

		ref_bucket_init(&ref->first, cir, spec->cbs, configured_rate);
		ref_bucket_init(&ref->second, cir, spec->second_bytes, configured_rate);
	}
	if (spec->kind == POLICER_TRTCM) {
		const struct policer_trtcm_profile *profile = &policer->trtcm;

		ref_bucket_init(&ref->first, &profile->c.rate, spec->cbs, configured_rate);
		ref_bucket_init(&ref->second, &profile->p.rate, spec->second_bytes,
				configured_rate);
	}
	if (spec->kind == POLICER_TRTCM4115) {
		const struct policer_trtcm4115_profile *profile = &policer->trtcm4115;

		ref_bucket_init(&ref->first, &profile->c.rate, spec->cbs, configured_rate);
		ref_bucket_init(&ref->second, &profile->e.rate, spec->second_bytes,
				configured_rate);
	}
}

static inline void reference_forget_drift(struct reference *ref)
{
	ref->first.drift = 0;
	ref->second.drift = 0;
}

static inline bool reference_full(const struct reference *ref)
{
	return ref->first.level == ref->first.size && ref->second.level == ref->second.size;
}

/* Lets time pass. Only RFC 2697 hands the first bucket's overflow to the second. */
static inline void reference_advance(struct reference *ref, uint64_t now_ticks)
{
	uint64_t dt = now_ticks - ref->last_ticks;
	rate_u128 first = (rate_u128)ref->first.per_tick * dt;
	rate_u128 second = (rate_u128)ref->second.per_tick * dt;
	rate_u128 overflow = ref_bucket_fill(&ref->first, first);

	ref_bucket_fill(&ref->second, ref->kind == POLICER_SRTCM ? overflow : second);
	ref->first.drift += first;
	ref->second.drift += second;
	ref->last_ticks = now_ticks;
}

static inline enum policer_colour ref_take(struct ref_bucket *bucket, uint64_t charge,
					   enum policer_colour colour)
{
	bucket->level -= bucket->per_unit * charge;
	return colour;
}

/* One packet, after reference_advance(). */
static inline enum policer_colour reference_check(struct reference *ref, uint32_t frame_len_bytes,
						  enum policer_colour in)
{
	int64_t bytes = (int64_t)frame_len_bytes + ref->adjust_bytes;
	uint64_t charge = ref->kind == POLICER_PKT_RATE ? 1 : (uint64_t)bytes;

	ref->close = false;
	if (!ref->colour_aware)
		in = POLICER_GREEN;
	if (bytes < 0 && ref->kind != POLICER_PKT_RATE)
		return POLICER_RED;
	switch (ref->kind) {
	case POLICER_SINGLE_RATE:
	case POLICER_PKT_RATE:
		if (ref_bucket_holds(ref, &ref->first, charge))
			return ref_take(&ref->first, charge, POLICER_GREEN);
		return POLICER_RED;
	case POLICER_SRTCM:
	case POLICER_TRTCM4115:
		if (in == POLICER_GREEN && ref_bucket_holds(ref, &ref->first, charge))
			return ref_take(&ref->first, charge, POLICER_GREEN);
		if (in != POLICER_RED && ref_bucket_holds(ref, &ref->second, charge))
			return ref_take(&ref->second, charge, POLICER_YELLOW);
		return POLICER_RED;
	case POLICER_TRTCM:
		if (in == POLICER_RED || !ref_bucket_holds(ref, &ref->second, charge))
			return POLICER_RED;
		if (in == POLICER_YELLOW || !ref_bucket_holds(ref, &ref->first, charge))
			return ref_take(&ref->second, charge, POLICER_YELLOW);
		ref_take(&ref->first, charge, POLICER_GREEN);
		return ref_take(&ref->second, charge, POLICER_GREEN);
	default:
		return POLICER_GREEN;
	}
}

#endif
