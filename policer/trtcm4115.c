#include "policer/trtcm4115.h"

#include <stddef.h>

static struct policer_params bucket_params(const struct policer_trtcm4115_params *params,
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

int policer_trtcm4115_params_check(const struct policer_trtcm4115_params *params, char *why,
				   size_t why_len)
{
	struct policer_params c = bucket_params(params, params->cir_bps, params->cbs_bytes);
	struct policer_params e = bucket_params(params, params->eir_bps, params->ebs_bytes);
	int err;

	err = policer_params_check_as(&c, "CIR", "CBS", why, why_len);
	if (err != 0)
		return err;
	return policer_params_check_as(&e, "EIR", "EBS", why, why_len);
}

int policer_trtcm4115_profile_init(struct policer_trtcm4115_profile *profile,
				   const struct policer_trtcm4115_params *params, uint64_t ticks_hz)
{
	struct policer_params c = bucket_params(params, params->cir_bps, params->cbs_bytes);
	struct policer_params e = bucket_params(params, params->eir_bps, params->ebs_bytes);
	struct rate cir, eir;
	int err;

	err = policer_trtcm4115_params_check(params, NULL, 0);
	if (err != 0)
		return err;
	err = rate_init(&cir, RATE_BITS_PER_S, params->cir_bps, ticks_hz);
	if (err != 0)
		return err;
	err = rate_init(&eir, RATE_BITS_PER_S, params->eir_bps, ticks_hz);
	if (err != 0)
		return err;
	policer_profile_prepare(&profile->c, &c, &cir);
	policer_profile_prepare(&profile->e, &e, &eir);
	profile->colour_mask = policer_colour_mask(params->colour_aware);
	return 0;
}

void policer_trtcm4115_init(struct policer_trtcm4115 *state,
			    const struct policer_trtcm4115_profile *profile, uint64_t now_ticks)
{
	policer_bucket_init(&state->c, &profile->c, now_ticks);
	policer_bucket_init(&state->e, &profile->e, now_ticks);
}

void policer_trtcm4115_convert(struct policer_trtcm4115 *state,
			       const struct policer_trtcm4115_profile *from,
			       const struct policer_trtcm4115_profile *to, uint64_t now_ticks)
{
	policer_bucket_convert(&state->c, &from->c, &to->c, now_ticks);
	policer_bucket_convert(&state->e, &from->e, &to->e, now_ticks);
}
