#include "control/conf_value.h"

#include <stdlib.h>
#include <string.h>

#define N_KEYS(table) (sizeof(table) / sizeof((table)[0]))

static bool core_core_set(struct ctl_loader *loader, const config_setting_t *setting, void *object)
{
	struct ctl_conf_core *core = object;

	return ctl_value_int(loader, setting, 0, CTL_CORE_MAX, &core->config.core);
}

static bool core_scheduler_set(struct ctl_loader *loader, const config_setting_t *setting,
			       void *object)
{
	struct ctl_conf_core *core = object;
	const char *value = config_setting_get_string(setting);

	core->config.scheduler = strcmp(value, "timeslice") == 0 ? DP_SCHEDULER_TIMESLICE
								 : DP_SCHEDULER_DRR;
	if (core->config.scheduler == DP_SCHEDULER_TIMESLICE || strcmp(value, "drr") == 0)
		return true;
	ctl_value_error(loader, setting, "is not a scheduler",
			"write \"drr\" (by measured cycles) or \"timeslice\"");
	return false;
}

static bool core_slice_set(struct ctl_loader *loader, const config_setting_t *setting, void *object)
{
	struct ctl_conf_core *core = object;
	int err = ctl_units_time(config_setting_get_string(setting), &core->config.slice_ns);

	if (err != 0)
		return ctl_value_quantity_error(loader, setting, err, "nanoseconds",
						"write a time such as \"2ms\" or \"500us\"");
	if (core->config.slice_ns >= DP_SLICE_MIN_NS && core->config.slice_ns <= DP_SLICE_MAX_NS)
		return true;
	ctl_value_error(loader, setting, "is out of range", "it must be \"10us\" to \"1s\"");
	return false;
}

static const struct ctl_key core_keys[] = {
	[CTL_CORE_CORE] = { "core", CTL_KEY_INT, true, "core = 1;", core_core_set },
	[CTL_CORE_SCHEDULER] = { "scheduler", CTL_KEY_STRING, false, "scheduler = \"timeslice\";",
				 core_scheduler_set },
	[CTL_CORE_SLICE] = { "slice", CTL_KEY_STRING, false, "slice = \"2ms\";", core_slice_set },
};
static const struct ctl_group core_group = { "a core", core_keys, N_KEYS(core_keys) };

bool ctl_conf_core_add(struct ctl_loader *loader, const config_setting_t *setting, void *object)
{
	struct ctl_conf *conf = object;
	struct ctl_conf_core *cores, *core;

	if (conf->n_cores == DP_ROUTERS_MAX) {
		ctl_errors_add(loader->errors, ctl_loader_src(loader, setting),
			       "too many cores; the routers of one process run on at most %u",
			       DP_ROUTERS_MAX);
		return false;
	}
	cores = reallocarray(conf->cores, conf->n_cores + 1, sizeof(*cores));
	if (cores == NULL) {
		loader->no_memory = true;
		return false;
	}
	conf->cores = cores;
	core = &cores[conf->n_cores++];
	*core = (struct ctl_conf_core){ .src = ctl_loader_src(loader, setting) };
	ctl_loader_group(loader, &core_group, setting, core, core->at);
	return true;
}
