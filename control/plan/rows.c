#include "control/plan/parts.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>

/* One router while its rows are made. */
struct rows {
	const struct ctl_plan_input *input;
	struct ctl_plan *plan;
	const struct ctl_conf_router *conf;
	unsigned router;
	struct ctl_core_wait waits[DP_ROUTER_PORTS_MAX]; /* of ports whose arrival is bounded */
};

static bool is_kernel(const struct dp_port_config *port)
{
	return port->kind == DP_DEVICE_KERNEL || port->kind == DP_DEVICE_XDP;
}

static void promise(struct ctl_plan_row *row, uint64_t delay_ns, struct ctl_src src,
		    const char *sla)
{
	if (delay_ns == 0 || (row->delay_ns != 0 && row->delay_ns <= delay_ns))
		return;
	row->delay_ns = delay_ns;
	row->src = src;
	row->delay_sla = sla;
}

static void promise_of_sla(const struct rows *rows, struct ctl_plan_row *row,
			   const struct dp_sla *sla)
{
	const struct ctl_conf_sla *found = ctl_conf_sla_lookup(rows->input->conf, sla->name);

	if (found != NULL)
		promise(row, ctl_plan_sla(rows->input, sla).delay_ns, found->at[CTL_SLA_DELAY],
			found->sla.name);
}

/* What was sold to a class goes before what was sold to the ports. */
static void row_promise(const struct rows *rows, struct ctl_plan_row *row)
{
	const struct dp_router_config *config = &rows->conf->config;

	if (row->class_index != CTL_PLAN_NONE) {
		const struct ctl_conf_class *class = &rows->conf->classes[row->class_index];

		promise(row, class->delay_ns, class->at[CTL_CLASS_DELAY], NULL);
		if (row->delay_ns != 0)
			return;
	}
	for (unsigned i = 0; i < config->n_ports; i++)
		if (i != row->out && config->ports[i].has_police)
			promise_of_sla(rows, row, &config->ports[i].police);
	if (config->ports[row->out].has_shape)
		promise_of_sla(rows, row, &config->ports[row->out].shape);
}

/* The input whose packets wait longest, and whether all of them have a bound. */
static void row_inputs(const struct rows *rows, struct ctl_plan_row *row)
{
	const struct dp_router_config *config = &rows->conf->config;
	double worst_ns = -1;

	row->culprit = CTL_PLAN_NONE;
	for (unsigned i = 0; i < config->n_ports; i++) {
		const struct ctl_plan_port *port = ctl_plan_port_get(rows->plan, rows->router, i);
		double wait_ns = ctl_core_wait_ns(&rows->waits[i]);

		if (i == row->out)
			continue;
		row->by_kernel |= is_kernel(&config->ports[i]);
		if (!port->in.bounded) {
			row->culprit = (int)i;
			continue;
		}
		if (!rows->waits[i].stable)
			wait_ns = HUGE_VAL;
		if (wait_ns <= worst_ns)
			continue;
		worst_ns = wait_ns;
		row->in = i;
		row->wait = rows->waits[i];
		row->burst_pkts = port->in.burst_pkts;
	}
	if (row->culprit != CTL_PLAN_NONE && (config->ports[row->out].has_shape || worst_ns < 0))
		row->state = CTL_PLAN_OPEN;
	else if (isinf(worst_ns))
		row->state = CTL_PLAN_OVERLOADED;
	if (row->state == CTL_PLAN_OPEN)
		row->in = (unsigned)row->culprit;
}

/* What waits in the device until it is polled: the burst, but for what leaves while it arrives. */
static double device_pkts(const struct rows *rows, const struct ctl_plan_row *row)
{
	const struct ctl_arrival *in = &ctl_plan_port_get(rows->plan, rows->router, row->in)->in;
	const struct ctl_conf_link *link = ctl_conf_link_lookup(rows->input->conf,
								rows->conf->ports[row->in].link);
	double latency_s = row->wait.latency_ns / 1e9, knee_s, at_poll, at_knee;
	struct ctl_arrival wire;

	at_poll = in->burst_pkts + in->rate_pps * latency_s;
	if (link == NULL)
		return at_poll;
	wire = ctl_arrival_of_link(link->rate_bps, rows->conf->config.ports[row->in].mtu);
	at_poll = fmin(at_poll, wire.burst_pkts + wire.rate_pps * latency_s);
	if (wire.rate_pps <= in->rate_pps)
		return at_poll;
	knee_s = (in->burst_pkts - wire.burst_pkts) / (wire.rate_pps - in->rate_pps);
	if (knee_s <= latency_s)
		return at_poll;
	at_knee = in->burst_pkts + in->rate_pps * knee_s -
		  (knee_s - latency_s) * 1e9 / row->wait.pkt_ns;
	return fmax(at_poll, at_knee);
}

