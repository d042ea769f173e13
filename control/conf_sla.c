#include "control/conf_value.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define N_KEYS(table) (sizeof(table) / sizeof((table)[0]))

static bool sla_name_set(struct ctl_loader *loader, const config_setting_t *setting, void *object)
{
	struct ctl_conf_sla *sla = object;

	return ctl_value_name(loader, setting, sla->sla.name, sizeof(sla->sla.name));
}

static bool sla_rate_set(struct ctl_loader *loader, const config_setting_t *setting, void *object)
{
	struct dp_sla *sla = &((struct ctl_conf_sla *)object)->sla;
	int err = ctl_units_rate(config_setting_get_string(setting), &sla->unit, &sla->rate);
	uint64_t dummy;

	if (err != 0)
		return ctl_value_quantity_error(
			loader, setting, err, "bit/s or packets/s",
			"write a number with k, M or G for bit/s or with pps for "
			"packets/s, such as \"100M\", \"2.5G\" or \"10kpps\"");
	if (ctl_units_burst_of_time(sla->unit, sla->rate, 0, &dummy) == 0)
		return true;
	ctl_value_error(loader, setting, "is out of range",
			sla->unit == RATE_BITS_PER_S ? "it must be \"1k\" to \"400G\" (bit/s)"
						     : "it must be \"1pps\" to \"1Gpps\"");
	return false;
}

static bool sla_burst_set(struct ctl_loader *loader, const config_setting_t *setting, void *object)
{
	struct ctl_conf_sla *sla = object;
	int err;

	if (!ctl_value_text(loader, setting, sla->burst_text, sizeof(sla->burst_text)))
		return false;
	err = ctl_units_burst(sla->burst_text, &sla->burst_unit, &sla->burst_value);
	if (err == 0)
		return true;
	return ctl_value_quantity_error(loader, setting, err, "bytes, packets or nanoseconds",
					"write bytes such as \"16k\" or \"16Ki\", packets such as "
					"\"32pkts\" or a time at the rate such as \"1ms\"");
}

static bool sla_layer_set(struct ctl_loader *loader, const config_setting_t *setting, void *object)
{
	static const char *const layers[] = { "L1", "L2", "L3" };
	struct ctl_conf_sla *sla = object;

	for (unsigned i = 0; i < N_KEYS(layers); i++) {
		if (strcmp(config_setting_get_string(setting), layers[i]) != 0)
			continue;
		sla->sla.layer = (enum rate_layer)i;
		return true;
	}
	ctl_value_error(
		loader, setting, "is not an accounting layer",
		"write \"L1\" (frame + FCS + 20), \"L2\" (frame + FCS) or \"L3\" (IP packet)");
	return false;
}

static bool sla_delay_set(struct ctl_loader *loader, const config_setting_t *setting, void *object)
{
	struct ctl_conf_sla *sla = object;
	int err = ctl_units_time(config_setting_get_string(setting), &sla->sla.delay_ns);

	if (err != 0)
		return ctl_value_quantity_error(loader, setting, err, "nanoseconds",
						"write a time such as \"2ms\" or \"500us\"");
	if (sla->sla.delay_ns >= CTL_DELAY_MIN_NS && sla->sla.delay_ns <= CTL_DELAY_MAX_NS)
		return true;
	ctl_value_error(loader, setting, "is out of range", "it must be \"1us\" to \"10s\"");
	return false;
}

/* A burst in time becomes bytes or packets at the rate, rounded down; others keep their unit. */
static bool burst_resolve(struct ctl_conf_sla *sla)
{
	enum ctl_burst_unit own = sla->sla.unit == RATE_BITS_PER_S ? CTL_BURST_BYTES
								   : CTL_BURST_PKTS;

	if (sla->burst_unit == CTL_BURST_NS)
		return ctl_units_burst_of_time(sla->sla.unit, sla->sla.rate, sla->burst_value,
					       &sla->sla.burst) == 0;
	sla->sla.burst = sla->burst_value;
	return sla->burst_unit == own;
}

static void burst_finish(struct ctl_loader *loader, struct ctl_conf_sla *sla)
{
	struct ctl_src src = sla->at[CTL_SLA_BURST];
	bool bits = sla->sla.unit == RATE_BITS_PER_S;

	if (sla->at[CTL_SLA_RATE].line == 0 || src.line == 0)
		return;
	if (!burst_resolve(sla))
		ctl_errors_add(
			loader->errors, src,
			"burst \"%s\" counts %s but the rate counts %s; write for example %s",
			sla->burst_text, bits ? "packets" : "bytes", bits ? "bits" : "packets",
			bits ? "\"16k\"" : "\"32pkts\"");
	else if (sla->sla.burst < 1 || sla->sla.burst > DP_BURST_MAX_BYTES)
		ctl_errors_add(loader->errors, src,
			       "burst \"%s\" is %" PRIu64 " %s; it must be 1 to %llu",
			       sla->burst_text, sla->sla.burst, bits ? "bytes" : "packets",
			       DP_BURST_MAX_BYTES);
	else
		return;
	sla->at[CTL_SLA_BURST].line = 0;
}

static const struct ctl_key sla_keys[] = {
	[CTL_SLA_NAME] = { "name", CTL_KEY_STRING, true, "name = \"gold\";", sla_name_set },
	[CTL_SLA_RATE] = { "rate", CTL_KEY_STRING, true, "rate = \"100M\";", sla_rate_set },
	[CTL_SLA_BURST] = { "burst", CTL_KEY_STRING, true, "burst = \"16k\";", sla_burst_set },
	[CTL_SLA_LAYER] = { "layer", CTL_KEY_STRING, false, "layer = \"L2\";", sla_layer_set },
	[CTL_SLA_DELAY] = { "delay", CTL_KEY_STRING, false, "delay = \"2ms\";", sla_delay_set },
};
static const struct ctl_group sla_group = { "an SLA", sla_keys, N_KEYS(sla_keys) };

bool ctl_conf_sla_add(struct ctl_loader *loader, const config_setting_t *setting, void *object)
{
	struct ctl_conf *conf = object;
	struct ctl_conf_sla *slas = reallocarray(conf->slas, conf->n_slas + 1, sizeof(*slas));
	struct ctl_conf_sla *sla;

	if (slas == NULL) {
		loader->no_memory = true;
		return false;
	}
	conf->slas = slas;
	sla = &slas[conf->n_slas++];
	*sla = (struct ctl_conf_sla){ .src = ctl_loader_src(loader, setting),
				      .sla = { .layer = RATE_LAYER_L2 } };
	ctl_loader_group(loader, &sla_group, setting, sla, sla->at);
	burst_finish(loader, sla);
	return true;
}
