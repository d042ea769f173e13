#include "control/vr.h"

#include "control/log.h"
#include "control/mirror/ctl_carrier.h"
#include "control/vf/ctl_vf_sysfs.h"
#include "control/vf/ctl_vfs.h"
#include "dataplane/dp_change.h"
#include "dataplane/dp_stats.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *port_name(const struct ctl_vr *vr, unsigned port)
{
	return vr->conf->config.ports[port].name;
}

static void on_admin(void *arg, unsigned port, bool up)
{
	struct ctl_vr *vr = arg;

	ctl_log(CTL_LOG_INFO, vr->conf->config.name, "port %s set %s", port_name(vr, port),
		up ? "up" : "down");
	dp_port_admin_set(vr->dp, port, up);
}

static void on_mtu(void *arg, unsigned port, uint32_t mtu_bytes)
{
	struct ctl_vr *vr = arg;
	struct dp_port_state state;

	dp_port_state_get(vr->dp, port, &state);
	if (mtu_bytes > DP_MTU_MAX || mtu_bytes == state.mtu)
		return;
	ctl_log(CTL_LOG_INFO, vr->conf->config.name, "port %s has mtu %u", port_name(vr, port),
		mtu_bytes);
	dp_port_mtu_set(vr->dp, port, (uint16_t)mtu_bytes);
}

static void on_rpf(void *arg, unsigned port, enum dp_rpf rpf)
{
	struct ctl_vr *vr = arg;
	struct dp_port_state state;

	dp_port_state_get(vr->dp, port, &state);
	if (state.rpf == rpf)
		return;
	ctl_log(CTL_LOG_INFO, vr->conf->config.name, "port %s has reverse path filter %s",
		port_name(vr, port), dp_rpf_name(rpf));
	dp_port_rpf_set(vr->dp, port, rpf);
}

static void on_mac(void *arg, unsigned port, const uint8_t mac[6])
{
	struct ctl_vr *vr = arg;

	if (dp_port_mac_set(vr->dp, port, mac) != 0)
		ctl_log(CTL_LOG_WARNING, vr->conf->config.name,
			"port %s keeps its MAC address: no memory", port_name(vr, port));
}

static void on_carrier(void *arg, unsigned port, bool up)
{
	struct ctl_vr *vr = arg;

	/* First what packets take: the kernel may keep the rest waiting for milliseconds. */
	ctl_mirror_port_carrier(vr->mirror, port, up);
	dp_port_carrier_set(vr->dp, port, up);
	ctl_log(CTL_LOG_INFO, vr->conf->config.name, "device of port %s has %s link",
		port_name(vr, port), up ? "a" : "no");
}

static void on_ready(void *arg)
{
	const struct ctl_vr *vr = arg;
	struct ctl_mirror_stats stats;

	ctl_mirror_stats_get(vr->mirror, &stats);
	ctl_log(CTL_LOG_INFO, vr->conf->config.name, "mirror is complete: %llu routes",
		(unsigned long long)stats.routes);
}

/* Names are those of the data plane's copy, which stays as long as the mirror. */
static int mirror_create(struct ctl_vr *vr, struct event_base *base, struct dp_why *why)
{
	const struct dp_router_config *config = dp_router_config(vr->dp);
	struct ctl_mirror_params params = {
		.netns = config->netns,
		.base = base,
		.routing = dp_router_routing(vr->dp),
		.n_ports = config->n_ports,
		.ops = { .port_admin = on_admin,
			 .port_mtu = on_mtu,
			 .port_rpf = on_rpf,
			 .port_mac = on_mac,
			 .ready = on_ready },
		.arg = vr,
	};

	for (unsigned i = 0; i < config->n_ports; i++)
		params.port_names[i] = config->ports[i].name;
	return ctl_mirror_create(&params, &vr->mirror, why);
}

