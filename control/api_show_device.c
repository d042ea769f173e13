#include "control/api_show.h"
#include "control/vf/ctl_vf_state.h"

#include <stdio.h>
#include <string.h>

#define BIT(setting) (1U << (setting))

static const char *const state_names[] = {
	[DP_PORT_DEVICE_RUNS] = "runs",
	[DP_PORT_DEVICE_STOPPED] = "stopped",
	[DP_PORT_DEVICE_GONE] = "gone",
};
static const char *const link_names[] = {
	[CTL_VF_LINK_AUTO] = "auto",
	[CTL_VF_LINK_UP] = "up",
	[CTL_VF_LINK_DOWN] = "down",
};

static void show_offloads(struct ctl_json row, const char *key, uint64_t offloads,
			  const char *(*name)(uint64_t offload))
{
	struct ctl_json list = ctl_json_array(row, key);

	for (; offloads != 0; offloads &= offloads - 1)
		ctl_json_element_text(list, name(offloads & -offloads));
}

/* 0: the driver does not say */
static void show_limit(struct ctl_json row, const char *key, uint64_t limit)
{
	if (limit != 0)
		ctl_json_u64(row, key, limit);
	else
		ctl_json_null(row, key);
}

static void show_limits(struct ctl_json row, const struct dp_device_limits *limits)
{
	ctl_json_bool(row, "link_interrupt", limits->link_interrupt);
	ctl_json_text(row, "control", limits->control_steered ? "steered" : "rescued");
	show_limit(row, "max_mtu", limits->max_mtu);
	ctl_json_u64(row, "max_rx_queues", limits->max_rx_queues);
	ctl_json_u64(row, "max_tx_queues", limits->max_tx_queues);
	ctl_json_u64(row, "rx_desc", limits->rx_desc);
	ctl_json_u64(row, "tx_desc", limits->tx_desc);
	show_limit(row, "max_rx_desc", limits->max_rx_desc);
	show_limit(row, "max_tx_desc", limits->max_tx_desc);
	show_offloads(row, "rx_offloads", limits->rx_offloads, dp_rx_offload_name);
	show_offloads(row, "tx_offloads", limits->tx_offloads, dp_tx_offload_name);
	show_offloads(row, "rx_offloads_used", limits->rx_offloads_used, dp_rx_offload_name);
	show_offloads(row, "tx_offloads_used", limits->tx_offloads_used, dp_tx_offload_name);
}

void ctl_show_devices(const struct ctl_api_view *view, const struct ctl_vr *vr,
		      struct ctl_rows *rows)
{
	const struct dp_router_config *config = &vr->conf->config;

	(void)view;
	for (unsigned i = 0; i < config->n_ports; i++) {
		struct dp_port_state state;
		struct ctl_json row;

		if (!ctl_rows_want(rows))
			continue;
		dp_port_state_get(vr->dp, i, &state);
		row = ctl_rows_add(rows);
		ctl_json_text(row, "router", config->name);
		ctl_json_text(row, "port", config->ports[i].name);
		ctl_json_text(row, "pci_address", config->ports[i].pci_address);
		ctl_json_text(row, "driver", state.driver);
		ctl_json_text(row, "state", state_names[state.device]);
		ctl_json_u64(row, "missed_pkts", state.missed_pkts);
		ctl_json_u64(row, "rx_error_pkts", state.rx_error_pkts);
		show_limits(row, &state.limits);
	}
}

/* A setting that the PF's driver does not tell is null. */
static void show_settings(struct ctl_json row, const struct ctl_vf_state *state)
{
	static const char *const keys[CTL_VF_SETTINGS] = {
		[CTL_VF_SET_MAC] = "mac",     [CTL_VF_SET_VLAN] = "vlan",
		[CTL_VF_SET_TRUST] = "trust", [CTL_VF_SET_SPOOF_CHECK] = "spoof_check",
		[CTL_VF_SET_LINK] = "link",   [CTL_VF_SET_RATE] = "rate_mbps",
	};

	for (unsigned i = 0; i < CTL_VF_SETTINGS; i++)
		if ((state->known & BIT(i)) == 0)
			ctl_json_null(row, keys[i]);
	if ((state->known & BIT(CTL_VF_SET_MAC)) != 0)
		ctl_json_mac(row, keys[CTL_VF_SET_MAC], state->mac);
	if ((state->known & BIT(CTL_VF_SET_VLAN)) != 0)
		ctl_json_u64(row, keys[CTL_VF_SET_VLAN], state->vlan);
	if ((state->known & BIT(CTL_VF_SET_SPOOF_CHECK)) != 0)
		ctl_json_bool(row, keys[CTL_VF_SET_SPOOF_CHECK], state->spoof_check);
	if ((state->known & BIT(CTL_VF_SET_TRUST)) != 0)
		ctl_json_bool(row, keys[CTL_VF_SET_TRUST], state->trust);
	if ((state->known & BIT(CTL_VF_SET_LINK)) != 0)
		ctl_json_text(row, keys[CTL_VF_SET_LINK], link_names[state->link]);
	if ((state->known & BIT(CTL_VF_SET_RATE)) != 0)
		ctl_json_u64(row, keys[CTL_VF_SET_RATE], state->rate_mbps);
}

static void show_vf(struct ctl_json row, const struct ctl_vf_name *name, const char *owner)
{
	struct ctl_vf_state state;
	struct ctl_vf_sysfs vf;

	ctl_vf_sysfs_get(CTL_SYSFS, name, &vf);
	if (ctl_vf_state_get(name, &state) != 0)
		state.known = 0;
	ctl_json_text(row, "pf", name->pf);
	ctl_json_u64(row, "index", name->index);
	ctl_json_text(row, "pci_address", vf.address);
	ctl_json_text(row, "driver", vf.driver);
	show_settings(row, &state);
	if (vf.numa_node >= 0)
		ctl_json_u64(row, "numa_node", (uint64_t)vf.numa_node);
	else
		ctl_json_null(row, "numa_node");
	if (owner[0] != '\0')
		ctl_json_text(row, "owner", owner);
	else
		ctl_json_null(row, "owner");
}

void ctl_show_vf(const struct ctl_api_view *view, const struct ctl_vr *vr, struct ctl_rows *rows)
{
	const struct dp_router_config *config = &vr->conf->config;

	(void)view;
	for (unsigned i = 0; i < config->n_ports; i++) {
		char owner[DP_NAME_MAX + DP_PORT_NAME_MAX];
		struct ctl_vf_name name;

		if (config->ports[i].kind != DP_DEVICE_VF ||
		    !ctl_vf_name_parse(config->ports[i].device, &name) || !ctl_rows_want(rows))
			continue;
		(void)snprintf(owner, sizeof(owner), "%s/%s", config->name, config->ports[i].name);
		show_vf(ctl_rows_add(rows), &name, owner);
	}
}
