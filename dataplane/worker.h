#ifndef DATAPLANE_WORKER_H
#define DATAPLANE_WORKER_H

/**
 * @file
 * Worker: the thread of one core, which serves its routers as core_sched.h says, and never sleeps.
 *
 * Control thread only, unless a function says otherwise.
 */

#include "dataplane/dp_stats.h"
#include "dataplane/router.h"

/** Host-path thread's number among the readers of dp_publish; a worker's is 1 + its core. */
#define WORKER_READER_HOSTPATH 0U

/**
 * Gives a router to the worker of a core, which is started when it does not run yet. The worker
 * takes it up at its next loop.
 *
 * @return 0, or -errno with a sentence in why
 */
int worker_router_add(unsigned core, struct dp_router *router, struct dp_why *why);

/**
 * Takes a router from its worker, which may still be in its turn until the next grace period. A
 * worker that has no router left is stopped.
 */
void worker_router_remove(unsigned core, struct dp_router *router);

/** See dp_core_configure(). */
int worker_configure(const struct dp_core_config *config, struct dp_why *why);

/** See dp_share_get(). */
int worker_share_get(const struct dp_router *router, struct dp_share *share);

/** See dp_core_stats_get(). */
int worker_stats_get(unsigned core, struct dp_core_stats *stats);

#endif
