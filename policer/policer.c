#include "policer/policer.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>

static const char *const kind_names[] = {
	[POLICER_NONE] = "policer of kind none",    [POLICER_SINGLE_RATE] = "single-rate policer",
	[POLICER_PKT_RATE] = "packet-rate policer", [POLICER_SRTCM] = "srTCM (RFC 2697)",
	[POLICER_TRTCM] = "trTCM (RFC 2698)",	    [POLICER_TRTCM4115] = "trTCM (RFC 4115)",
};

static const char *const colour_names[] = {
	[POLICER_GREEN] = "green",
	[POLICER_YELLOW] = "yellow",
	[POLICER_RED] = "red",
};

static struct policer_params single_params(const struct policer_spec *spec)
{
	return (struct policer_params){
		.unit = spec->kind == POLICER_PKT_RATE ? RATE_PKTS_PER_S : RATE_BITS_PER_S,
		.rate = spec->cir,
		.burst = spec->cbs,
		.layer = spec->layer,
		.mtu_bytes = spec->mtu_bytes,
	};
}

static struct policer_srtcm_params srtcm_params(const struct policer_spec *spec)
{
	return (struct policer_srtcm_params){
		.cir_bps = spec->cir,
		.cbs_bytes = spec->cbs,
		.ebs_bytes = spec->second_bytes,
		.layer = spec->layer,
		.mtu_bytes = spec->mtu_bytes,
		.colour_aware = spec->colour_aware,
	};
}

static struct policer_trtcm_params trtcm_params(const struct policer_spec *spec)
{
	return (struct policer_trtcm_params){
		.cir_bps = spec->cir,
		.cbs_bytes = spec->cbs,
		.pir_bps = spec->second_bps,
		.pbs_bytes = spec->second_bytes,
		.layer = spec->layer,
		.mtu_bytes = spec->mtu_bytes,
		.colour_aware = spec->colour_aware,
	};
}

static struct policer_trtcm4115_params trtcm4115_params(const struct policer_spec *spec)
{
	return (struct policer_trtcm4115_params){
		.cir_bps = spec->cir,
		.cbs_bytes = spec->cbs,
		.eir_bps = spec->second_bps,
		.ebs_bytes = spec->second_bytes,
		.layer = spec->layer,
		.mtu_bytes = spec->mtu_bytes,
		.colour_aware = spec->colour_aware,
	};
}

static bool colour_occurs(const struct policer_spec *spec, enum policer_colour colour)
{
	switch (spec->kind) {
	case POLICER_NONE:
		return colour == POLICER_GREEN;
	case POLICER_SINGLE_RATE:
	case POLICER_PKT_RATE:
		return colour != POLICER_YELLOW;
	case POLICER_SRTCM:
		return (colour != POLICER_GREEN || spec->cbs != 0) &&
		       (colour != POLICER_YELLOW || spec->second_bytes != 0);
	default:
		return true;
	}
}

/* Only a remark says that its author expects the colour; pass and drop are harmless defaults. */
static int check_action(const struct policer_spec *spec, enum policer_colour colour, char *why,
			size_t why_len)
{
	const struct policer_colour_action *action = &spec->actions[colour];

	if (action->action > POLICER_DROP) {
		snprintf(why, why_len, "action %u of %s is none of pass, remark, drop",
			 action->action, colour_names[colour]);
		return -EINVAL;
	}
	if (action->dscp > POLICER_MAX_DSCP) {
		snprintf(why, why_len, "DSCP %u of %s is outside 0 to %u", action->dscp,
			 colour_names[colour], POLICER_MAX_DSCP);
		return -ERANGE;
	}
	if (action->action != POLICER_REMARK && action->dscp != 0) {
		snprintf(why, why_len, "DSCP %u of %s has no effect without the action remark",
			 action->dscp, colour_names[colour]);
		return -EINVAL;
	}
	if (action->action == POLICER_REMARK && !colour_occurs(spec, colour)) {
		snprintf(why, why_len,
			 "%s is to be remarked, but this %s (CBS %" PRIu64 ", second"
			 " burst %" PRIu64 ") never colours a packet %s",
			 colour_names[colour], kind_names[spec->kind], spec->cbs,
			 spec->second_bytes, colour_names[colour]);
		return -EINVAL;
	}
	return 0;
}

