#ifndef PERF_SEARCH_H
#define PERF_SEARCH_H

/**
 * @file
 * Searches over real ports: trials are runs of the process's streams at a scaled load.
 */

#include "bench/perf/back_to_back.h"
#include "bench/perf/mlr.h"
#include "bench/perf/run.h"

/** What a search found; only what was asked for is filled in. */
struct perf_search_result {
	enum perf_search kind;
	double max_pps;		 /**< top of the search */
	double mean_frame_bytes; /**< with FCS, over all streams by their share */
	uint32_t trials;
	double throughput_pps; /**< throughput and b2b */
	uint32_t goals;
	struct perf_mlr_goal goal[PERF_MLR_MAX_GOALS];
	struct perf_mlr_result mlr[PERF_MLR_MAX_GOALS];
	bool burst_done; /**< false when the throughput is the line's: there is no buffer to find */
	struct perf_back_to_back_result burst;
	uint64_t max_burst_pkts;
};

/**
 * Searches with an open run that nothing is prepared in.
 *
 * @return 0, -EINVAL when the run has no top load to search below, or what a run returns
 */
int perf_search_run(struct perf_run *run, struct perf_search_result *result,
		    struct perf_error *error);

/** Stops the trial that is going on, and the search; safe in a signal handler. */
void perf_search_stop(void);

/** Prints the table. */
void perf_search_print(const struct perf_search_result *result);

/** Writes the result as JSON to the file that the options name. @return 0 or -EIO */
int perf_search_write_json(const struct perf_search_result *result,
			   const struct perf_options *options, struct perf_error *error);

#endif
