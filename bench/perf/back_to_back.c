#include "bench/perf/back_to_back.h"

#include <math.h>

/* One search: low passes, high does not. */
static int longest_burst(const struct perf_back_to_back_params *params, perf_trial_fn trial,
			 void *context, uint64_t *pkts)
{
	uint64_t low = 0, high = params->max_pkts + 1, burst = params->max_pkts;

	while (high - low > 1) {
		struct perf_trial_result result = { 0 };
		int err = trial(
			context,
			&(struct perf_trial){ .load_pps = params->line_pps, .burst_pkts = burst },
			&result);

		if (err)
			return err;
		if (perf_trial_loss(&result) > 0)
			high = burst;
		else
			low = burst;
		burst = low + (high - low) / 2;
	}
	*pkts = low;
	return 0;
}

static void finish(struct perf_back_to_back_result *result,
		   const struct perf_back_to_back_params *params, double sum, double squares)
{
	double count = params->repetitions;
	double variance = squares / count - (sum / count) * (sum / count);

	result->mean_pkts = sum / count;
	result->deviation_pkts = variance > 0 ? sqrt(variance) : 0;
	result->implied_s = result->mean_pkts / params->line_pps;
	result->corrected_s = result->implied_s * (params->line_pps - params->throughput_pps) /
			      params->line_pps;
}

int perf_back_to_back_search(const struct perf_back_to_back_params *params, perf_trial_fn trial,
			     void *context, struct perf_back_to_back_result *result)
{
	double sum = 0, squares = 0;
	uint32_t i;

	*result = (struct perf_back_to_back_result){ .min_pkts = UINT64_MAX };
	for (i = 0; i < params->repetitions; i++) {
		uint64_t pkts;
		int err = longest_burst(params, trial, context, &pkts);

		if (err)
			return err;
		sum += (double)pkts;
		squares += (double)pkts * (double)pkts;
		result->beyond += pkts == params->max_pkts;
		result->min_pkts = pkts < result->min_pkts ? pkts : result->min_pkts;
		result->max_pkts = pkts > result->max_pkts ? pkts : result->max_pkts;
	}
	finish(result, params, sum, squares);
	return 0;
}
