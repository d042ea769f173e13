#include "bench/perf/schedule.h"
#include "tests/perf/check.h"

#include <stdlib.h>

#define SECOND_NS 1000000000ULL
#define START_NS (77 * SECOND_NS + 123)

static void parse(struct perf_stream *stream, const char *text)
{
	perf_stream_init(stream);
	assert_int_equal(perf_stream_parse(stream, text, NULL), 0);
	assert_int_equal(perf_stream_check(stream, 10000000000ULL, NULL), 0);
}

static uint64_t take(struct perf_schedule *schedule, uint32_t bytes)
{
	uint64_t due_ns = perf_schedule_due_ns(schedule);

	perf_schedule_take(schedule, bytes, due_ns);
	return due_ns;
}

/* The packets that a plan holds for a span of time, with the bytes of a fixed frame. */
static uint64_t packets_in(const char *text, uint32_t bytes, uint64_t span_ns)
{
	struct perf_schedule schedule;
	struct perf_stream stream;
	uint64_t pkts = 0;

	parse(&stream, text);
	perf_schedule_init(&schedule, &stream, 10000000000ULL, START_NS, START_NS + span_ns);
	while (perf_schedule_due_ns(&schedule) != UINT64_MAX) {
		(void)take(&schedule, bytes);
		pkts++;
	}
	return pkts;
}

static void long_run_rate_is_exact_in_every_layer(void **state)
{
	static const struct {
		const char *text;
		uint32_t bytes;	     /* without FCS */
		uint32_t paid_bytes; /* in the layer */
		uint64_t bps;
		uint64_t span_ns;
	} rows[] = {
		{ "rate=10M,size=363,layer=L1", 359, 383, 10000000, 100 * SECOND_NS },
		{ "rate=10M,size=363,layer=L2", 359, 363, 10000000, 100 * SECOND_NS },
		{ "rate=10M,size=363,layer=L3", 359, 345, 10000000, 100 * SECOND_NS },
		{ "rate=1k,size=64", 60, 64, 1000, 100000 * SECOND_NS },
		{ "rate=10G,size=64,layer=L1", 60, 84, 10000000000ULL, SECOND_NS / 10 },
		{ "rate=400G,size=64,layer=L1", 60, 84, 400000000000ULL, SECOND_NS / 100 },
		{ "rate=50%,size=1518", 1514, 1538, 5000000000ULL, SECOND_NS },
	};
	size_t i;

	(void)state;
	for (i = 0; i < LENGTH(rows); i++) {
		/* Packet n leaves at n * paid * 8e9 / bps: count those before the end. */
		rate_u128 numerator = (rate_u128)rows[i].bps * rows[i].span_ns;
		rate_u128 cost = (rate_u128)rows[i].paid_bytes * 8 * SECOND_NS;
		uint64_t exact = (uint64_t)((numerator + cost - 1) / cost);
		uint64_t pkts = packets_in(rows[i].text, rows[i].bytes, rows[i].span_ns);

		/* A departure within the last nanosecond is rounded up and out of the span. */
		assert_in_range(pkts, exact - 1, exact);
		assert_true(pkts == exact || (rate_u128)pkts * cost > numerator - rows[i].bps);
	}
}

static void packet_rates_do_not_depend_on_sizes(void **state)
{
	(void)state;
	assert_int_equal(packets_in("rate=1000pps", 60, 10 * SECOND_NS), 10000);
	assert_int_equal(packets_in("rate=1000pps", 1514, 10 * SECOND_NS), 10000);
	/* 3 pps is 333 333 333.3 ns: rounded up each time, never accumulated */
	assert_int_equal(packets_in("rate=3pps", 60, 1000 * SECOND_NS), 3000);
}

static void departures_are_never_early_and_do_not_drift(void **state)
{
	struct perf_schedule schedule;
	struct perf_stream stream;
	uint64_t n;

	(void)state;
	parse(&stream, "rate=3pps");
	perf_schedule_init(&schedule, &stream, 0, START_NS, UINT64_MAX);
	for (n = 0; n < 100000; n++) {
		uint64_t exact_floor = START_NS + n * SECOND_NS / 3;
		uint64_t due_ns = take(&schedule, 60);

		assert_in_range(due_ns, exact_floor, exact_floor + 1);
	}
}

static void a_burst_is_due_at_once_and_then_paid_for(void **state)
{
	struct perf_schedule schedule;
	struct perf_stream stream;
	uint32_t burst, i;

	(void)state;
	parse(&stream, "rate=1000pps,burst=5");
	perf_schedule_init(&schedule, &stream, 0, START_NS, UINT64_MAX);
	for (burst = 0; burst < 100; burst++)
		for (i = 0; i < 5; i++)
			assert_int_equal(take(&schedule, 60), START_NS + burst * 5000000ULL);
}

static void start_duration_and_count_bound_a_plan(void **state)
{
	struct perf_schedule schedule;
	struct perf_stream stream;

	(void)state;
	assert_int_equal(packets_in("rate=1000pps,count=7", 60, SECOND_NS), 7);
	assert_int_equal(packets_in("rate=1000pps,duration=20ms", 60, SECOND_NS), 20);
	assert_int_equal(packets_in("rate=1000pps,start=900ms", 60, SECOND_NS), 100);
	assert_int_equal(packets_in("rate=1000pps,start=2s", 60, SECOND_NS), 0);
	parse(&stream, "rate=1000pps,start=20ms");
	perf_schedule_init(&schedule, &stream, 0, START_NS, UINT64_MAX);
	assert_int_equal(perf_schedule_due_ns(&schedule), START_NS + 20000000);
}

static void lateness_does_not_move_the_plan(void **state)
{
	struct perf_schedule schedule;
	struct perf_stream stream;

	(void)state;
	parse(&stream, "rate=1000pps");
	perf_schedule_init(&schedule, &stream, 0, START_NS, UINT64_MAX);
	perf_schedule_take(&schedule, 60, START_NS + 50000000);
	assert_int_equal(perf_schedule_due_ns(&schedule), START_NS + 1000000);
}

static void an_unpaced_stream_is_always_due(void **state)
{
	struct perf_schedule schedule;
	struct perf_stream stream;

	(void)state;
	parse(&stream, "rate=max");
	perf_schedule_init(&schedule, &stream, 0, START_NS, START_NS + 1000);
	perf_schedule_take(&schedule, 60, START_NS + 10);
	assert_int_equal(perf_schedule_due_ns(&schedule), START_NS + 10);
	perf_schedule_take(&schedule, 60, START_NS + 1000);
	assert_int_equal(perf_schedule_due_ns(&schedule), UINT64_MAX);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(long_run_rate_is_exact_in_every_layer),
		cmocka_unit_test(packet_rates_do_not_depend_on_sizes),
		cmocka_unit_test(departures_are_never_early_and_do_not_drift),
		cmocka_unit_test(a_burst_is_due_at_once_and_then_paid_for),
		cmocka_unit_test(start_duration_and_count_bound_a_plan),
		cmocka_unit_test(lateness_does_not_move_the_plan),
		cmocka_unit_test(an_unpaced_stream_is_always_due),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
