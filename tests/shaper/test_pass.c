/*
 * A burst that passes as a whole: the same decisions, tokens and counters as packet by packet.
 */

#include "port.h"

#define HZ 1000000000ULL
#define BURSTS 200000ULL
#define MAX_BURST 32U

/* Two shapers: the one is asked to pass bursts, the other is offered packets. */
struct twins {
	struct port whole, single;
	uint64_t passed, refused;
};

static struct shaper_params twin_params(void)
{
	struct shaper_params params = port_params(HZ, 1000000000, 20000);

	params.nclasses = 3;
	params.classes[1] = (struct shaper_class_params){ .level = 1,
							  .weight = 1,
							  .quota_pkts = 64 };
	params.classes[2] = (struct shaper_class_params){
		.level = 1, .weight = 1, .quota_pkts = 64, .profile = { 1000000, 3000 }
	};
	return params;
}

static struct shaper_lengths lengths_of(const struct shaper_pkt *pkts, uint32_t n)
{
	struct shaper_lengths lengths = { .npkts = n, .shortest_bytes = UINT32_MAX };

	for (uint32_t i = 0; i < n; i++) {
		uint32_t len = pkts[i].frame_len_bytes;

		lengths.sum_bytes += len;
		lengths.shortest_bytes = len < lengths.shortest_bytes ? len
								      : lengths.shortest_bytes;
		lengths.longest_bytes = len > lengths.longest_bytes ? len : lengths.longest_bytes;
	}
	return lengths;
}

static void offer_whole(struct twins *twins, uint64_t now, const struct shaper_pkt *pkts,
			uint32_t n)
{
	struct port *port = &twins->whole;
	struct shaper_lengths lengths = lengths_of(pkts, n);

	if (!shaper_pass_burst(port->shaper, now, pkts[0].class_index, &lengths)) {
		twins->refused++;
		port_offer(port, now, pkts, n);
		return;
	}
	twins->passed++;
	for (uint32_t i = 0; i < n; i++)
		port->out.pkts[port->out.npkts++] = pkts[i].pkt;
	port->offered += n;
	port->sent += n;
}

static void assert_equal(const struct twins *twins, uint64_t now)
{
	const struct shaper_out *a = &twins->whole.out, *b = &twins->single.out;

	assert_int_equal(a->npkts, b->npkts);
	assert_int_equal(a->ndrops, b->ndrops);
	assert_memory_equal(a->pkts, b->pkts, a->npkts * sizeof(a->pkts[0]));
	assert_memory_equal(a->drops, b->drops, a->ndrops * sizeof(a->drops[0]));
	assert_int_equal(shaper_next_event_ticks(twins->whole.shaper, now),
			 shaper_next_event_ticks(twins->single.shaper, now));
	for (uint32_t i = 0; i < twins->whole.params.nclasses; i++) {
		struct shaper_class_stats x = port_stats(&twins->whole, i);
		struct shaper_class_stats y = port_stats(&twins->single, i);

		assert_memory_equal(&x, &y, sizeof(x));
	}
}

/* Bursts of one class, around the rate, with frames that do not fit now and then. */
static void same_as_packet_by_packet(void **state)
{
	static struct twins twins;
	struct shaper_params params = twin_params();
	uint64_t seed = port_seed(), now = 0, number = 0;

	(void)state;
	port_open(&twins.whole, &params, now);
	port_open(&twins.single, &params, now);
	for (uint64_t i = 0; i < port_share(BURSTS); i++) {
		uint32_t n = (uint32_t)port_random_in(&seed, 1, MAX_BURST);
		uint32_t class_index = (uint32_t)port_random_in(&seed, 0, 2);
		struct shaper_pkt pkts[MAX_BURST];

		now += port_random_in(&seed, 0, 1) * port_random_in(&seed, 0, 200000);
		for (uint32_t j = 0; j < n; j++) {
			uint64_t len = port_random_in(&seed, 60, 800);

			if (port_random_in(&seed, 0, 999) == 0)
				len = port_random_in(&seed, 0, 1) == 0 ? 13 : 1515;
			pkts[j] = port_pkt(number++, (uint32_t)len, class_index);
		}
		port_reset_out(&twins.whole);
		port_reset_out(&twins.single);
		offer_whole(&twins, now, pkts, n);
		port_offer(&twins.single, now, pkts, n);
		port_dequeue(&twins.whole, now);
		port_dequeue(&twins.single, now);
		assert_equal(&twins, now);
	}
	/* neither way may be the only one that was tried */
	assert_in_range(twins.passed, port_share(BURSTS) / 20, port_share(BURSTS));
	assert_in_range(twins.refused, port_share(BURSTS) / 20, port_share(BURSTS));
	port_close(&twins.whole);
	port_close(&twins.single);
}

static void left_to_the_offer(void **state)
{
	const struct shaper_lengths fits = { 2, 200, 100, 100 };
	const struct shaper_lengths too_short = { 2, 113, 13, 100 };
	const struct shaper_lengths too_long = { 2, 1615, 100, 1515 };
	const struct shaper_lengths too_much = { 32, 32 * 1000, 1000, 1000 };
	struct shaper_params params = twin_params();
	struct port port;

	(void)state;
	port_open(&port, &params, 0);
	assert_false(shaper_pass_burst(port.shaper, 0, 3, &fits));
	assert_false(shaper_pass_burst(port.shaper, 0, 2, &fits));
	assert_false(shaper_pass_burst(port.shaper, 0, 0, &too_short));
	assert_false(shaper_pass_burst(port.shaper, 0, 0, &too_long));
	assert_false(shaper_pass_burst(port.shaper, 0, 0, &too_much));
	assert_int_equal(port_stats(&port, 0).direct_pkts, 0);
	assert_true(shaper_pass_burst(port.shaper, 0, 0, &fits));
	assert_int_equal(port_stats(&port, 0).direct_pkts, 2);
	assert_int_equal(port_stats(&port, 0).direct_bytes, 200 + 2 * 4);
	port.offered = port.sent = 2;
	port_close(&port);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(same_as_packet_by_packet),
		cmocka_unit_test(left_to_the_offer),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
