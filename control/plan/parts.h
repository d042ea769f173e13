#ifndef CONTROL_PLAN_PARTS_H
#define CONTROL_PLAN_PARTS_H

/**
 * @file
 * The steps of ctl_plan_make(), in this order. Control thread.
 */

#include "control/plan/plan.h"

/** What enters every port, and what its packets cost. */
void ctl_plan_ports_fill(const struct ctl_plan_input *input, struct ctl_plan *plan);

/** The sums of cores and links. */
void ctl_plan_sums_fill(const struct ctl_plan_input *input, struct ctl_plan *plan);

/** One row for each output port and queue. @return 0 or -ENOMEM */
int ctl_plan_rows_fill(const struct ctl_plan_input *input, struct ctl_plan *plan);

/** The queue of a row, and what waits in it. */
void ctl_plan_row_queue(const struct ctl_plan_input *input, const struct ctl_plan *plan,
			struct ctl_plan_row *row, double core_ns);

/** The declared paths, from the rows. */
void ctl_plan_paths_fill(const struct ctl_plan_input *input, struct ctl_plan *plan);

/** The core of a router, as its ports see it. */
struct ctl_core_view {
	struct ctl_core core;
	struct ctl_core_port ports[DP_ROUTERS_MAX * DP_ROUTER_PORTS_MAX];
};
void ctl_plan_core_view(const struct ctl_plan_input *input, const struct ctl_plan *plan,
			unsigned core, struct ctl_core_view *view);

/** The port at the other end of a cable inside the process; false when there is none. */
bool ctl_plan_peer(const struct ctl_conf *conf, unsigned router, unsigned port,
		   unsigned *peer_router, unsigned *peer_port);

#endif
