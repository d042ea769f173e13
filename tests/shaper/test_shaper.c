/* Unit test of shaper/shaper.h: direct passing, order, priority, shares, life; in virtual time. */
#include "tests/shaper/two_levels.h"

#include <errno.h>

static void conforming_packets_pass_directly(void **state)
{
	struct shaper_params params = two_levels();
	struct shaper_pkt pkts[4];
	struct port port;

	(void)state;
	port_open(&port, &params, 0);
	for (uint32_t i = 0; i < 4; i++)
		pkts[i] = port_pkt(i, FRAME, i % 2);
	port_offer(&port, 0, pkts, 4);
	/* 4518 bytes of burst: three packets of 1500, the fourth waits for 1482 more. */
	assert_int_equal(port.out.npkts, 3);
	for (uint32_t i = 0; i < 3; i++)
		assert_int_equal(port_number(port.out.pkts[i]), i);
	assert_int_equal(port_stats(&port, 0).direct_pkts, 2);
	assert_int_equal(port_stats(&port, 1).direct_bytes, LEN);
	assert_int_equal(port_stats(&port, 1).queued_bytes, LEN);
	assert_int_equal(port_dequeue(&port, 0), 0);
	assert_int_equal(shaper_next_event_ticks(port.shaper, 0), 1482);
	assert_int_equal(port_dequeue(&port, 1481), 0);
	assert_int_equal(port_dequeue(&port, 1482), 1);
	assert_true(shaper_next_event_ticks(port.shaper, 1482) == UINT64_MAX);
	port_close(&port);
}

/* While a packet waits, a smaller one that would conform stays behind it. */
static void no_packet_overtakes(void **state)
{
	struct shaper_params params = port_params(HZ, BYTE_PER_TICK, 2000);
	struct port port;

	(void)state;
	port_open(&port, &params, 0);
	offer_one(&port, 0, 0, FRAME, 0, 0);
	offer_one(&port, 0, 1, FRAME, 0, 0);
	offer_one(&port, 0, 2, 60, 0, 0);
	assert_int_equal(port.out.npkts, 1);
	port_dequeue(&port, 0);
	assert_int_equal(port.out.npkts, 1);
	port_dequeue(&port, 5000);
	assert_int_equal(port.out.npkts, 3);
	assert_int_equal(port_number(port.out.pkts[1]), 1);
	assert_int_equal(port_number(port.out.pkts[2]), 2);
	port_close(&port);
}

static void an_unshaped_port_passes_all(void **state)
{
	struct shaper_params params = port_params(HZ, 0, 0);
	struct port port;

	(void)state;
	port_open(&port, &params, 0);
	for (uint64_t i = 0; i < 500; i++)
		offer_one(&port, 0, i, FRAME, 0, 0);
	assert_int_equal(port.out.npkts, 500);
	port_close(&port);
}

/* No room in the device: packets queue although the port is not shaped, by priority. */
static void a_full_output_queues(void **state)
{
	struct shaper_params params = two_levels();
	struct port port;

	(void)state;
	params.aggregate = (struct shaper_profile_params){ 0 };
	port_open(&port, &params, 0);
	port.out.max_pkts = 1;
	for (uint64_t i = 0; i < 4; i++)
		offer_one(&port, 0, i, FRAME, i % 2 == 0, 0);
	assert_int_equal(port.out.npkts, 1);
	assert_int_equal(port_dequeue(&port, 0), 0);
	assert_int_equal(shaper_next_event_ticks(port.shaper, 0), 0);
	port.out.max_pkts = 4;
	assert_int_equal(port_dequeue(&port, 1), 3);
	/* 1 and 3 are of the first level, 2 of the second. */
	assert_int_equal(port_number(port.out.pkts[1]), 1);
	assert_int_equal(port_number(port.out.pkts[2]), 3);
	assert_int_equal(port_number(port.out.pkts[3]), 2);
	port_close(&port);
}

/*
 * A packet of the first level in front of a saturated second one waits for the tokens of one
 * longest packet at most, plus one loop.
 */