static int check_unused(const struct policer_spec *spec, char *why, size_t why_len)
{
	bool three_colours = spec->kind >= POLICER_SRTCM;
	bool two_rates = spec->kind >= POLICER_TRTCM;
	const char *unused = NULL;

	if (spec->kind == POLICER_NONE && spec->cir != 0)
		unused = "rate";
	else if (spec->kind == POLICER_NONE && spec->cbs != 0)
		unused = "burst";
	else if (!two_rates && spec->second_bps != 0)
		unused = "second rate (PIR or EIR)";
	else if (!three_colours && spec->second_bytes != 0)
		unused = "second burst (EBS or PBS)";
	else if (!three_colours && spec->colour_aware)
		unused = "colour-aware mode";
	if (unused == NULL)
		return 0;
	snprintf(why, why_len, "%s has no effect in this %s: leave it out or choose another kind",
		 unused, kind_names[spec->kind]);
	return -EINVAL;
}

static int check_kind(const struct policer_spec *spec, char *why, size_t why_len)
{
	struct policer_params single = single_params(spec);
	struct policer_srtcm_params srtcm = srtcm_params(spec);
	struct policer_trtcm_params trtcm = trtcm_params(spec);
	struct policer_trtcm4115_params trtcm4115 = trtcm4115_params(spec);

	switch (spec->kind) {
	case POLICER_NONE:
		return 0;
	case POLICER_SINGLE_RATE:
	case POLICER_PKT_RATE:
		return policer_params_check(&single, why, why_len);
	case POLICER_SRTCM:
		return policer_srtcm_params_check(&srtcm, why, why_len);
	case POLICER_TRTCM:
		return policer_trtcm_params_check(&trtcm, why, why_len);
	case POLICER_TRTCM4115:
		return policer_trtcm4115_params_check(&trtcm4115, why, why_len);
	}
	return -EINVAL;
}

int policer_spec_check(const struct policer_spec *spec, char *why, size_t why_len)
{
	int err;

	if (spec->kind > POLICER_TRTCM4115) {
		snprintf(why, why_len, "policer kind %u is unknown", (unsigned)spec->kind);
		return -EINVAL;
	}
	if (spec->layer > RATE_LAYER_L3) {
		snprintf(why, why_len, "accounting layer %u is none of L1, L2, L3",
			 (unsigned)spec->layer);
		return -EINVAL;
	}
	err = check_unused(spec, why, why_len);
	if (err == 0)
		err = check_kind(spec, why, why_len);
	for (unsigned colour = 0; err == 0 && colour < POLICER_COLOURS; colour++)
		err = check_action(spec, (enum policer_colour)colour, why, why_len);
	return err;
}

static int init_kind(struct policer *policer, const struct policer_spec *spec, uint64_t ticks_hz)
{
	struct policer_params single = single_params(spec);
	struct policer_srtcm_params srtcm = srtcm_params(spec);
	struct policer_trtcm_params trtcm = trtcm_params(spec);
	struct policer_trtcm4115_params trtcm4115 = trtcm4115_params(spec);

	switch (spec->kind) {
	case POLICER_NONE:
		return 0;
	case POLICER_SINGLE_RATE:
	case POLICER_PKT_RATE:
		return policer_profile_init(&policer->single, &single, ticks_hz);
	case POLICER_SRTCM:
		return policer_srtcm_profile_init(&policer->srtcm, &srtcm, ticks_hz);
	case POLICER_TRTCM:
		return policer_trtcm_profile_init(&policer->trtcm, &trtcm, ticks_hz);
	case POLICER_TRTCM4115:
		return policer_trtcm4115_profile_init(&policer->trtcm4115, &trtcm4115, ticks_hz);
	}
	return -EINVAL;
}

