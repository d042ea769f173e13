#include "policer/bucket.h"

#include <stddef.h>

/* A clock may step back by 1/BACKWARDS_PER_S s without emptying or filling a bucket. */
#define BACKWARDS_PER_S 64

void policer_profile_prepare(struct policer_profile *profile, const struct policer_params *params,
			     const struct rate *rate)
{
	bool bytes = rate->unit == RATE_BITS_PER_S;
	uint64_t limit = rate_cost(rate, (uint32_t)params->burst);

	*profile = (struct policer_profile){
		.limit = limit,
		.ahead_max = limit + rate_stamp(rate, rate->ticks_hz / BACKWARDS_PER_S),
		.unit_cost = bytes ? rate->unit_cost : 0,
		.packet_cost = bytes ? 0 : rate->unit_cost,
		.adjust_bytes = rate_layer_adjust_bytes(params->layer),
		.frac_bits = rate->frac_bits,
		.layer = (uint8_t)params->layer,
		.burst = params->burst,
		.rate = *rate,
	};
}

int policer_profile_init(struct policer_profile *profile, const struct policer_params *params,
			 uint64_t ticks_hz)
{
	struct rate rate;
	int err;

	err = policer_params_check(params, NULL, 0);
	if (err != 0)
		return err;
	err = rate_init(&rate, params->unit, params->rate, ticks_hz);
	if (err != 0)
		return err;
	policer_profile_prepare(profile, params, &rate);
	return 0;
}

void policer_bucket_init(struct policer_bucket *bucket, const struct policer_profile *profile,
			 uint64_t now_ticks)
{
	bucket->tat = rate_stamp(&profile->rate, now_ticks);
}

static uint64_t tokens_cost(const struct policer_profile *profile,
			    const struct policer_bucket *bucket, uint64_t now_ticks)
{
	int64_t room = (int64_t)policer_bucket_room(profile, bucket,
						    rate_stamp(&profile->rate, now_ticks));

	return room > 0 ? (uint64_t)room : 0;
}

uint64_t policer_bucket_tokens(const struct policer_profile *profile,
			       const struct policer_bucket *bucket, uint64_t now_ticks)
{
	return rate_charge_floor(&profile->rate, tokens_cost(profile, bucket, now_ticks));
}

void policer_bucket_convert(struct policer_bucket *bucket, const struct policer_profile *from,
			    const struct policer_profile *to, uint64_t now_ticks)
{
	rate_u128 tokens = (rate_u128)tokens_cost(from, bucket, now_ticks) * to->rate.unit_cost /
			   from->rate.unit_cost;

	if (from->rate.unit != to->rate.unit || tokens > to->limit)
		tokens = to->limit;
	bucket->tat = rate_stamp(&to->rate, now_ticks) + to->limit - (uint64_t)tokens;
}
