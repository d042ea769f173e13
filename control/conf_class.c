#include "control/conf_match.h"
#include "control/conf_value.h"
#include "shaper/shaper.h"

#include <stdio.h>
#include <string.h>

#define N_KEYS(table) (sizeof(table) / sizeof((table)[0]))

/* A class is spread over two structs: values for the data plane, and their places and names. */
struct class
{
	struct dp_class_config *config;
	struct ctl_conf_class *conf;
};

static bool class_name_set(struct ctl_loader *loader, const config_setting_t *setting, void *object)
{
	struct dp_class_config *class = ((struct class *)object)->config;

	if (!ctl_value_name(loader, setting, class->name, sizeof(class->name)))
		return false;
	if (strcmp(class->name, "kernel") != 0)
		return true;
	ctl_value_error(loader, setting, "is the queue of what the router's kernel sends",
			"choose another name");
	return false;
}

static bool class_match_set(struct ctl_loader *loader, const config_setting_t *setting,
			    void *object)
{
	struct class *class = object;

	if (config_setting_length(setting) == 0) {
		ctl_errors_add(loader->errors, ctl_loader_src(loader, setting),
			       "match is empty; add for example dscp = \"ef\";");
		return false;
	}
	ctl_loader_group(loader, &ctl_group_match, setting, &class->config->match,
			 class->conf->match_at);
	return true;
}

static bool class_police_set(struct ctl_loader *loader, const config_setting_t *setting,
			     void *object)
{
	struct ctl_conf_class *class = ((struct class *)object)->conf;

	return ctl_value_name(loader, setting, class->police, sizeof(class->police));
}

static bool class_shape_set(struct ctl_loader *loader, const config_setting_t *setting,
			    void *object)
{
	struct ctl_conf_class *class = ((struct class *)object)->conf;

	return ctl_value_name(loader, setting, class->shape, sizeof(class->shape));
}

static bool class_level_set(struct ctl_loader *loader, const config_setting_t *setting,
			    void *object)
{
	return ctl_value_int(loader, setting, DP_LEVEL_MIN, DP_LEVEL_MAX,
			     &((struct class *)object)->config->level);
}

static bool class_weight_set(struct ctl_loader *loader, const config_setting_t *setting,
			     void *object)
{
	return ctl_value_int(loader, setting, 1, SHAPER_MAX_WEIGHT,
			     &((struct class *)object)->config->weight);
}

static bool class_limit_set(struct ctl_loader *loader, const config_setting_t *setting,
			    void *object)
{
	struct dp_class_config *class = ((struct class *)object)->config;
	enum ctl_burst_unit unit = CTL_BURST_BYTES;
	uint64_t bytes = 0;
	int err = ctl_units_burst(config_setting_get_string(setting), &unit, &bytes);

	if (err == 0 && unit != CTL_BURST_BYTES) {
		ctl_value_error(loader, setting, "is not in bytes",
				"write for example \"64k\", or limit_time for a time");
		return false;
	}
	if (err != 0)
		return ctl_value_quantity_error(loader, setting, err, "bytes",
						"write bytes such as \"64k\" or \"64Ki\"");
	if (bytes < 1 || bytes > DP_BURST_MAX_BYTES) {
		ctl_value_error(loader, setting, "is out of range", "it must be \"1\" to \"1G\"");
		return false;
	}
	class->limit_bytes = (uint32_t)bytes;
	return true;
}

static bool time_set(struct ctl_loader *loader, const config_setting_t *setting, uint64_t *ns)
{
	int err = ctl_units_time(config_setting_get_string(setting), ns);

	if (err != 0)
		return ctl_value_quantity_error(loader, setting, err, "nanoseconds",
						"write a time such as \"5ms\" or \"500us\"");
	if (*ns >= CTL_DELAY_MIN_NS && *ns <= SHAPER_MAX_WAIT_NS)
		return true;
	ctl_value_error(loader, setting, "is out of range", "it must be \"1us\" to \"600s\"");
	return false;
}

static bool class_limit_time_set(struct ctl_loader *loader, const config_setting_t *setting,
				 void *object)
{
	return time_set(loader, setting, &((struct class *)object)->config->limit_ns);
}

static bool class_ecn_set(struct ctl_loader *loader, const config_setting_t *setting, void *object)
{
	return time_set(loader, setting, &((struct class *)object)->config->ecn_ns);
}

static bool class_quota_set(struct ctl_loader *loader, const config_setting_t *setting,
			    void *object)
{
	return ctl_value_int(loader, setting, 1, DP_QUOTA_MAX_PKTS,
			     &((struct class *)object)->config->quota_pkts);
}

static bool class_delay_set(struct ctl_loader *loader, const config_setting_t *setting,
			    void *object)
{
	return ctl_value_delay(loader, setting, &((struct class *)object)->conf->delay_ns);
}

