#include "bench/perf/throughput.h"

/* Below this share of the top a device counts as one that passes nothing. */
#define LOWEST_SHARE 1e-6

int perf_throughput_search(const struct perf_throughput_params *params, perf_trial_fn trial,
			   void *context, double *pps, uint32_t *trials)
{
	double low = 0, high = params->max_pps, load = params->max_pps;

	*trials = 0;
	while (load > params->max_pps * LOWEST_SHARE) {
		struct perf_trial_result result = { 0 };
		int err = trial(context,
				&(struct perf_trial){ .load_pps = load,
						      .duration_ns = params->duration_ns },
				&result);

		if (err)
			return err;
		++*trials;
		if (perf_trial_loss(&result) > 0)
			high = load;
		else
			low = load;
		if (low >= high * (1 - params->width))
			break;
		load = (low + high) / 2;
	}
	*pps = low;
	return 0;
}
