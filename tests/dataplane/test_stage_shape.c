/*
 * What leaves a shaped port fits its profile and one packet, whatever the device does.
 */

#include "turn_fixture.h"

/* 1 Gbit/s: real time of this test is enough for many bursts. */
#define RATE_BPS 1000000000ULL
#define BURST_BYTES 8000U
#define FRAME_BYTES 359U /* 363 with FCS */

static void port_shape(struct port *port)
{
	port_shaper_make(port, RATE_BPS, BURST_BYTES);
	assert_int_equal(rate_init(&port->meter_rate, RATE_BITS_PER_S, RATE_BPS, clock_tsc_hz()),
			 0);
	shaper_conformance_init(&port->meter, &port->meter_rate, rte_rdtsc());
	port->has_meter = true;
}

static void port_unshape(struct port *port)
{
	struct rte_mbuf *drops[64];
	uint64_t left;

	do {
		struct shaper_out out = { .drops = (void **)drops, .max_drops = 64 };

		left = shaper_flush_burst(port->shaper, &out);
		/* the ledger counts what is queued; here nothing is any more */
		port->counters.drop_pkts[DP_DROP_SHAPER_LATE] += out.ndrops;
		rte_pktmbuf_free_bulk(drops, out.ndrops);
	} while (left != 0);
	rte_free(port->shaper_mem);
	port->shaper = NULL;
	port->has_meter = false;
}

static void pause_us(unsigned us)
{
	uint64_t until = rte_rdtsc() + us * clock_tsc_hz() / 1000000;

	while (rte_rdtsc() < until)
		;
}

/* The ring takes 1023 packets and is emptied only now and then, after pauses of all lengths. */
static void a_device_that_stands_still_brings_no_burst(void **state)
{
	struct port *out = &fx.router->ports[1];
	uint64_t seed = 3;
	unsigned i, j;

	(void)state;
	port_shape(out);
	for (i = 0; i < 1023; i++)
		assert_int_equal(rte_ring_enqueue(fx.from[1], pkt_make(IP(198, 18, 1, 1), 60)), 0);
	for (i = 0; i < 3000; i++) {
		seed = seed * 6364136223846793005ULL + 1442695040888963407ULL;
		for (j = 0; j < (seed >> 60); j++)
			send_in(pkt_make(IP(198, 18, 1, 1), FRAME_BYTES));
		turns(1);
		pause_us((seed >> 40) % 64);
		if ((seed >> 33) % 16 == 0) {
			ring_empty(fx.from[1]);
			turns(2);
			while (rte_ring_free_count(fx.from[1]) != 0)
				rte_ring_enqueue(fx.from[1], pkt_make(IP(198, 18, 1, 1), 60));
		}
	}
	assert_true(out->counters.tx_pkts > 1000);
	assert_in_range(shaper_conformance_burst_bytes(&out->meter, &out->meter_rate), 1,
			BURST_BYTES + 1518);
	port_unshape(out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TURN_TEST(a_device_that_stands_still_brings_no_burst),
	};

	return turn_fixture_main(tests, RTE_DIM(tests));
}
