#include "control/conf_value.h"

#include <string.h>

#define N_KEYS(table) (sizeof(table) / sizeof((table)[0]))

/* A port is spread over two structs: values for the data plane, and their places and names. */
struct port {
	struct dp_port_config *config;
	struct ctl_conf_port *conf;
};

static const char *const kinds[] = {
	[DP_DEVICE_KERNEL] = "kernel:", [DP_DEVICE_XDP] = "xdp:",   [DP_DEVICE_PCI] = "pci:",
	[DP_DEVICE_MEMIF] = "memif:",	[DP_DEVICE_VDEV] = "dpdk:", [DP_DEVICE_LINK] = "link:",
	[DP_DEVICE_VF] = "vf:",
};

static bool port_name_set(struct ctl_loader *loader, const config_setting_t *setting, void *object)
{
	struct dp_port_config *port = ((struct port *)object)->config;

	if (!ctl_value_name(loader, setting, port->name, sizeof(port->name)))
		return false;
	if (strcmp(port->name, "lo") != 0 && strcmp(port->name, "all") != 0 &&
	    strcmp(port->name, "default") != 0)
		return true;
	ctl_value_error(loader, setting, "is a name that Linux keeps for itself",
			"choose another one, such as \"wan0\"");
	return false;
}

static bool port_device_set(struct ctl_loader *loader, const config_setting_t *setting,
			    void *object)
{
	struct dp_port_config *port = ((struct port *)object)->config;
	char value[DP_DEVICE_MAX];

	if (!ctl_value_text(loader, setting, value, sizeof(value)))
		return false;
	for (unsigned i = 0; i < N_KEYS(kinds); i++) {
		size_t len = strlen(kinds[i]);

		if (strncmp(value, kinds[i], len) != 0 || value[len] == '\0')
			continue;
		port->kind = (enum dp_device_kind)i;
		memcpy(port->device, value + len, strlen(value + len) + 1);
		return true;
	}
	ctl_value_error(
		loader, setting, "is not a device",
		"write kernel:NETDEV, xdp:NETDEV, pci:ADDRESS, vf:PF/INDEX, memif:ROLE,PATH,ID, "
		"dpdk:DEVARGS or link:NAME");
	return false;
}

static bool port_mtu_set(struct ctl_loader *loader, const config_setting_t *setting, void *object)
{
	struct dp_port_config *port = ((struct port *)object)->config;
	unsigned mtu = 0;

	if (!ctl_value_int(loader, setting, DP_MTU_MIN, DP_MTU_MAX, &mtu))
		return false;
	port->mtu = (uint16_t)mtu;
	return true;
}

static bool port_police_set(struct ctl_loader *loader, const config_setting_t *setting,
			    void *object)
{
	struct ctl_conf_port *port = ((struct port *)object)->conf;

	return ctl_value_name(loader, setting, port->police, sizeof(port->police));
}

static bool port_shape_set(struct ctl_loader *loader, const config_setting_t *setting, void *object)
{
	struct ctl_conf_port *port = ((struct port *)object)->conf;

	return ctl_value_name(loader, setting, port->shape, sizeof(port->shape));
}

static bool port_link_set(struct ctl_loader *loader, const config_setting_t *setting, void *object)
{
	struct ctl_conf_port *port = ((struct port *)object)->conf;

	return ctl_value_name(loader, setting, port->link, sizeof(port->link));
}

static bool port_flows_set(struct ctl_loader *loader, const config_setting_t *setting, void *object)
{
	struct port *port = object;

	ctl_conf_flows_load(loader, setting, &port->config->flows, &port->conf->flows);
	return true;
}

static bool port_vlan_set(struct ctl_loader *loader, const config_setting_t *setting, void *object)
{
	struct dp_port_config *port = ((struct port *)object)->config;
	unsigned vlan = 0;

	if (!ctl_value_int(loader, setting, 1, DP_VLAN_MAX, &vlan))
		return false;
	port->vlan = (uint16_t)vlan;
	return true;
}

static bool port_vf_set(struct ctl_loader *loader, const config_setting_t *setting, void *object)
{
	ctl_conf_vf_load(loader, setting, &((struct port *)object)->conf->vf);
	return true;
}

static const struct ctl_key port_keys[] = {
	[CTL_PORT_NAME] = { "name", CTL_KEY_STRING, true, "name = \"wan0\";", port_name_set },
	[CTL_PORT_DEVICE] = { "device", CTL_KEY_STRING, true, "device = \"kernel:eth1\";",
			      port_device_set },
	[CTL_PORT_MTU] = { "mtu", CTL_KEY_INT, false, "mtu = 1500;", port_mtu_set },
	[CTL_PORT_POLICE] = { "police", CTL_KEY_STRING, false, "police = \"gold\";",
			      port_police_set },
	[CTL_PORT_SHAPE] = { "shape", CTL_KEY_STRING, false, "shape = \"gold\";", port_shape_set },
	[CTL_PORT_FLOWS] = { "flows", CTL_KEY_GROUP, false,
			     "flows = { by = \"5-tuple\"; count = 4096; sla = \"per-flow\"; };",
			     port_flows_set },
	[CTL_PORT_LINK] = { "link", CTL_KEY_STRING, false, "link = \"eth1\";", port_link_set },
	[CTL_PORT_VLAN] = { "vlan", CTL_KEY_INT, false, "vlan = 401;", port_vlan_set },
	[CTL_PORT_VF] = { "vf", CTL_KEY_GROUP, false, "vf = { spoof_check = true; };",
			  port_vf_set },
};
static const struct ctl_group port_group = { "a port", port_keys, N_KEYS(port_keys) };

bool ctl_conf_port_add(struct ctl_loader *loader, const config_setting_t *setting, void *object)
{
	struct ctl_conf_router *router = object;
	unsigned place = router->config.n_ports;
	struct port port = { &router->config.ports[place], &router->ports[place] };

	if (place == DP_ROUTER_PORTS_MAX) {
		ctl_errors_add(loader->errors, ctl_loader_src(loader, setting),
			       "too many ports in router \"%s\"; it may have %u",
			       router->config.name, DP_ROUTER_PORTS_MAX);
		return false;
	}
	router->config.n_ports++;
	port.config->mtu = CTL_MTU_DEFAULT;
	port.conf->src = ctl_loader_src(loader, setting);
	ctl_loader_group(loader, &port_group, setting, &port, port.conf->at);
	return true;
}
