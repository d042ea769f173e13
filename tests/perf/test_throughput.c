#include "bench/perf/back_to_back.h"
#include "bench/perf/throughput.h"
#include "tests/perf/check.h"

#include <math.h>

/* A device that forwards capacity_pps out of a buffer. */
struct device {
	double capacity_pps;
	double buffer_pkts;
};

static int try(void *context, const struct perf_trial *trial, struct perf_trial_result *result)
{
	const struct device *device = context;
	double pkts = trial->duration_ns ? trial->load_pps * (double)trial->duration_ns / 1e9
					 : (double)trial->burst_pkts;
	double forwarded = pkts * device->capacity_pps / trial->load_pps;
	double kept = forwarded + device->buffer_pkts;

	result->planned_pkts = (uint64_t)pkts;
	result->received_pkts = (uint64_t)(kept < pkts ? kept : pkts);
	return 0;
}

static void the_throughput_is_found_within_its_width(void **state)
{
	static const double capacities[] = { 50, 1234, 777777, 999000 };
	size_t i;

	(void)state;
	for (i = 0; i < LENGTH(capacities); i++) {
		const struct perf_throughput_params params = { 1e6, 0.005, 60000000000ULL };
		struct device device = { .capacity_pps = capacities[i] };
		uint32_t trials;
		double pps;

		assert_int_equal(perf_throughput_search(&params, try, &device, &pps, &trials), 0);
		assert_true(pps <= capacities[i] + 1);
		assert_true(pps >= capacities[i] * 0.99);
		assert_in_range(trials, 2, 40);
	}
}

static void a_wire_takes_one_trial_and_a_wall_ends_at_zero(void **state)
{
	const struct perf_throughput_params params = { 1e6, 0.005, 60000000000ULL };
	struct device wire = { .capacity_pps = 1e9 };
	struct device wall = { .capacity_pps = 0 };
	uint32_t trials;
	double pps;

	(void)state;
	assert_int_equal(perf_throughput_search(&params, try, &wire, &pps, &trials), 0);
	assert_true(pps == 1e6);
	assert_int_equal(trials, 1);
	assert_int_equal(perf_throughput_search(&params, try, &wall, &pps, &trials), 0);
	assert_true(pps == 0);
}

/* At line rate L a burst of n fills the buffer by n * (1 - F / L). */
static void the_corrected_buffer_is_the_real_one(void **state)
{
	const struct perf_back_to_back_params params = {
		.line_pps = 1e6,
		.throughput_pps = 4e5,
		.max_pkts = 2000000,
		.repetitions = 5,
	};
	struct device device = { .capacity_pps = 4e5, .buffer_pkts = 1500 };
	struct perf_back_to_back_result result;

	(void)state;
	assert_int_equal(perf_back_to_back_search(&params, try, &device, &result), 0);
	assert_in_range(result.min_pkts, 2499, 2501);
	assert_int_equal(result.min_pkts, result.max_pkts);
	assert_true(result.deviation_pkts < 0.5);
	assert_int_equal(result.beyond, 0);
	assert_true(fabs(result.corrected_s * params.line_pps - 1500) < 2);
}

static void a_buffer_beyond_the_longest_burst_is_said(void **state)
{
	const struct perf_back_to_back_params params = {
		.line_pps = 1e6,
		.throughput_pps = 4e5,
		.max_pkts = 1000,
		.repetitions = 3,
	};
	struct device device = { .capacity_pps = 4e5, .buffer_pkts = 1500 };
	struct perf_back_to_back_result result;

	(void)state;
	assert_int_equal(perf_back_to_back_search(&params, try, &device, &result), 0);
	assert_int_equal(result.beyond, 3);
	assert_int_equal(result.max_pkts, 1000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_throughput_is_found_within_its_width),
		cmocka_unit_test(a_wire_takes_one_trial_and_a_wall_ends_at_zero),
		cmocka_unit_test(the_corrected_buffer_is_the_real_one),
		cmocka_unit_test(a_buffer_beyond_the_longest_burst_is_said),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
