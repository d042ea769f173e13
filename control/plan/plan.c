#include "control/plan/plan.h"

#include "control/plan/parts.h"

#include <errno.h>
#include <stdlib.h>

const struct ctl_plan_port *ctl_plan_port_get(const struct ctl_plan *plan, unsigned router,
					      unsigned port)
{
	return &plan->ports[router * DP_ROUTER_PORTS_MAX + port];
}

int ctl_plan_make(const struct ctl_plan_input *input, struct ctl_plan *plan)
{
	const struct ctl_conf *conf = input->conf;

	*plan = (struct ctl_plan){
		.ports = calloc((size_t)(conf->n_routers + 1) * DP_ROUTER_PORTS_MAX,
				sizeof(*plan->ports)),
		.cores = calloc(conf->n_routers + 1, sizeof(*plan->cores)),
		.links = calloc(conf->n_links + 1, sizeof(*plan->links)),
		.paths = calloc(conf->n_paths + 1, sizeof(*plan->paths)),
	};
	if (plan->ports == NULL || plan->cores == NULL || plan->links == NULL ||
	    plan->paths == NULL)
		return -ENOMEM;
	ctl_plan_ports_fill(input, plan);
	ctl_plan_sums_fill(input, plan);
	if (ctl_plan_rows_fill(input, plan) != 0)
		return -ENOMEM;
	ctl_plan_paths_fill(input, plan);
	return 0;
}

void ctl_plan_fini(struct ctl_plan *plan)
{
	free(plan->ports);
	free(plan->cores);
	free(plan->links);
	free(plan->rows);
	free(plan->paths);
	*plan = (struct ctl_plan){ 0 };
}
