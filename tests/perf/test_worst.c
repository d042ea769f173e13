#include "bench/perf/worst.h"
#include "tests/perf/check.h"

#include <stdlib.h>

static int by_value(const void *a, const void *b)
{
	uint64_t left = *(const uint64_t *)a, right = *(const uint64_t *)b;

	return (left > right) - (left < right);
}

static void the_slowest_are_kept_and_no_others(void **state)
{
	enum { OFFERED = 40000 };
	static uint64_t latencies[OFFERED], kept[PERF_WORST_EVENTS];
	const uint8_t frame[80] = { 1, 2, 3 };
	struct perf_worst worst;
	unsigned int seed = 3;
	uint32_t i;

	(void)state;
	assert_int_equal(perf_worst_init(&worst), 0);
	for (i = 0; i < OFFERED; i++) {
		struct perf_event event = { .latency_ns = (uint64_t)rand_r(&seed) % 100000,
					    .arrived_ns = OFFERED - i,
					    .id = i };

		latencies[i] = event.latency_ns;
		perf_worst_offer(&worst, &event, frame, sizeof(frame));
	}
	assert_int_equal(worst.count, PERF_WORST_EVENTS);
	for (i = 0; i < worst.count; i++) {
		kept[i] = worst.events[i].latency_ns;
		assert_int_equal(worst.events[i].snap_bytes, PERF_SNAP_BYTES);
		assert_int_equal(worst.events[i].latency_ns, latencies[worst.events[i].id]);
	}
	qsort(latencies, OFFERED, sizeof(latencies[0]), by_value);
	qsort(kept, PERF_WORST_EVENTS, sizeof(kept[0]), by_value);
	assert_memory_equal(kept, latencies + OFFERED - PERF_WORST_EVENTS, sizeof(kept));
	perf_worst_sort(&worst);
	for (i = 1; i < worst.count; i++)
		assert_true(worst.events[i - 1].arrived_ns < worst.events[i].arrived_ns);
	perf_worst_fini(&worst);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_slowest_are_kept_and_no_others),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
