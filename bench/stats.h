#ifndef BENCH_STATS_H
#define BENCH_STATS_H

/**
 * @file
 * Paired comparison of two pieces of code on a machine that others use, too.
 *
 * One round runs A B B A, so that a drift of the clock or of a neighbour's load hits both alike. A
 * leg is many short chunks; its cost is the median chunk, so one interrupt does not count. A round
 * with a chunk that lasted 1 ms longer than the leg's median lost the processor: it is discarded
 * and counted. The result is the median of the rounds' ratios with a distribution-free confidence
 * interval from order statistics (no bootstrap, no randomness).
 */

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

/** Most rounds and most chunks per leg of one comparison. */
#define BENCH_MAX_ROUNDS 1000U
#define BENCH_MAX_CHUNKS 1000U

/** One side of a comparison. run() does `ops` operations and returns anything that depends on all
 * of them, so that none can be optimised away. */
struct bench_case {
	const char *name;
	uint64_t (*run)(void *ctx, unsigned ops);
	void *ctx;
};

/** How much to run. */
struct bench_plan {
	unsigned rounds; /**< ABBA rounds, 10 to BENCH_MAX_ROUNDS */
	unsigned chunks; /**< timed pieces per leg, 1 to BENCH_MAX_CHUNKS */
	unsigned ops;	 /**< operations per chunk */
};

/** What came out. Costs are TSC cycles per operation, medians over the kept rounds. */
struct bench_result {
	double a_tsc, b_tsc;
	double ratio;	  /**< median of the rounds' A / B */
	double ratio_low; /**< 95 % confidence interval of the median */
	double ratio_high;
	unsigned rounds;    /**< kept */
	unsigned discarded; /**< lost the processor for more than 1 ms */
};

/** TSC, ordered against the code around it. */
uint64_t bench_tsc(void);

/** TSC frequency against CLOCK_MONOTONIC_RAW, measured over 50 ms at the first call, Hz. */
uint64_t bench_tsc_hz(void);

/** Median; sorts the values. count >= 1. */
double bench_median(double *values, unsigned count);

/** Runs a comparison. */
struct bench_result bench_compare(const struct bench_case *a, const struct bench_case *b,
				  const struct bench_plan *plan);

/** A table on stdout and, when asked for, the same as JSON. */
struct bench_report {
	FILE *json;
	bool first;
};

/** Reads `--json FILE` from the command line. @return 0, or -errno with a message on stderr. */
int bench_report_open(struct bench_report *report, int argc, char **argv, const char *title);

/** Adds one comparison. */
void bench_report_add(struct bench_report *report, const struct bench_case *a,
		      const struct bench_case *b, const struct bench_result *result);

/** Adds one figure. */
void bench_report_value(struct bench_report *report, const char *name, double value,
			const char *unit);

/** Ends both outputs. @return 0, or -errno when the file could not be written. */
int bench_report_close(struct bench_report *report);

#endif
