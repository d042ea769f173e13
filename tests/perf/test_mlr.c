#include "bench/perf/mlr.h"
#include "tests/perf/check.h"

#include <errno.h>
#include <stdlib.h>

#define SECOND_NS 1000000000ULL

/* A device that forwards capacity_pps and loses the rest, and sometimes something on top. */
struct device {
	double capacity_pps;
	uint32_t stall_every; /* every so many trials also lose stall_pkts; 0: never */
	uint64_t stall_pkts;
	uint32_t trials;
	uint32_t fail_at; /* this trial returns -EIO; 0: none does */
};

static int try(void *context, const struct perf_trial *trial, struct perf_trial_result *result)
{
	struct device *device = context;
	double seconds = (double)trial->duration_ns / 1e9;
	uint64_t room = (uint64_t)(device->capacity_pps * seconds + 0.5);

	if (++device->trials == device->fail_at)
		return -EIO;
	result->planned_pkts = (uint64_t)(trial->load_pps * seconds + 0.5);
	result->received_pkts = result->planned_pkts < room ? result->planned_pkts : room;
	if (device->stall_every && device->trials % device->stall_every == 0 &&
	    result->received_pkts > device->stall_pkts)
		result->received_pkts -= device->stall_pkts;
	return 0;
}

static const struct perf_mlr_params both = {
	.min_pps = 1000,
	.max_pps = 10e6,
	.trial_ns = SECOND_NS,
	.goals = 2,
	.goal = { { 0, 0.5, 21 * SECOND_NS, 0.005 }, { 0.005, 0.5, 21 * SECOND_NS, 0.005 } },
};

static void bounds_enclose_the_capacity_within_the_width(void **state)
{
	static const double capacities[] = { 2000, 123456, 5e6, 9.99e6 };
	size_t i;

	(void)state;
	for (i = 0; i < LENGTH(capacities); i++) {
		struct device device = { .capacity_pps = capacities[i] };
		struct perf_mlr_result results[2];
		uint32_t trials;

		assert_int_equal(perf_mlr_search(&both, try, &device, results, &trials), 0);
		assert_int_equal(trials, device.trials);
		assert_true(results[0].reached && results[1].reached);
		assert_true(results[0].lower_pps <= capacities[i] + 1);
		assert_true(results[0].upper_pps >= capacities[i]);
		assert_true(results[0].lower_pps >= results[0].upper_pps * (1 - 0.005));
		/* PDR: half a percent may be lost, so the load may be that much higher. */
		assert_true(results[1].lower_pps * 0.995 <= capacities[i] + 1);
		assert_true(results[1].at_max || results[1].upper_pps * 0.995 >= capacities[i] - 1);
		assert_true(results[1].lower_pps >= results[0].lower_pps);
		assert_true(results[1].conditional_pps <= capacities[i] + 1);
		assert_true(trials < 250);
	}
}

static void a_device_faster_than_the_search_is_at_its_top(void **state)
{
	struct device device = { .capacity_pps = 1e9 };
	struct perf_mlr_result results[2];
	uint32_t trials;

	(void)state;
	assert_int_equal(perf_mlr_search(&both, try, &device, results, &trials), 0);
	assert_true(results[0].at_max && results[1].at_max);
	assert_true(results[0].lower_pps == both.max_pps);
	assert_true(results[0].conditional_pps == both.max_pps);
	/* One to warm up, and as many as decide: half of the sum of 21 s, rounded up. */
	assert_int_equal(trials, 1 + 11);
}

static void stalls_in_a_minority_of_trials_do_not_decide(void **state)
{
	struct device device = { .capacity_pps = 3e6, .stall_every = 3, .stall_pkts = 2500 };
	struct perf_mlr_result results[2];
	uint32_t trials;

	(void)state;
	assert_int_equal(perf_mlr_search(&both, try, &device, results, &trials), 0);
	assert_true(results[0].lower_pps > 3e6 * 0.98 && results[0].lower_pps <= 3e6 + 1);
}

static void loss_everywhere_reaches_no_goal_of_zero(void **state)
{
	struct device device = { .capacity_pps = 1e9, .stall_every = 1, .stall_pkts = 1 };
	struct perf_mlr_result results[2];
	uint32_t trials;

	(void)state;
	assert_int_equal(perf_mlr_search(&both, try, &device, results, &trials), 0);
	assert_false(results[0].reached);
	assert_true(results[1].at_max);
}

static void a_failing_trial_ends_the_search(void **state)
{
	struct device device = { .capacity_pps = 3e6, .fail_at = 9 };
	struct perf_mlr_result results[2];
	uint32_t trials;

	(void)state;
	assert_int_equal(perf_mlr_search(&both, try, &device, results, &trials), -EIO);
	assert_int_equal(device.trials, 9);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(bounds_enclose_the_capacity_within_the_width),
		cmocka_unit_test(a_device_faster_than_the_search_is_at_its_top),
		cmocka_unit_test(stalls_in_a_minority_of_trials_do_not_decide),
		cmocka_unit_test(loss_everywhere_reaches_no_goal_of_zero),
		cmocka_unit_test(a_failing_trial_ends_the_search),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
