#ifndef PERF_EAL_H
#define PERF_EAL_H

/**
 * @file
 * DPDK's environment, with arguments that nobody has to type: hugepages where there are enough
 * free ones, else ordinary memory; no files, sockets or shared configuration left behind.
 */

#include "bench/perf/error.h"

#include <stdbool.h>

/**
 * Starts the EAL on the processors that the calling thread may use. Main thread, once.
 *
 * @param pci also look for PCI devices
 * @return 0, or -EIO when the EAL does not start
 */
int perf_eal_init(bool pci, struct perf_error *error);

/** Ends the EAL; nothing happens where it was not started. Main thread. */
void perf_eal_fini(void);

/** Whether the EAL runs. */
bool perf_eal_runs(void);

/** Makes a new thread known to the EAL, so that its allocations are cached; no EAL: nothing. */
void perf_eal_join_thread(void);

/** Undoes perf_eal_join_thread() before a thread ends. */
void perf_eal_leave_thread(void);

#endif
