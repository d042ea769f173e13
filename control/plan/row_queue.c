#include "control/plan/parts.h"
#include "control/plan/queue.h"

#include <math.h>

/* The shaper of a row's port while its queues are judged. */
struct shaped {
	const struct ctl_plan_input *input;
	const struct ctl_plan *plan;
	const struct dp_router_config *config;
	const struct ctl_plan_row *row;
	struct dp_sla shape;
	double core_ns; /* longest time in the core, of any input */
	unsigned n_in;	/* inputs: ports other than the own */
	struct ctl_arrival in;
	struct ctl_queue queues[DP_CLASSES_ALL];
	int queue_of[DP_CLASSES_ALL];
	struct ctl_queues port;
};

static struct ctl_curve curve_of(const struct ctl_arrival *arrival, enum rate_layer layer)
{
	return (struct ctl_curve){ arrival->bounded, arrival->burst_bytes[layer],
				   arrival->rate_bytes_s[layer] };
}

static struct ctl_curve curve_of_sla(const struct dp_sla *sla)
{
	return (struct ctl_curve){ true, (double)sla->burst, (double)sla->rate / 8 };
}

/* A class that nothing polices brings whatever the ports bring. */
static struct ctl_arrival class_arrival(const struct shaped *shaped, unsigned index)
{
	const struct dp_class_config *class = &shaped->config->classes[index];
	struct dp_sla sla = ctl_plan_sla(shaped->input, &class->police);
	struct ctl_arrival arrival;

	if (!class->has_police)
		return shaped->in;
	arrival = ctl_arrival_of_sla(&sla, shaped->config->ports[shaped->row->out].mtu);
	return arrival.bounded ? arrival : shaped->in;
}

static void inputs_sum(struct shaped *shaped)
{
	shaped->in = ctl_arrival_zero();
	for (unsigned i = 0; i < shaped->config->n_ports; i++) {
		if (i == shaped->row->out)
			continue;
		shaped->in = ctl_arrival_sum(
			&shaped->in, &ctl_plan_port_get(shaped->plan, shaped->row->router, i)->in);
		shaped->n_in++;
	}
}

static void queue_add(struct shaped *shaped, unsigned index)
{
	const struct dp_class_config *class = &shaped->config->classes[index];
	struct ctl_queue *queue = &shaped->queues[shaped->port.n];
	struct dp_queue_room room;

	dp_queue_room_get(shaped->config, shaped->row->out, index, &room);
	*queue = (struct ctl_queue){ .level = class->level,
				     .quantum_bytes = room.quantum_bytes,
				     .in = { .bounded = true } };
	if (class->has_shape) {
		struct dp_sla sla = ctl_plan_sla(shaped->input, &class->shape);

		queue->shape = curve_of_sla(&sla);
	}
	shaped->queue_of[index] = (int)shaped->port.n++;
}

/* Classes without a queue of their own are in that of the last one. */
static void queues_fill(struct shaped *shaped)
{
	unsigned last = shaped->config->n_classes - 1;

	for (unsigned i = 0; i <= last; i++)
		if (i == last || shaped->config->classes[i].has_queue)
			queue_add(shaped, i);
	for (unsigned i = 0; i <= last; i++) {
		struct ctl_arrival arrival = class_arrival(shaped, i);
		struct ctl_arrival late = ctl_arrival_delayed(&arrival, shaped->core_ns);
		struct ctl_curve curve = curve_of(&late, shaped->shape.layer);
		bool own = i == last || shaped->config->classes[i].has_queue;
		struct ctl_queue *queue = &shaped->queues[shaped->queue_of[own ? i : last]];

		queue->in.bounded = queue->in.bounded && curve.bounded;
		queue->in.burst_bytes += curve.burst_bytes;
		queue->in.rate_bytes_s += curve.rate_bytes_s;
	}
}

/* One queue: re-shaping is for free, and the burst counts once, at the slower of core and shaper. */
static double fifo_ns(const struct shaped *shaped)
{
	const struct ctl_core_wait *wait = &shaped->row->wait;
	struct ctl_curve in = curve_of(&shaped->in, shaped->shape.layer);
	double entry_ns = ctl_curve_delay_ns(&in, &shaped->port.shape);
	double late_ns = ctl_curve_delay_ns(&shaped->port.in, &shaped->port.shape);

	if (shaped->n_in == 1)
		return fmax(wait->latency_ns + entry_ns - shaped->core_ns, 0);
	/* packets of one input may be overtaken by those of another for as long as the core took */
	return entry_ns == 0 ? fmin(late_ns, shaped->core_ns) : late_ns;
}

static double row_wait_ns(struct shaped *shaped)
{
	if (shaped->row->class_index == CTL_PLAN_NONE)
		return fifo_ns(shaped);
	queues_fill(shaped);
	shaped->port.queues = shaped->queues;
	return ctl_queue_delay_ns(&shaped->port,
				  (unsigned)shaped->queue_of[shaped->row->class_index]);
}

static void room_fill(const struct shaped *shaped, struct ctl_plan_row *row)
{
	double backlog = ctl_queues_backlog_bytes(&shaped->port);
	const struct ctl_queue *queue;
	struct dp_queue_room room;
	unsigned index = row->class_index == CTL_PLAN_NONE ? 0 : (unsigned)row->class_index;

	dp_queue_room_get(shaped->config, row->out, index, &room);
	row->queue_room_pkts = room.quota_pkts;
	row->queue_limit_ns = room.limit_ns;
	if (row->class_index != CTL_PLAN_NONE) {
		queue = &shaped->queues[shaped->queue_of[row->class_index]];
		backlog = fmin(backlog, queue->in.burst_bytes +
						queue->in.rate_bytes_s * row->queue_ns / 1e9);
	}
	if (row->class_index != CTL_PLAN_NONE) {
		queue = &shaped->queues[shaped->queue_of[row->class_index]];
		backlog = fmin(backlog, queue->in.burst_bytes +
						queue->in.rate_bytes_s * row->queue_ns / 1e9);
	}
	row->queue_pkts = ceil(backlog / ctl_frame_min_bytes(shaped->shape.layer));
}

void ctl_plan_row_queue(const struct ctl_plan_input *input, const struct ctl_plan *plan,
			struct ctl_plan_row *row, double core_ns)
{
	static struct shaped shaped; /* control thread only; large */
	const struct dp_router_config *config = &input->conf->routers[row->router].config;
	const struct dp_port_config *out = &config->ports[row->out];
	struct ctl_arrival late;

	if (!out->has_shape)
		return;
	shaped = (struct shaped){ .input = input,
				  .plan = plan,
				  .config = config,
				  .row = row,
				  .shape = ctl_plan_sla(input, &out->shape),
				  .core_ns = core_ns };
	inputs_sum(&shaped);
	late = ctl_arrival_delayed(&shaped.in, core_ns);
	shaped.port.shape = curve_of_sla(&shaped.shape);
	shaped.port.in = curve_of(&late, shaped.shape.layer);
	shaped.port.longest_bytes = ctl_frame_max_bytes(shaped.shape.layer, out->mtu);
	row->queue_ns = row_wait_ns(&shaped);
	/* whose time has come leaves when its router is served next */
	if (row->queue_ns > 0)
		row->queue_ns += row->wait.latency_ns - row->wait.gap_ns;
	if (out->flows.by != DP_FLOW_NONE &&
	    (row->class_index == CTL_PLAN_NONE || out->flows.class_index == row->class_index))
		row->state = CTL_PLAN_OPEN;
	else if (isinf(row->queue_ns))
		row->state = CTL_PLAN_OVERLOADED;
	else
		room_fill(&shaped, row);
}
