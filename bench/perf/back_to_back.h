#ifndef PERF_BACK_TO_BACK_H
#define PERF_BACK_TO_BACK_H

/**
 * @file
 * RFC 9004: the longest burst at line rate that a device takes without loss, as the mean of many
 * searches, and the buffer that it stands for.
 */

#include "bench/perf/trial.h"

/** How to search. */
struct perf_back_to_back_params {
	double line_pps;       /**< highest rate that the line has for the frame size */
	double throughput_pps; /**< RFC 2544 throughput, measured before */
	uint64_t max_pkts;     /**< longest burst to try */
	uint32_t repetitions;  /**< the RFC asks for 50 */
};

/** Result over all repetitions. */
struct perf_back_to_back_result {
	uint64_t min_pkts, max_pkts;
	double mean_pkts;
	double deviation_pkts; /**< standard deviation */
	double implied_s;      /**< time that the mean burst takes at line rate */
	double corrected_s;    /**< less what was forwarded meanwhile: the buffer itself */
	uint32_t beyond;       /**< repetitions that passed even max_pkts */
};

/** Searches. @return 0, or what a trial returned */
int perf_back_to_back_search(const struct perf_back_to_back_params *params, perf_trial_fn trial,
			     void *context, struct perf_back_to_back_result *result);

#endif
