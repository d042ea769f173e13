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

/*
 * Frames of two lengths, of which long ones fit less often: the policer parts packets of every
 * burst, the last ones or any. What it counts is what came, to the byte.
 */
static void what_it_drops_is_counted_to_the_byte(void **state)
{
	const struct policer_params params = { .unit = RATE_BITS_PER_S,
					       .rate = 1000,
					       .burst = 20000,
					       .layer = RATE_LAYER_L2,
					       .mtu_bytes = 1500 };
	struct port *port = &fx.router->ports[0];
	const struct worker_counters *counters = &port->counters;
	uint64_t pass_bytes, start = rte_rdtsc();

	(void)state;
	assert_int_equal(policer_profile_init(&port->police, &params, clock_tsc_hz()), 0);
	policer_bucket_init(&port->police_bucket, &port->police, start);
	port->has_police = true;
	for (unsigned i = 0; i < 96; i++)
		send_in(pkt_make(IP(198, 18, 1, 1), i % 3 == 0 ? 1000 : 80));
	turns(4);
	assert_int_equal(counters->rx_pkts, 96);
	assert_int_equal(counters->police_pass_bytes + counters->police_drop_bytes,
			 counters->rx_bytes);
	assert_int_equal(counters->police_drop_pkts, 96 - counters->police_pass_pkts);
	assert_int_equal(counters->drop_pkts[DP_DROP_POLICED], counters->police_drop_pkts);
	/* with FCS; the bucket, and what the time brought, less what no frame fits into */
	pass_bytes = counters->police_pass_bytes + 4 * counters->police_pass_pkts;
	assert_true(pass_bytes > 20000 - 84);
	assert_true((double)pass_bytes <=
		    20000 + 125 * (double)(rte_rdtsc() - start) / (double)clock_tsc_hz());
	assert_int_equal(fx.router->ports[1].counters.tx_pkts, counters->police_pass_pkts);
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

/* So long that the SLA has tokens for one every eight seconds only. */
#define EXCESS_BYTES 1000

static struct rte_mbuf *bfd_make(void)
{
	struct rte_mbuf *pkt = pkt_make(IP(198, 18, 0, 1), EXCESS_BYTES);
	struct rte_udp_hdr *udp = (struct rte_udp_hdr *)(ip_of(pkt) + 1);

	udp->src_port = RTE_BE16(49152);
	udp->dst_port = RTE_BE16(PUNT_PORT_BFD_CONTROL);
	return pkt;
}

/* One among 31 of a tenant, at every place of the burst. All of it is beyond the SLA. */
static void bfd_is_found_among_the_excess(bool late)
{
	struct port *port = &fx.router->ports[0];
	const struct worker_counters *counters = &port->counters;
	uint64_t before;

	police_tenant(late);
	before = counters->police_pass_pkts;
	for (unsigned at = 0; at < PORT_RX_BURST; at++) {
		policer_bucket_init(&port->rescue_bucket, &port->rescue, rte_rdtsc());
		for (unsigned i = 0; i < PORT_RX_BURST; i++)
			send_in(i == at ? bfd_make() : pkt_make(IP(198, 18, 1, 1), EXCESS_BYTES));
		turns(1);
	}
	assert_int_equal(counters->police_pass_pkts, before);
	assert_int_equal(counters->control_rescued_pkts, PORT_RX_BURST);
	assert_int_equal(counters->punt_pkts[DP_PUNT_CONTROL], PORT_RX_BURST);
	assert_int_equal(counters->police_pass_bytes + counters->police_drop_bytes +
				 counters->control_rescued_pkts * EXCESS_BYTES,
			 counters->rx_bytes);
}

static void bfd_is_found_among_the_excess_early(void **state)
{
	(void)state;
	bfd_is_found_among_the_excess(false);
}

static void bfd_is_found_among_the_excess_late(void **state)
{
	(void)state;
	bfd_is_found_among_the_excess(true);
}

/* A flood that pretends to be ARP leaves hellos their bucket, and one of hellos has an end. */
static void a_flood_of_one_kind_leaves_the_other_its_tokens(void **state)
{
	const struct worker_counters *counters = &fx.router->ports[0].counters;

	(void)state;
	police_tenant(false);
	for (unsigned i = 0; i < 3 * PORT_RX_BURST; i++) {
		struct rte_mbuf *pkt = pkt_make(IP(198, 18, 1, 1), EXCESS_BYTES);

		eth_of(pkt)->ether_type = RTE_BE16(RTE_ETHER_TYPE_ARP);
		memset(&eth_of(pkt)->dst_addr, 0xff, 6);
		send_in(pkt);
	}
	turns(3);
	/* each bucket of this test holds four packets and one more a second */
	assert_in_range(counters->control_rescued_pkts, 4, 6);
	for (unsigned i = 0; i < 3 * PORT_RX_BURST; i++)
		send_in(bfd_make());
	turns(3);
	assert_in_range(counters->punt_pkts[DP_PUNT_CONTROL], 4, 6);
	assert_in_range(counters->control_rescued_pkts, 8, 12);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TURN_TEST(early_policer_passes_the_burst),
		TURN_TEST(late_policer_passes_the_same),
		TURN_TEST(what_it_drops_is_counted_to_the_byte),
		TURN_TEST(routing_protocols_survive_the_policer),
		TURN_TEST(bfd_is_found_among_the_excess_early),
		TURN_TEST(bfd_is_found_among_the_excess_late),
		TURN_TEST(a_flood_of_one_kind_leaves_the_other_its_tokens),
	};

	return turn_fixture_main(tests, RTE_DIM(tests));
}
