#include "dataplane/lat_hist.h"

#include <string.h>

void lat_hist_init(struct lat_hist *hist)
{
	memset(hist, 0, sizeof(*hist));
	hist->min = UINT64_MAX;
}

static uint64_t load(const uint64_t *word)
{
	return __atomic_load_n(word, __ATOMIC_RELAXED);
}

void lat_hist_read(struct lat_hist *into, const struct lat_hist *from)
{
	uint64_t max = load(&from->max);
	uint64_t min = load(&from->min);
	uint32_t i;

	into->sum += load(&from->sum);
	into->max = max > into->max ? max : into->max;
	into->min = min < into->min ? min : into->min;
	for (i = 0; i < LAT_HIST_BUCKETS; i++)
		into->buckets[i] += load(&from->buckets[i]);
}

uint64_t lat_hist_count(const struct lat_hist *hist)
{
	uint64_t count = 0;
	uint32_t i;

	for (i = 0; i < LAT_HIST_BUCKETS; i++)
		count += hist->buckets[i];
	return count;
}

uint64_t lat_hist_count_above(const struct lat_hist *hist, uint64_t value)
{
	uint64_t count = 0;
	uint32_t i;

	for (i = lat_hist_bucket(value) + 1; i < LAT_HIST_BUCKETS; i++)
		count += hist->buckets[i];
	return count;
}

uint64_t lat_hist_bucket_floor(uint32_t bucket)
{
	uint32_t octave = bucket >> LAT_HIST_SUB_BITS;
	uint64_t sub = bucket & ((1U << LAT_HIST_SUB_BITS) - 1);

	if (octave == 0)
		return sub;
	return (sub + (1U << LAT_HIST_SUB_BITS)) << (octave - 1);
}

uint64_t lat_hist_quantile(const struct lat_hist *hist, uint32_t per_million)
{
	uint64_t count = lat_hist_count(hist);
	uint64_t seen = 0, rank, top;
	uint32_t i;

	if (count == 0)
		return 0;
	/* count is far below 2^64 / 10^6: 2^44 packets are days at 100 Mpps */
	rank = (count * per_million + 999999) / 1000000;
	rank = rank == 0 ? 1 : rank;
	for (i = 0; i < LAT_HIST_BUCKETS - 1; i++) {
		seen += hist->buckets[i];
		if (seen >= rank)
			break;
	}
	top = i == LAT_HIST_BUCKETS - 1 ? hist->max : lat_hist_bucket_floor(i + 1) - 1;
	return top < hist->max ? top : hist->max;
}
