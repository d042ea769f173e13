#include "control/conf_value.h"

#include <stdlib.h>
#include <string.h>

#define N_KEYS(table) (sizeof(table) / sizeof((table)[0]))

static bool router_name_set(struct ctl_loader *loader, const config_setting_t *setting,
			    void *object)
{
	struct ctl_conf_router *router = object;

	return ctl_value_name(loader, setting, router->config.name, sizeof(router->config.name));
}

static bool router_netns_set(struct ctl_loader *loader, const config_setting_t *setting,
			     void *object)
{
	struct ctl_conf_router *router = object;

	return ctl_value_name(loader, setting, router->config.netns, sizeof(router->config.netns));
}

static bool router_core_set(struct ctl_loader *loader, const config_setting_t *setting,
			    void *object)
{
	struct ctl_conf_router *router = object;

	return ctl_value_int(loader, setting, 0, CTL_CORE_MAX, &router->config.core);
}

static bool router_share_set(struct ctl_loader *loader, const config_setting_t *setting,
			     void *object)
{
	struct ctl_conf_router *router = object;

	return ctl_value_int(loader, setting, 1, DP_SHARE_MAX, &router->config.share_percent);
}

static bool router_police_at_set(struct ctl_loader *loader, const config_setting_t *setting,
				 void *object)
{
	struct ctl_conf_router *router = object;
	const char *value = config_setting_get_string(setting);

	router->config.police_at = strcmp(value, "late") == 0 ? DP_POLICE_LATE : DP_POLICE_EARLY;
	if (router->config.police_at == DP_POLICE_LATE || strcmp(value, "early") == 0)
		return true;
	ctl_value_error(loader, setting, "is not a place of the policer",
			"write \"early\" (before parsing) or \"late\" (after it)");
	return false;
}

static bool router_buffers_set(struct ctl_loader *loader, const config_setting_t *setting,
			       void *object)
{
	struct ctl_conf_router *router = object;

	return ctl_value_int(loader, setting, 0, DP_BUFFERS_MAX, &router->config.buffers);
}

static bool router_ports_set(struct ctl_loader *loader, const config_setting_t *setting,
			     void *object)
{
	return ctl_loader_list(loader, setting, "port", ctl_conf_port_add, object);
}

static bool router_classes_set(struct ctl_loader *loader, const config_setting_t *setting,
			       void *object)
{
	bool all = ctl_loader_list(loader, setting, "class", ctl_conf_class_add, object);

	ctl_conf_classes_finish(object);
	return all;
}

static bool router_punt_set(struct ctl_loader *loader, const config_setting_t *setting,
			    void *object)
{
	struct ctl_conf_router *router = object;

	ctl_conf_punt_load(loader, setting, router->config.punt_pps);
	return true;
}

static bool router_rescue_set(struct ctl_loader *loader, const config_setting_t *setting,
			      void *object)
{
	struct ctl_conf_router *router = object;

	if (strcmp(config_setting_get_string(setting), "none") == 0) {
		router->config.rescue_pps = DP_RESCUE_NONE;
		return true;
	}
	if (ctl_value_pps(setting, &router->config.rescue_pps))
		return true;
	ctl_value_error(loader, setting, "is no limit of packets beyond an SLA",
			"write \"1pps\" to \"1Gpps\", such as \"500pps\", or \"none\"");
	return false;
}

static bool router_provision_set(struct ctl_loader *loader, const config_setting_t *setting,
				 void *object)
{
	struct ctl_conf_router *router = object;

	(void)loader;
	router->provision = config_setting_get_bool(setting);
	return true;
}

static const struct ctl_key router_keys[] = {
	[CTL_ROUTER_NAME] = { "name", CTL_KEY_STRING, true, "name = \"tenant-a\";",
			      router_name_set },
	[CTL_ROUTER_NETNS] = { "netns", CTL_KEY_STRING, true, "netns = \"tenant-a\";",
			       router_netns_set },
	[CTL_ROUTER_CORE] = { "core", CTL_KEY_INT, true, "core = 1;", router_core_set },
	[CTL_ROUTER_SHARE] = { "share", CTL_KEY_INT, false, "share = 30;", router_share_set },
	[CTL_ROUTER_POLICE_AT] = { "police_at", CTL_KEY_STRING, false, "police_at = \"early\";",
				   router_police_at_set },
	[CTL_ROUTER_BUFFERS] = { "buffers", CTL_KEY_INT, false, "buffers = 65536;",
				 router_buffers_set },
	[CTL_ROUTER_PORTS] = { "ports", CTL_KEY_LIST, true,
			       "ports = ( { name = \"wan0\"; device = \"kernel:eth1\"; } );",
			       router_ports_set },
	[CTL_ROUTER_CLASSES] = { "classes", CTL_KEY_LIST, false,
				 "classes: ( { name = \"voice\"; match = { dscp = \"ef\"; }; level "
				 "= 1; } );",
				 router_classes_set },
	[CTL_ROUTER_PUNT] = { "punt", CTL_KEY_GROUP, false, "punt = { icmp = \"500pps\"; };",
			      router_punt_set },
	[CTL_ROUTER_RESCUE] = { "rescue", CTL_KEY_STRING, false, "rescue = \"500pps\";",
				router_rescue_set },
	[CTL_ROUTER_PROVISION] = { "provision", CTL_KEY_BOOL, false, "provision = true;",
				   router_provision_set },
};
static const struct ctl_group router_group = { "a router", router_keys, N_KEYS(router_keys) };

bool ctl_conf_router_add(struct ctl_loader *loader, const config_setting_t *setting, void *object)
{
	struct ctl_conf *conf = object;
	struct ctl_conf_router *routers;
	struct ctl_conf_router *router;

	if (conf->n_routers == DP_ROUTERS_MAX) {
		ctl_errors_add(loader->errors, ctl_loader_src(loader, setting),
			       "too many routers; one process may have %u", DP_ROUTERS_MAX);
		return false;
	}
	routers = reallocarray(conf->routers, conf->n_routers + 1, sizeof(*routers));
	if (routers == NULL) {
		loader->no_memory = true;
		return false;
	}
	conf->routers = routers;
	router = &routers[conf->n_routers++];
	*router = (struct ctl_conf_router){ .src = ctl_loader_src(loader, setting) };
	ctl_loader_group(loader, &router_group, setting, router, router->at);
	return true;
}
