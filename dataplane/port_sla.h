#ifndef DATAPLANE_PORT_SLA_H
#define DATAPLANE_PORT_SLA_H

/**
 * @file
 * Policer and shaper of a port, from its service levels. Control thread only, unless a function says
 * otherwise.
 */

#include "dataplane/port.h"

/**
 * Builds what polices and shapes a port; no worker may know it.
 *
 * @return 0, or -errno with a sentence in why; then nothing of it is left
 */
int port_sla_init(struct port *port, const struct dp_router_config *router, struct dp_why *why);

/** What polices a port, ready to be put into it. */
struct port_police {
	bool has_bucket;      /**< the policer is a bucket that needs the length alone */
	bool has_marker;      /**< it is anything else; without both there is none */
	bool has_rx_meter;    /**< rx_meter_rate is valid */
	int32_t adjust_bytes; /**< frame length -> layer of the policer */
	struct policer policer;
	struct rate rx_meter_rate;
};

/** Prepares what a port's configuration asks for. @return 0, or what policer_init() returns */
int port_police_prepare(const struct dp_port_config *config, struct port_police *police);

/**
 * Puts it into a port; what the meter has seen is forgotten. Worker, or control while no worker knows
 * the port.
 */
void port_police_set(struct port *port, const struct port_police *police,
		     const union policer_state *state, uint64_t now_tsc);

/** Delay bounds of what leaves by a port, by class of the router; UINT64_MAX without one. */
void port_bounds_get(const struct dp_router_config *router, unsigned index,
		     uint64_t bound_tsc[DP_CLASSES_ALL]);

/** Frees the packets that are still queued, then the shaper. */
void port_sla_fini(struct port *port);

#endif
