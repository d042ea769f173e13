#include "bench/perf/packet.h"
#include "tests/perf/check.h"

#include <string.h>

#define IP 14
#define UDP 34

static uint32_t build(const char *text, uint32_t id, uint8_t *frame, struct perf_stream *stream)
{
	struct perf_tag tag = {
		.id = id, .stream = 31, .sent_ns = 0x1122334455667788, .late_ns = 5
	};

	perf_stream_init(stream);
	assert_int_equal(perf_stream_parse(stream, text, NULL), 0);
	return perf_packet_build(stream, &tag, frame);
}

/* RFC 1071 the slow way, as a second opinion. */
static uint32_t ones_sum(const uint8_t *bytes, uint32_t count)
{
	uint32_t sum = 0, i;

	for (i = 0; i < count; i++) {
		sum += (uint32_t)bytes[i] << (i % 2 ? 0 : 8);
		sum = (sum & 0xffff) + (sum >> 16);
	}
	return sum;
}

static void what_is_built_is_read_back(void **state)
{
	static const uint32_t sizes[] = { 64, 65, 363, 1518, 9018 };
	static const uint32_t ids[] = { 0, 1, 0xfffffffe, 0xffffffff, 12345678 };
	uint8_t frame[PERF_MAX_FRAME_BYTES];
	size_t i, j;

	(void)state;
	for (i = 0; i < LENGTH(sizes); i++) {
		for (j = 0; j < LENGTH(ids); j++) {
			struct perf_arrival arrival = { 0 };
			struct perf_stream stream;
			uint32_t bytes;

			perf_stream_init(&stream);
			stream.sizes.bytes[0] = (uint16_t)sizes[i];
			bytes = perf_packet_build(&stream,
						  &(struct perf_tag){ .id = ids[j],
								      .stream = 3,
								      .warmup = j == 1,
								      .sent_ns = UINT64_MAX - j,
								      .late_ns = (uint32_t)j },
						  frame);
			assert_int_equal(bytes, sizes[i] - 4);
			assert_int_equal(perf_packet_parse(frame, bytes, true, &arrival),
					 PERF_PACKET_OURS);
			assert_int_equal(arrival.tag.id, ids[j]);
			assert_int_equal(arrival.tag.stream, 3);
			assert_int_equal(arrival.tag.warmup, j == 1);
			assert_true(arrival.tag.sent_ns == UINT64_MAX - j);
			assert_int_equal(arrival.tag.late_ns, j);
			assert_int_equal(arrival.src, stream.src.first);
			assert_int_equal(arrival.dport, stream.dport.first);
			assert_false(arrival.checksum_bad);
		}
	}
}

static void the_number_comes_first_and_is_little_endian(void **state)
{
	static const uint8_t expected[4] = { 0x78, 0x56, 0x34, 0x12 };
	uint8_t frame[PERF_MAX_FRAME_BYTES];
	struct perf_stream stream;

	(void)state;
	(void)build("size=64", 0x12345678, frame, &stream);
	assert_memory_equal(frame + PERF_HEAD_BYTES, expected, 4);
}

static void checksums_are_those_of_the_rfcs(void **state)
{
	uint8_t frame[PERF_MAX_FRAME_BYTES], pseudo[12];
	struct perf_stream stream;
	uint32_t id, bytes;

	(void)state;
	for (id = 0; id < 2000; id++) {
		bytes = build("size=64-200,src=10.0.0.1+7,dst=10.2.0.1+5,flows=3,seed=9", id, frame,
			      &stream);
		assert_int_equal(ones_sum(frame + IP, 20), 0xffff);
		memcpy(pseudo, frame + IP + 12, 8);
		pseudo[8] = 0;
		pseudo[9] = 17;
		memcpy(pseudo + 10, frame + UDP + 4, 2);
		assert_true(frame[UDP + 6] != 0 || frame[UDP + 7] != 0);
		assert_int_equal(
			(ones_sum(pseudo, 12) + ones_sum(frame + UDP, bytes - UDP)) % 0xffff, 0);
	}
	(void)build("checksum=off", 1, frame, &stream);
	assert_int_equal(frame[UDP + 6] | frame[UDP + 7], 0);
}

