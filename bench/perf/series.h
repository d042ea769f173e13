#ifndef PERF_SERIES_H
#define PERF_SERIES_H

/**
 * @file
 * Counts over time: packets and bytes per bin since the start of the run.
 */

#include <stdint.h>

/** One bin. */
struct perf_bin {
	uint64_t pkts;
	uint64_t bytes; /**< frames without FCS */
};

/** A series. Owner: the thread that counts. */
struct perf_series {
	uint64_t start_ns;
	uint64_t bin_ns;
	uint32_t bins;
	uint32_t used; /**< one more than the last bin that holds anything */
	uint64_t late; /**< packets behind the last bin */
	struct perf_bin *bin;
};

/**
 * Allocates an empty series.
 *
 * @return 0, -EINVAL for a bin or number of bins of 0, -ENOMEM
 */
int perf_series_init(struct perf_series *series, uint64_t start_ns, uint64_t bin_ns, uint32_t bins);

/** Releases what init allocated. */
void perf_series_fini(struct perf_series *series);

/** Counts one packet; before the start it counts in the first bin. */
static inline void perf_series_count(struct perf_series *series, uint64_t now_ns, uint32_t bytes)
{
	uint64_t bin = now_ns > series->start_ns ? (now_ns - series->start_ns) / series->bin_ns : 0;

	if (bin >= series->bins) {
		series->late++;
		return;
	}
	series->bin[bin].pkts++;
	series->bin[bin].bytes += bytes;
	if (bin >= series->used)
		series->used = (uint32_t)bin + 1;
}

#endif
