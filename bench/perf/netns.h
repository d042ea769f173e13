#ifndef PERF_NETNS_H
#define PERF_NETNS_H

/**
 * @file
 * Visits to a network namespace: sockets made meanwhile stay there.
 */

#include "bench/perf/error.h"

/**
 * Moves the calling thread to a namespace of `ip netns`.
 *
 * @param name NULL: nothing happens
 * @param back descriptor for perf_netns_leave(), -1 for a NULL name
 * @return 0, -ENOENT or -EPERM
 */
int perf_netns_enter(const char *name, int *back, struct perf_error *error);

/** Moves the calling thread back. */
void perf_netns_leave(int back);

#endif
