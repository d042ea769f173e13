#include "control/plan/parts.h"
#include "control/plan/queue.h"

#include <math.h>
#include <string.h>

static unsigned router_index(const struct ctl_conf *conf, const char *name)
{
	return (unsigned)(ctl_conf_router_lookup(conf, name) - conf->routers);
}

/* The port of router a whose cable ends at router b. */
static bool port_to(const struct ctl_conf *conf, unsigned a, unsigned b, unsigned *port)
{
	for (unsigned i = 0; i < conf->routers[a].config.n_ports; i++) {
		unsigned router = 0, end = 0;

		if (!ctl_plan_peer(conf, a, i, &router, &end) || router != b || a == b)
			continue;
		*port = i;
		return true;
	}
	return false;
}

/* The worst row of a router: to one port, or (the last hop) to any but the one it came in by. */
static bool worst_row(const struct ctl_plan *plan, unsigned router, int out, int not_out,
		      unsigned *found)
{
	bool any = false;

	for (unsigned i = 0; i < plan->n_rows; i++) {
		const struct ctl_plan_row *row = &plan->rows[i];

		if (row->router != router || (out >= 0 && row->out != (unsigned)out) ||
		    (not_out >= 0 && row->out == (unsigned)not_out))
			continue;
		if (!any || row->state > plan->rows[*found].state ||
		    (row->state == plan->rows[*found].state &&
		     row->bound_ns > plan->rows[*found].bound_ns))
			*found = i;
		any = true;
	}
	return any;
}

static bool hops_find(const struct ctl_conf *conf, const struct ctl_plan *plan,
		      struct ctl_plan_path *path)
{
	const struct ctl_conf_path *declared = path->path;
	int came_by = CTL_PLAN_NONE;

	for (unsigned i = 0; i < declared->n_routers; i++) {
		unsigned router = router_index(conf, declared->routers[i]), next, out = 0, back = 0;
		bool last = i + 1 == declared->n_routers;

		if (!last) {
			next = router_index(conf, declared->routers[i + 1]);
			path->broken_a = declared->routers[i];
			path->broken_b = declared->routers[i + 1];
			if (!port_to(conf, router, next, &out) ||
			    !port_to(conf, next, router, &back))
				return false;
		}
		if (!worst_row(plan, router, last ? CTL_PLAN_NONE : (int)out, came_by,
			       &path->row[i]))
			return false;
		came_by = (int)back;
	}
	path->broken_a = path->broken_b = NULL;
	path->n_hops = declared->n_routers;
	return true;
}

/* Only one input and one queue: what goes out is what came in, in its order. */
static bool is_one_flow(const struct ctl_conf *conf, const struct ctl_plan_row *row)
{
	return conf->routers[row->router].config.n_ports == 2 && row->class_index == CTL_PLAN_NONE;
}

/* Time for the burst that entered the path at one hop: by its core, or by its shaper. */
static double burst_at(const struct ctl_plan_input *input, const struct ctl_plan_row *row,
		       const struct ctl_arrival *entry)
{
	const struct dp_port_config *out = &input->conf->routers[row->router]
						    .config.ports[row->out];
	double core_ns = fmax(entry->burst_pkts, 1) * row->wait.pkt_ns;
	struct ctl_curve in, shape = { .bounded = false };
	struct dp_sla sla;

	if (!out->has_shape)
		return core_ns;
	sla = ctl_plan_sla(input, &out->shape);
	shape = (struct ctl_curve){ true, (double)sla.burst, (double)sla.rate / 8 };
	in = (struct ctl_curve){ true, entry->burst_bytes[sla.layer],
				 entry->rate_bytes_s[sla.layer] };
	return fmax(core_ns, ctl_curve_delay_ns(&in, &shape));
}

/*
 * The service curves of the hops in a row are one curve: all latencies, then the rate of the slowest
 * (Le Boudec & Thiran, 1.4.3). The sum of the hops' bounds holds as well.
 */
static void bound_fill(const struct ctl_plan_input *input, const struct ctl_plan *plan,
		       struct ctl_plan_path *path)
{
	const struct ctl_plan_row *first = &plan->rows[path->row[0]];
	const struct ctl_arrival *entry = &ctl_plan_port_get(plan, first->router, first->in)->in;
	double sum_ns = 0;
	bool one_flow = true;

	for (unsigned i = 0; i < path->n_hops; i++) {
		const struct ctl_plan_row *row = &plan->rows[path->row[i]];

		if (row->state > path->state)
			path->state = row->state;
		one_flow = one_flow && is_one_flow(input->conf, row);
		sum_ns += row->bound_ns;
		path->latency_ns += row->wait.latency_ns + row->link_ns;
		path->burst_ns = fmax(path->burst_ns, burst_at(input, row, entry));
	}
	path->burst_once = one_flow && path->latency_ns + path->burst_ns < sum_ns;
	path->bound_ns = path->burst_once ? path->latency_ns + path->burst_ns : sum_ns;
}

void ctl_plan_paths_fill(const struct ctl_plan_input *input, struct ctl_plan *plan)
{
	for (unsigned i = 0; i < input->conf->n_paths; i++) {
		struct ctl_plan_path *path = &plan->paths[plan->n_paths++];

		*path = (struct ctl_plan_path){ .path = &input->conf->paths[i] };
		if (hops_find(input->conf, plan, path))
			bound_fill(input, plan, path);
		else
			path->state = CTL_PLAN_OPEN;
	}
}
