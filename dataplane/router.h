#ifndef DATAPLANE_ROUTER_H
#define DATAPLANE_ROUTER_H

/**
 * @file
 * A router as worker, host-path thread and control share it.
 */

#include "dataplane/port.h"
#include "dataplane/sojourn.h"

#include <rte_ring.h>

struct class_table;
struct dp_routing;

/** A router. */
struct dp_router {
	/* Constant while the worker knows the router. */
	unsigned n_ports;
	bool police_late;
	struct dp_routing *routing;
	struct class_table *classes; /**< NULL: nothing but routes tells packets apart */
	struct rte_mempool *pool;
	struct rte_ring *punt_control; /**< worker -> host path, one each: control and ARP first */
	struct rte_ring *punt_other;
	struct rte_ring *inject;			     /**< host path -> worker */
	struct policer_profile punt_profiles[DP_PUNT_COUNT]; /**< of every port */

	struct sojourn *sojourn; /**< as it says itself; NULL: nothing is recorded */

	/* Control only. */
	struct dp_router_config config;
	unsigned slot; /**< number of the router in the process */

	/* n_ports of them */
	struct port ports[];
};

/**
 * Fills in what every router has, whatever its ports: tables, rings, packets. The rest is zeroed;
 * router_base_fini() follows in any case. Control thread.
 *
 * @return 0, or -errno with why set
 */
int router_base_init(struct dp_router *router, const struct dp_router_config *config,
		     struct dp_why *why);

/** Frees what router_base_init() made; packets that are still out take their pool along later. */
void router_base_fini(struct dp_router *router);

/** Builds a router that no worker knows yet. See dp_router_create(). */
int router_create(const struct dp_router_config *config, struct dp_router **result,
		  struct dp_why *why);

/** Frees a router that no worker and no host-path thread knows any more. */
void router_destroy(struct dp_router *router);

#endif
