#include "control/conf_sla.h"

#include "control/conf_dscp.h"
#include "control/conf_value.h"

#include <stdlib.h>
#include <string.h>

#define N_KEYS(table) (sizeof(table) / sizeof((table)[0]))

static bool sla_name_set(struct ctl_loader *loader, const config_setting_t *setting, void *object)
{
	struct ctl_conf_sla *sla = object;

	return ctl_value_name(loader, setting, sla->sla.name, sizeof(sla->sla.name));
}

/* @return whether the rate is one; unit tells what it counts then */
static bool rate_parse(struct ctl_loader *loader, const config_setting_t *setting,
		       enum rate_unit *unit, uint64_t *rate)
{
	int err = ctl_units_rate(config_setting_get_string(setting), unit, rate);
	uint64_t dummy;

	if (err != 0)
		return ctl_value_quantity_error(
			loader, setting, err, "bit/s or packets/s",
			"write a number with k, M or G for bit/s or with pps for "
			"packets/s, such as \"100M\", \"2.5G\" or \"10kpps\"");
	if (ctl_units_burst_of_time(*unit, *rate, 0, &dummy) == 0)
		return true;
	ctl_value_error(loader, setting, "is out of range",
			*unit == RATE_BITS_PER_S ? "it must be \"1k\" to \"400G\" (bit/s)"
						 : "it must be \"1pps\" to \"1Gpps\"");
	return false;
}

static bool sla_rate_set(struct ctl_loader *loader, const config_setting_t *setting, void *object)
{
	struct dp_sla *sla = &((struct ctl_conf_sla *)object)->sla;

	return rate_parse(loader, setting, &sla->unit, &sla->rate);
}

/* Peak and excess rates belong to kinds that count bytes. */
static bool second_rate_set(struct ctl_loader *loader, const config_setting_t *setting,
			    uint64_t *rate_bps)
{
	enum rate_unit unit = RATE_BITS_PER_S;

	if (!rate_parse(loader, setting, &unit, rate_bps))
		return false;
	if (unit == RATE_BITS_PER_S)
		return true;
	ctl_value_error(loader, setting, "counts packets", "write bit/s, such as \"100M\"");
	return false;
}

static bool sla_excess_rate_set(struct ctl_loader *loader, const config_setting_t *setting,
				void *object)
{
	return second_rate_set(loader, setting, &((struct ctl_conf_sla *)object)->excess_bps);
}

static bool sla_peak_rate_set(struct ctl_loader *loader, const config_setting_t *setting,
			      void *object)
{
	return second_rate_set(loader, setting, &((struct ctl_conf_sla *)object)->peak_bps);
}

static bool burst_set(struct ctl_loader *loader, const config_setting_t *setting,
		      struct ctl_conf_burst *burst)
{
	int err;

	if (!ctl_value_text(loader, setting, burst->text, sizeof(burst->text)))
		return false;
	err = ctl_units_burst(burst->text, &burst->unit, &burst->value);
	if (err == 0)
		return true;
	return ctl_value_quantity_error(loader, setting, err, "bytes, packets or nanoseconds",
					"write bytes such as \"16k\" or \"16Ki\", packets such as "
					"\"32pkts\" or a time at the rate such as \"1ms\"");
}

static bool sla_burst_set(struct ctl_loader *loader, const config_setting_t *setting, void *object)
{
	return burst_set(loader, setting, &((struct ctl_conf_sla *)object)->burst);
}

static bool sla_excess_burst_set(struct ctl_loader *loader, const config_setting_t *setting,
				 void *object)
{
	return burst_set(loader, setting, &((struct ctl_conf_sla *)object)->excess);
}

static bool sla_peak_burst_set(struct ctl_loader *loader, const config_setting_t *setting,
			       void *object)
{
	return burst_set(loader, setting, &((struct ctl_conf_sla *)object)->peak);
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
	return ctl_value_delay(loader, setting, &((struct ctl_conf_sla *)object)->sla.delay_ns);
}

static bool sla_kind_set(struct ctl_loader *loader, const config_setting_t *setting, void *object)
{
	struct ctl_conf_sla *sla = object;

	for (unsigned kind = 0; kind <= DP_SLA_TRTCM4115; kind++) {
		if (strcmp(config_setting_get_string(setting),
			   ctl_conf_sla_kind_name((enum dp_sla_kind)kind)) != 0)
			continue;
		sla->sla.kind = (enum dp_sla_kind)kind;
		return true;
	}
	ctl_value_error(loader, setting, "is not a kind of SLA",
			"write \"single\", \"srtcm\" (RFC 2697), \"trtcm\" (RFC 2698) or "
			"\"trtcm4115\" (RFC 4115)");
	return false;
}

static bool sla_colour_aware_set(struct ctl_loader *loader, const config_setting_t *setting,
				 void *object)
{
	(void)loader;
	((struct ctl_conf_sla *)object)->sla.colour_aware = config_setting_get_bool(setting) != 0;
	return true;
}

