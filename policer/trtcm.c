#include "policer/trtcm.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>

static struct policer_params bucket_params(const struct policer_trtcm_params *params,
					   uint64_t rate_bps, uint64_t burst_bytes)
{
	return (struct policer_params){
		.unit = RATE_BITS_PER_S,
		.rate = rate_bps,
		.burst = burst_bytes,
		.layer = params->layer,
		.mtu_bytes = params->mtu_bytes,
	};
}

int policer_trtcm_params_check(const struct policer_trtcm_params *params, char *why, size_t why_len)
{
	struct policer_params c = bucket_params(params, params->cir_bps, params->cbs_bytes);
	struct policer_params p = bucket_params(params, params->pir_bps, params->pbs_bytes);
	int err;

	err = policer_params_check_as(&c, "CIR", "CBS", why, why_len);
	if (err != 0)
		return err;
	err = policer_params_check_as(&p, "PIR", "PBS", why, why_len);
	if (err != 0)
		return err;
	if (params->pir_bps < params->cir_bps) {
		snprintf(why, why_len,
			 "PIR %" PRIu64 " bit/s is below CIR %" PRIu64 " bit/s by %" PRIu64
			 " bit/s: the peak rate must be at least the committed rate",
			 params->pir_bps, params->cir_bps, params->cir_bps - params->pir_bps);
		return -EINVAL;
	}
	return 0;
}

int policer_trtcm_profile_init(struct policer_trtcm_profile *profile,
			       const struct policer_trtcm_params *params, uint64_t ticks_hz)
{
	struct policer_params c = bucket_params(params, params->cir_bps, params->cbs_bytes);
	struct policer_params p = bucket_params(params, params->pir_bps, params->pbs_bytes);
	struct rate cir, pir;
	int err;

	err = policer_trtcm_params_check(params, NULL, 0);
	if (err != 0)
		return err;
	err = rate_init(&cir, RATE_BITS_PER_S, params->cir_bps, ticks_hz);
	if (err != 0)
		return err;
	err = rate_init(&pir, RATE_BITS_PER_S, params->pir_bps, ticks_hz);
	if (err != 0)
		return err;
	policer_profile_prepare(&profile->c, &c, &cir);
	policer_profile_prepare(&profile->p, &p, &pir);
	profile->colour_mask = policer_colour_mask(params->colour_aware);
	return 0;
}

void policer_trtcm_init(struct policer_trtcm *state, const struct policer_trtcm_profile *profile,
			uint64_t now_ticks)
{
	policer_bucket_init(&state->c, &profile->c, now_ticks);
	policer_bucket_init(&state->p, &profile->p, now_ticks);
}

void policer_trtcm_convert(struct policer_trtcm *state, const struct policer_trtcm_profile *from,
			   const struct policer_trtcm_profile *to, uint64_t now_ticks)
{
	policer_bucket_convert(&state->c, &from->c, &to->c, now_ticks);
	policer_bucket_convert(&state->p, &from->p, &to->p, now_ticks);
}
