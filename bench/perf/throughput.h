#ifndef PERF_THROUGHPUT_H
#define PERF_THROUGHPUT_H

/**
 * @file
 * RFC 2544 section 26.1: the fastest rate at which no frame is lost, by binary search.
 */

#include "bench/perf/trial.h"

/** How to search. */
struct perf_throughput_params {
	double max_pps;	      /**< first load to try */
	double width;	      /**< relative precision to end at, e.g. 0.005 */
	uint64_t duration_ns; /**< of a trial; the RFC asks for 60 s in the end */
};

/**
 * Searches.
 *
 * @param pps highest load that passed; 0 when even the lowest one lost packets
 * @param trials how many it took
 * @return 0, or what a trial returned
 */
int perf_throughput_search(const struct perf_throughput_params *params, perf_trial_fn trial,
			   void *context, double *pps, uint32_t *trials);

#endif
