/* Unit test of shaper_depart(): what the device takes late is charged when it takes it. */
#include "shaper/conformance.h"
#include "tests/shaper/port.h"

/* 1 GHz clock, 8 Gbit/s: one byte per tick. Frames of 1496 are 1500 bytes in L2. */
#define HZ 1000000000ULL
#define BYTE_PER_TICK 8000000000ULL
#define FRAME 1496U
#define LEN 1500U
#define BURST_PKTS 4U

static void offer(struct port *port, uint64_t now_ticks, uint32_t count)
{
	struct shaper_pkt pkts[64];

	for (uint32_t i = 0; i < count; i++)
		pkts[i] = port_pkt(i, FRAME, 0);
	port_offer(port, now_ticks, pkts, count);
}

/* The burst of four is handed out at 0 and leaves at 50000, less 1518 that are forgiven. */
static void a_late_departure_is_charged_when_it_leaves(void **state)
{
	struct shaper_params params = port_params(HZ, BYTE_PER_TICK, BURST_PKTS * LEN);
	struct port port;

	(void)state;
	port_open(&port, &params, 0);
	offer(&port, 0, BURST_PKTS + 3);
	assert_int_equal(port.out.npkts, BURST_PKTS);
	shaper_depart(port.shaper, 50000, BURST_PKTS * LEN);
	assert_int_equal(port_dequeue(&port, 50000), 1);
	assert_int_equal(port_dequeue(&port, 51481), 0);
	assert_int_equal(port_dequeue(&port, 51482), 1);
	assert_int_equal(port_dequeue(&port, 52982), 1);
	port_close(&port);
}

/* Without the call the shaper would hand out burst after burst behind a device that stands still. */
static void a_departure_in_time_changes_nothing(void **state)
{
	struct shaper_params params = port_params(HZ, BYTE_PER_TICK, BURST_PKTS * LEN);
	struct port told, untold;
	uint64_t now_ticks = 0;

	(void)state;
	port_open(&told, &params, 0);
	port_open(&untold, &params, 0);
	for (int round = 0; round < 200; round++, now_ticks += 777) {
		uint32_t before = told.out.npkts;

		offer(&told, now_ticks, 1);
		offer(&untold, now_ticks, 1);
		port_dequeue(&told, now_ticks);
		port_dequeue(&untold, now_ticks);
		shaper_depart(told.shaper, now_ticks, (told.out.npkts - before) * LEN);
		assert_int_equal(told.out.npkts, untold.out.npkts);
	}
	assert_true(told.out.npkts > 100);
	port_close(&told);
	port_close(&untold);
}

/*
 * A device that stands still for random times and then takes everything at once. The caller does as
 * the data plane: charge what waits, dequeue, send, charge. Everything that leaves must fit the
 * profile and one packet.
 */
static void a_stalling_device_never_breaks_the_profile(void **state)
{
	struct shaper_params params = port_params(HZ, BYTE_PER_TICK, BURST_PKTS * LEN);
	struct shaper_conformance meter;
	struct rate rate;
	struct port port;
	uint64_t seed = 11, now_ticks = 0, left = 0;
	uint32_t waiting = 0;

	(void)state;
	assert_int_equal(rate_init(&rate, RATE_BITS_PER_S, BYTE_PER_TICK, HZ), 0);
	shaper_conformance_init(&meter, &rate, 0);
	port_open(&port, &params, 0);
	for (int round = 0; round < 20000; round++) {
		bool stands = seed >> 62 == 0;

		seed = seed * 6364136223846793005ULL + 1442695040888963407ULL;
		now_ticks += (seed >> 33) % 3000;
		if (waiting != 0)
			shaper_depart(port.shaper, now_ticks, waiting * LEN);
		port_reset_out(&port);
		offer(&port, now_ticks, 1);
		port_dequeue(&port, now_ticks);
		waiting += port.out.npkts;
		now_ticks += (seed >> 50) % 500;
		shaper_depart(port.shaper, now_ticks, waiting * LEN);
		if (stands)
			continue;
		for (; waiting != 0; waiting--, left++)
			shaper_conformance_record(&meter, &rate, now_ticks, LEN);
	}
	assert_true(left > 10000);
	assert_true(shaper_conformance_burst_bytes(&meter, &rate) <= BURST_PKTS * LEN + 1518);
	port_close(&port);
}

/* A burst of one packet and one polling gap, and departures that are always a little late. */
static void a_little_lateness_costs_no_rate(void **state)
{
	struct shaper_params params = port_params(HZ, BYTE_PER_TICK, 1518 + 66);
	uint64_t seed = 5, now_ticks = 0, sent = 0;
	struct port port;

	(void)state;
	port_open(&port, &params, 0);
	while (now_ticks < 15000000) {
		seed = seed * 6364136223846793005ULL + 1442695040888963407ULL;
		port_reset_out(&port);
		if (shaper_queued_pkts(port.shaper) < 8)
			offer(&port, now_ticks, 8);
		port_dequeue(&port, now_ticks);
		sent += port.out.npkts;
		if (port.out.npkts != 0)
			shaper_depart(port.shaper, now_ticks + 40, port.out.npkts * LEN);
		now_ticks += 50 + (seed >> 60);
	}
	/* 10000 packets fit the time; the burst adds one */
	assert_in_range(sent, 9999, 10002);
	port_close(&port);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_late_departure_is_charged_when_it_leaves),
		cmocka_unit_test(a_departure_in_time_changes_nothing),
		cmocka_unit_test(a_little_lateness_costs_no_rate),
		cmocka_unit_test(a_stalling_device_never_breaks_the_profile),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
