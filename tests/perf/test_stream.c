#include "bench/perf/stream.h"
#include "tests/perf/check.h"

#include <errno.h>
#include <string.h>

static void a_stream_reads_its_properties(void **state)
{
	struct perf_stream stream;

	(void)state;
	perf_stream_init(&stream);
	assert_int_equal(
		perf_stream_parse(&stream,
				  "name=gold,rate=25M,layer=L3,size=128-1518,burst=4,"
				  "src=10.0.0.2+3,dst=10.1.0.0+256,sport=100,flows=8,ttl=9,"
				  "dscp=46,checksum=off,random=on,seed=42,count=1k,"
				  "start=1s,duration=500ms,gw=10.0.0.1",
				  NULL),
		0);
	assert_string_equal(stream.name, "gold");
	assert_int_equal(stream.load.value, 25000000);
	assert_int_equal(stream.layer, RATE_LAYER_L3);
	assert_int_equal(stream.sizes.kinds, 0);
	assert_int_equal(stream.sizes.span_max_bytes, 1518);
	assert_int_equal(stream.src.count, 3);
	assert_int_equal(stream.dst.first, 0x0a010000);
	assert_int_equal(perf_stream_flows(&stream), 3 * 256 * 8);
	assert_int_equal(stream.count_pkts, 1000);
	assert_int_equal(stream.start_ns, 1000000000);
	assert_false(stream.checksum);
}

static void bad_properties_are_refused_with_what_would_be_right(void **state)
{
	static const struct {
		const char *text;
		int err;
		const char *says;
	} rows[] = {
		{ "colour=red", -ENOENT, "no property 'colour'" },
		{ "rate", -EINVAL, "expected key=value" },
		{ "rate=fast", -EINVAL, "rate=fast: expected BITS" },
		{ "size=63", -ERANGE, "64 to 9018" },
		{ "size=9019", -ERANGE, "64 to 9018" },
		{ "size=1518-64", -ERANGE, "64 to 9018" },
		{ "size=64:0", -ERANGE, "64 to 9018" },
		{ "burst=0", -ERANGE, "1 or more" },
		{ "dst=10.0.0", -EINVAL, "IPv4 address" },
		{ "sport=65535+2", -ERANGE, "UDP port" },
		{ "layer=L4", -EINVAL, "L1, L2 or L3" },
		{ "name=", -EINVAL, "letters" },
		{ "name=a b", -EINVAL, "letters" },
		{ "ttl=0", -ERANGE, "1 to 255" },
		{ "dmac=1:2:3:4:5:6", -EINVAL, "MAC address" },
	};
	size_t i;

	(void)state;
	for (i = 0; i < LENGTH(rows); i++) {
		struct perf_error error = { "" };
		struct perf_stream stream, before;

		perf_stream_init(&stream);
		before = stream;
		assert_int_equal(perf_stream_parse(&stream, rows[i].text, &error), rows[i].err);
		assert_non_null(strstr(error.text, rows[i].says));
		assert_memory_equal(&stream, &before, sizeof(stream));
	}
}

static void contradictions_are_refused(void **state)
{
	struct perf_error error;
	struct perf_stream stream;

	(void)state;
	perf_stream_init(&stream);
	assert_int_equal(perf_stream_check(&stream, 0, &error), 0);
	assert_int_equal(perf_stream_set(&stream, "rate", "500", &error), 0);
	assert_int_equal(perf_stream_check(&stream, 0, &error), -ERANGE);
	assert_int_equal(perf_stream_set(&stream, "rate", "50%", &error), 0);
	assert_int_equal(perf_stream_check(&stream, 0, &error), -EINVAL);
	assert_non_null(strstr(error.text, "--line"));
	assert_int_equal(perf_stream_check(&stream, 10000000, &error), 0);
	assert_int_equal(perf_stream_set(&stream, "gw", "10.0.0.1", &error), 0);
	assert_int_equal(perf_stream_set(&stream, "dmac", "02:00:00:00:00:01", &error), 0);
	assert_int_equal(perf_stream_check(&stream, 10000000, &error), -EINVAL);
}

/* 12 000 draws of the 7:4:1 mix: each share within 5 standard deviations, about 270 packets. */
static void imix_has_its_shares_and_repeats_by_seed(void **state)
{
	struct perf_stream stream, again;
	uint32_t small = 0, middle = 0, big = 0, id;

	(void)state;
	perf_stream_init(&stream);
	assert_int_equal(perf_stream_parse(&stream, "size=imix,seed=7", NULL), 0);
	again = stream;
	for (id = 0; id < 12000; id++) {
		uint32_t bytes = perf_stream_frame_bytes(&stream, id);

		assert_int_equal(bytes, perf_stream_frame_bytes(&again, id));
		small += bytes == 64;
		middle += bytes == 594;
		big += bytes == 1518;
	}
	assert_int_equal(small + middle + big, 12000);
	assert_in_range(small, 6730, 7270);
	assert_in_range(middle, 3740, 4260);
	assert_in_range(big, 850, 1150);
	assert_int_equal(perf_stream_max_frame_bytes(&stream), 1518);
	assert_int_equal(perf_stream_mean_frame_milli(&stream),
			 (7 * 64 + 4 * 594 + 1518) * 1000 / 12);
}

static void flows_are_taken_in_turn_or_drawn(void **state)
{
	struct perf_stream stream;
	uint32_t hits[5] = { 0 };
	uint32_t id;

	(void)state;
	perf_stream_init(&stream);
	assert_int_equal(perf_stream_parse(&stream, "flows=5", NULL), 0);
	for (id = 0; id < 20; id++)
		assert_int_equal(perf_stream_flow(&stream, id), id % 5);
	assert_int_equal(perf_stream_parse(&stream, "random=on", NULL), 0);
	for (id = 0; id < 5000; id++)
		hits[perf_stream_flow(&stream, id)]++;
	for (id = 0; id < 5; id++)
		assert_in_range(hits[id], 850, 1150);
}

static void a_span_reaches_both_ends(void **state)
{
	struct perf_stream stream;
	bool least = false, most = false;
	uint32_t id;

	(void)state;
	perf_stream_init(&stream);
	assert_int_equal(perf_stream_parse(&stream, "size=100-110", NULL), 0);
	for (id = 0; id < 1000; id++) {
		uint32_t bytes = perf_stream_frame_bytes(&stream, id);

		assert_in_range(bytes, 100, 110);
		least = least || bytes == 100;
		most = most || bytes == 110;
	}
	assert_true(least && most);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_stream_reads_its_properties),
		cmocka_unit_test(bad_properties_are_refused_with_what_would_be_right),
		cmocka_unit_test(contradictions_are_refused),
		cmocka_unit_test(imix_has_its_shares_and_repeats_by_seed),
		cmocka_unit_test(flows_are_taken_in_turn_or_drawn),
		cmocka_unit_test(a_span_reaches_both_ends),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
