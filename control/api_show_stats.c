#include "control/api_show.h"
#include "dataplane/dp_stats.h"

#include <stddef.h>

#include <json-c/json.h>

#define ETHER_HDR_BYTES 14
#define FIELD(name)                                                                                \
	{                                                                                          \
#name, offsetof(struct dp_port_counters, name)                                     \
	}

/* Counters that are shown under their own names. */
static const struct {
	const char *key;
	size_t offset;
} fields[] = {
	FIELD(rx_pkts),
	FIELD(rx_bytes),
	FIELD(tx_pkts),
	FIELD(tx_bytes),
	FIELD(injected_pkts),
	FIELD(injected_bytes),
	FIELD(police_pass_pkts),
	FIELD(police_pass_bytes),
	FIELD(police_drop_pkts),
	FIELD(police_drop_bytes),
	FIELD(control_rescued_pkts),
	FIELD(queued_pkts),
	FIELD(twin_rx_pkts),
	FIELD(twin_tx_pkts),
	FIELD(twin_drop_pkts),
};

static uint64_t field_get(const struct dp_port_counters *counters, unsigned field)
{
	const void *value = (const char *)counters + fields[field].offset;

	return *(const uint64_t *)value;
}

static void show_values(struct ctl_json json, const struct dp_port_counters *counters)
{
	uint64_t drops = 0, punts = 0;
	struct ctl_json child;

	for (unsigned i = 0; i < sizeof(fields) / sizeof(fields[0]); i++)
		ctl_json_u64(json, fields[i].key, field_get(counters, i));
	ctl_show_colours(ctl_json_child(json, "colours"), counters->police_colour_pkts,
			 counters->police_colour_bytes);
	child = ctl_json_child(json, "drops");
	for (unsigned i = 0; i < DP_DROP_COUNT; i++) {
		ctl_json_u64(child, dp_drop_name((enum dp_drop)i), counters->drop_pkts[i]);
		drops += counters->drop_pkts[i];
	}
	child = ctl_json_child(json, "punts");
	for (unsigned i = 0; i < DP_PUNT_COUNT; i++) {
		ctl_json_u64(child, dp_punt_name((enum dp_punt)i), counters->punt_pkts[i]);
		punts += counters->punt_pkts[i];
	}
	child = ctl_json_child(json, "punt_drops");
	for (unsigned i = 0; i < DP_PUNT_COUNT; i++)
		ctl_json_u64(child, dp_punt_name((enum dp_punt)i), counters->punt_drop_pkts[i]);
	ctl_json_u64(json, "drop_pkts", drops);
	ctl_json_u64(json, "punt_pkts", punts);
}

/* Every counter is one 64-bit word, so that a struct of them is summed as an array. */
static void counters_sum(struct dp_port_counters *sum, const struct dp_port_counters *counters)
{
	const uint64_t *from = (const uint64_t *)counters;
	uint64_t *to = (uint64_t *)sum;

	_Static_assert(sizeof(*sum) % sizeof(*to) == 0, "counters are 64-bit words");
	for (size_t i = 0; i < sizeof(*sum) / sizeof(*to); i++)
		to[i] += from[i];
}

static void show_ledger(struct ctl_json json, const struct ctl_vr *vr)
{
	struct dp_ledger ledger;

	dp_ledger_get(vr->dp, &ledger);
	ctl_json_u64(json, "in_pkts", ledger.in_pkts);
	ctl_json_u64(json, "out_pkts", ledger.out_pkts);
	ctl_json_i64(json, "difference_pkts", (int64_t)(ledger.in_pkts - ledger.out_pkts));
	ctl_json_bool(json, "balanced", ledger.in_pkts == ledger.out_pkts);
}

void ctl_show_counters(const struct ctl_api_view *view, const struct ctl_vr *vr,
		       struct ctl_rows *rows)
{
	const struct dp_router_config *config = &vr->conf->config;
	struct dp_port_counters counters, sum = { 0 };
	struct ctl_json row, ports;
	uint64_t missed = 0, broken = 0;

	(void)view;
	if (!ctl_rows_want(rows))
		return;
	row = ctl_rows_add(rows);
	ctl_json_text(row, "router", config->name);
	show_ledger(ctl_json_child(row, "ledger"), vr);
	ports = ctl_json_array(row, "ports");
	for (unsigned i = 0; i < config->n_ports; i++) {
		struct ctl_json port = ctl_json_element(ports);
		struct dp_port_state state;

		dp_port_state_get(vr->dp, i, &state);
		dp_port_counters_get(vr->dp, i, &counters);
		counters_sum(&sum, &counters);
		missed += state.missed_pkts;
		broken += state.rx_error_pkts;
		ctl_json_text(port, "port", config->ports[i].name);
		ctl_json_u64(port, "missed_pkts", state.missed_pkts);
		ctl_json_u64(port, "rx_error_pkts", state.rx_error_pkts);
		show_values(port, &counters);
	}
	ctl_json_u64(row, "missed_pkts", missed);
	ctl_json_u64(row, "rx_error_pkts", broken);
	show_values(row, &sum);
}

