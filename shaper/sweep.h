#ifndef SHAPER_SWEEP_H
#define SHAPER_SWEEP_H

/**
 * @file
 * Keeps the stamps of idle buckets from getting so old that they would look like the future.
 *
 * The shortest rate_max_idle_ticks() of all profiles serves all buckets: a round over them takes
 * half of it, in small steps that the calls of the owner carry out. When no call came for the
 * whole time every bucket has long been full, since a burst costs less than 2^57 stamp units and
 * the time is 2^62; then they are simply filled.
 */

#include "shaper/state.h"

/** Plans the sweep for the profiles in use; sweep_ticks says when the last step was. */
void shaper_sweep_set(struct shaper *shaper);

/** Refreshes every bucket now. */
void shaper_sweep_all(struct shaper *shaper, uint64_t now_ticks);

/** Carries out all steps that are due; called when at least sweep_every_ticks have passed. */
void shaper_sweep(struct shaper *shaper, uint64_t now_ticks);

#endif
