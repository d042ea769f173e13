#include "control/api_show.h"
#include "control/conf_dscp.h"
#include "control/conf_sla.h"
#include "dataplane/dp_stats.h"

#include <stdio.h>
#include <string.h>

static const char *const colour_names[POLICER_COLOURS] = { "green", "yellow", "red" };

static void show_action(struct ctl_json json, const struct policer_colour_action *action,
			const char *colour)
{
	char text[sizeof("remark:") + CTL_DSCP_TEXT_MAX] = "pass";

	if (action->action == POLICER_DROP) {
		(void)strcpy(text, "drop");
	} else if (action->action == POLICER_REMARK) {
		(void)strcpy(text, "remark:");
		ctl_dscp_text(action->dscp, text + strlen(text));
	}
	ctl_json_text(json, colour, text);
}

/* The second rate and burst under the names that they have in the configuration. */
static void show_second(struct ctl_json json, const struct dp_sla *sla)
{
	bool peak = sla->kind == DP_SLA_TRTCM;

	if (sla->kind == DP_SLA_SINGLE)
		return;
	if (sla->second_bps != 0)
		ctl_json_u64(json, peak ? "peak_rate_bps" : "excess_rate_bps", sla->second_bps);
	ctl_json_u64(json, peak ? "peak_burst_bytes" : "excess_burst_bytes", sla->second_bytes);
	ctl_json_bool(json, "colour_aware", sla->colour_aware);
}

struct ctl_json ctl_show_sla(struct ctl_json row, const char *key, const struct dp_sla *sla)
{
	static const char *const layers[] = { "L1", "L2", "L3" };
	bool bits = sla->unit == RATE_BITS_PER_S;
	struct ctl_json json = ctl_json_child(row, key);

	ctl_json_text(json, "sla", sla->name);
	ctl_json_text(json, "kind", ctl_conf_sla_kind_name(sla->kind));
	ctl_json_u64(json, bits ? "rate_bps" : "rate_pps", sla->rate);
	ctl_json_u64(json, bits ? "burst_bytes" : "burst_pkts", sla->burst);
	ctl_json_text(json, "layer", layers[sla->layer]);
	show_second(json, sla);
	for (unsigned i = 0; i < POLICER_COLOURS; i++)
		if (i != POLICER_YELLOW || sla->kind != DP_SLA_SINGLE)
			show_action(json, &sla->actions[i], colour_names[i]);
	return json;
}

void ctl_show_colours(struct ctl_json row, const uint64_t pkts[], const uint64_t bytes[])
{
	char key[24];

	for (unsigned i = 0; i < POLICER_COLOURS; i++) {
		(void)snprintf(key, sizeof(key), "%s_pkts", colour_names[i]);
		ctl_json_u64(row, key, pkts[i]);
		(void)snprintf(key, sizeof(key), "%s_bytes", colour_names[i]);
		ctl_json_u64(row, key, bytes[i]);
	}
}

static void show_policing(struct ctl_json row, const struct ctl_vr *vr, unsigned class_index)
{
	const struct dp_router_config *config = &vr->conf->config;
	struct dp_class_counters counters;

	if (dp_class_counters_get(vr->dp, class_index, &counters) != 0)
		return;
	if (config->n_classes != 0 && config->classes[class_index].has_police)
		(void)ctl_show_sla(row, "police", &config->classes[class_index].police);
	else
		ctl_json_null(row, "police");
	ctl_show_colours(row, counters.colours.pkts, counters.colours.bytes);
	ctl_json_u64(row, "drop_pkts", counters.drop_pkts);
	ctl_json_u64(row, "drop_bytes", counters.drop_bytes);
	ctl_json_u64(row, "aggregate_drop_pkts", counters.aggregate_drop_pkts);
	ctl_json_u64(row, "aggregate_drop_bytes", counters.aggregate_drop_bytes);
	ctl_json_u64(row, "remark_pkts", counters.remark_pkts);
	ctl_json_u64(row, "rescued_pkts", counters.rescued_pkts);
}

/* UINT64_MAX: there is no limit */
static void show_limit(struct ctl_json json, const char *key, uint64_t limit)
{
	if (limit != UINT64_MAX)
		ctl_json_u64(json, key, limit);
	else
		ctl_json_null(json, key);
}

