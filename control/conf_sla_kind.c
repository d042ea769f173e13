#include "control/conf_sla.h"

#include <inttypes.h>

#define BIT(key) (1U << (key))
#define N_KINDS (sizeof(kinds) / sizeof(kinds[0]))

/* What each kind needs, and what else it can use, of the keys that not every kind has. */
static const struct {
	const char *name;
	uint32_t needs;
	uint32_t uses;
} kinds[] = {
	[DP_SLA_SINGLE] = { "single", 0, 0 },
	[DP_SLA_SRTCM] = { "srtcm", BIT(CTL_SLA_EXCESS_BURST),
			   BIT(CTL_SLA_COLOUR_AWARE) | BIT(CTL_SLA_YELLOW) },
	[DP_SLA_TRTCM] = { "trtcm", BIT(CTL_SLA_PEAK_RATE) | BIT(CTL_SLA_PEAK_BURST),
			   BIT(CTL_SLA_COLOUR_AWARE) | BIT(CTL_SLA_YELLOW) },
	[DP_SLA_TRTCM4115] = { "trtcm4115", BIT(CTL_SLA_EXCESS_RATE) | BIT(CTL_SLA_EXCESS_BURST),
			       BIT(CTL_SLA_COLOUR_AWARE) | BIT(CTL_SLA_YELLOW) },
};

const char *ctl_conf_sla_kind_name(enum dp_sla_kind kind)
{
	return kinds[kind].name;
}

/* "srtcm or trtcm4115": the kinds that a key belongs to */
static void kinds_of_key(unsigned key, char *text, size_t size)
{
	size_t used = 0;

	for (unsigned i = 0; i < N_KINDS && used < size; i++)
		if (((kinds[i].needs | kinds[i].uses) & BIT(key)) != 0)
			used += (size_t)snprintf(text + used, size - used, "%s\"%s\"",
						 used == 0 ? "" : " or ", kinds[i].name);
}

/* A key that was written but refused has a file and no line: nothing more is said about it. */
static void kind_check(struct ctl_loader *loader, const struct ctl_conf_sla *sla,
		       const struct ctl_group *group)
{
	const char *kind = kinds[sla->sla.kind].name;
	uint32_t needs = kinds[sla->sla.kind].needs, uses = kinds[sla->sla.kind].uses | needs;
	char others[64];

	if (sla->at[CTL_SLA_KIND].file != NULL && sla->at[CTL_SLA_KIND].line == 0)
		return;
	for (unsigned key = CTL_SLA_EXCESS_RATE; key <= CTL_SLA_YELLOW; key++) {
		if (key == CTL_SLA_GREEN)
			continue;
		if ((needs & BIT(key)) != 0 && sla->at[key].file == NULL)
			ctl_errors_add(loader->errors, sla->at[CTL_SLA_KIND],
				       "kind \"%s\" needs %s; add for example %s", kind,
				       group->keys[key].name, group->keys[key].example);
		if ((uses & BIT(key)) != 0 || sla->at[key].line == 0)
			continue;
		kinds_of_key(key, others, sizeof(others));
		ctl_errors_add(loader->errors, sla->at[key],
			       "%s has no use in kind \"%s\"; leave it out or write kind = %s",
			       group->keys[key].name, kind, others);
	}
	if (sla->sla.kind != DP_SLA_SINGLE && sla->at[CTL_SLA_RATE].line != 0 &&
	    sla->sla.unit != RATE_BITS_PER_S)
		ctl_errors_add(
			loader->errors, sla->at[CTL_SLA_RATE],
			"kind \"%s\" counts bytes, but the rate counts packets; write bit/s, "
			"such as \"100M\", or kind = \"single\"",
			kind);
}

/* A burst in time becomes bytes or packets at the rate, rounded down; others keep their unit. */
static bool burst_resolve(const struct ctl_conf_burst *burst, enum rate_unit unit, uint64_t rate,
			  uint64_t *result)
{
	enum ctl_burst_unit own = unit == RATE_BITS_PER_S ? CTL_BURST_BYTES : CTL_BURST_PKTS;

	if (burst->unit == CTL_BURST_NS)
		return ctl_units_burst_of_time(unit, rate, burst->value, result) == 0;
	*result = burst->value;
	return burst->unit == own;
}

/* at: of the burst; loses its line when the burst is refused */
static void burst_finish(struct ctl_loader *loader, struct ctl_src *at,
			 const struct ctl_conf_burst *burst, enum rate_unit unit, uint64_t rate,
			 uint64_t least, uint64_t *result)
{
	bool bits = unit == RATE_BITS_PER_S;

	if (!burst_resolve(burst, unit, rate, result))
		ctl_errors_add(
			loader->errors, *at,
			"burst \"%s\" counts %s but the rate counts %s; write for example %s",
			burst->text, bits ? "packets" : "bytes", bits ? "bits" : "packets",
			bits ? "\"16k\"" : "\"32pkts\"");
	else if (*result < least || *result > DP_BURST_MAX_BYTES)
		ctl_errors_add(loader->errors, *at,
			       "burst \"%s\" is %" PRIu64 " %s; it must be %" PRIu64 " to %llu",
			       burst->text, *result, bits ? "bytes" : "packets", least,
			       DP_BURST_MAX_BYTES);
	else
		return;
	at->line = 0;
}

/* Peak and excess: the one that the kind has. An excess burst may be 0 (RFC 2697 section 2). */
static void second_finish(struct ctl_loader *loader, struct ctl_conf_sla *sla)
{
	bool peak = sla->sla.kind == DP_SLA_TRTCM;
	struct ctl_src *at = &sla->at[peak ? CTL_SLA_PEAK_BURST : CTL_SLA_EXCESS_BURST];
	const struct ctl_src *rate_at = &sla->at[peak ? CTL_SLA_PEAK_RATE : CTL_SLA_EXCESS_RATE];
	uint64_t rate_bps = peak ? sla->peak_bps : sla->excess_bps;

	if (sla->sla.kind == DP_SLA_SINGLE || at->line == 0)
		return;
	if (sla->sla.kind == DP_SLA_SRTCM) {
		rate_at = &sla->at[CTL_SLA_RATE];
		rate_bps = sla->sla.rate;
	} else {
		sla->sla.second_bps = rate_bps;
	}
	if (rate_at->line != 0)
		burst_finish(loader, at, peak ? &sla->peak : &sla->excess, RATE_BITS_PER_S,
			     rate_bps, peak ? 1 : 0, &sla->sla.second_bytes);
}

void ctl_conf_sla_finish(struct ctl_loader *loader, struct ctl_conf_sla *sla,
			 const struct ctl_group *group)
{
	kind_check(loader, sla, group);
	if (sla->at[CTL_SLA_RATE].line != 0 && sla->at[CTL_SLA_BURST].line != 0)
		burst_finish(loader, &sla->at[CTL_SLA_BURST], &sla->burst, sla->sla.unit,
			     sla->sla.rate, 1, &sla->sla.burst);
	second_finish(loader, sla);
}
