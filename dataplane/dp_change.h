#ifndef DATAPLANE_DP_CHANGE_H
#define DATAPLANE_DP_CHANGE_H

/**
 * @file
 * From one configuration of a router to another one: what that takes, and the part of it that a
 * router bears while it forwards.
 */

#include "dataplane/dp.h"

/**
 * Flows of a port whose shaper a worker changes at once, in about 40 ns each; more would keep it from
 * its other routers for too long.
 */
#define DP_CHANGE_FLOWS_MAX 1024U

/** What a change of a router takes. */
enum dp_change {
	DP_CHANGE_NONE,	    /**< the data plane sees no difference */
	DP_CHANGE_IN_PLACE, /**< dp_router_retune(): rates, bursts, limits, weights, shares */
	DP_CHANGE_RESTART,  /**< the router is built anew */
};

/**
 * Compares two configurations, both checked, of one router. Changes nothing. Control thread; callable
 * before dp_init().
 *
 * @param what the first difference of the kind that is returned, such as "police of port wan0"
 */
enum dp_change dp_router_change(const struct dp_router_config *from,
				const struct dp_router_config *to, struct dp_why *what);

/**
 * Puts another configuration in force while the router forwards: its tokens, queues and counters
 * stay. What a meter has seen of an SLA that has changed is forgotten, because it was another SLA's.
 * Waits until the worker has done it, part by part between two of its turns. Control thread.
 *
 * @param to dp_router_change() says DP_CHANGE_NONE or DP_CHANGE_IN_PLACE
 * @return 0; -errno with a sentence in why: nothing has changed, unless the error is -EIO, after
 *         which the router should be built anew
 */
int dp_router_retune(struct dp_router *router, const struct dp_router_config *to,
		     struct dp_why *why);

#endif
