#ifndef DATAPLANE_TURN_H
#define DATAPLANE_TURN_H

/**
 * @file
 * One turn of a router: everything a worker does for it before the next router has its turn.
 *
 * Worker only.
 */

#include "dataplane/router.h"

#include <stdint.h>

/**
 * Takes what the kernel injected, one receive burst of every port through all stages, and sends
 * what is due on every port.
 *
 * @param now_tsc the TSC at some time after the last turn; what arrives is stamped by a later one
 *
 * @return packets handled; 0 when there was nothing to do
 */
unsigned turn_serve(struct dp_router *router, uint64_t now_tsc);

/** Keeps idle buckets fresh; see policer_bucket_refresh(). */
void turn_refresh(struct dp_router *router, uint64_t now_tsc);

#endif
