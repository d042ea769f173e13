#include "control/conf_match.h"
#include "control/conf_value.h"

#include <string.h>

#define N_KEYS(table) (sizeof(table) / sizeof((table)[0]))
#define QUOTA_DEFAULT_PKTS 64

/* Flows are spread over two structs: values for the data plane, and their places and names. */
struct flows {
	struct dp_flow_config *config;
	struct ctl_conf_flows *conf;
};

static bool flows_by_set(struct ctl_loader *loader, const config_setting_t *setting, void *object)
{
	struct dp_flow_config *flows = ((struct flows *)object)->config;
	const char *value = config_setting_get_string(setting);

	flows->by = strcmp(value, "dst") == 0 ? DP_FLOW_BY_DST : DP_FLOW_BY_HASH;
	if (flows->by == DP_FLOW_BY_DST || strcmp(value, "5-tuple") == 0)
		return true;
	flows->by = DP_FLOW_NONE;
	ctl_value_error(loader, setting, "does not tell flows apart",
			"write \"dst\" (one per destination prefix) or \"5-tuple\" (by hash)");
	return false;
}

static bool flows_base_set(struct ctl_loader *loader, const config_setting_t *setting, void *object)
{
	struct dp_flow_config *flows = ((struct flows *)object)->config;

	return ctl_match_prefix(loader, setting, &flows->base, &flows->base_depth);
}

static bool flows_length_set(struct ctl_loader *loader, const config_setting_t *setting,
			     void *object)
{
	struct dp_flow_config *flows = ((struct flows *)object)->config;
	unsigned length = 0;

	if (!ctl_value_int(loader, setting, 0, 32, &length))
		return false;
	flows->length = (uint8_t)length;
	return true;
}

static bool flows_count_set(struct ctl_loader *loader, const config_setting_t *setting,
			    void *object)
{
	return ctl_value_int(loader, setting, 1, DP_FLOWS_MAX,
			     &((struct flows *)object)->config->count);
}

static bool flows_sla_set(struct ctl_loader *loader, const config_setting_t *setting, void *object)
{
	struct ctl_conf_flows *flows = ((struct flows *)object)->conf;

	return ctl_value_name(loader, setting, flows->sla, sizeof(flows->sla));
}

static bool flows_class_set(struct ctl_loader *loader, const config_setting_t *setting,
			    void *object)
{
	struct ctl_conf_flows *flows = ((struct flows *)object)->conf;

	return ctl_value_name(loader, setting, flows->class_name, sizeof(flows->class_name));
}

static bool flows_quota_set(struct ctl_loader *loader, const config_setting_t *setting,
			    void *object)
{
	return ctl_value_int(loader, setting, 1, DP_QUOTA_MAX_PKTS,
			     &((struct flows *)object)->config->quota_pkts);
}

static const struct ctl_key flows_keys[] = {
	[CTL_FLOWS_BY] = { "by", CTL_KEY_STRING, true, "by = \"dst\";", flows_by_set },
	[CTL_FLOWS_BASE] = { "base", CTL_KEY_STRING, false, "base = \"198.18.0.0/16\";",
			     flows_base_set },
	[CTL_FLOWS_LENGTH] = { "length", CTL_KEY_INT, false, "length = 32;", flows_length_set },
	[CTL_FLOWS_COUNT] = { "count", CTL_KEY_INT, false, "count = 4096;", flows_count_set },
	[CTL_FLOWS_SLA] = { "sla", CTL_KEY_STRING, true, "sla = \"per-customer\";", flows_sla_set },
	[CTL_FLOWS_CLASS] = { "class", CTL_KEY_STRING, false, "class = \"default\";",
			      flows_class_set },
	[CTL_FLOWS_QUOTA] = { "quota", CTL_KEY_INT, false, "quota = 64;", flows_quota_set },
};
static const struct ctl_group flows_group = { "flows", flows_keys, N_KEYS(flows_keys) };

/* Each way of telling flows apart has keys of its own. */
static void by_check(struct ctl_loader *loader, const struct flows *flows)
{
	static const struct {
		enum ctl_flows_key key;
		enum dp_flow_by by;
	} own[] = {
		{ CTL_FLOWS_BASE, DP_FLOW_BY_DST },
		{ CTL_FLOWS_LENGTH, DP_FLOW_BY_DST },
		{ CTL_FLOWS_COUNT, DP_FLOW_BY_HASH },
	};
	const struct ctl_src *at = flows->conf->at;

	for (unsigned i = 0; i < N_KEYS(own); i++) {
		const struct ctl_key *key = &flows_keys[own[i].key];

		if (own[i].by == flows->config->by && at[own[i].key].file == NULL)
			ctl_errors_add(loader->errors, at[CTL_FLOWS_BY],
				       "flows by \"%s\" need %s; add for example %s",
				       own[i].by == DP_FLOW_BY_DST ? "dst" : "5-tuple", key->name,
				       key->example);
		if (own[i].by != flows->config->by && at[own[i].key].line != 0)
			ctl_errors_add(loader->errors, at[own[i].key],
				       "%s has no use in flows by \"%s\"; leave it out", key->name,
				       own[i].by == DP_FLOW_BY_DST ? "5-tuple" : "dst");
	}
}

static void dst_finish(struct ctl_loader *loader, struct flows *flows)
{
	struct dp_flow_config *config = flows->config;
	const struct ctl_src *at = flows->conf->at;

	if (config->by != DP_FLOW_BY_DST || at[CTL_FLOWS_BASE].line == 0 ||
	    at[CTL_FLOWS_LENGTH].line == 0)
		return;
	if (config->length < config->base_depth) {
		ctl_errors_add(loader->errors, at[CTL_FLOWS_LENGTH],
			       "length %u is less than that of the base, %u; give %u to %u",
			       config->length, config->base_depth, config->base_depth,
			       config->base_depth + 16 > 32 ? 32 : config->base_depth + 16);
		return;
	}
	if (config->length - config->base_depth > 16) {
		ctl_errors_add(loader->errors, at[CTL_FLOWS_LENGTH],
			       "prefixes of length %u in a base of length %u are 2^%u flows, more "
			       "than %u; give at most length %u",
			       config->length, config->base_depth,
			       config->length - config->base_depth, DP_FLOWS_MAX,
			       config->base_depth + 16);
		return;
	}
	config->count = 1U << (config->length - config->base_depth);
}

void ctl_conf_flows_load(struct ctl_loader *loader, const config_setting_t *setting,
			 struct dp_flow_config *config, struct ctl_conf_flows *conf)
{
	struct flows flows = { config, conf };

	config->quota_pkts = QUOTA_DEFAULT_PKTS;
	(void)strcpy(conf->class_name, DP_CLASS_DEFAULT);
	ctl_loader_group(loader, &flows_group, setting, &flows, conf->at);
	if (conf->at[CTL_FLOWS_BY].line == 0)
		return;
	by_check(loader, &flows);
	dst_finish(loader, &flows);
}
