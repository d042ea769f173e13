#ifndef DATAPLANE_CLOCK_H
#define DATAPLANE_CLOCK_H

/**
 * @file
 * The TSC as the data plane's only clock, measured against CLOCK_MONOTONIC_RAW.
 *
 * rte_get_tsc_hz() may be rounded to 10 MHz where the processor does not tell its crystal, which
 * is 0.2 % at 2.3 GHz and would go straight into every rate; so it is not used.
 */

#include <stdint.h>

/**
 * Measures the TSC frequency for about 200 ms. Control thread, once, before any other call here.
 *
 * The error is that of the two end points: each is the tightest of 64 brackets of a clock read by
 * two TSC reads, tens of nanoseconds, so below 1 ppm of the interval.
 *
 * @return frequency, Hz
 */
uint64_t clock_calibrate(void);

/** The measured frequency, Hz; 0 before clock_calibrate(). Any thread. */
uint64_t clock_tsc_hz(void);

/** Conversions for configuration and display; not for use per packet. */
uint64_t clock_tsc_to_ns(uint64_t tsc);
uint64_t clock_ns_to_tsc(uint64_t ns);

#endif
