#include "bench/perf/arp.h"
#include "tests/perf/check.h"

#include <string.h>

static const uint8_t ours[6] = { 2, 0, 0, 0, 0, 1 };
static const uint8_t theirs[6] = { 2, 0, 0, 0, 0, 2 };

static void a_question_gets_an_answer_that_tells(void **state)
{
	uint8_t frame[PERF_ARP_FRAME_BYTES], mac[6];

	(void)state;
	perf_arp_request(frame, theirs, 0x0a000001, 0x0a000002);
	assert_false(perf_arp_tells(frame, sizeof(frame), 0x0a000002, mac));
	assert_true(perf_arp_answer(frame, sizeof(frame), ours));
	assert_memory_equal(frame, theirs, 6);
	assert_memory_equal(frame + 6, ours, 6);
	assert_true(perf_arp_tells(frame, sizeof(frame), 0x0a000002, mac));
	assert_memory_equal(mac, ours, 6);
	assert_false(perf_arp_tells(frame, sizeof(frame), 0x0a000003, mac));
}

static void probes_announcements_and_answers_get_none(void **state)
{
	uint8_t frame[PERF_ARP_FRAME_BYTES];

	(void)state;
	perf_arp_request(frame, theirs, 0, 0x0a000002);
	assert_false(perf_arp_answer(frame, sizeof(frame), ours));
	perf_arp_request(frame, theirs, 0x0a000002, 0x0a000002);
	assert_false(perf_arp_answer(frame, sizeof(frame), ours));
	perf_arp_request(frame, theirs, 0x0a000001, 0x0a000002);
	assert_true(perf_arp_answer(frame, sizeof(frame), ours));
	assert_false(perf_arp_answer(frame, sizeof(frame), ours));
	perf_arp_request(frame, theirs, 0x0a000001, 0x0a000002);
	assert_false(perf_arp_answer(frame, 41, ours));
	frame[13] = 0;
	assert_false(perf_arp_answer(frame, sizeof(frame), ours));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_question_gets_an_answer_that_tells),
		cmocka_unit_test(probes_announcements_and_answers_get_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
