#ifndef CONTROL_CONF_DIFF_H
#define CONTROL_CONF_DIFF_H

/**
 * @file
 * The difference between what runs and a configuration that is to replace it, router by router, and
 * what of it cannot be had without a restart of the daemon. Pure. Control thread only.
 */

#include "control/conf.h"
#include "dataplane/dp.h"

#include <stdbool.h>

/** What becomes of a router. Those without a difference are not listed. */
enum ctl_change {
	CTL_CHANGE_REMOVE,
	CTL_CHANGE_ADD,
	CTL_CHANGE_IN_PLACE, /**< it forwards all the time */
	CTL_CHANGE_RESTART,  /**< destroyed and created again */
};

/** One router that changes. Routers are told apart by their names. */
struct ctl_router_change {
	enum ctl_change change;
	const struct ctl_conf_router *from; /**< NULL: it is added */
	const struct ctl_conf_router *to;   /**< NULL: it is removed */
	struct dp_why what;		    /**< "mtu of port wan0"; of what is in both */
};

/** What runs. */
struct ctl_conf_runs {
	const struct ctl_conf *conf;
	bool has_pci; /**< the data plane was started with the PCI bus */
	/** By place in conf: its namespace was deleted, and perhaps made again, since it started. */
	bool netns_lost[DP_ROUTERS_MAX];
};

/** All of them: first in the order of the new configuration, then those that it has no more. */
struct ctl_conf_diff {
	struct ctl_router_change items[2 * DP_ROUTERS_MAX];
	unsigned n;
};

/**
 * Compares two checked configurations, which outlive the result.
 *
 * @param errors what cannot change while the daemon runs is added, with its place in "to"
 * @return 0, or -EPERM when errors were added
 */
int ctl_conf_diff(const struct ctl_conf_runs *runs, const struct ctl_conf *to,
		  struct ctl_conf_diff *diff, struct ctl_errors *errors);

#endif
