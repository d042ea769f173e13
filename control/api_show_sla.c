#include "control/api_show.h"
#include "dataplane/dp_stats.h"

#include <json-c/json.h>

#define ETHER_HDR_BYTES 14

/* One class of a router, or all of a router without classes, and what was measured of it. */
struct sale {
	const struct ctl_vr *vr;
	unsigned class_index;
	const struct dp_sla *sla; /* NULL: nothing was sold */
	uint64_t delay_ns;	  /* smallest bound of any port; 0: none */
	struct dp_sojourn sojourn;
	uint64_t offered_pkts, offered_bytes;
	bool breaks_out; /* what left does not fit the profile of its port */
};

/* Of the class itself, else of the first port that has one: shaped before policed. */
static const struct dp_sla *sold_sla(const struct dp_router_config *config, unsigned class_index)
{
	const struct dp_sla *police = NULL;

	if (class_index < config->n_classes) {
		const struct dp_class_config *class = &config->classes[class_index];

		if (class->has_shape)
			return &class->shape;
		if (class->has_police)
			return &class->police;
	}
	for (unsigned i = 0; i < config->n_ports; i++) {
		if (config->ports[i].has_shape)
			return &config->ports[i].shape;
		if (police == NULL && config->ports[i].has_police)
			police = &config->ports[i].police;
	}
	return police;
}

static uint64_t smallest_delay_ns(const struct dp_router_config *config, unsigned class_index)
{
	uint64_t smallest_ns = 0;

	for (unsigned i = 0; i < config->n_ports; i++) {
		uint64_t delay_ns = dp_class_delay_ns(config, class_index, i);

		if (delay_ns != 0 && (smallest_ns == 0 || delay_ns < smallest_ns))
			smallest_ns = delay_ns;
	}
	return smallest_ns;
}

/* What came in of a class; without classes, by all ports. */
static void offered_read(struct sale *sale)
{
	struct dp_class_counters class;
	struct dp_port_counters port;

	if (dp_class_counters_get(sale->vr->dp, sale->class_index, &class) == 0) {
		sale->offered_pkts = class.aggregate_drop_pkts;
		sale->offered_bytes = class.aggregate_drop_bytes;
		for (unsigned i = 0; i < POLICER_COLOURS; i++) {
			sale->offered_pkts += class.colours.pkts[i];
			sale->offered_bytes += class.colours.bytes[i];
		}
		return;
	}
	for (unsigned i = 0; i < sale->vr->conf->config.n_ports; i++) {
		dp_port_counters_get(sale->vr->dp, i, &port);
		sale->offered_pkts += port.rx_pkts;
		sale->offered_bytes += port.rx_bytes;
	}
}

void ctl_show_delay(struct ctl_json json, const struct dp_delay *delay)
{
	ctl_json_u64(json, "min_ns", delay->min_ns);
	ctl_json_u64(json, "mean_ns", delay->mean_ns);
	ctl_json_u64(json, "p50_ns", delay->p50_ns);
	ctl_json_u64(json, "p90_ns", delay->p90_ns);
	ctl_json_u64(json, "p99_ns", delay->p99_ns);
	ctl_json_u64(json, "p999_ns", delay->p999_ns);
	ctl_json_u64(json, "p9999_ns", delay->p9999_ns);
	ctl_json_u64(json, "p99999_ns", delay->p99999_ns);
	ctl_json_u64(json, "max_ns", delay->max_ns);
}

/*
 * The smallest burst that all traffic so far fits at the rate that was sold, of the port where it
 * exceeds the sold one most. The tolerance is that of ctl_show_conformance().
 *
 * @return whether it fits; true where no port is measured
 */
