/*
 * Both placements of the policer, and what routing protocols get beyond it.
 */

#include "turn_fixture.h"

/* 1 kbit/s gives 125 bytes in a second: what passes is the burst, plus what the time brought. */
static void police_tenant(bool late)
{
	const struct policer_params params = { .unit = RATE_BITS_PER_S,
					       .rate = 1000,
					       .burst = 15000,
					       .layer = RATE_LAYER_L2,
					       .mtu_bytes = 1500 };
	struct port *port = &fx.router->ports[0];
	uint64_t start = rte_rdtsc(), passed;
	unsigned i;

	assert_int_equal(policer_profile_init(&port->police, &params, clock_tsc_hz()), 0);
	policer_bucket_init(&port->police_bucket, &port->police, start);
	port->has_police = true;
	fx.router->police_late = late;
	for (i = 0; i < 320; i++)
		send_in(pkt_make(IP(198, 18, 1, 1), 146));
	turns(12);
	passed = port->counters.police_pass_pkts;
	assert_true(passed >= 100);
	assert_true((double)passed <=
		    100 + 1 + (double)(rte_rdtsc() - start) / (double)clock_tsc_hz());
	assert_int_equal(port->counters.drop_pkts[DP_DROP_POLICED], 320 - passed);
	assert_int_equal(fx.router->ports[1].counters.tx_pkts, passed);
	assert_int_equal(rte_ring_count(fx.from[1]), passed);
}

static void early_policer_passes_the_burst(void **state)
{
	(void)state;
	police_tenant(false);
}

static void late_policer_passes_the_same(void **state)
{
	(void)state;
	police_tenant(true);
}

static void routing_protocols_survive_the_policer(void **state)
{
	unsigned i;

	(void)state;
	police_tenant(false);
	for (i = 0; i < 10; i++) {
		struct rte_mbuf *pkt = pkt_make(IP(198, 18, 1, 1), 80);

		ip_of(pkt)->next_proto_id = 89;
		ip_of(pkt)->dst_addr = rte_cpu_to_be_32(IP(224, 0, 0, 5));
		memcpy(&eth_of(pkt)->dst_addr, (uint8_t[]){ 1, 0, 0x5e, 0, 0, 5 }, 6);
		ip_checksum(pkt);
		/* takes the tokens that time may have brought, so that the hello is beyond the SLA */
		send_in(pkt_make(IP(198, 18, 1, 1), 146));
		send_in(pkt);
	}
	turns(2);
	/* the rescue bucket of this test holds four packets and one more a second */
	assert_in_range(fx.router->ports[0].counters.control_rescued_pkts, 4, 6);
	assert_int_equal(fx.router->ports[0].counters.punt_pkts[DP_PUNT_CONTROL],
			 fx.router->ports[0].counters.control_rescued_pkts);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TURN_TEST(early_policer_passes_the_burst),
		TURN_TEST(late_policer_passes_the_same),
		TURN_TEST(routing_protocols_survive_the_policer),
	};

	return turn_fixture_main(tests, RTE_DIM(tests));
}