static void show_settings(struct ctl_json json, const struct dp_queue_stats *queue)
{
	const struct shaper_class_effective *effective = &queue->effective;

	ctl_json_u64(json, "level", queue->level);
	ctl_json_u64(json, "weight", queue->weight);
	ctl_json_u64(json, "quantum_bytes", effective->quantum_bytes);
	show_limit(json, "rate_bps", effective->rate_bps != 0 ? effective->rate_bps : UINT64_MAX);
	show_limit(json, "burst_bytes",
		   effective->rate_bps != 0 ? effective->burst_bytes : UINT64_MAX);
	show_limit(json, "limit_bytes", effective->limit_bytes);
	show_limit(json, "limit_ns", queue->limit_ns);
	show_limit(json, "ecn_ns", queue->ecn_ns);
	ctl_json_u64(json, "quota_pkts", queue->quota_pkts);
	ctl_json_bool(json, "flows", queue->has_flows);
}

static void show_queue(struct ctl_json json, const char *port, const struct dp_queue_stats *queue)
{
	const struct shaper_class_stats *stats = &queue->stats;
	struct ctl_json drops;

	ctl_json_text(json, "port", port);
	show_settings(json, queue);
	ctl_json_u64(json, "direct_pkts", stats->direct_pkts);
	ctl_json_u64(json, "direct_bytes", stats->direct_bytes);
	ctl_json_u64(json, "enqueued_pkts", stats->enqueued_pkts);
	ctl_json_u64(json, "enqueued_bytes", stats->enqueued_bytes);
	ctl_json_u64(json, "dequeued_pkts", stats->dequeued_pkts);
	ctl_json_u64(json, "dequeued_bytes", stats->dequeued_bytes);
	ctl_json_u64(json, "marked_pkts", stats->marked_pkts);
	ctl_json_u64(json, "queued_pkts", stats->queued_pkts);
	ctl_json_u64(json, "queued_bytes", stats->queued_bytes);
	ctl_json_u64(json, "max_queued_pkts", stats->max_queued_pkts);
	ctl_json_u64(json, "max_queued_bytes", stats->max_queued_bytes);
	drops = ctl_json_child(json, "drops");
	for (unsigned i = 0; i < SHAPER_DROP_CAUSES; i++)
		ctl_json_u64(drops, dp_queue_drop_name((enum shaper_drop)i), stats->drop_pkts[i]);
}

/* The queues of one class on all ports. */
static void show_queues(struct ctl_json row, const struct ctl_vr *vr, const char *class_name)
{
	struct ctl_json queues = ctl_json_array(row, "queues");

	for (unsigned i = 0; i < vr->conf->config.n_ports; i++) {
		for (unsigned j = 0; j < dp_queue_count(vr->dp, i); j++) {
			struct dp_queue_stats stats;

			if (dp_queue_stats_get(vr->dp, i, j, &stats) == 0 &&
			    strcmp(stats.class_name, class_name) == 0)
				show_queue(ctl_json_element(queues), vr->conf->config.ports[i].name,
					   &stats);
		}
	}
}

static bool has_queues(const struct ctl_vr *vr)
{
	for (unsigned i = 0; i < vr->conf->config.n_ports; i++)
		if (dp_queue_count(vr->dp, i) != 0)
			return true;
	return false;
}

/* Rows: the listed classes, "default", and "kernel", which has nothing but queues. */
void ctl_show_classes(const struct ctl_api_view *view, const struct ctl_vr *vr,
		      struct ctl_rows *rows)
{
	const struct dp_router_config *config = &vr->conf->config;
	unsigned n = config->n_classes != 0 ? config->n_classes : 1;

	(void)view;
	if (dp_class_count(vr->dp) == 0 && !has_queues(vr))
		return;
	for (unsigned i = 0; i <= n; i++) {
		const char *name = i == n		    ? "kernel"
				   : config->n_classes != 0 ? config->classes[i].name
							    : DP_CLASS_DEFAULT;
		struct ctl_json row;

		if (!ctl_rows_want(rows))
			continue;
		row = ctl_rows_add(rows);
		ctl_json_text(row, "router", config->name);
		ctl_json_text(row, "class", name);
		if (i < n)
			show_policing(row, vr, i);
		show_queues(row, vr, name);
	}
}
