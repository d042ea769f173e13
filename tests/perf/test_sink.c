#include "bench/perf/sink.h"
#include "tests/perf/check.h"

#include <stdlib.h>
#include <string.h>

#define NOW_NS 5000000ULL

struct bench {
	struct perf_port port;
	struct perf_stream stream;
	struct perf_sink sink;
	uint8_t frame[PERF_MAX_FRAME_BYTES];
};

static struct bench *start(const struct perf_sink_params *params)
{
	struct bench *bench = calloc(1, sizeof(*bench));

	assert_non_null(bench);
	perf_stream_init(&bench->stream);
	assert_int_equal(perf_sink_init(&bench->sink, &bench->port, params), 0);
	bench->sink.known[0] = &bench->stream;
	return bench;
}

static void finish(struct bench *bench)
{
	perf_sink_fini(&bench->sink);
	free(bench);
}

static enum perf_verdict arrive(struct bench *bench, struct perf_tag tag, uint64_t now_ns)
{
	struct perf_slot slot = { .data = bench->frame };

	slot.bytes = perf_packet_build(&bench->stream, &tag, bench->frame);
	return perf_sink_record(&bench->sink, &slot, now_ns, now_ns);
}

static void arrivals_are_counted_and_timed(void **state)
{
	const struct perf_sink_params params = { .start_ns = NOW_NS, .bin_ns = 1000, .bins = 3 };
	struct bench *bench = start(&params);
	const struct perf_arrivals *arrivals;
	uint32_t id;

	(void)state;
	for (id = 0; id < 4; id++) {
		struct perf_tag tag = { .id = id,
					.sent_ns = NOW_NS + id * 1000ULL - 70,
					.late_ns = 30 };

		assert_int_equal(arrive(bench, tag, NOW_NS + id * 1000ULL), PERF_PACKET_OURS);
	}
	arrivals = bench->sink.streams[0];
	assert_int_equal(arrivals->account.received, 4);
	assert_int_equal(arrivals->bytes, 4 * 60);
	assert_int_equal(arrivals->latency_ns.max, 70);
	assert_int_equal(arrivals->intended_ns.max, 100);
	assert_int_equal(lat_hist_count(&arrivals->gap_ns), 3);
	assert_int_equal(arrivals->gap_ns.max, 1000);
	assert_int_equal(arrivals->last_ns - arrivals->first_ns, 3000);
	assert_int_equal(arrivals->series.bin[2].pkts, 1);
	assert_int_equal(arrivals->series.late, 1);
	assert_int_equal(bench->sink.worst.count, 4);
	finish(bench);
}

static void warm_up_strangers_and_damage_are_kept_apart(void **state)
{
	const struct perf_sink_params params = { 0 };
	struct bench *bench = start(&params);
	struct perf_slot slot = { .data = bench->frame, .bytes = 60 };
	struct perf_tag tag = { .sent_ns = NOW_NS, .warmup = true };

	(void)state;
	assert_int_equal(arrive(bench, tag, NOW_NS), PERF_PACKET_OURS);
	assert_int_equal(bench->sink.streams[0]->warmup_pkts, 1);
	assert_int_equal(bench->sink.streams[0]->account.received, 0);
	assert_int_equal(bench->sink.total_pkts, 0);
	bench->frame[22]--;
	assert_int_equal(perf_sink_record(&bench->sink, &slot, NOW_NS, NOW_NS), PERF_PACKET_BROKEN);
	memset(bench->frame, 0, sizeof(bench->frame));
	assert_int_equal(perf_sink_record(&bench->sink, &slot, NOW_NS, NOW_NS),
			 PERF_PACKET_FOREIGN);
	assert_int_equal(bench->sink.broken_pkts, 1);
	assert_int_equal(bench->sink.foreign_pkts, 1);
	finish(bench);
}

