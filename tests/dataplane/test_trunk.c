#include "dataplane/trunk.h"
#include "tests/dataplane/turn_fixture.h"

#define RED 401U  /* of port 0, which owns the device */
#define BLUE 402U /* of port 1, which shares it */

static uint16_t own_eth_id;

static int trunk_setup(void **state)
{
	struct port *ports = fx.router->ports;

	own_eth_id = ports[1].eth_id;
	ports[0].device.eth_id = ports[0].eth_id;
	assert_int_equal(trunk_create(&ports[0], RED), 0);
	assert_int_equal(trunk_join(ports[0].trunk, &ports[1], BLUE, fx.router->pool), 0);
	router_reset(state);
	ports[0].rx_up = ports[0].tx_up = ports[1].tx_up = PORT_UP_TAGGED;
	return 0;
}

static int trunk_teardown(void **state)
{
	int err = router_check(state);

	trunk_leave(&fx.router->ports[0]);
	trunk_leave(&fx.router->ports[1]);
	fx.router->ports[1].eth_id = own_eth_id;
	return err;
}

/* A frame on the wire for port, with a tag of that VLAN. */
static struct rte_mbuf *tagged_make(unsigned port, uint16_t vlan)
{
	struct rte_mbuf *pkt = pkt_make(IP(198, 18, 1, 1), 60);
	uint8_t *frame;

	memcpy(&eth_of(pkt)->dst_addr, port_macs[port], 6);
	pkt->data_off -= TRUNK_TAG_BYTES;
	pkt->data_len += TRUNK_TAG_BYTES;
	pkt->pkt_len += TRUNK_TAG_BYTES;
	frame = rte_pktmbuf_mtod(pkt, uint8_t *);
	memmove(frame, frame + TRUNK_TAG_BYTES, 12);
	frame[12] = 0x81;
	frame[13] = 0;
	frame[14] = (uint8_t)(vlan >> 8);
	frame[15] = (uint8_t)vlan;
	return pkt;
}

static struct rte_mbuf *sent(void)
{
	void *pkt = NULL;

	return rte_ring_dequeue(fx.from[0], &pkt) == 0 ? pkt : NULL;
}

static void expect_sent(uint16_t vlan)
{
	struct rte_mbuf *pkt = sent();
	const uint8_t *frame;

	assert_non_null(pkt);
	frame = rte_pktmbuf_mtod(pkt, const uint8_t *);
	assert_int_equal(pkt->pkt_len, 60 + TRUNK_TAG_BYTES);
	assert_memory_equal(frame, peer_mac, 6);
	assert_int_equal(frame[12] << 8 | frame[13], 0x8100);
	assert_int_equal(frame[14] << 8 | frame[15], vlan);
	assert_int_equal(frame[16] << 8 | frame[17], RTE_ETHER_TYPE_IPV4);
	rte_pktmbuf_free(pkt);
}

/* In by either VLAN, out by that of port 1, where the route leads. */
static void tags_come_off_and_go_on(void **state)
{
	const struct worker_counters *red = &fx.router->ports[0].counters;
	const struct worker_counters *blue = &fx.router->ports[1].counters;

	(void)state;
	send_in(tagged_make(0, RED));
	turns(1);
	expect_sent(BLUE);
	assert_int_equal(red->rx_pkts, 1);
	assert_int_equal(red->rx_bytes, 60); /* without tag: it is not charged */
	assert_int_equal(blue->tx_bytes, 60);
	send_in(tagged_make(1, BLUE));
	turns(2);
	expect_sent(BLUE);
	assert_int_equal(red->rx_pkts, 1);
	assert_int_equal(blue->rx_pkts, 1);
}

static void priority_bits_are_not_the_vlan(void **state)
{
	(void)state;
	send_in(tagged_make(0, RED | 5U << 13));
	turns(1);
	expect_sent(BLUE);
}

static void a_driver_may_take_the_tag_off(void **state)
{
	struct rte_mbuf *pkt = pkt_make(IP(198, 18, 1, 1), 60);

	(void)state;
	pkt->ol_flags |= RTE_MBUF_F_RX_VLAN | RTE_MBUF_F_RX_VLAN_STRIPPED;
	pkt->vlan_tci = RED;
	send_in(pkt);
	turns(1);
	expect_sent(BLUE);
}

static void what_is_nobodys_is_counted(void **state)
{
	struct rte_mbuf *runt = pkt_make(IP(198, 18, 1, 1), 60);

	(void)state;
	rte_pktmbuf_trim(runt, 45); /* ends within the tag */
	rte_pktmbuf_mtod(runt, uint8_t *)[12] = 0x81;
	rte_pktmbuf_mtod(runt, uint8_t *)[13] = 0;
	send_in(runt);
	send_in(tagged_make(0, 403));
	send_in(tagged_make(0, 0));
	send_in(tagged_make(0, 4095));
	send_in(pkt_make(IP(198, 18, 1, 1), 60));
	turns(2);
	assert_int_equal(drops(0, DP_DROP_VLAN), 5);
	assert_int_equal(fx.router->ports[0].counters.rx_pkts, 5);
	assert_null(sent());
}

static void the_owner_down_still_hands_on(void **state)
{
	(void)state;
	fx.router->ports[0].rx_up = PORT_DOWN;
	send_in(tagged_make(0, RED));
	send_in(tagged_make(1, BLUE));
	turns(2);
	assert_int_equal(drops(0, DP_DROP_PORT_DOWN), 1);
	expect_sent(BLUE);
	assert_null(sent());
}

/* What the device refuses has one tag when it goes in the end, not two. */
static void refused_packets_are_tagged_once(void **state)
{
	unsigned n = rte_ring_free_count(fx.from[0]);
	void *filler;

	(void)state;
	for (unsigned i = 0; i < n; i++)
		assert_int_equal(rte_ring_enqueue(fx.from[0], pkt_make(IP(198, 18, 1, 1), 60)), 0);
	send_in(tagged_make(0, RED));
	turns(2);
	assert_int_equal(fx.router->ports[1].tx.n, 1);
	while (n-- > 0 && rte_ring_dequeue(fx.from[0], &filler) == 0)
		rte_pktmbuf_free(filler);
	turns(1);
	expect_sent(BLUE);
}

#define TRUNK_TEST(f) cmocka_unit_test_setup_teardown(f, trunk_setup, trunk_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TRUNK_TEST(tags_come_off_and_go_on),
		TRUNK_TEST(priority_bits_are_not_the_vlan),
		TRUNK_TEST(a_driver_may_take_the_tag_off),
		TRUNK_TEST(what_is_nobodys_is_counted),
		TRUNK_TEST(the_owner_down_still_hands_on),
		TRUNK_TEST(refused_packets_are_tagged_once),
	};

	return turn_fixture_main(tests, RTE_DIM(tests));
}
