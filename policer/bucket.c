#include "policer/bucket.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>

#define ETHERNET_HEADER_BYTES 14
/* A clock may step back by 1/BACKWARDS_PER_S s without emptying or filling a bucket. */
#define BACKWARDS_PER_S 64

static int check_pkts(const struct policer_params *params, char *why, size_t why_len)
{
	if (params->rate < RATE_MIN_PPS || params->rate > RATE_MAX_PPS) {
		snprintf(why, why_len,
			 "rate %" PRIu64 " packets/s is outside %llu to %llu packets/s",
			 params->rate, RATE_MIN_PPS, RATE_MAX_PPS);
		return -ERANGE;
	}
	if (params->burst < 1 || params->burst > POLICER_MAX_BURST_PKTS) {
		snprintf(why, why_len, "burst %" PRIu64 " packets is outside 1 to %llu packets",
			 params->burst, POLICER_MAX_BURST_PKTS);
		return -ERANGE;
	}
	return 0;
}

static int check_burst(const struct policer_params *params, char *why, size_t why_len)
{
	int framing = ETHERNET_HEADER_BYTES + rate_layer_adjust_bytes(params->layer);
	uint64_t mtu_in_layer = params->mtu_bytes + (uint64_t)framing;

	if (params->mtu_bytes < POLICER_MIN_MTU_BYTES ||
	    params->mtu_bytes > POLICER_MAX_MTU_BYTES) {
		snprintf(why, why_len, "MTU %" PRIu32 " bytes is outside %u to %u bytes",
			 params->mtu_bytes, POLICER_MIN_MTU_BYTES, POLICER_MAX_MTU_BYTES);
		return -ERANGE;
	}
	if (params->burst < mtu_in_layer) {
		snprintf(why, why_len,
			 "burst %" PRIu64 " bytes is below one MTU: %" PRIu32
			 " + %d bytes of framing"
			 " in the accounting layer = %" PRIu64 " bytes at least",
			 params->burst, params->mtu_bytes, framing, mtu_in_layer);
		return -ERANGE;
	}
	if (params->burst > POLICER_MAX_BURST_BYTES) {
		snprintf(why, why_len, "burst %" PRIu64 " bytes is above %llu bytes", params->burst,
			 POLICER_MAX_BURST_BYTES);
		return -ERANGE;
	}
	return 0;
}

static int check_bytes(const struct policer_params *params, char *why, size_t why_len)
{
	if (params->layer > RATE_LAYER_L3) {
		snprintf(why, why_len, "accounting layer %d is none of L1, L2, L3",
			 (int)params->layer);
		return -EINVAL;
	}
	if (params->rate < RATE_MIN_BPS || params->rate > RATE_MAX_BPS) {
		snprintf(why, why_len, "rate %" PRIu64 " bit/s is outside %llu to %llu bit/s",
			 params->rate, RATE_MIN_BPS, RATE_MAX_BPS);
		return -ERANGE;
	}
	return check_burst(params, why, why_len);
}

int policer_params_check(const struct policer_params *params, char *why, size_t why_len)
{
	switch (params->unit) {
	case RATE_BITS_PER_S:
		return check_bytes(params, why, why_len);
	case RATE_PKTS_PER_S:
		return check_pkts(params, why, why_len);
	}
	snprintf(why, why_len, "rate unit %d is neither bit/s nor packets/s", (int)params->unit);
	return -EINVAL;
}

int policer_profile_init(struct policer_profile *profile, const struct policer_params *params,
			 uint64_t ticks_hz)
{
	bool bytes = params->unit == RATE_BITS_PER_S;
	struct rate rate;
	uint64_t limit;
	int err;

	err = policer_params_check(params, NULL, 0);
	if (err != 0)
		return err;
	err = rate_init(&rate, params->unit, params->rate, ticks_hz);
	if (err != 0)
		return err;
	limit = rate_cost(&rate, (uint32_t)params->burst);
	*profile = (struct policer_profile){
		.limit = limit,
		.ahead_max = limit + rate_stamp(&rate, ticks_hz / BACKWARDS_PER_S),
		.unit_cost = bytes ? rate.unit_cost : 0,
		.packet_cost = bytes ? 0 : rate.unit_cost,
		.adjust_bytes = bytes ? rate_layer_adjust_bytes(params->layer) : 0,
		.frac_bits = rate.frac_bits,
		.layer = (uint8_t)params->layer,
		.burst = params->burst,
		.rate = rate,
	};
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