static void a_silence_is_remembered_with_its_start(void **state)
{
	static const uint64_t times_ns[] = { 0, 100, 9100, 9200, 12000 };
	const struct perf_sink_params params = { 0 };
	struct bench *bench = start(&params);
	uint32_t id;

	(void)state;
	for (id = 0; id < LENGTH(times_ns); id++)
		(void)arrive(bench, (struct perf_tag){ .id = id, .sent_ns = NOW_NS },
			     NOW_NS + times_ns[id]);
	assert_int_equal(bench->sink.streams[0]->max_gap_ns, 9000);
	assert_int_equal(bench->sink.streams[0]->max_gap_start_ns, NOW_NS + 100);
	finish(bench);
}

static void polls_say_how_blind_the_sink_was(void **state)
{
	const struct perf_sink_params params = { 0 };
	struct bench *bench = start(&params);
	struct perf_slot slot = { .data = bench->frame };

	(void)state;
	perf_sink_note_poll(&bench->sink, NOW_NS, false);
	perf_sink_note_poll(&bench->sink, NOW_NS + 100, true);
	/* The full poll may have left packets: what comes next may be as old as the empty one. */
	assert_int_equal(bench->sink.empty_poll_ns, NOW_NS);
	perf_sink_note_poll(&bench->sink, NOW_NS + 400, false);
	assert_int_equal(bench->sink.empty_poll_ns, NOW_NS + 400);
	assert_int_equal(bench->sink.poll_gap_ns.max, 300);
	slot.bytes = perf_packet_build(&bench->stream, &(struct perf_tag){ .id = 0 }, bench->frame);
	(void)perf_sink_record(&bench->sink, &slot, NOW_NS, NOW_NS + 400);
	assert_int_equal(bench->sink.max_busy_gap_ns, 400);
	/* A stamp of the kernel is a moment, not an interval. */
	slot.kernel_ns = NOW_NS + 200;
	(void)perf_sink_record(&bench->sink, &slot, NOW_NS, NOW_NS + 900);
	assert_int_equal(bench->sink.max_busy_gap_ns, 400);
	finish(bench);
}

static void a_capture_keeps_what_it_has_room_for(void **state)
{
	const struct perf_sink_params params = { .capture_pkts = 2 };
	struct bench *bench = start(&params);
	const struct perf_record *record;
	uint32_t id;

	(void)state;
	for (id = 0; id < 3; id++)
		(void)arrive(bench, (struct perf_tag){ .id = id, .sent_ns = 9 }, NOW_NS + id);
	record = &bench->sink.capture.records[1];
	assert_int_equal(bench->sink.capture.count, 2);
	assert_int_equal(bench->sink.capture.missed, 1);
	assert_int_equal(record->id, 1);
	assert_int_equal(record->arrived_ns, NOW_NS + 1);
	assert_int_equal(record->frame_bytes, 60);
	assert_int_equal(record->snap_bytes, 60);
	assert_int_equal(record->dport, 5001);
	finish(bench);
}

static void a_wrong_checksum_is_seen_only_when_asked_for(void **state)
{
	const struct perf_sink_params asked = { .check_payload = true }, not_asked = { 0 };
	const struct perf_sink_params *params[] = { &asked, &not_asked };
	size_t i;

	(void)state;
	for (i = 0; i < 2; i++) {
		struct bench *bench = start(params[i]);
		struct perf_slot slot = { .data = bench->frame };

		slot.bytes = perf_packet_build(&bench->stream, &(struct perf_tag){ .id = 0 },
					       bench->frame);
		bench->frame[59] ^= 1;
		assert_int_equal(perf_sink_record(&bench->sink, &slot, NOW_NS, NOW_NS),
				 PERF_PACKET_OURS);
		assert_int_equal(bench->sink.streams[0]->checksum_bad_pkts, i == 0);
		finish(bench);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(arrivals_are_counted_and_timed),
		cmocka_unit_test(warm_up_strangers_and_damage_are_kept_apart),
		cmocka_unit_test(a_silence_is_remembered_with_its_start),
		cmocka_unit_test(polls_say_how_blind_the_sink_was),
		cmocka_unit_test(a_capture_keeps_what_it_has_room_for),
		cmocka_unit_test(a_wrong_checksum_is_seen_only_when_asked_for),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