static void flows_fill_every_range_once_each(void **state)
{
	uint8_t seen[4][2][3][2] = { 0 };
	uint8_t frame[PERF_MAX_FRAME_BYTES];
	uint32_t id;

	(void)state;
	for (id = 0; id < 4 * 2 * 3 * 2; id++) {
		struct perf_arrival arrival;
		struct perf_stream stream;
		uint32_t bytes = build("sport=10+4,dport=20+2,src=10.0.0.1+3,dst=10.1.0.254+2", id,
				       frame, &stream);

		assert_int_equal(perf_packet_parse(frame, bytes, true, &arrival), PERF_PACKET_OURS);
		seen[arrival.sport - 10][arrival.dport - 20][arrival.src - 0x0a000001]
		    [arrival.dst - 0x0a0100fe]++;
	}
	for (id = 0; id < sizeof(seen); id++)
		assert_int_equal(((uint8_t *)seen)[id], 1);
}

static void strangers_and_damage_are_told_apart(void **state)
{
	uint8_t frame[PERF_MAX_FRAME_BYTES], copy[PERF_MAX_FRAME_BYTES];
	struct perf_arrival arrival;
	struct perf_stream stream;
	uint32_t bytes = build("size=128", 7, frame, &stream);

	(void)state;
	memcpy(copy, frame, bytes);
	copy[12] = 0x86;
	assert_int_equal(perf_packet_parse(copy, bytes, false, &arrival), PERF_PACKET_FOREIGN);
	memcpy(copy, frame, bytes);
	copy[PERF_HEAD_BYTES + 4] ^= 0x10;
	assert_int_equal(perf_packet_parse(copy, bytes, false, &arrival), PERF_PACKET_FOREIGN);
	assert_int_equal(perf_packet_parse(frame, 59, false, &arrival), PERF_PACKET_FOREIGN);
	memcpy(copy, frame, bytes);
	copy[IP + 8]--; /* TTL without its checksum */
	assert_int_equal(perf_packet_parse(copy, bytes, false, &arrival), PERF_PACKET_BROKEN);
	assert_int_equal(perf_packet_parse(frame, bytes - 1, false, &arrival), PERF_PACKET_BROKEN);
	memcpy(copy, frame, bytes);
	copy[bytes - 1] ^= 1;
	assert_int_equal(perf_packet_parse(copy, bytes, false, &arrival), PERF_PACKET_OURS);
	assert_false(arrival.checksum_bad);
	assert_int_equal(perf_packet_parse(copy, bytes, true, &arrival), PERF_PACKET_OURS);
	assert_true(arrival.checksum_bad);
}

static void padding_behind_the_packet_is_no_damage(void **state)
{
	uint8_t frame[PERF_MAX_FRAME_BYTES];
	struct perf_arrival arrival;
	struct perf_stream stream;
	uint32_t bytes = build("size=64", 7, frame, &stream);

	(void)state;
	memset(frame + bytes, 0xee, 16);
	assert_int_equal(perf_packet_parse(frame, bytes + 16, true, &arrival), PERF_PACKET_OURS);
	assert_false(arrival.checksum_bad);
}

static void a_turned_packet_is_valid_and_turns_back(void **state)
{
	uint8_t frame[PERF_MAX_FRAME_BYTES], copy[PERF_MAX_FRAME_BYTES];
	struct perf_arrival arrival;
	struct perf_stream stream;
	uint32_t bytes = build("size=100,smac=02:00:00:00:00:01,dmac=02:00:00:00:00:02", 7, frame,
			       &stream);

	(void)state;
	memcpy(copy, frame, bytes);
	perf_packet_swap(copy);
	assert_memory_equal(copy, frame + 6, 6);
	assert_int_equal(perf_packet_parse(copy, bytes, true, &arrival), PERF_PACKET_OURS);
	assert_int_equal(arrival.src, stream.dst.first);
	assert_int_equal(arrival.sport, stream.dport.first);
	assert_false(arrival.checksum_bad);
	perf_packet_swap(copy);
	assert_memory_equal(copy, frame, bytes);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_built_is_read_back),
		cmocka_unit_test(the_number_comes_first_and_is_little_endian),
		cmocka_unit_test(checksums_are_those_of_the_rfcs),
		cmocka_unit_test(flows_fill_every_range_once_each),
		cmocka_unit_test(strangers_and_damage_are_told_apart),
		cmocka_unit_test(padding_behind_the_packet_is_no_damage),
		cmocka_unit_test(a_turned_packet_is_valid_and_turns_back),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
