/* Unit test of shaper/shaper.h: limits in bytes, packets and time, marks, drops; in virtual time. */
#include "tests/shaper/two_levels.h"

static void limits_drop_on_arrival(void **state)
{
	struct shaper_params params = port_params(HZ, BYTE_PER_TICK, LEN + 18);
	struct port port;

	(void)state;
	params.classes[0].quota_pkts = 3;
	params.classes[0].limit_bytes = 4000;
	port_open(&port, &params, 0);
	for (uint64_t i = 0; i < 4; i++)
		offer_one(&port, 0, i, FRAME, 0,
			  0); /* one passes, 3000 bytes queued, one dropped */
	assert_int_equal(port_stats(&port, 0).queued_bytes, 2 * LEN);
	assert_int_equal(port_stats(&port, 0).drop_pkts[SHAPER_DROP_LIMIT], 1);
	assert_int_equal(port_stats(&port, 0).drop_bytes[SHAPER_DROP_LIMIT], LEN);
	offer_one(&port, 0, 4, 996, 0, 0); /* exactly 4000 */
	assert_int_equal(port_stats(&port, 0).queued_bytes, 4000);
	offer_one(&port, 0, 5, 60, 0, 0);
	assert_int_equal(port_stats(&port, 0).drop_pkts[SHAPER_DROP_QUOTA], 1);
	offer_one(&port, 0, 6, 1515, 0, 0);
	offer_one(&port, 0, 7, 13, 0, 0);
	assert_int_equal(port_stats(&port, 0).drop_pkts[SHAPER_DROP_LENGTH], 2);
	offer_one(&port, 0, 8, 60, 1, 0);
	assert_int_equal(shaper_misdirected_pkts(port.shaper), 1);
	assert_int_equal(port.out.ndrops, 5);
	assert_int_equal(port_stats(&port, 0).max_queued_pkts, 3);
	assert_int_equal(port_stats(&port, 0).max_queued_bytes, 4000);
	port_close(&port);
}

/* 5 us at one byte per tick: 5000 bytes on arrival; at the head nothing older than 5 us leaves. */
static void a_time_limit_bounds_the_wait(void **state)
{
	struct shaper_params params = two_levels();
	struct port port;

	(void)state;
	params.classes[1].limit_ns = 5000;
	port_open(&port, &params, 0);
	for (uint64_t i = 0; i < 3; i++)
		offer_one(&port, 0, i, FRAME, 0, 0); /* takes the burst */
	for (uint64_t i = 10; i < 14; i++)
		offer_one(&port, 0, i, FRAME, 1, 0);
	assert_int_equal(port_stats(&port, 1).drop_pkts[SHAPER_DROP_LIMIT], 1);
	/* The first level takes everything for 5 us. */
	for (uint64_t now = 0; now <= 5000; now += 100) {
		port_reset_out(&port);
		while (port_stats(&port, 0).queued_pkts < 2)
			offer_one(&port, now, 100 + now, FRAME, 0, 0);
		port_dequeue(&port, now);
		assert_int_equal(port_stats(&port, 1).dequeued_pkts, 0);
	}
	port_dequeue(&port, 9000);
	assert_int_equal(port_stats(&port, 1).drop_pkts[SHAPER_DROP_LATE], 3);
	assert_int_equal(port_stats(&port, 1).dequeued_pkts, 0);
	assert_int_equal(port.out.ndrops, 3);
	port_close(&port);
}

static void ecn_marks_or_drops_at_the_head(void **state)
{
	struct shaper_params params = port_params(HZ, BYTE_PER_TICK, LEN + 18);
	struct port port;

	(void)state;
	params.classes[0].ecn_ns = 2000;
	port_open(&port, &params, 0);
	offer_one(&port, 0, 0, FRAME, 0, 0);
	offer_one(&port, 0, 1, FRAME, 0, SHAPER_PKT_ECN); /* leaves at 1482: no mark */
	offer_one(&port, 0, 2, FRAME, 0, SHAPER_PKT_ECN); /* leaves at 2982: mark */
	offer_one(&port, 0, 3, FRAME, 0, 0);		  /* too late and not capable */
	offer_one(&port, 0, 4, FRAME, 0, SHAPER_PKT_ECN);
	port_reset_out(&port);
	port_dequeue(&port, 1482);
	assert_int_equal(port.out.npkts, 1);
	assert_int_equal(port.out.nmarks, 0);
	port_dequeue(&port, 2982);
	assert_int_equal(port.out.npkts, 2);
	assert_int_equal(port.out.nmarks, 1);
	assert_int_equal(port_number(port.out.marks[0]), 2);
	assert_int_equal(port_number(port.out.drops[0]), 3);
	port_dequeue(&port, 4482);
	assert_int_equal(port_number(port.out.marks[1]), 4);
	assert_int_equal(port_stats(&port, 0).marked_pkts, 2);
	assert_int_equal(port_stats(&port, 0).drop_pkts[SHAPER_DROP_ECN], 1);
	port_close(&port);
}

/* One class fills its quota; the other still gets all of its own. */
static void a_class_cannot_take_the_pool(void **state)
{
	struct shaper_params params = two_levels();
	struct port port;

	(void)state;
	params.classes[0].quota_pkts = 10;
	params.classes[1].quota_pkts = 100;
	port_open(&port, &params, 0);
	for (uint64_t i = 0; i < 300; i++)
		offer_one(&port, 0, i, FRAME, 1, 0);
	assert_int_equal(port_stats(&port, 1).queued_pkts, 100);
	for (uint64_t i = 0; i < 20; i++)
		offer_one(&port, 0, 300 + i, FRAME, 0, 0);
	assert_int_equal(port_stats(&port, 0).queued_pkts, 10);
	port_close(&port);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(limits_drop_on_arrival),
		cmocka_unit_test(a_time_limit_bounds_the_wait),
		cmocka_unit_test(ecn_marks_or_drops_at_the_head),
		cmocka_unit_test(a_class_cannot_take_the_pool),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
