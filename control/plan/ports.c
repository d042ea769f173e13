#include "control/plan/parts.h"

#include <math.h>
#include <string.h>

struct dp_sla ctl_plan_sla(const struct ctl_plan_input *input, const struct dp_sla *sla)
{
	const struct ctl_plan_change *change = &input->change;
	struct dp_sla changed = *sla;

	if (change->field == CTL_PLAN_AS_IS || strcmp(change->sla, sla->name) != 0)
		return changed;
	if (change->field == CTL_PLAN_RATE)
		changed.rate = change->value;
	else if (change->field == CTL_PLAN_BURST)
		changed.burst = change->value;
	else
		changed.delay_ns = change->value;
	return changed;
}

bool ctl_plan_peer(const struct ctl_conf *conf, unsigned router, unsigned port,
		   unsigned *peer_router, unsigned *peer_port)
{
	const struct dp_port_config *own = &conf->routers[router].config.ports[port];

	if (own->kind != DP_DEVICE_LINK)
		return false;
	for (unsigned i = 0; i < conf->n_routers; i++)
		for (unsigned j = 0; j < conf->routers[i].config.n_ports; j++) {
			const struct dp_port_config *other = &conf->routers[i].config.ports[j];

			if (other == own || other->kind != DP_DEVICE_LINK ||
			    strcmp(other->device, own->device) != 0)
				continue;
			*peer_router = i;
			*peer_port = j;
			return true;
		}
	return false;
}

/* Its policer says what enters; without one what the other end sends, or what the link can bring. */
static struct ctl_arrival arrival(const struct ctl_plan_input *input, unsigned router,
				  unsigned port)
{
	const struct ctl_conf_router *conf = &input->conf->routers[router];
	const struct dp_port_config *config = &conf->config.ports[port];
	const struct ctl_conf_link *link;
	unsigned peer_router = 0, peer_port = 0;
	struct dp_sla sla;

	if (config->has_police) {
		sla = ctl_plan_sla(input, &config->police);
		return ctl_arrival_of_sla(&sla, config->mtu);
	}
	if (ctl_plan_peer(input->conf, router, port, &peer_router, &peer_port)) {
		const struct dp_port_config *peer = &input->conf->routers[peer_router]
							     .config.ports[peer_port];

		if (!peer->has_shape)
			return (struct ctl_arrival){ .bounded = false };
		sla = ctl_plan_sla(input, &peer->shape);
		return ctl_arrival_of_sla(&sla, peer->mtu);
	}
	link = ctl_conf_link_lookup(input->conf, conf->ports[port].link);
	return link != NULL ? ctl_arrival_of_link(link->rate_bps, config->mtu)
			    : (struct ctl_arrival){ .bounded = false };
}

static double extra_cycles(const struct dp_costs *costs, enum dp_feature feature, unsigned size)
{
	return fmax(costs->of[feature][size].worst - costs->of[DP_FEATURE_PLAIN][size].worst, 0);
}

/* All that the file asks for, one on top of the other, for packets of one length. */
static double cycles_of_size(const struct dp_costs *costs, const struct dp_router_config *router,
			     bool police, bool shape, unsigned size)
{
	double cycles = costs->of[DP_FEATURE_PLAIN][size].worst;

	if (police)
		cycles += extra_cycles(costs, DP_FEATURE_POLICED, size);
	if (router->n_classes != 0)
		cycles += extra_cycles(costs, DP_FEATURE_CLASSED, size);
	if (shape)
		cycles += extra_cycles(costs, DP_FEATURE_QUEUED, size);
	return cycles;
}

static void costs_fill(const struct ctl_plan_input *input, const struct dp_router_config *router,
		       const struct dp_port_config *config, struct ctl_plan_port *port)
{
	const struct dp_costs *costs = &input->calibration->costs;
	bool shaped = false;

	for (unsigned i = 0; i < router->n_ports; i++)
		shaped |= router->ports[i].has_shape;
	for (unsigned i = 0; i < DP_COST_SIZES; i++) {
		double cycles = cycles_of_size(costs, router, config->has_police, shaped, i);
		/* of a byte profile there are fewer long packets than short ones */
		double fewer = config->has_police && config->police.unit == RATE_PKTS_PER_S
				       ? 1
				       : (double)dp_cost_frame_bytes[i] / dp_cost_frame_bytes[0];

		port->pkt_cycles = fmax(port->pkt_cycles, cycles / fewer);
		port->turn_pkt_cycles = fmax(port->turn_pkt_cycles, cycles);
		port->drop_cycles = fmax(port->drop_cycles, costs->of[DP_FEATURE_DROPPED][i].worst);
	}
	if (!config->has_police || router->police_at != DP_POLICE_EARLY)
		port->drop_cycles = port->turn_pkt_cycles;
}

void ctl_plan_ports_fill(const struct ctl_plan_input *input, struct ctl_plan *plan)
{
	for (unsigned i = 0; i < input->conf->n_routers; i++) {
		const struct dp_router_config *router = &input->conf->routers[i].config;

		for (unsigned j = 0; j < router->n_ports; j++) {
			struct ctl_plan_port *port = &plan->ports[i * DP_ROUTER_PORTS_MAX + j];

			port->in = arrival(input, i, j);
			port->by_sla = router->ports[j].has_police ||
				       router->ports[j].kind == DP_DEVICE_LINK;
			costs_fill(input, router, &router->ports[j], port);
		}
	}
}

/* Time of its core that a router has in one round. */
static double quantum_ns(const struct ctl_conf *conf, const struct dp_router_config *router)
{
	unsigned n_routers = 0;

	for (unsigned i = 0; i < conf->n_cores; i++)
		if (conf->cores[i].config.core == router->core &&
		    conf->cores[i].config.scheduler == DP_SCHEDULER_TIMESLICE)
			return (double)conf->cores[i].config.slice_ns;
	for (unsigned i = 0; i < conf->n_routers; i++)
		n_routers += conf->routers[i].config.core == router->core;
	return (double)dp_core_quantum_ns(router->share_percent, n_routers);
}

void ctl_plan_core_view(const struct ctl_plan_input *input, const struct ctl_plan *plan,
			unsigned core, struct ctl_core_view *view)
{
	view->core = (struct ctl_core){
		.hz = input->calibration->hz,
		.gap_ns = ctl_calibration_gap_ns(input->calibration, core),
		.ports = view->ports,
	};
	for (unsigned i = 0; i < input->conf->n_routers; i++) {
		const struct dp_router_config *router = &input->conf->routers[i].config;

		for (unsigned j = 0; router->core == core && j < router->n_ports; j++) {
			const struct ctl_plan_port *port = ctl_plan_port_get(plan, i, j);

			view->ports[view->core.n++] = (struct ctl_core_port){
				.in = port->in,
				.router = i,
				.quantum_ns = quantum_ns(input->conf, router),
				.pkt_cycles = port->pkt_cycles,
				.turn_pkt_cycles = port->turn_pkt_cycles,
				.drop_cycles = port->drop_cycles,
			};
		}
	}
}