int policer_init(struct policer *policer, const struct policer_spec *spec, uint64_t ticks_hz)
{
	struct policer built = {
		.kind = (uint8_t)spec->kind,
		.adjust_bytes = (int8_t)rate_layer_adjust_bytes(spec->layer),
	};
	int err;

	err = policer_spec_check(spec, NULL, 0);
	if (err != 0)
		return err;
	err = init_kind(&built, spec, ticks_hz);
	if (err != 0)
		return err;
	for (unsigned colour = 0; colour < POLICER_COLOURS; colour++)
		built.actions[colour] = spec->actions[colour];
	*policer = built;
	return 0;
}

void policer_state_init(union policer_state *state, const struct policer *policer,
			uint64_t now_ticks)
{
	*state = (union policer_state){ 0 };
	switch (policer->kind) {
	case POLICER_SINGLE_RATE:
	case POLICER_PKT_RATE:
		policer_bucket_init(&state->single, &policer->single, now_ticks);
		break;
	case POLICER_SRTCM:
		policer_srtcm_init(&state->srtcm, &policer->srtcm, now_ticks);
		break;
	case POLICER_TRTCM:
		policer_trtcm_init(&state->trtcm, &policer->trtcm, now_ticks);
		break;
	case POLICER_TRTCM4115:
		policer_trtcm4115_init(&state->trtcm4115, &policer->trtcm4115, now_ticks);
		break;
	default:
		break;
	}
}

void policer_state_convert(union policer_state *state, const struct policer *from,
			   const struct policer *to, uint64_t now_ticks)
{
	if (from->kind != to->kind) {
		policer_state_init(state, to, now_ticks);
		return;
	}
	switch (to->kind) {
	case POLICER_SINGLE_RATE:
	case POLICER_PKT_RATE:
		policer_bucket_convert(&state->single, &from->single, &to->single, now_ticks);
		break;
	case POLICER_SRTCM:
		policer_srtcm_convert(&state->srtcm, &from->srtcm, &to->srtcm, now_ticks);
		break;
	case POLICER_TRTCM:
		policer_trtcm_convert(&state->trtcm, &from->trtcm, &to->trtcm, now_ticks);
		break;
	case POLICER_TRTCM4115:
		policer_trtcm4115_convert(&state->trtcm4115, &from->trtcm4115, &to->trtcm4115,
					  now_ticks);
		break;
	default:
		break;
	}
}

void policer_state_refresh(const struct policer *policer, union policer_state *state,
			   uint64_t now_ticks)
{
	switch (policer->kind) {
	case POLICER_SINGLE_RATE:
	case POLICER_PKT_RATE:
		policer_bucket_refresh(&policer->single, &state->single, now_ticks);
		break;
	case POLICER_SRTCM:
		policer_srtcm_refresh(&policer->srtcm, &state->srtcm, now_ticks);
		break;
	case POLICER_TRTCM:
		policer_trtcm_refresh(&policer->trtcm, &state->trtcm, now_ticks);
		break;
	case POLICER_TRTCM4115:
		policer_trtcm4115_refresh(&policer->trtcm4115, &state->trtcm4115, now_ticks);
		break;
	default:
		break;
	}
}

static uint64_t shorter_idle(const struct policer_profile *a, const struct policer_profile *b)
{
	uint64_t idle_a = policer_profile_max_idle_ticks(a);
	uint64_t idle_b = policer_profile_max_idle_ticks(b);

	return idle_a < idle_b ? idle_a : idle_b;
}

uint64_t policer_max_idle_ticks(const struct policer *policer)
{
	switch (policer->kind) {
	case POLICER_SINGLE_RATE:
	case POLICER_PKT_RATE:
		return policer_profile_max_idle_ticks(&policer->single);
	case POLICER_SRTCM:
		return policer_profile_max_idle_ticks(&policer->srtcm.c);
	case POLICER_TRTCM:
		return shorter_idle(&policer->trtcm.c, &policer->trtcm.p);
	case POLICER_TRTCM4115:
		return shorter_idle(&policer->trtcm4115.c, &policer->trtcm4115.e);
	default:
		return UINT64_MAX;
	}
}
