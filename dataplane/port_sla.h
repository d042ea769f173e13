#ifndef DATAPLANE_PORT_SLA_H
#define DATAPLANE_PORT_SLA_H

/**
 * @file
 * Policer and shaper of a port, from its service levels. Control thread only.
 */

#include "dataplane/port.h"

/**
 * Builds what polices and shapes a port; no worker may know it.
 *
 * @return 0, or -errno with a sentence in why; then nothing of it is left
 */
int port_sla_init(struct port *port, const struct dp_router_config *router, struct dp_why *why);

/** Frees the packets that are still queued, then the shaper. */
void port_sla_fini(struct port *port);

#endif
