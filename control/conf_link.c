#include "control/conf_value.h"

#include <stdlib.h>

#define N_KEYS(table) (sizeof(table) / sizeof((table)[0]))

static bool link_name_set(struct ctl_loader *loader, const config_setting_t *setting, void *object)
{
	struct ctl_conf_link *link = object;

	return ctl_value_name(loader, setting, link->name, sizeof(link->name));
}

static bool link_rate_set(struct ctl_loader *loader, const config_setting_t *setting, void *object)
{
	struct ctl_conf_link *link = object;
	enum rate_unit unit = RATE_BITS_PER_S;
	int err = ctl_units_rate(config_setting_get_string(setting), &unit, &link->rate_bps);

	if (err != 0)
		return ctl_value_quantity_error(loader, setting, err, "bit/s",
						"write a number with k, M or G, such as \"10G\"");
	if (unit == RATE_BITS_PER_S && link->rate_bps >= RATE_MIN_BPS &&
	    link->rate_bps <= RATE_MAX_BPS)
		return true;
	ctl_value_error(loader, setting, "is no rate of a link",
			"it must be \"1k\" to \"400G\" (bit/s)");
	return false;
}

static const struct ctl_key link_keys[] = {
	[CTL_LINK_NAME] = { "name", CTL_KEY_STRING, true, "name = \"eth1\";", link_name_set },
	[CTL_LINK_RATE] = { "rate", CTL_KEY_STRING, true, "rate = \"10G\";", link_rate_set },
};
static const struct ctl_group link_group = { "a link", link_keys, N_KEYS(link_keys) };

bool ctl_conf_link_add(struct ctl_loader *loader, const config_setting_t *setting, void *object)
{
	struct ctl_conf *conf = object;
	struct ctl_conf_link *links = reallocarray(conf->links, conf->n_links + 1, sizeof(*links));
	struct ctl_conf_link *link;

	if (links == NULL) {
		loader->no_memory = true;
		return false;
	}
	conf->links = links;
	link = &links[conf->n_links++];
	*link = (struct ctl_conf_link){ .src = ctl_loader_src(loader, setting) };
	ctl_loader_group(loader, &link_group, setting, link, link->at);
	return true;
}

static bool path_name_set(struct ctl_loader *loader, const config_setting_t *setting, void *object)
{
	struct ctl_conf_path *path = object;

	return ctl_value_name(loader, setting, path->name, sizeof(path->name));
}

static bool path_routers_set(struct ctl_loader *loader, const config_setting_t *setting,
			     void *object)
{
	struct ctl_conf_path *path = object;
	int n = config_setting_length(setting);

	if (n < 2 || n > CTL_HOPS_MAX) {
		ctl_errors_add(loader->errors, ctl_loader_src(loader, setting),
			       "routers has %d names; a path has 2 to %d", n, CTL_HOPS_MAX);
		return false;
	}
	for (int i = 0; i < n; i++) {
		const config_setting_t *name = config_setting_get_elem(setting, (unsigned)i);

		if (config_setting_type(name) != CONFIG_TYPE_STRING) {
			ctl_errors_add(loader->errors, ctl_loader_src(loader, name),
				       "element %d of routers is not a string; write the names of "
				       "routers in double quotes",
				       i + 1);
			return false;
		}
		if (!ctl_value_text(loader, name, path->routers[i], sizeof(path->routers[i])))
			return false;
	}
	path->n_routers = (unsigned)n;
	return true;
}

static bool path_delay_set(struct ctl_loader *loader, const config_setting_t *setting, void *object)
{
	return ctl_value_delay(loader, setting, &((struct ctl_conf_path *)object)->delay_ns);
}

static const struct ctl_key path_keys[] = {
	[CTL_PATH_NAME] = { "name", CTL_KEY_STRING, true, "name = \"a-to-c\";", path_name_set },
	[CTL_PATH_ROUTERS] = { "routers", CTL_KEY_LIST, true, "routers = ( \"a\", \"b\", \"c\" );",
			       path_routers_set },
	[CTL_PATH_DELAY] = { "delay", CTL_KEY_STRING, false, "delay = \"5ms\";", path_delay_set },
};
static const struct ctl_group path_group = { "a path", path_keys, N_KEYS(path_keys) };

bool ctl_conf_path_add(struct ctl_loader *loader, const config_setting_t *setting, void *object)
{
	struct ctl_conf *conf = object;
	struct ctl_conf_path *paths = reallocarray(conf->paths, conf->n_paths + 1, sizeof(*paths));
	struct ctl_conf_path *path;

	if (paths == NULL) {
		loader->no_memory = true;
		return false;
	}
	conf->paths = paths;
	path = &paths[conf->n_paths++];
	*path = (struct ctl_conf_path){ .src = ctl_loader_src(loader, setting) };
	ctl_loader_group(loader, &path_group, setting, path, path->at);
	return true;
}
