#include "control/api_show.h"

#include <stdio.h>

static const char *const police_at_names[] = {
	[DP_POLICE_EARLY] = "early",
	[DP_POLICE_LATE] = "late",
};
static const char *const layer_names[] = {
	[RATE_LAYER_L1] = "L1",
	[RATE_LAYER_L2] = "L2",
	[RATE_LAYER_L3] = "L3",
};
static const char *const kind_names[] = {
	[DP_DEVICE_KERNEL] = "kernel", [DP_DEVICE_XDP] = "xdp",	  [DP_DEVICE_PCI] = "pci",
	[DP_DEVICE_MEMIF] = "memif",   [DP_DEVICE_VDEV] = "dpdk", [DP_DEVICE_LINK] = "link",
	[DP_DEVICE_VF] = "vf",
};

static void show_mirror(struct ctl_json json, const struct ctl_mirror_stats *stats)
{
	const struct {
		const char *key;
		uint64_t value;
	} fields[] = {
		{ "messages", stats->messages },
		{ "malformed", stats->malformed },
		{ "ignored", stats->ignored },
		{ "overruns", stats->overruns },
		{ "dump_interrupts", stats->dump_interrupts },
		{ "resyncs", stats->resyncs },
		{ "swept", stats->swept },
		{ "purges", stats->purges },
		{ "request_errors", stats->request_errors },
		{ "fib_errors", stats->fib_errors },
		{ "punted_routes", stats->punted_routes },
		{ "lag_last_ns", stats->lag_last_ns },
		{ "lag_max_ns", stats->lag_max_ns },
		{ "sync_last_ns", stats->sync_last_ns },
		{ "audits", stats->audits },
		{ "audits_failed", stats->audits_failed },
		{ "audit_last_ns", stats->audit_last_ns },
		{ "differences", stats->differences },
		{ "differences_total", stats->differences_total },
		{ "routes", stats->routes },
		{ "prefixes", stats->prefixes },
		{ "memory_bytes", stats->memory_bytes },
		{ "neighbours", stats->neighbours },
		{ "nexthops", stats->nexthops },
	};

	ctl_json_bool(json, "syncing", stats->syncing);
	ctl_json_bool(json, "auditing", stats->auditing);
	for (unsigned i = 0; i < sizeof(fields) / sizeof(fields[0]); i++)
		ctl_json_u64(json, fields[i].key, fields[i].value);
}

void ctl_show_router(const struct ctl_api_view *view, const struct ctl_vr *vr,
		     struct ctl_rows *rows)
{
	const struct dp_router_config *config = &vr->conf->config;
	struct ctl_mirror_stats mirror;
	struct dp_route_stats routes;
	struct dp_pool_stats pool;
	struct dp_share share;
	struct ctl_json row, child;

	(void)view;
	if (!ctl_rows_want(rows))
		return;
	ctl_mirror_stats_get(vr->mirror, &mirror);
	dp_route_stats_get(dp_router_routing(vr->dp), &routes);
	dp_pool_stats_get(vr->dp, &pool);
	row = ctl_rows_add(rows);
	ctl_json_text(row, "name", config->name);
	ctl_json_text(row, "netns", config->netns);
	ctl_json_bool(row, "netns_lost", vr->netns.lost);
	ctl_json_u64(row, "netns_losses", vr->netns.losses);
	ctl_json_u64(row, "core", config->core);
	if (dp_share_get(vr->dp, &share) == 0) {
		ctl_json_u64(row, "share_percent", config->share_percent);
		ctl_json_u64(row, "quantum_ns", share.quantum_ns);
		ctl_json_u64(row, "spent_tsc", share.spent_tsc);
	}
	ctl_json_text(row, "police_at", police_at_names[config->police_at]);
	ctl_json_u64(row, "ports", config->n_ports);
	ctl_json_bool(row, "ready", mirror.ready);
	child = ctl_json_child(row, "fib");
	ctl_json_u64(child, "routes", routes.routes);
	ctl_json_u64(child, "nexthops", routes.nexthops);
	ctl_json_u64(child, "memory_bytes", routes.memory_bytes);
	child = ctl_json_child(row, "pool");
	ctl_json_u64(child, "size_pkts", pool.size_pkts);
	ctl_json_u64(child, "in_use_pkts", pool.in_use_pkts);
	show_mirror(ctl_json_child(row, "mirror"), &mirror);
}

