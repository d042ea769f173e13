#include "policer/trtcm4115.h"

#include <stddef.h>

static struct policer_params c_params(const struct policer_trtcm4115_params *params)
{
	return policer_params_bytes(params->cir_bps, params->cbs_bytes, params->layer,
				    params->mtu_bytes);
}

static struct policer_params e_params(const struct policer_trtcm4115_params *params)
{
	return policer_params_bytes(params->eir_bps, params->ebs_bytes, params->layer,
				    params->mtu_bytes);
}

int policer_trtcm4115_params_check(const struct policer_trtcm4115_params *params, char *why,
				   size_t why_len)
{
	struct policer_params c = c_params(params);
	struct policer_params e = e_params(params);
	int err;

	err = policer_params_check_as(&c, "CIR", "CBS", why, why_len);
	if (err != 0)
		return err;
	return policer_params_check_as(&e, "EIR", "EBS", why, why_len);
}

int policer_trtcm4115_profile_init(struct policer_trtcm4115_profile *profile,
				   const struct policer_trtcm4115_params *params, uint64_t ticks_hz)
{
	struct policer_params c = c_params(params);
	struct policer_params e = e_params(params);
	struct policer_trtcm4115_profile built = {
		.colour_mask = policer_colour_mask(params->colour_aware),
	};
	int err;

	err = policer_trtcm4115_params_check(params, NULL, 0);
	if (err == 0)
		err = policer_profile_init(&built.c, &c, ticks_hz);
	if (err == 0)
		err = policer_profile_init(&built.e, &e, ticks_hz);
	if (err == 0)
		*profile = built;
	return err;
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
