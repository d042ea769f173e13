#ifndef PERF_MANIFEST_H
#define PERF_MANIFEST_H

/**
 * @file
 * Under what a result was measured: enough to repeat it, and to tell two machines apart.
 */

#include "bench/perf/options.h"

struct json_object;

/**
 * Command line, seeds, versions, kernel command line, processors and clock. Main thread.
 *
 * @return a new object that the caller owns
 */
struct json_object *perf_manifest_create(const struct perf_options *options);

#endif
