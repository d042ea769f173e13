#include "control/plan/parts.h"

#include <limits.h>

static struct ctl_plan_core *core_of(struct ctl_plan *plan, unsigned number)
{
	for (unsigned i = 0; i < plan->n_cores; i++)
		if (plan->cores[i].core == number)
			return &plan->cores[i];
	plan->cores[plan->n_cores] = (struct ctl_plan_core){ .core = number };
	return &plan->cores[plan->n_cores++];
}

static void cores_fill(const struct ctl_plan_input *input, struct ctl_plan *plan)
{
	static struct ctl_core_view view; /* control thread only; large */

	for (unsigned i = 0; i < input->conf->n_routers; i++)
		core_of(plan, input->conf->routers[i].config.core)->n_routers++;
	for (unsigned i = 0; i < plan->n_cores; i++) {
		struct ctl_plan_core *core = &plan->cores[i];

		ctl_plan_core_view(input, plan, core->core, &view);
		core->hz = view.core.hz;
		core->gap_ns = view.core.gap_ns;
		core->cycles_s = ctl_core_load_cycles_s(&view.core);
		for (unsigned j = 0; j < view.core.n; j++)
			core->n_open += !view.ports[j].in.bounded;
	}
}

static double wire_bps(const struct ctl_arrival *arrival)
{
	return arrival->rate_bytes_s[RATE_LAYER_L1] * CHAR_BIT;
}

static void link_port_add(const struct ctl_plan_input *input, const struct dp_port_config *port,
			  struct ctl_plan_link *link)
{
	struct dp_sla sla;
	struct ctl_arrival arrival;

	if (port->has_police) {
		sla = ctl_plan_sla(input, &port->police);
		arrival = ctl_arrival_of_sla(&sla, port->mtu);
		link->in_bps += wire_bps(&arrival);
	}
	if (port->has_shape) {
		sla = ctl_plan_sla(input, &port->shape);
		arrival = ctl_arrival_of_sla(&sla, port->mtu);
		link->out_bps += wire_bps(&arrival);
	}
	link->n_open += !port->has_police || !port->has_shape;
}

static void links_fill(const struct ctl_plan_input *input, struct ctl_plan *plan)
{
	const struct ctl_conf *conf = input->conf;

	for (unsigned i = 0; i < conf->n_links; i++) {
		struct ctl_plan_link *link = &plan->links[plan->n_links++];

		*link = (struct ctl_plan_link){ .link = &conf->links[i] };
		for (unsigned j = 0; j < conf->n_routers; j++)
			for (unsigned k = 0; k < conf->routers[j].config.n_ports; k++)
				if (ctl_conf_link_lookup(conf, conf->routers[j].ports[k].link) ==
				    link->link)
					link_port_add(input, &conf->routers[j].config.ports[k],
						      link);
	}
}

void ctl_plan_sums_fill(const struct ctl_plan_input *input, struct ctl_plan *plan)
{
	cores_fill(input, plan);
	links_fill(input, plan);
	plan->room_bytes = input->memory_bytes;
	for (unsigned i = 0; i < input->conf->n_routers; i++)
		plan->memory_bytes += dp_router_memory_bytes(&input->conf->routers[i].config);
}