static void priority_waits_for_one_packet(void **state)
{
	const uint64_t loop_ticks = 700, bound_ticks = 1518 + loop_ticks;
	struct shaper_params params = two_levels();
	uint64_t seed = port_seed(), number = 0, worst = 0, waits = 0, offered_at = 0;
	bool pending = false;
	struct port port;

	(void)state;
	port_open(&port, &params, 0);
	for (uint64_t now = 0; now < port_share(20000000);
	     now += port_random_in(&seed, 1, loop_ticks)) {
		port_reset_out(&port);
		while (port_stats(&port, 1).queued_pkts < 20)
			offer_one(&port, now, ++number << 1, FRAME, 1, 0);
		if (!pending && port_random_in(&seed, 0, 9) == 0) {
			offer_one(&port, now, ++number << 1 | 1,
				  (uint32_t)port_random_in(&seed, 60, 1514), 0, 0);
			offered_at = now;
			pending = true;
		}
		port_dequeue(&port, now);
		for (uint32_t i = 0; i < port.out.npkts; i++) {
			if ((port_number(port.out.pkts[i]) & 1) == 0)
				continue;
			pending = false;
			waits++;
			if (now - offered_at > worst)
				worst = now - offered_at;
		}
	}
	print_message("%llu waits, longest %llu ns, bound %llu ns\n", (unsigned long long)waits,
		      (unsigned long long)worst, (unsigned long long)bound_ticks);
	assert_true(waits > 100);
	assert_true(worst <= bound_ticks);
	port_close(&port);
}

/* Weights 1 : 2 : 5 with different packet sizes, all backlogged: shares within one quantum. */
static void classes_share_by_weight(void **state)
{
	static const uint32_t weights[] = { 1, 2, 5 }, frames[] = { 60, 1514, 500 };
	struct shaper_params params = port_params(HZ, BYTE_PER_TICK, 3 * LEN);
	uint64_t number = 0, sent[3] = { 0 }, total = 0;
	struct port port;

	(void)state;
	params.nclasses = 3;
	for (uint32_t i = 0; i < 3; i++) {
		params.classes[i] = params.classes[0];
		params.classes[i].weight = weights[i];
	}
	port_open(&port, &params, 0);
	for (uint64_t now = 0; now < port_share(20000000); now += 500) {
		port_reset_out(&port);
		for (uint32_t i = 0; i < 3; i++) {
			while (port_stats(&port, i).queued_pkts < 100)
				offer_one(&port, now, ++number, frames[i], i, 0);
		}
		port_dequeue(&port, now);
		total = 0;
		for (uint32_t i = 0; i < 3; i++) {
			sent[i] = port_stats(&port, i).dequeued_bytes;
			total += sent[i];
		}
		for (uint32_t i = 0; i < 3; i++) {
			int64_t difference = (int64_t)(sent[i] * 8) - (int64_t)(total * weights[i]);

			assert_true(llabs(difference) <= 8LL * (5 + 1) * 1518);
		}
	}
	port_close(&port);
}

/* A class with a profile of its own waits for it, while others use what is left. */
static void a_class_profile_holds_back_only_its_class(void **state)
{
	struct shaper_params params = two_levels();
	struct port port;

	(void)state;
	params.classes[0].profile = (struct shaper_profile_params){ BYTE_PER_TICK / 10, 1518 };
	port_open(&port, &params, 0);
	offer_one(&port, 0, 0, FRAME, 0, 0);
	offer_one(&port, 0, 1, FRAME, 0, 0); /* 18 tokens: 14 820 ticks to go */
	offer_one(&port, 0, 2, FRAME, 1, 0);
	assert_int_equal(port.out.npkts, 2);
	assert_int_equal(port_number(port.out.pkts[1]), 2);
	assert_int_equal(port_stats(&port, 1).direct_pkts, 1);
	port_dequeue(&port, 0);
	assert_int_equal(shaper_next_event_ticks(port.shaper, 0), 14820);
	assert_int_equal(port_dequeue(&port, 14819), 0);
	assert_int_equal(port_dequeue(&port, 14820), 1);
	port_close(&port);
}

