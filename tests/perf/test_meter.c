#include "bench/perf/meter.h"
#include "tests/perf/check.h"

#include <errno.h>
#include <stdlib.h>

#define SECOND_NS 1000000000ULL

static void start(struct perf_meter *meter, const char *text)
{
	struct perf_profile profile;

	assert_int_equal(perf_profile_parse(&profile, text, NULL), 0);
	assert_int_equal(perf_meter_init(meter, &profile, -1), 0);
}

/* The smallest burst over all windows of exact times, by trying every window. */
static uint64_t worst_window(const uint64_t *times_ns, uint32_t count, uint32_t bytes, uint64_t bps)
{
	double worst = 0;
	uint32_t i, j;

	for (i = 0; i < count; i++) {
		for (j = i; j < count; j++) {
			double drained = (double)(times_ns[j] - times_ns[i]) * (double)bps / 8e9;
			double excess = (double)(j - i + 1) * bytes - drained;

			worst = excess > worst ? excess : worst;
		}
	}
	return (uint64_t)(worst + 0.999);
}

static void exact_times_give_the_worst_window(void **state)
{
	uint64_t times_ns[300];
	unsigned int seed = 11;
	int round;

	(void)state;
	for (round = 0; round < 20; round++) {
		struct perf_meter meter;
		uint64_t now_ns = 5 * SECOND_NS, expected;
		uint32_t i;

		start(&meter, "rate=8M,burst=3k,layer=L2");
		for (i = 0; i < LENGTH(times_ns); i++) {
			now_ns += (uint64_t)rand_r(&seed) % 220000;
			times_ns[i] = now_ns;
			perf_meter_record(&meter, now_ns, now_ns, 96);
		}
		expected = worst_window(times_ns, LENGTH(times_ns), 100, 8000000);
		assert_in_range(perf_meter_seen_bytes(&meter), expected - 1, expected + 1);
		assert_in_range(perf_meter_certain_bytes(&meter), expected - 1, expected + 1);
	}
}

/* One packet each 100 us at 8 Mbit/s: conforming with a burst of one packet. */
static void a_blind_sink_sees_a_burst_but_is_not_certain(void **state)
{
	struct perf_meter meter;
	uint64_t i;

	(void)state;
	start(&meter, "rate=8M,burst=100,layer=L2");
	for (i = 0; i < 1000; i++)
		perf_meter_record(&meter, SECOND_NS + i * 100000 - 10, SECOND_NS + i * 100000, 96);
	/* The sink then sleeps for 10 ms and finds 100 packets at once. */
	for (i = 1000; i < 1100; i++)
		perf_meter_record(&meter, SECOND_NS + 99900000, SECOND_NS + 109900000, 96);
	assert_in_range(perf_meter_certain_bytes(&meter), 100, 101);
	assert_in_range(perf_meter_seen_bytes(&meter), 9900, 10001);
}

/* 200 packets within an interval that has room for 100 do exceed, by what does not fit. */
static void what_cannot_have_fitted_is_certain(void **state)
{
	struct perf_meter meter;
	uint32_t i;

	(void)state;
	start(&meter, "rate=8M,burst=100,layer=L2");
	perf_meter_record(&meter, SECOND_NS, SECOND_NS, 96);
	for (i = 0; i < 200; i++)
		perf_meter_record(&meter, SECOND_NS, SECOND_NS + 10000000, 96);
	assert_in_range(perf_meter_certain_bytes(&meter), 10100, 10101);
}

static void layers_count_their_own_bytes(void **state)
{
	static const struct {
		const char *text;
		uint64_t bytes;
	} rows[] = {
		{ "rate=1M,burst=1k,layer=L1", 84 },
		{ "rate=1M,burst=1k,layer=L2", 64 },
		{ "rate=1M,burst=1k,layer=L3", 46 },
	};
	size_t i;

	(void)state;
	for (i = 0; i < LENGTH(rows); i++) {
		struct perf_meter meter;

		start(&meter, rows[i].text);
		perf_meter_record(&meter, SECOND_NS, SECOND_NS, 60);
		assert_int_equal(perf_meter_seen_bytes(&meter), rows[i].bytes);
	}
}

static void bad_profiles_are_refused(void **state)
{
	static const char *const bad[] = { "",
					   "burst=16k",
					   "rate=100M,burst=x",
					   "rate=401G,burst=1k",
					   "rate=100M,colour=red",
					   "rate=1M,layer=L5",
					   "rate" };
	struct perf_profile profile;
	struct perf_error error;
	size_t i;

	(void)state;
	for (i = 0; i < LENGTH(bad); i++)
		assert_true(perf_profile_parse(&profile, bad[i], &error) < 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(exact_times_give_the_worst_window),
		cmocka_unit_test(a_blind_sink_sees_a_burst_but_is_not_certain),
		cmocka_unit_test(what_cannot_have_fitted_is_certain),
		cmocka_unit_test(layers_count_their_own_bytes),
		cmocka_unit_test(bad_profiles_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
