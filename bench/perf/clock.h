#ifndef PERF_CLOCK_H
#define PERF_CLOCK_H

/**
 * @file
 * The one clock of sluice-perf: CLOCK_MONOTONIC_RAW in ns.
 *
 * With the TSC as clock source (every x86 server), the kernel's vDSO turns one TSC read into this
 * clock without a system call, and every process and namespace of the machine sees the same one.
 * A private calibration of the TSC would differ from process to process by some ppm, which is
 * microseconds per second of run: latencies between two processes would drift.
 */

#include <stdint.h>
#include <time.h>

/** Time, ns since some moment before the start. Any thread. */
static inline uint64_t perf_clock_now_ns(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_MONOTONIC_RAW, &now);
	return (uint64_t)now.tv_sec * 1000000000ULL + (uint64_t)now.tv_nsec;
}

/**
 * What to add to a time of perf_clock_now_ns() to get ns since 1970 (CLOCK_REALTIME), as of now:
 * for files that carry wall-clock times.
 */
int64_t perf_clock_wall_offset_ns(void);

/** Mean cost of one perf_clock_now_ns(), ns; above 200 the clock source is not the TSC. */
uint32_t perf_clock_read_cost_ns(void);

#endif