void ctl_show_latency(const struct ctl_api_view *view, const struct ctl_vr *vr,
		      struct ctl_rows *rows)
{
	struct dp_latency latency;
	struct ctl_json row;

	(void)view;
	if (!ctl_rows_want(rows))
		return;
	dp_latency_get(vr->dp, &latency);
	row = ctl_rows_add(rows);
	ctl_json_text(row, "router", vr->conf->config.name);
	ctl_json_u64(row, "count_pkts", latency.sojourn.count);
	ctl_show_delay(row, &latency.sojourn);
	ctl_json_u64(row, "gap_pkts", latency.gap_pkts);
	ctl_json_u64(row, "queue_pkts", latency.queue_pkts);
	ctl_json_u64(row, "beyond_bound_pkts", latency.gap_pkts + latency.queue_pkts);
}

/* The promise: every window fits burst + rate * t, plus at most one packet of the MTU. */
static void show_conformance(struct ctl_json row, const struct ctl_vr *vr, unsigned port,
			     const struct dp_conformance *conformance)
{
	const struct dp_port_config *config = &vr->conf->config.ports[port];
	bool bits = config->shape.unit == RATE_BITS_PER_S;
	uint64_t burst = conformance->burst_bytes, measured = conformance->measured_burst_bytes;
	uint64_t excess = measured > burst ? measured - burst : 0;
	uint64_t tolerance = bits ? (uint64_t)(config->mtu + ETHER_HDR_BYTES +
					       rate_layer_adjust_bytes(config->shape.layer))
				  : 1;

	ctl_json_text(row, "router", vr->conf->config.name);
	ctl_json_text(row, "port", config->name);
	ctl_json_text(row, "sla", config->shape.name);
	ctl_json_u64(row, bits ? "rate_bps" : "rate_pps", config->shape.rate);
	ctl_json_u64(row, bits ? "burst_bytes" : "burst_pkts", burst);
	ctl_json_u64(row, bits ? "measured_burst_bytes" : "measured_burst_pkts", measured);
	ctl_json_u64(row, bits ? "excess_bytes" : "excess_pkts", excess);
	ctl_json_u64(row, bits ? "tolerance_bytes" : "tolerance_pkts", tolerance);
	ctl_json_u64(row, "tx_pkts", conformance->tx_pkts);
	ctl_json_bool(row, "conforms", excess <= tolerance);
}

void ctl_show_conformance(const struct ctl_api_view *view, const struct ctl_vr *vr,
			  struct ctl_rows *rows)
{
	(void)view;
	for (unsigned i = 0; i < vr->conf->config.n_ports; i++) {
		struct dp_conformance conformance;

		if (dp_conformance_get(vr->dp, i, &conformance) == 0 && ctl_rows_want(rows))
			show_conformance(ctl_rows_add(rows), vr, i, &conformance);
	}
}

/* Routers of one core share a row: it is there when an earlier one was shown. */
static bool core_shown(const struct ctl_rows *rows, unsigned core)
{
	for (size_t i = 0; i < json_object_array_length(rows->array); i++) {
		struct json_object *row = json_object_array_get_idx(rows->array, i);

		if (json_object_get_uint64(json_object_object_get(row, "core")) == core)
			return true;
	}
	return false;
}

void ctl_show_core(const struct ctl_api_view *view, const struct ctl_vr *vr, struct ctl_rows *rows)
{
	unsigned core = vr->conf->config.core;
	struct ctl_json row, routers;
	struct dp_core_stats stats;

	if (rows->failed || core_shown(rows, core) || dp_core_stats_get(core, &stats) != 0 ||
	    !ctl_rows_want(rows))
		return;
	row = ctl_rows_add(rows);
	ctl_json_u64(row, "core", core);
	routers = ctl_json_array(row, "routers");
	for (unsigned i = 0; i < view->vrs->n; i++)
		if (view->vrs->items[i]->conf->config.core == core)
			ctl_json_element_text(routers, view->vrs->items[i]->conf->config.name);
	ctl_json_u64(row, "tsc_hz", dp_tsc_hz());
	ctl_json_text(row, "scheduler",
		      stats.scheduler == DP_SCHEDULER_TIMESLICE ? "timeslice" : "drr");
	ctl_json_u64(row, "slice_ns", stats.slice_ns);
	ctl_json_u64(row, "loops", stats.loops);
	ctl_json_u64(row, "busy_tsc", stats.busy_tsc);
	ctl_json_u64(row, "idle_tsc", stats.idle_tsc);
	ctl_json_u64(row, "lost_tsc", stats.lost_tsc);
	ctl_json_u64(row, "gap_p99_ns", stats.gap_p99_ns);
	ctl_json_u64(row, "gap_p999_ns", stats.gap_p999_ns);
	ctl_json_u64(row, "gap_max_ns", stats.gap_max_ns);
}
