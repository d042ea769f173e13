#include "dataplane/sla.h"

#include "dataplane/dp.h"

#include <string.h>

static enum policer_kind spec_kind(const struct dp_sla *sla)
{
	switch (sla->kind) {
	case DP_SLA_SINGLE:
		break;
	case DP_SLA_SRTCM:
		return POLICER_SRTCM;
	case DP_SLA_TRTCM:
		return POLICER_TRTCM;
	case DP_SLA_TRTCM4115:
		return POLICER_TRTCM4115;
	}
	return sla->unit == RATE_PKTS_PER_S ? POLICER_PKT_RATE : POLICER_SINGLE_RATE;
}

static bool actions_differ(const struct dp_sla *a, const struct dp_sla *b)
{
	for (unsigned i = 0; i < POLICER_COLOURS; i++)
		if (a->actions[i].action != b->actions[i].action ||
		    a->actions[i].dscp != b->actions[i].dscp)
			return true;
	return false;
}

bool sla_policing_differs(bool has_a, const struct dp_sla *a, bool has_b, const struct dp_sla *b)
{
	if (has_a != has_b || !has_a)
		return has_a != has_b;
	return a->kind != b->kind || a->unit != b->unit || a->rate != b->rate ||
	       a->burst != b->burst || a->layer != b->layer || a->colour_aware != b->colour_aware ||
	       a->second_bps != b->second_bps || a->second_bytes != b->second_bytes ||
	       actions_differ(a, b);
}

void sla_policer_spec(const struct dp_sla *sla, uint16_t mtu_bytes, struct policer_spec *spec)
{
	*spec = (struct policer_spec){
		.kind = spec_kind(sla),
		.layer = sla->layer,
		.mtu_bytes = mtu_bytes,
		.colour_aware = sla->colour_aware,
		.cir = sla->rate,
		.cbs = sla->burst,
		.second_bps = sla->second_bps,
		.second_bytes = sla->second_bytes,
	};
	memcpy(spec->actions, sla->actions, sizeof(spec->actions));
}

bool dp_police_is_early(const struct dp_router_config *router, unsigned port)
{
	return router->police_at == DP_POLICE_EARLY &&
	       sla_needs_length_only(&router->ports[port].police);
}

int dp_sla_police_check(const struct dp_sla *sla, uint16_t mtu_bytes, struct dp_why *why)
{
	struct policer_spec spec;

	sla_policer_spec(sla, mtu_bytes, &spec);
	return policer_spec_check(&spec, why->text, sizeof(why->text));
}
