#include "policer/trtcm.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>

static struct policer_params c_params(const struct policer_trtcm_params *params)
{
	return policer_params_bytes(params->cir_bps, params->cbs_bytes, params->layer,
				    params->mtu_bytes);
}

static struct policer_params p_params(const struct policer_trtcm_params *params)
{
	return policer_params_bytes(params->pir_bps, params->pbs_bytes, params->layer,
				    params->mtu_bytes);
}

int policer_trtcm_params_check(const struct policer_trtcm_params *params, char *why, size_t why_len)
{
	struct policer_params c = c_params(params);
	struct policer_params p = p_params(params);
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
	struct policer_params c = c_params(params);
	struct policer_params p = p_params(params);
	struct policer_trtcm_profile built = {
		.colour_mask = policer_colour_mask(params->colour_aware),
	};
	int err;

	err = policer_trtcm_params_check(params, NULL, 0);
	if (err == 0)
		err = policer_profile_init(&built.c, &c, ticks_hz);
	if (err == 0)
		err = policer_profile_init(&built.p, &p, ticks_hz);
	if (err == 0)
		*profile = built;
	return err;
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
