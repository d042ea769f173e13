#ifndef DATAPLANE_LAT_HIST_H
#define DATAPLANE_LAT_HIST_H

/**
 * @file
 * Log-linear histogram of times: 128 buckets per octave, so a value is known to 1/128 (0.8 %) of
 * itself; values below 128 are exact. Fixed size, no allocation, no DPDK.
 *
 * Units are the caller's (TSC cycles in the data plane). With cycles of up to 5 GHz the range of
 * 2^36 units holds 10 s; larger values count in the last bucket, and max stays exact.
 *
 * One writer; readers copy bucket by bucket while it writes. A copy may be short of the newest
 * records, never torn within one bucket.
 */

#include <stdint.h>

#define LAT_HIST_SUB_BITS 7
#define LAT_HIST_MAX_BITS 36
#define LAT_HIST_BUCKETS ((LAT_HIST_MAX_BITS - LAT_HIST_SUB_BITS + 1) << LAT_HIST_SUB_BITS)

/** Writer: the owner of the histogram. Readers: any thread, through lat_hist_read(). */
struct lat_hist {
	uint64_t sum; /**< of all values */
	uint64_t max; /**< largest value */
	uint64_t min; /**< smallest value, UINT64_MAX while empty */
	uint64_t buckets[LAT_HIST_BUCKETS];
};

/** Empties a histogram. */
void lat_hist_init(struct lat_hist *hist);

/** Bucket of a value. */
static inline uint32_t lat_hist_bucket(uint64_t value)
{
	uint64_t capped = value >> LAT_HIST_MAX_BITS ? (1ULL << LAT_HIST_MAX_BITS) - 1 : value;
	uint32_t msb = 63U - (uint32_t)__builtin_clzll(capped | (1U << LAT_HIST_SUB_BITS));
	uint32_t octave = msb - LAT_HIST_SUB_BITS;

	return (octave << LAT_HIST_SUB_BITS) + (uint32_t)(capped >> octave);
}

/** Records count events of one value. */
static inline void lat_hist_record(struct lat_hist *hist, uint64_t value, uint64_t count)
{
	hist->buckets[lat_hist_bucket(value)] += count;
	hist->sum += value * count;
	if (value > hist->max)
		hist->max = value;
	if (value < hist->min)
		hist->min = value;
}

/** Adds what another thread recorded so far to a private histogram. */
void lat_hist_read(struct lat_hist *into, const struct lat_hist *from);

/** Events recorded. */
uint64_t lat_hist_count(const struct lat_hist *hist);

/** Events in buckets that lie wholly above a value. */
uint64_t lat_hist_count_above(const struct lat_hist *hist, uint64_t value);

/**
 * Largest value of the bucket in which the given share of the events is reached, never more than
 * max; 0 while empty.
 *
 * @param per_million 0 to 1 000 000: 990 000 is p99
 */
uint64_t lat_hist_quantile(const struct lat_hist *hist, uint32_t per_million);

/** Smallest value of a bucket. */
uint64_t lat_hist_bucket_floor(uint32_t bucket);

#endif