/* Effective values; the burst also as it was written, because a time was rounded to bytes. */
static void show_sla(const struct ctl_api_view *view, struct ctl_json row, const char *key,
		     bool has, const struct dp_sla *sla)
{
	const struct ctl_conf_sla *conf = has ? ctl_conf_sla_lookup(view->conf, sla->name) : NULL;
	struct ctl_json json;

	if (!has) {
		ctl_json_null(row, key);
		return;
	}
	json = ctl_show_sla(row, key, sla);
	/* a router that was put back has what an SLA of the name was before */
	ctl_json_text(json, "burst_configured",
		      conf != NULL && conf->sla.burst == sla->burst ? conf->burst.text : "");
	if (sla->delay_ns != 0)
		ctl_json_u64(json, "delay_ns", sla->delay_ns);
	else
		ctl_json_null(json, "delay_ns");
}

static void show_rate(struct ctl_json row, const char *direction, const struct ctl_rate *rate,
		      bool known, enum rate_layer layer)
{
	char key[16];

	(void)snprintf(key, sizeof(key), "%s_bps", direction);
	if (known)
		ctl_json_u64(row, key, rate->bps);
	else
		ctl_json_null(row, key);
	(void)snprintf(key, sizeof(key), "%s_pps", direction);
	if (known)
		ctl_json_u64(row, key, rate->pps);
	else
		ctl_json_null(row, key);
	(void)snprintf(key, sizeof(key), "%s_layer", direction);
	ctl_json_text(row, key, layer_names[layer]);
}

static void show_state(struct ctl_json row, const struct dp_port_state *state)
{
	ctl_json_text(row, "driver", state->driver);
	ctl_json_mac(row, "mac", state->mac);
	ctl_json_u64(row, "mtu", state->mtu);
	ctl_json_text(row, "rpf", dp_rpf_name(state->rpf));
	ctl_json_bool(row, "carrier", state->carrier);
	ctl_json_bool(row, "admin_up", state->admin_up);
	ctl_json_i64(row, "twin_ifindex", state->twin_ifindex);
	ctl_json_u64(row, "missed_pkts", state->missed_pkts);
}

static void show_port(const struct ctl_api_view *view, const struct ctl_vr *vr, unsigned port,
		      struct ctl_json row)
{
	const struct dp_port_config *config = &vr->conf->config.ports[port];
	const struct ctl_port_rates *rates = &vr->rates[port];
	char device[sizeof("kernel:") + DP_DEVICE_MAX];
	struct dp_port_state state;

	dp_port_state_get(vr->dp, port, &state);
	(void)snprintf(device, sizeof(device), "%s:%s", kind_names[config->kind], config->device);
	ctl_json_text(row, "router", vr->conf->config.name);
	ctl_json_text(row, "name", config->name);
	ctl_json_text(row, "device", device);
	show_state(row, &state);
	show_rate(row, "rx", &rates->rx, rates->elapsed_ns != 0, ctl_vr_rx_layer(config));
	show_rate(row, "tx", &rates->tx, rates->elapsed_ns != 0, ctl_vr_tx_layer(config));
	show_sla(view, row, "police", config->has_police, &config->police);
	if (config->has_police)
		ctl_json_text(row, "police_placed",
			      dp_police_is_early(&vr->conf->config, port) ? "early" : "late");
	else
		ctl_json_null(row, "police_placed");
	show_sla(view, row, "shape", config->has_shape, &config->shape);
}

void ctl_show_ports(const struct ctl_api_view *view, const struct ctl_vr *vr, struct ctl_rows *rows)
{
	for (unsigned i = 0; i < vr->conf->config.n_ports; i++)
		if (ctl_rows_want(rows))
			show_port(view, vr, i, ctl_rows_add(rows));
}
