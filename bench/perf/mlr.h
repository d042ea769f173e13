#ifndef PERF_MLR_H
#define PERF_MLR_H

/**
 * @file
 * RFC 9971, multiple loss ratio search: for each goal, the highest load at which most of the
 * trial time loses no more than the goal allows.
 *
 * A load is judged by all trials made at it. For a goal with a loss ratio, an exceed ratio and a
 * duration sum, its trials are good or bad by their loss; time that is still missing to the sum
 * counts as good in the optimistic and as bad in the pessimistic view. The load is
 *  - an upper bound when even optimistically too much time is bad,
 *  - a lower bound when even pessimistically it is not,
 *  - undecided otherwise: it needs more trials.
 * Trials are all of the final duration here, so the RFC's balancing of short trials has nothing to
 * do. Each goal is approached through preceding targets with smaller sums and larger widths.
 */

#include "bench/perf/trial.h"

#include <stdbool.h>

#define PERF_MLR_MAX_GOALS 2

/** A goal. */
struct perf_mlr_goal {
	double loss_ratio;	  /**< 0 for NDR, 0.005 for PDR */
	double exceed_ratio;	  /**< share of the time that may lose more; 0.5 */
	uint64_t duration_sum_ns; /**< 21 s */
	double width;		  /**< relative; 0.005 */
};

/** How to search. */
struct perf_mlr_params {
	double min_pps, max_pps;
	uint64_t trial_ns; /**< 1 s */
	uint32_t goals;
	struct perf_mlr_goal goal[PERF_MLR_MAX_GOALS]; /**< smallest loss ratio first */
};

/** What a goal got. */
struct perf_mlr_result {
	bool reached;		/**< there is a relevant lower bound */
	bool at_max;		/**< it is max_pps: the device is faster than the search */
	double lower_pps;	/**< relevant lower bound: the result */
	double upper_pps;	/**< relevant upper bound; 0 when at_max */
	double conditional_pps; /**< conditional throughput: what gets through at the lower bound */
};

/**
 * Searches.
 *
 * @param results one for each goal
 * @param trials how many it took
 * @return 0, what a trial returned, or -ENOBUFS when the device answers so irregularly that the
 * search finds no end
 */
int perf_mlr_search(const struct perf_mlr_params *params, perf_trial_fn trial, void *context,
		    struct perf_mlr_result *results, uint32_t *trials);

#endif
