#ifndef SHAPER_PARAMS_H
#define SHAPER_PARAMS_H

/**
 * @file
 * What follows from checked parameters. Private to the folder.
 */

#include "shaper/shaper.h"

#include <stdbool.h>
#include <stdint.h>

/** Length of the longest packet in the shaper's layer, bytes. */
uint32_t shaper_params_longest_bytes(const struct shaper_params *params);

/** The rate that a class's time limit is counted at, bit/s; 0 when nothing limits it. */
uint64_t shaper_params_class_rate_bps(const struct shaper_params *params, uint32_t class_index);

/** What a class's limits come to in bytes; at most UINT32_MAX, which also means none. */
uint32_t shaper_params_limit_bytes(const struct shaper_params *params, uint32_t class_index);

/** Bytes that a flow may hold; without a quota in bytes, its quota of longest packets. */
uint32_t shaper_params_flow_quota_bytes(const struct shaper_params *params);

/** A waiting time in ticks, to nearest; UINT64_MAX for 0, which means none. */
uint64_t shaper_params_wait_ticks(const struct shaper_params *params, uint64_t wait_ns);

/** Packets that the pool must hold: all classes' quotas. */
uint64_t shaper_params_pool_pkts(const struct shaper_params *params);

/** Whether any class limits the time that its packets wait. */
bool shaper_params_is_timed(const struct shaper_params *params);

#endif
