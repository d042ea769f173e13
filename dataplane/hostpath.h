#ifndef DATAPLANE_HOSTPATH_H
#define DATAPLANE_HOSTPATH_H

/**
 * @file
 * Host-path thread: carries packets between the workers' rings and the twins.
 *
 * Control thread only.
 */

#include "dataplane/router.h"

/** Starts the thread on the control core. @return 0, or -errno with a sentence in why */
int hostpath_start(unsigned core, struct dp_why *why);

/** Stops the thread; no router may be known to it any more. */
void hostpath_stop(void);

/** Makes a router's twins and rings known. @return 0, or -errno with a sentence in why */
int hostpath_router_add(struct dp_router *router, struct dp_why *why);

/** Forgets a router; the thread may still use it until the next grace period. */
void hostpath_router_remove(struct dp_router *router);

#endif
