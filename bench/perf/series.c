#include "bench/perf/series.h"

#include <errno.h>
#include <stdlib.h>

int perf_series_init(struct perf_series *series, uint64_t start_ns, uint64_t bin_ns, uint32_t bins)
{
	if (bin_ns == 0 || bins == 0)
		return -EINVAL;
	*series = (struct perf_series){
		.start_ns = start_ns,
		.bin_ns = bin_ns,
		.bins = bins,
		.bin = calloc(bins, sizeof(struct perf_bin)),
	};
	return series->bin ? 0 : -ENOMEM;
}

void perf_series_fini(struct perf_series *series)
{
	free(series->bin);
	series->bin = NULL;
}