static const struct ctl_key class_keys[] = {
	[CTL_CLASS_NAME] = { "name", CTL_KEY_STRING, true, "name = \"voice\";", class_name_set },
	[CTL_CLASS_MATCH] = { "match", CTL_KEY_GROUP, false, "match = { dscp = \"ef\"; };",
			      class_match_set },
	[CTL_CLASS_POLICE] = { "police", CTL_KEY_STRING, false, "police = \"gold\";",
			       class_police_set },
	[CTL_CLASS_LEVEL] = { "level", CTL_KEY_INT, false, "level = 1;", class_level_set },
	[CTL_CLASS_WEIGHT] = { "weight", CTL_KEY_INT, false, "weight = 10;", class_weight_set },
	[CTL_CLASS_SHAPE] = { "shape", CTL_KEY_STRING, false, "shape = \"gold\";",
			      class_shape_set },
	[CTL_CLASS_LIMIT] = { "limit", CTL_KEY_STRING, false, "limit = \"64k\";", class_limit_set },
	[CTL_CLASS_LIMIT_TIME] = { "limit_time", CTL_KEY_STRING, false, "limit_time = \"5ms\";",
				   class_limit_time_set },
	[CTL_CLASS_ECN] = { "ecn", CTL_KEY_STRING, false, "ecn = \"1ms\";", class_ecn_set },
	[CTL_CLASS_QUOTA] = { "quota", CTL_KEY_INT, false, "quota = 1000;", class_quota_set },
	[CTL_CLASS_DELAY] = { "delay", CTL_KEY_STRING, false, "delay = \"2ms\";", class_delay_set },
};
static const struct ctl_group class_group = { "a class", class_keys, N_KEYS(class_keys) };

static bool is_default(const struct dp_class_config *class)
{
	return strcmp(class->name, DP_CLASS_DEFAULT) == 0;
}

/* A class without match would take everything from those behind it. */
static void class_finish(struct ctl_loader *loader, struct class *class)
{
	const struct ctl_src *at = class->conf->at;

	if (at[CTL_CLASS_NAME].line == 0)
		return;
	if (!is_default(class->config) && at[CTL_CLASS_MATCH].file == NULL)
		ctl_errors_add(loader->errors, class->conf->src,
			       "class \"%s\" has no match; add for example match = { dscp = "
			       "\"ef\"; }; (what matches nothing is of class \"%s\")",
			       class->config->name, DP_CLASS_DEFAULT);
	if (is_default(class->config) && at[CTL_CLASS_MATCH].line != 0)
		ctl_errors_add(loader->errors, at[CTL_CLASS_MATCH],
			       "class \"%s\" is for what matches nothing else; leave match out or "
			       "choose another name",
			       DP_CLASS_DEFAULT);
	for (unsigned key = CTL_CLASS_LEVEL; key <= CTL_CLASS_QUOTA; key++)
		class->config->has_queue |= at[key].line != 0;
}

bool ctl_conf_class_add(struct ctl_loader *loader, const config_setting_t *setting, void *object)
{
	struct ctl_conf_router *router = object;
	unsigned place = router->config.n_classes;
	struct class class = { &router->config.classes[place], &router->classes[place] };

	if (place == DP_CLASSES_MAX) {
		ctl_errors_add(loader->errors, ctl_loader_src(loader, setting),
			       "too many classes in router \"%s\"; it may have %u",
			       router->config.name, DP_CLASSES_MAX);
		return false;
	}
	router->config.n_classes++;
	*class.config = (struct dp_class_config){
		.match = { .dscp_mask = DP_DSCP_ANY, .protocol = DP_PROTOCOL_ANY },
		.level = DP_LEVEL_MIN,
		.weight = 1,
	};
	class.conf->src = ctl_loader_src(loader, setting);
	ctl_loader_group(loader, &class_group, setting, &class, class.conf->at);
	class_finish(loader, &class);
	return true;
}

/* Moves class number from to the end, the others up. */
static void class_to_end(struct ctl_conf_router *router, unsigned from)
{
	unsigned last = router->config.n_classes - 1;
	struct dp_class_config config = router->config.classes[from];
	struct ctl_conf_class conf = router->classes[from];

	for (unsigned i = from; i < last; i++) {
		router->config.classes[i] = router->config.classes[i + 1];
		router->classes[i] = router->classes[i + 1];
	}
	router->config.classes[last] = config;
	router->classes[last] = conf;
}

void ctl_conf_classes_finish(struct ctl_conf_router *router)
{
	struct dp_router_config *config = &router->config;

	if (config->n_classes == 0)
		return;
	for (unsigned i = 0; i < config->n_classes; i++) {
		if (is_default(&config->classes[i])) {
			class_to_end(router, i);
			return;
		}
	}
	config->classes[config->n_classes] = (struct dp_class_config){
		.name = DP_CLASS_DEFAULT,
		.level = DP_LEVEL_MIN,
		.weight = 1,
	};
	config->n_classes++;
}