static bool action_set(struct ctl_loader *loader, const config_setting_t *setting, void *object,
		       enum policer_colour colour)
{
	struct policer_colour_action *action = &((struct ctl_conf_sla *)object)
							->sla.actions[colour];
	const char *value = config_setting_get_string(setting);
	const char *mark = strncmp(value, "remark:", 7) == 0 ? value + 7 : NULL;

	*action = (struct policer_colour_action){ .action = POLICER_PASS };
	if (strcmp(value, "pass") == 0)
		return true;
	action->action = mark != NULL ? POLICER_REMARK : POLICER_DROP;
	if (strcmp(value, "drop") == 0 ||
	    (mark != NULL && ctl_dscp_parse(mark, strlen(mark), &action->dscp) == 0))
		return true;
	ctl_value_error(loader, setting, "is not an action",
			"write \"pass\", \"drop\" or \"remark:DSCP\" with a name such as af12 or "
			"a number from 0 to 63");
	return false;
}

static bool sla_green_set(struct ctl_loader *loader, const config_setting_t *setting, void *object)
{
	return action_set(loader, setting, object, POLICER_GREEN);
}

static bool sla_yellow_set(struct ctl_loader *loader, const config_setting_t *setting, void *object)
{
	return action_set(loader, setting, object, POLICER_YELLOW);
}

static bool sla_red_set(struct ctl_loader *loader, const config_setting_t *setting, void *object)
{
	return action_set(loader, setting, object, POLICER_RED);
}

static const struct ctl_key sla_keys[] = {
	[CTL_SLA_NAME] = { "name", CTL_KEY_STRING, true, "name = \"gold\";", sla_name_set },
	[CTL_SLA_RATE] = { "rate", CTL_KEY_STRING, true, "rate = \"100M\";", sla_rate_set },
	[CTL_SLA_BURST] = { "burst", CTL_KEY_STRING, true, "burst = \"16k\";", sla_burst_set },
	[CTL_SLA_LAYER] = { "layer", CTL_KEY_STRING, false, "layer = \"L2\";", sla_layer_set },
	[CTL_SLA_DELAY] = { "delay", CTL_KEY_STRING, false, "delay = \"2ms\";", sla_delay_set },
	[CTL_SLA_KIND] = { "kind", CTL_KEY_STRING, false, "kind = \"srtcm\";", sla_kind_set },
	[CTL_SLA_EXCESS_RATE] = { "excess_rate", CTL_KEY_STRING, false, "excess_rate = \"20M\";",
				  sla_excess_rate_set },
	[CTL_SLA_EXCESS_BURST] = { "excess_burst", CTL_KEY_STRING, false, "excess_burst = \"32k\";",
				   sla_excess_burst_set },
	[CTL_SLA_PEAK_RATE] = { "peak_rate", CTL_KEY_STRING, false, "peak_rate = \"150M\";",
				sla_peak_rate_set },
	[CTL_SLA_PEAK_BURST] = { "peak_burst", CTL_KEY_STRING, false, "peak_burst = \"32k\";",
				 sla_peak_burst_set },
	[CTL_SLA_COLOUR_AWARE] = { "colour_aware", CTL_KEY_BOOL, false, "colour_aware = true;",
				   sla_colour_aware_set },
	[CTL_SLA_GREEN] = { "green", CTL_KEY_STRING, false, "green = \"remark:af11\";",
			    sla_green_set },
	[CTL_SLA_YELLOW] = { "yellow", CTL_KEY_STRING, false, "yellow = \"remark:af12\";",
			     sla_yellow_set },
	[CTL_SLA_RED] = { "red", CTL_KEY_STRING, false, "red = \"drop\";", sla_red_set },
};
static const struct ctl_group sla_group = { "an SLA", sla_keys, N_KEYS(sla_keys) };

bool ctl_conf_sla_add(struct ctl_loader *loader, const config_setting_t *setting, void *object)
{
	struct ctl_conf *conf = object;
	struct ctl_conf_sla *slas = reallocarray(conf->slas, conf->n_slas + 1, sizeof(*slas));
	unsigned before = loader->errors->n;
	struct ctl_conf_sla *sla;

	if (slas == NULL) {
		loader->no_memory = true;
		return false;
	}
	conf->slas = slas;
	sla = &slas[conf->n_slas++];
	*sla = (struct ctl_conf_sla){ .src = ctl_loader_src(loader, setting),
				      .sla = { .layer = RATE_LAYER_L2 } };
	sla->sla.actions[POLICER_RED].action = POLICER_DROP;
	ctl_loader_group(loader, &sla_group, setting, sla, sla->at);
	ctl_conf_sla_finish(loader, sla, &sla_group);
	sla->complete = loader->errors->n == before;
	return true;
}