static void retuning_keeps_tokens_and_queues(void **state)
{
	struct shaper_params params = two_levels();
	char why[SHAPER_WHY_LEN];
	struct shaper_params other;
	struct port port;

	(void)state;
	params.aggregate.burst_bytes = 10000;
	port_open(&port, &params, 0);
	for (uint64_t i = 0; i < 9; i++)
		offer_one(&port, 0, i, FRAME, 1, 0); /* 1000 tokens left, three queued */
	assert_int_equal(port.out.npkts, 6);
	params.aggregate = (struct shaper_profile_params){ BYTE_PER_TICK / 2, 2000 };
	assert_int_equal(shaper_retune(port.shaper, &params, 0, why, sizeof(why)), 0);
	port_dequeue(&port, 0);
	/* 500 more bytes at half a byte per tick. */
	assert_int_equal(shaper_next_event_ticks(port.shaper, 0), 1000);
	assert_int_equal(port_dequeue(&port, 1000), 1);
	assert_int_equal(port_dequeue(&port, 4000), 1);

	other = params;
	other.layer = RATE_LAYER_L1;
	assert_int_equal(shaper_retune(port.shaper, &other, 4000, why, sizeof(why)), -EINVAL);
	assert_non_null(strstr(why, "the layer cannot change"));
	other = params;
	other.classes[0].quota_pkts++;
	assert_int_equal(shaper_retune(port.shaper, &other, 4000, why, sizeof(why)), -EINVAL);
	other = params;
	other.classes[0].weight = 0;
	assert_int_equal(shaper_retune(port.shaper, &other, 4000, why, sizeof(why)), -ERANGE);
	assert_int_equal(port_dequeue(&port, 4000), 0);
	port_close(&port);
}

static void flushing_returns_every_packet(void **state)
{
	struct shaper_params params = two_levels();
	struct port port;

	(void)state;
	port_open(&port, &params, 0);
	for (uint64_t i = 0; i < 103; i++)
		offer_one(&port, 0, i, FRAME, i % 2, 0);
	port.out.max_drops = 60;
	assert_int_equal(shaper_flush_burst(port.shaper, &port.out), 40);
	port.out.max_drops = PORT_BURST;
	assert_int_equal(shaper_flush_burst(port.shaper, &port.out), 0);
	assert_int_equal(port.out.ndrops, 100);
	port.dropped += 100;
	assert_int_equal(shaper_queued_pkts(port.shaper), 0);
	assert_int_equal(port_stats(&port, 0).drop_pkts[SHAPER_DROP_FLUSH] +
				 port_stats(&port, 1).drop_pkts[SHAPER_DROP_FLUSH],
			 100);
	/* It is as good as new. */
	port_reset_out(&port);
	offer_one(&port, 5000, 0, FRAME, 0, 0);
	assert_int_equal(port.out.npkts, 1);
	port_close(&port);
}

static void unknown_classes_have_no_stats(void **state)
{
	struct shaper_params params = two_levels();
	struct shaper_class_stats stats;
	struct port port;

	(void)state;
	port_open(&port, &params, 0);
	assert_int_equal(shaper_class_stats_get(port.shaper, 2, &stats), -ERANGE);
	port_close(&port);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(conforming_packets_pass_directly),
		cmocka_unit_test(no_packet_overtakes),
		cmocka_unit_test(an_unshaped_port_passes_all),
		cmocka_unit_test(a_full_output_queues),
		cmocka_unit_test(priority_waits_for_one_packet),
		cmocka_unit_test(classes_share_by_weight),
		cmocka_unit_test(a_class_profile_holds_back_only_its_class),
		cmocka_unit_test(retuning_keeps_tokens_and_queues),
		cmocka_unit_test(flushing_returns_every_packet),
		cmocka_unit_test(unknown_classes_have_no_stats),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