/* What a VF says of its link is no longer true when its PF is down, and not yet when it comes up. */
static void on_pf(void *arg, unsigned port, bool up)
{
	struct ctl_vr *vr = arg;

	ctl_log(CTL_LOG_INFO, vr->conf->config.name, "PF of port %s is %s", port_name(vr, port),
		up ? "up" : "down");
	if (!up)
		ctl_mirror_port_carrier(vr->mirror, port, false);
	dp_port_pf_set(vr->dp, port, up);
}

static int pf_add(struct ctl_vr *vr, struct ctl_carrier *carrier, unsigned port)
{
	const struct ctl_conf_vf *vf = &vr->conf->ports[port].vf;
	struct ctl_vf_name name;

	/* a VF whose link is always up does not need its PF's */
	if ((vf->at[CTL_VF_LINK].line != 0 && vf->link == CTL_VF_LINK_UP) ||
	    !ctl_vf_name_parse(vr->conf->config.ports[port].device, &name))
		return 0;
	return ctl_carrier_add(carrier, name.pf, on_pf, vr, port);
}

/* Drivers of kernel devices report no link, so that the netdev is watched instead. */
static int carrier_add(struct ctl_vr *vr, struct ctl_carrier *carrier, struct dp_why *why)
{
	const struct dp_router_config *config = &vr->conf->config;

	for (unsigned i = 0; i < config->n_ports; i++) {
		int err = 0;

		if (config->ports[i].kind == DP_DEVICE_VF)
			err = pf_add(vr, carrier, i);
		else if (config->ports[i].kind == DP_DEVICE_KERNEL ||
			 config->ports[i].kind == DP_DEVICE_XDP)
			err = ctl_carrier_add(carrier, config->ports[i].device, on_carrier, vr, i);
		if (err != 0) {
			(void)snprintf(why->text, sizeof(why->text),
				       "router %s: device %.32s cannot be watched: %s",
				       config->name, config->ports[i].device, strerror(-err));
			return err;
		}
	}
	return 0;
}

static int netns_remember(struct ctl_vr *vr, struct dp_why *why)
{
	const struct dp_router_config *config = &vr->conf->config;
	int err = ctl_netns_watch_init(&vr->netns, config->netns);

	if (err != 0)
		(void)snprintf(why->text, sizeof(why->text), "router %s: namespace %s: %s",
			       config->name, config->netns, strerror(-err));
	return err;
}

int ctl_vr_create(const struct ctl_conf_router *conf, struct event_base *base,
		  struct ctl_carrier *carrier, struct ctl_vr **vr, struct dp_why *why)
{
	struct ctl_vr *made = calloc(1, sizeof(*made));
	int err;

	if (made == NULL) {
		(void)snprintf(why->text, sizeof(why->text), "router %s: out of memory",
			       conf->config.name);
		return -ENOMEM;
	}
	made->conf = conf;
	made->carrier = carrier;
	err = dp_router_create(&conf->config, &made->dp, why);
	if (err != 0)
		goto free;
	err = mirror_create(made, base, why);
	if (err != 0)
		goto destroy_dp;
	err = carrier_add(made, carrier, why);
	if (err == 0)
		err = netns_remember(made, why);
	if (err != 0)
		goto destroy_mirror;
	*vr = made;
	return 0;
destroy_mirror:
	ctl_carrier_remove(carrier, made);
	ctl_mirror_destroy(made->mirror);
destroy_dp:
	dp_router_destroy(made->dp);
free:
	free(made);
	return err;
}

int ctl_vr_core_prepare(const struct ctl_conf *conf, unsigned core, struct dp_why *why)
{
	struct dp_core_config config = ctl_conf_core_config(conf, core);
	struct dp_core_stats running;

	return dp_core_stats_get(core, &running) == 0 ? 0 : dp_core_configure(&config, why);
}

int ctl_vr_retune(struct ctl_vr *vr, const struct ctl_conf_router *conf, struct dp_why *why)
{
	int err = dp_router_retune(vr->dp, &conf->config, why);

	if (err == 0)
		vr->conf = conf;
	return err;
}

