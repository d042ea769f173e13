/*
 * What comes out of a turn, what waits, and that the ledger balances whatever goes in.
 */

#include "turn_fixture.h"

static void forwards_and_rewrites(void **state)
{
	struct rte_mbuf *pkt;
	uint16_t id;

	(void)state;
	for (id = 0; id < 100; id++) {
		pkt = pkt_make(IP(198, 18, 1, 0) + id, 60 + id * 10);
		ip_of(pkt)->packet_id = id;
		ip_of(pkt)->time_to_live = (uint8_t)(2 + id);
		ip_checksum(pkt);
		send_in(pkt);
	}
	turns(5);
	for (id = 0; id < 100; id++) {
		assert_int_equal(rte_ring_dequeue(fx.from[1], (void **)&pkt), 0);
		assert_int_equal(ip_of(pkt)->packet_id, id);
		assert_int_equal(ip_of(pkt)->time_to_live, 1 + id);
		assert_int_equal(rte_raw_cksum(ip_of(pkt), 20), 0xffff);
		assert_int_equal(ip_of(pkt)->version_ihl, 0x45);
		assert_memory_equal(&eth_of(pkt)->dst_addr, peer_mac, 6);
		assert_memory_equal(&eth_of(pkt)->src_addr, port_macs[1], 6);
		assert_int_equal(pkt->pkt_len, 60 + id * 10);
		rte_pktmbuf_free(pkt);
	}
	assert_int_equal(fx.router->ports[1].counters.tx_pkts, 100);
	assert_int_equal(lat_hist_count(&fx.router->sojourn->classes[0].total), 100);
}

/* RFC 1141: the incremental checksum must survive every value, 0xfeff and above included. */
static void checksum_survives_every_carry(void **state)
{
	struct rte_mbuf *pkt;
	uint32_t id;

	(void)state;
	for (id = 0; id < 65536; id++) {
		pkt = pkt_make(IP(198, 18, 1, 7), 60);
		ip_of(pkt)->packet_id = (uint16_t)id;
		ip_checksum(pkt);
		send_in(pkt);
		turns(1);
		assert_int_equal(rte_ring_dequeue(fx.from[1], (void **)&pkt), 0);
		assert_int_equal(rte_raw_cksum(ip_of(pkt), 20), 0xffff);
		rte_pktmbuf_free(pkt);
	}
}

static void what_the_device_refuses_waits_then_drops(void **state)
{
	unsigned i, sent = 0;

	(void)state;
	for (i = 0; i < 60; i++) {
		unsigned j;

		for (j = 0; j < 32; j++, sent++)
			send_in(pkt_make(IP(198, 18, 1, 1), 60));
		turns(1);
	}
	/* the ring takes 1023, the port keeps 256 */
	assert_int_equal(fx.router->ports[1].counters.tx_pkts, RING_PKTS - 1);
	assert_int_equal(fx.router->ports[1].tx.n, TX_QUEUE_PKTS);
	assert_int_equal(drops(1, DP_DROP_TX_FULL), sent - (RING_PKTS - 1) - TX_QUEUE_PKTS);
	ring_empty(fx.from[1]);
	turns(1);
	assert_int_equal(fx.router->ports[1].tx.n, 0);
}

static void a_down_port_neither_receives_nor_sends(void **state)
{
	(void)state;
	fx.router->ports[1].tx_up = false;
	send_in(pkt_make(IP(198, 18, 1, 1), 60));
	turns(1);
	assert_int_equal(drops(1, DP_DROP_LINK_DOWN), 1);
	fx.router->ports[0].rx_up = false;
	send_in(pkt_make(IP(198, 18, 1, 1), 60));
	turns(1);
	assert_int_equal(drops(0, DP_DROP_PORT_DOWN), 1);
}

static void what_the_kernel_sends_leaves_by_its_port(void **state)
{
	struct rte_mbuf *pkt = pkt_make(IP(203, 0, 113, 9), 60), *got = NULL;

	(void)state;
	pkt->port = 1;
	assert_int_equal(rte_ring_enqueue(fx.router->inject, pkt), 0);
	turns(1);
	assert_int_equal(rte_ring_dequeue(fx.from[1], (void **)&got), 0);
	assert_ptr_equal(got, pkt);
	rte_pktmbuf_free(got);
	assert_int_equal(fx.router->ports[1].counters.injected_pkts, 1);
}

/* Anything at all may arrive: half of it nearly right, so that every check is reached. */
static void any_bytes_are_accounted_for(void **state)
{
	uint64_t seed = 7;
	unsigned i, j;

	(void)state;
	for (i = 0; i < 100000; i++) {
		struct rte_mbuf *pkt = pkt_make(IP(198, 18, i & 3, 1), 60 + i % 1400);
		uint8_t *bytes = rte_pktmbuf_mtod(pkt, uint8_t *);

		for (j = 0; j < (i % 3); j++) {
			seed = seed * 6364136223846793005ULL + 1442695040888963407ULL;
			bytes[(seed >> 33) % 40] ^= (uint8_t)(seed >> 56);
		}
		if (i % 5 == 0)
			rte_pktmbuf_trim(pkt, (uint16_t)((seed >> 40) % pkt->pkt_len));
		if (i % 2 == 0)
			ip_checksum(pkt);
		send_in(pkt);
		if (i % 32 == 31) {
			turns(1);
			ring_empty(fx.from[0]);
			ring_empty(fx.from[1]);
			ring_empty(fx.router->punt_control);
			ring_empty(fx.router->punt_other);
		}
	}
	turns(2);
	assert_int_equal(fx.router->ports[0].counters.rx_pkts, 100000);
	assert_true(fx.router->ports[1].counters.tx_pkts > 1000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TURN_TEST(forwards_and_rewrites),
		TURN_TEST(checksum_survives_every_carry),
		TURN_TEST(what_the_device_refuses_waits_then_drops),
		TURN_TEST(a_down_port_neither_receives_nor_sends),
		TURN_TEST(what_the_kernel_sends_leaves_by_its_port),
		TURN_TEST(any_bytes_are_accounted_for),
	};

	return turn_fixture_main(tests, RTE_DIM(tests));
}
