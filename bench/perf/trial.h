#ifndef PERF_TRIAL_H
#define PERF_TRIAL_H

/**
 * @file
 * One trial of a search: so many packets at such a load; how many arrived?
 *
 * Searches know trials only as a function, so that they can be tested against a device that is
 * arithmetic.
 */

#include <stdint.h>

/** What to try. */
struct perf_trial {
	double load_pps;      /**< all streams together */
	uint64_t duration_ns; /**< 0: burst_pkts instead */
	uint64_t burst_pkts;  /**< this many, back to back at load_pps */
};

/** What came of it. */
struct perf_trial_result {
	uint64_t
		planned_pkts; /**< what load and duration ask for, whether it could be sent or not */
	uint64_t received_pkts; /**< without duplicates */
};

/**
 * Makes a trial.
 *
 * @return 0 or -errno, which ends the search
 */
typedef int (*perf_trial_fn)(void *context, const struct perf_trial *trial,
			     struct perf_trial_result *result);

/** Share of the planned packets that did not arrive: what could not be sent counts as lost. */
static inline double perf_trial_loss(const struct perf_trial_result *result)
{
	if (result->planned_pkts == 0 || result->received_pkts >= result->planned_pkts)
		return 0;
	return (double)(result->planned_pkts - result->received_pkts) /
	       (double)result->planned_pkts;
}

#endif
