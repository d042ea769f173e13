#include "policer/srtcm.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>

static struct policer_params bucket_params(const struct policer_srtcm_params *params,
					   uint64_t burst_bytes)
{
	return policer_params_bytes(params->cir_bps, burst_bytes, params->layer, params->mtu_bytes);
}

int policer_srtcm_params_check(const struct policer_srtcm_params *params, char *why, size_t why_len)
{
	struct policer_params c = bucket_params(params, params->cbs_bytes);
	struct policer_params e = bucket_params(params, params->ebs_bytes);
	int err = 0;

	if (c.burst == 0 && e.burst == 0) {
		snprintf(why, why_len,
			 "CBS and EBS are both 0 bytes, so every packet would be red:"
			 " at least one must hold one MTU");
		return -EINVAL;
	}
	if (c.burst != 0)
		err = policer_params_check_as(&c, "CIR", "CBS", why, why_len);
	if (err == 0 && e.burst != 0)
		err = policer_params_check_as(&e, "CIR", "EBS", why, why_len);
	return err;
}

int policer_srtcm_profile_init(struct policer_srtcm_profile *profile,
			       const struct policer_srtcm_params *params, uint64_t ticks_hz)
{
	struct policer_params c = bucket_params(params, params->cbs_bytes);
	struct rate cir;
	int err;

	err = policer_srtcm_params_check(params, NULL, 0);
	if (err != 0)
		return err;
	err = rate_init(&cir, RATE_BITS_PER_S, params->cir_bps, ticks_hz);
	if (err != 0)
		return err;
	policer_profile_prepare(&profile->c, &c, &cir);
	profile->e_limit = rate_cost(&cir, (uint32_t)params->ebs_bytes);
	profile->ebs_bytes = params->ebs_bytes;
	profile->colour_mask = policer_colour_mask(params->colour_aware);
	return 0;
}

void policer_srtcm_init(struct policer_srtcm *state, const struct policer_srtcm_profile *profile,
			uint64_t now_ticks)
{
	policer_bucket_init(&state->c, &profile->c, now_ticks);
	state->e_held = profile->e_limit;
}

void policer_srtcm_convert(struct policer_srtcm *state, const struct policer_srtcm_profile *from,
			   const struct policer_srtcm_profile *to, uint64_t now_ticks)
{
	rate_u128 e_tokens;

	policer_srtcm_refresh(from, state, now_ticks);
	e_tokens = (rate_u128)state->e_held * to->c.rate.unit_cost / from->c.rate.unit_cost;
	state->e_held = e_tokens < to->e_limit ? (uint64_t)e_tokens : to->e_limit;
	policer_bucket_convert(&state->c, &from->c, &to->c, now_ticks);
}