static bool show_fit(struct ctl_json row, const char *key, const struct ctl_vr *vr, bool out)
{
	const struct dp_router_config *config = &vr->conf->config;
	int64_t worst_bytes = INT64_MIN;
	struct ctl_json json = ctl_json_child(row, key);
	struct dp_conformance worst = { 0 };
	unsigned worst_port = 0;

	for (unsigned i = 0; i < config->n_ports; i++) {
		struct dp_conformance fit;
		int64_t excess_bytes;
		int err = out ? dp_conformance_get(vr->dp, i, &fit)
			      : dp_arrivals_get(vr->dp, i, &fit);

		if (err != 0)
			continue;
		excess_bytes = (int64_t)(fit.measured_burst_bytes - fit.burst_bytes);
		if (excess_bytes <= worst_bytes)
			continue;
		worst_bytes = excess_bytes;
		worst_port = i;
		worst = fit;
	}
	if (worst_bytes == INT64_MIN) {
		ctl_json_null(json, "port");
		return true;
	}
	worst_bytes -= out ? config->ports[worst_port].mtu + ETHER_HDR_BYTES +
				       rate_layer_adjust_bytes(
					       config->ports[worst_port].shape.layer)
			   : 0;
	ctl_json_text(json, "port", config->ports[worst_port].name);
	ctl_json_u64(json, "burst_bytes", worst.burst_bytes);
	ctl_json_u64(json, "measured_burst_bytes", worst.measured_burst_bytes);
	ctl_json_bool(json, "conforms", worst_bytes <= 0);
	return worst_bytes <= 0;
}

static const char *verdict(const struct sale *sale)
{
	if (sale->breaks_out || sale->sojourn.queue_pkts != 0)
		return "broken by us";
	if (sale->sojourn.gap_pkts != 0)
		return "broken by host";
	return sale->sojourn.parts[DP_PART_TOTAL].count != 0 ? "kept" : "idle";
}

static void show_measured(struct ctl_json row, const struct sale *sale)
{
	const struct dp_delay *total = &sale->sojourn.parts[DP_PART_TOTAL];
	struct ctl_json delays = ctl_json_child(row, "delays");

	for (unsigned i = 0; i < DP_PART_COUNT; i++)
		ctl_show_delay(ctl_json_child(delays, dp_part_name((enum dp_part)i)),
			       &sale->sojourn.parts[i]);
	ctl_json_u64(row, "gap_pkts", sale->sojourn.gap_pkts);
	ctl_json_u64(row, "queue_pkts", sale->sojourn.queue_pkts);
	if (sale->delay_ns != 0 && total->count != 0)
		ctl_json_i64(row, "margin_ns", (int64_t)(sale->delay_ns - total->max_ns));
	else
		ctl_json_null(row, "margin_ns");
	ctl_json_text(row, "verdict", verdict(sale));
}

static void show_sale(struct ctl_json row, struct sale *sale)
{
	const struct dp_router_config *config = &sale->vr->conf->config;

	offered_read(sale);
	ctl_json_text(row, "router", config->name);
	ctl_json_text(row, "class",
		      config->n_classes != 0 ? config->classes[sale->class_index].name
					     : DP_CLASS_DEFAULT);
	if (sale->sla != NULL)
		(void)ctl_show_sla(row, "sold", sale->sla);
	else
		ctl_json_null(row, "sold");
	if (sale->delay_ns != 0)
		ctl_json_u64(row, "delay_ns", sale->delay_ns);
	else
		ctl_json_null(row, "delay_ns");
	ctl_json_u64(row, "offered_pkts", sale->offered_pkts);
	ctl_json_u64(row, "offered_bytes", sale->offered_bytes);
	ctl_json_u64(row, "delivered_pkts", sale->sojourn.parts[DP_PART_TOTAL].count);
	(void)show_fit(row, "in", sale->vr, false);
	sale->breaks_out = !show_fit(row, "out", sale->vr, true);
	show_measured(row, sale);
}

/* Rows: the classes of a router, or one for all of it. */
void ctl_show_sales(const struct ctl_api_view *view, const struct ctl_vr *vr, struct ctl_rows *rows)
{
	(void)view;
	for (unsigned i = 0; i < dp_sojourn_count(vr->dp); i++) {
		struct sale sale = {
			.vr = vr,
			.class_index = i,
			.sla = sold_sla(&vr->conf->config, i),
			.delay_ns = smallest_delay_ns(&vr->conf->config, i),
		};

		if (ctl_rows_want(rows) && dp_sojourn_get(vr->dp, i, &sale.sojourn) == 0)
			show_sale(ctl_rows_add(rows), &sale);
	}
}
