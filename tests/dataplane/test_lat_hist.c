#include "dataplane/lat_hist.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

static void buckets_tile_the_range(void **state)
{
	uint64_t value;
	uint32_t i;

	(void)state;
	for (i = 0; i < LAT_HIST_BUCKETS; i++) {
		assert_int_equal(lat_hist_bucket(lat_hist_bucket_floor(i)), i);
		if (i > 0)
			assert_int_equal(lat_hist_bucket(lat_hist_bucket_floor(i) - 1), i - 1);
	}
	for (value = 1; value < 1ULL << LAT_HIST_MAX_BITS; value = value * 3 + 1) {
		uint64_t low = lat_hist_bucket_floor(lat_hist_bucket(value));
		uint64_t high = lat_hist_bucket_floor(lat_hist_bucket(value) + 1) - 1;

		assert_true(low <= value && value <= high);
		assert_true((high - low) * 128 <= value);
	}
}

static void values_beyond_the_range_keep_their_maximum(void **state)
{
	struct lat_hist hist;

	(void)state;
	lat_hist_init(&hist);
	lat_hist_record(&hist, UINT64_MAX / 2, 1);
	assert_int_equal(hist.buckets[LAT_HIST_BUCKETS - 1], 1);
	assert_int_equal(lat_hist_quantile(&hist, 500000), UINT64_MAX / 2);
}

static int compare_u64(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return x < y ? -1 : x > y;
}

static void quantiles_match_sorted_values(void **state)
{
	enum { N = 100000 };
	static uint64_t values[N];
	static const uint32_t asked[] = { 0, 500000, 900000, 990000, 999000, 999990, 1000000 };
	struct lat_hist hist;
	uint64_t seed = 42;
	size_t i;

	(void)state;
	lat_hist_init(&hist);
	for (i = 0; i < N; i++) {
		seed = seed * 6364136223846793005ULL + 1442695040888963407ULL;
		values[i] = (seed >> 20) >> (seed % 40);
		values[i] &= (1ULL << LAT_HIST_MAX_BITS) - 1;
		lat_hist_record(&hist, values[i], 1);
	}
	qsort(values, N, sizeof(values[0]), compare_u64);
	assert_int_equal(lat_hist_count(&hist), N);
	assert_int_equal(hist.min, values[0]);
	assert_int_equal(hist.max, values[N - 1]);
	for (i = 0; i < sizeof(asked) / sizeof(asked[0]); i++) {
		uint64_t rank = ((uint64_t)N * asked[i] + 999999) / 1000000;
		uint64_t exact = values[rank == 0 ? 0 : rank - 1];
		uint64_t got = lat_hist_quantile(&hist, asked[i]);

		assert_true(got >= exact);
		assert_true(got - exact <= exact / 128 + 1);
	}
}

static void reading_adds_up(void **state)
{
	struct lat_hist a, b, sum;

	(void)state;
	lat_hist_init(&a);
	lat_hist_init(&b);
	lat_hist_init(&sum);
	assert_int_equal(lat_hist_quantile(&sum, 990000), 0);
	lat_hist_record(&a, 100, 3);
	lat_hist_record(&b, 5000, 2);
	lat_hist_read(&sum, &a);
	lat_hist_read(&sum, &b);
	assert_int_equal(lat_hist_count(&sum), 5);
	assert_int_equal(sum.min, 100);
	assert_int_equal(sum.max, 5000);
	assert_int_equal(sum.sum, 10300);
	assert_int_equal(lat_hist_count_above(&sum, 100), 2);
	assert_int_equal(lat_hist_count_above(&sum, 5000), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(buckets_tile_the_range),
		cmocka_unit_test(values_beyond_the_range_keep_their_maximum),
		cmocka_unit_test(quantiles_match_sorted_values),
		cmocka_unit_test(reading_adds_up),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