void ctl_vr_destroy(struct ctl_vr *vr)
{
	ctl_carrier_remove(vr->carrier, vr);
	ctl_mirror_destroy(vr->mirror);
	dp_router_destroy(vr->dp);
	free(vr);
}

void ctl_vr_poll_links(struct ctl_vr *vr)
{
	const struct dp_router_config *config = &vr->conf->config;

	for (unsigned i = 0; i < config->n_ports; i++) {
		bool up;

		if (dp_port_link_changed(vr->dp, i, &up))
			on_carrier(vr, i, up);
	}
}

void ctl_vr_check_netns(struct ctl_vr *vr)
{
	const struct dp_router_config *config = &vr->conf->config;

	if (!ctl_netns_watch_look(&vr->netns, config->netns))
		return;
	if (vr->netns.lost)
		ctl_log(CTL_LOG_ERROR, config->name,
			"namespace %s has been deleted or replaced: forwarding goes on in the old "
			"one, which nobody can configure any more; make it again and reload to "
			"use the new one",
			config->netns);
	else
		ctl_log(CTL_LOG_INFO, config->name, "namespace %s is back", config->netns);
	ctl_mirror_resync(vr->mirror);
}

bool ctl_vr_ready(const struct ctl_vr *vr)
{
	struct ctl_mirror_stats stats;

	ctl_mirror_stats_get(vr->mirror, &stats);
	return stats.ready;
}

static void device_log(struct ctl_vr *vr, unsigned port)
{
	static const char *const became[] = {
		[DP_PORT_DEVICE_RUNS] = "works again",
		[DP_PORT_DEVICE_STOPPED] = "was reset and does not start; it is tried again",
		[DP_PORT_DEVICE_GONE] = "is gone; the port waits for it",
	};
	struct dp_port_state state;

	dp_port_state_get(vr->dp, port, &state);
	if (state.device == vr->devices[port])
		return;
	vr->devices[port] = state.device;
	if (state.device != DP_PORT_DEVICE_RUNS)
		ctl_mirror_port_carrier(vr->mirror, port, false);
	ctl_log(state.device == DP_PORT_DEVICE_RUNS ? CTL_LOG_INFO : CTL_LOG_WARNING,
		vr->conf->config.name, "device of port %s %s", port_name(vr, port),
		became[state.device]);
}

void ctl_vr_poll(struct ctl_vr *vr)
{
	dp_ports_poll(vr->dp);
	for (unsigned i = 0; i < vr->conf->config.n_ports; i++)
		device_log(vr, i);
}

void ctl_vr_retry_devices(struct ctl_vr *vr, struct ctl_vfs *vfs)
{
	for (unsigned i = 0; i < vr->conf->config.n_ports; i++) {
		if (vr->devices[i] == DP_PORT_DEVICE_RUNS ||
		    !ctl_vfs_repair(vfs, vr->conf->config.ports[i].pci_address))
			continue;
		dp_port_device_retry(vr->dp, i);
		device_log(vr, i);
	}
}

enum rate_layer ctl_vr_rx_layer(const struct dp_port_config *port)
{
	return port->has_police ? port->police.layer : CTL_VR_LAYER_DEFAULT;
}

enum rate_layer ctl_vr_tx_layer(const struct dp_port_config *port)
{
	return port->has_shape ? port->shape.layer : CTL_VR_LAYER_DEFAULT;
}

void ctl_vr_sample(struct ctl_vr *vr, uint64_t now_ns)
{
	const struct dp_router_config *config = &vr->conf->config;

	for (unsigned i = 0; i < config->n_ports; i++) {
		struct dp_port_counters counters;

		dp_port_counters_get(vr->dp, i, &counters);
		ctl_rates_update(&vr->rates[i], now_ns, &counters,
				 ctl_vr_rx_layer(&config->ports[i]),
				 ctl_vr_tx_layer(&config->ports[i]));
	}
}