/* What others may have put on the same cable, and one packet of theirs that has begun. */
static double link_wait_ns(const struct rows *rows, struct ctl_plan_row *row)
{
	const struct ctl_conf *conf = rows->input->conf;
	const struct ctl_conf_port *own = &rows->conf->ports[row->out];
	const struct ctl_conf_link *link = ctl_conf_link_lookup(conf, own->link);
	uint16_t mtu = rows->conf->config.ports[row->out].mtu;
	double bytes = 0;

	if (link == NULL)
		return 0;
	for (unsigned i = 0; i < conf->n_routers; i++)
		for (unsigned j = 0; j < conf->routers[i].config.n_ports; j++) {
			const struct dp_port_config *other = &conf->routers[i].config.ports[j];
			struct ctl_arrival arrival;
			struct dp_sla sla;

			if (&conf->routers[i].ports[j] == own ||
			    ctl_conf_link_lookup(conf, conf->routers[i].ports[j].link) != link)
				continue;
			if (!other->has_shape)
				return HUGE_VAL;
			sla = ctl_plan_sla(rows->input, &other->shape);
			arrival = ctl_arrival_of_sla(&sla, other->mtu);
			bytes += arrival.burst_bytes[RATE_LAYER_L1];
			mtu = other->mtu > mtu ? other->mtu : mtu;
		}
	bytes += ctl_frame_max_bytes(RATE_LAYER_L1, mtu);
	return bytes * 8e9 / (double)link->rate_bps;
}

/* The own burst is as fast as the cable at best; what the core took of that time counts once. */
static double own_wire_ns(const struct rows *rows, const struct ctl_plan_row *row)
{
	const struct ctl_conf_link *link = ctl_conf_link_lookup(rows->input->conf,
								rows->conf->ports[row->out].link);
	const struct ctl_arrival *in = &ctl_plan_port_get(rows->plan, rows->router, row->in)->in;
	double wire_ns;

	if (link == NULL)
		return 0;
	wire_ns = in->burst_bytes[RATE_LAYER_L1] * 8e9 / (double)link->rate_bps;
	return fmax(wire_ns - row->wait.burst_ns - row->queue_ns, 0);
}

/* More comes in than leaves, and no SLA said so: then nothing was sold that could not be kept. */
static void overload_judge(const struct rows *rows, struct ctl_plan_row *row)
{
	for (unsigned i = 0; i < rows->conf->config.n_ports; i++) {
		if (i == row->out || ctl_plan_port_get(rows->plan, rows->router, i)->by_sla)
			continue;
		row->state = CTL_PLAN_OPEN;
		row->culprit = (int)i;
		row->in = i;
		return;
	}
}

static void row_make(const struct rows *rows, unsigned out, int class_index)
{
	struct ctl_plan_row *row = &rows->plan->rows[rows->plan->n_rows++];

	*row = (struct ctl_plan_row){ .router = rows->router,
				      .out = out,
				      .class_index = class_index,
				      .by_kernel = is_kernel(&rows->conf->config.ports[out]) };
	row_inputs(rows, row);
	row_promise(rows, row);
	if (row->state == CTL_PLAN_BOUNDED)
		ctl_plan_row_queue(rows->input, rows->plan, row, ctl_core_wait_ns(&row->wait));
	if (row->state == CTL_PLAN_OVERLOADED)
		overload_judge(rows, row);
	if (row->state != CTL_PLAN_BOUNDED)
		return;
	row->link_ns = link_wait_ns(rows, row) + own_wire_ns(rows, row);
	if (isinf(row->link_ns)) {
		row->state = CTL_PLAN_OPEN;
		return;
	}
	row->rx_pkts = ceil(device_pkts(rows, row));
	row->rx_room_pkts = dp_port_rx_pkts(&rows->conf->config.ports[row->in]);
	row->bound_ns = ctl_core_wait_ns(&row->wait) + row->queue_ns + row->link_ns;
}

static bool has_row(const struct dp_router_config *config, unsigned class_index)
{
	return class_index + 1 == config->n_classes || config->classes[class_index].has_queue;
}

static void router_rows(struct rows *rows)
{
	static struct ctl_core_view view; /* control thread only; large */
	const struct dp_router_config *config = &rows->conf->config;
	unsigned first = 0;

	view.core.n = 0;
	ctl_plan_core_view(rows->input, rows->plan, config->core, &view);
	while (view.ports[first].router != rows->router)
		first++;
	for (unsigned i = 0; i < config->n_ports; i++)
		if (view.ports[first + i].in.bounded)
			ctl_core_wait_get(&view.core, first + i, &rows->waits[i]);
	/* what comes in by the only port goes to the kernel */
	for (unsigned i = 0; i < config->n_ports && config->n_ports != 1; i++) {
		if (config->n_classes == 0 || !config->ports[i].has_shape)
			row_make(rows, i, CTL_PLAN_NONE);
		for (unsigned j = 0; config->ports[i].has_shape && j < config->n_classes; j++)
			if (has_row(config, j))
				row_make(rows, i, (int)j);
	}
}

int ctl_plan_rows_fill(const struct ctl_plan_input *input, struct ctl_plan *plan)
{
	size_t n = 0;

	for (unsigned i = 0; i < input->conf->n_routers; i++)
		n += input->conf->routers[i].config.n_ports *
		     (size_t)(1 + input->conf->routers[i].config.n_classes);
	plan->rows = calloc(n + 1, sizeof(*plan->rows));
	if (plan->rows == NULL)
		return -ENOMEM;
	for (unsigned i = 0; i < input->conf->n_routers; i++) {
		struct rows rows = { input, plan, &input->conf->routers[i], i, { { 0 } } };

		router_rows(&rows);
	}
	return 0;
}
