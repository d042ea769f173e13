#ifndef PERF_CSV_H
#define PERF_CSV_H

/**
 * @file
 * A run as a directory of CSV files, in the columns that latency researchers exchange. All times
 * in ns; points in time are wall-clock times.
 *
 * Per stream NAME: NAME-hist (latency in units of 100 ns), NAME-percentiles, NAME-jitterpre and
 * -jitterpost (gaps at departure and arrival), NAME-packetratepre and -packetratepost. For all:
 * worst, stats, transferrate, irq, and latency-flows with every captured packet.
 */

#include "bench/perf/irq.h"
#include "bench/perf/result.h"

/**
 * Writes the files, making the directory if it is missing.
 *
 * @param irq_before reading of the interrupts before the run
 * @return 0 or -errno
 */
int perf_csv_write(const struct perf_result *result, const struct perf_irq *irq_before,
		   const char *directory, struct perf_error *error);

#endif
