#ifndef SHAPER_BUILD_H
#define SHAPER_BUILD_H

/**
 * @file
 * What building and retuning a shaper have in common. Private to the folder.
 */

#include "shaper/state.h"

/** Takes over limits and thresholds of a class from checked parameters. */
void shaper_class_limits_set(struct shaper_class *class, const struct shaper_params *params,
			     uint32_t index);

#endif
