#include "control/conf_value.h"

#include <string.h>

#define N_KEYS(table) (sizeof(table) / sizeof((table)[0]))

static bool control_core_set(struct ctl_loader *loader, const config_setting_t *setting,
			     void *object)
{
	struct ctl_conf_control *control = object;

	return ctl_value_int(loader, setting, 0, CTL_CORE_MAX, &control->core);
}

static bool control_socket_set(struct ctl_loader *loader, const config_setting_t *setting,
			       void *object)
{
	struct ctl_conf_control *control = object;

	if (!ctl_value_text(loader, setting, control->socket, sizeof(control->socket)))
		return false;
	if (control->socket[0] == '/')
		return true;
	ctl_value_error(loader, setting, "is not an absolute path",
			"write for example \"/run/sluice/sluice.sock\"");
	return false;
}

static bool control_calibration_set(struct ctl_loader *loader, const config_setting_t *setting,
				    void *object)
{
	struct ctl_conf_control *control = object;

	if (!ctl_value_text(loader, setting, control->calibration, sizeof(control->calibration)))
		return false;
	if (control->calibration[0] == '/')
		return true;
	ctl_value_error(loader, setting, "is not an absolute path",
			"write for example \"" CTL_CALIBRATION_PATH "\"");
	return false;
}

static bool control_admission_set(struct ctl_loader *loader, const config_setting_t *setting,
				  void *object)
{
	struct ctl_conf_control *control = object;
	const char *value = config_setting_get_string(setting);

	control->overcommit = strcmp(value, "report") == 0;
	if (control->overcommit || strcmp(value, "enforce") == 0)
		return true;
	ctl_value_error(loader, setting, "is not a kind of admission",
			"write \"enforce\" (refuse what does not fit) or \"report\" (say it and "
			"start)");
	return false;
}

static const struct ctl_key control_keys[] = {
	[CTL_CONTROL_CORE] = { "core", CTL_KEY_INT, false, "core = 0;", control_core_set },
	[CTL_CONTROL_SOCKET] = { "socket", CTL_KEY_STRING, false,
				 "socket = \"/run/sluice/sluice.sock\";", control_socket_set },
	[CTL_CONTROL_CALIBRATION] = { "calibration", CTL_KEY_STRING, false,
				      "calibration = \"" CTL_CALIBRATION_PATH "\";",
				      control_calibration_set },
	[CTL_CONTROL_ADMISSION] = { "admission", CTL_KEY_STRING, false, "admission = \"enforce\";",
				    control_admission_set },
};
static const struct ctl_group control_group = { "control", control_keys, N_KEYS(control_keys) };

static bool root_control_set(struct ctl_loader *loader, const config_setting_t *setting,
			     void *object)
{
	struct ctl_conf *conf = object;

	ctl_loader_group(loader, &control_group, setting, &conf->control, conf->control.at);
	return true;
}

static bool root_slas_set(struct ctl_loader *loader, const config_setting_t *setting, void *object)
{
	return ctl_loader_list(loader, setting, "SLA", ctl_conf_sla_add, object);
}

static bool root_routers_set(struct ctl_loader *loader, const config_setting_t *setting,
			     void *object)
{
	return ctl_loader_list(loader, setting, "router", ctl_conf_router_add, object);
}

static bool root_cores_set(struct ctl_loader *loader, const config_setting_t *setting, void *object)
{
	return ctl_loader_list(loader, setting, "core", ctl_conf_core_add, object);
}

static bool root_links_set(struct ctl_loader *loader, const config_setting_t *setting, void *object)
{
	return ctl_loader_list(loader, setting, "link", ctl_conf_link_add, object);
}

static bool root_paths_set(struct ctl_loader *loader, const config_setting_t *setting, void *object)
{
	return ctl_loader_list(loader, setting, "path", ctl_conf_path_add, object);
}

static const struct ctl_key root_keys[] = {
	[CTL_ROOT_CONTROL] = { "control", CTL_KEY_GROUP, false, "control: { core = 0; };",
			       root_control_set },
	[CTL_ROOT_SLAS] = { "slas", CTL_KEY_LIST, false,
			    "slas: ( { name = \"gold\"; rate = \"100M\"; burst = \"16k\"; } );",
			    root_slas_set },
	[CTL_ROOT_LINKS] = { "links", CTL_KEY_LIST, false,
			     "links: ( { name = \"eth1\"; rate = \"10G\"; } );", root_links_set },
	[CTL_ROOT_ROUTERS] = { "routers", CTL_KEY_LIST, true,
			       "routers: ( { name = \"tenant-a\"; netns = \"tenant-a\"; core = 1; "
			       "ports: ( { name = \"wan0\"; device = \"kernel:eth1\"; } ); } );",
			       root_routers_set },
	[CTL_ROOT_CORES] = { "cores", CTL_KEY_LIST, false,
			     "cores: ( { core = 1; scheduler = \"timeslice\"; slice = \"2ms\"; } "
			     ");",
			     root_cores_set },
	[CTL_ROOT_PATHS] = { "paths", CTL_KEY_LIST, false,
			     "paths: ( { name = \"a-to-c\"; routers = ( \"a\", \"c\" ); } );",
			     root_paths_set },
};
const struct ctl_group ctl_group_root = { "the file", root_keys, N_KEYS(root_keys) };
