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

/**
 * Has the worker of a router call fn between two turns, and waits until it has. Meanwhile nothing of
 * the router is served, nor of others of its core: fn is as short as a turn.
 *
 * @param fn its now_tsc is not before any time of an earlier turn, nor behind one of a later turn
 */
void worker_call(const struct dp_router *router, void (*fn)(void *arg, uint64_t now_tsc),
		 void *arg);

/** The share in a router's configuration has changed. */
void worker_share_set(const struct dp_router *router);

/** See dp_core_configure(). */
int worker_configure(const struct dp_core_config *config, struct dp_why *why);

/** See dp_share_get(). */
int worker_share_get(const struct dp_router *router, struct dp_share *share);

/** See dp_core_stats_get(). */
int worker_stats_get(unsigned core, struct dp_core_stats *stats);

#endif
