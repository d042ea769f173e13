/*
 * What Ethernet puts around a packet is taken off, and what says who it is for is believed.
 */

#include "dataplane/own_filter.h"
#include "turn_fixture.h"

#define TAG_BYTES 4

/* Puts a tag between the addresses and the type. */
static void tag(struct rte_mbuf *pkt, uint16_t type, uint16_t tci)
{
	uint8_t *frame = (uint8_t *)rte_pktmbuf_prepend(pkt, TAG_BYTES);

	if (frame == NULL) {
		fail_msg("no room for a tag");
		return;
	}
	memmove(frame, frame + TAG_BYTES, 12);
	frame[12] = (uint8_t)(type >> 8);
	frame[13] = (uint8_t)type;
	frame[14] = (uint8_t)(tci >> 8);
	frame[15] = (uint8_t)tci;
}

/* Sends a packet and takes what leaves. @return its bytes, 0 for none */
static unsigned sent_bytes(struct rte_mbuf *pkt)
{
	struct rte_mbuf *out = NULL;
	unsigned bytes;

	send_in(pkt);
	turns(1);
	if (rte_ring_dequeue(fx.from[1], (void **)&out) != 0)
		return 0;
	bytes = out->pkt_len;
	assert_int_equal(out->data_len, bytes);
	assert_int_equal(eth_of(out)->ether_type, RTE_BE16(RTE_ETHER_TYPE_IPV4));
	assert_memory_equal(&eth_of(out)->dst_addr, peer_mac, 6);
	rte_pktmbuf_free(out);
	return bytes;
}

static struct rte_mbuf *pkt_padded(unsigned frame_bytes, unsigned ip_bytes)
{
	struct rte_mbuf *pkt = pkt_make(IP(198, 18, 1, 7), frame_bytes);

	ip_of(pkt)->total_length = rte_cpu_to_be_16((uint16_t)ip_bytes);
	ip_checksum(pkt);
	return pkt;
}

static void trailers_are_taken_off(void **state)
{
	(void)state;
	assert_int_equal(sent_bytes(pkt_padded(100, 80)), 94);
	assert_int_equal(sent_bytes(pkt_padded(61, 40)), 54);
	assert_int_equal(sent_bytes(pkt_padded(59, 40)), 54);
	assert_int_equal(sent_bytes(pkt_padded(61, 47)), 61);
	/* the shortest frame keeps its padding: it would get it back */
	assert_int_equal(sent_bytes(pkt_padded(60, 40)), 60);
	assert_int_equal(fx.router->ports[1].counters.tx_bytes, 94 + 54 + 54 + 61 + 60);
}

static void tags_without_a_vlan_are_taken_off(void **state)
{
	struct rte_mbuf *pkt = pkt_make(IP(198, 18, 1, 7), 100);

	(void)state;
	tag(pkt, RTE_ETHER_TYPE_VLAN, 0);
	assert_int_equal(sent_bytes(pkt), 100);
	pkt = pkt_make(IP(198, 18, 1, 7), 100);
	tag(pkt, RTE_ETHER_TYPE_VLAN, 7 << 13);
	tag(pkt, RTE_ETHER_TYPE_QINQ, 0);
	assert_int_equal(sent_bytes(pkt), 100);
	pkt = pkt_make(IP(198, 18, 1, 7), 100);
	tag(pkt, RTE_ETHER_TYPE_VLAN, 5);
	assert_int_equal(sent_bytes(pkt), 0);
	assert_int_equal(drops(0, DP_DROP_ETHERTYPE), 1);
	pkt = pkt_make(IP(198, 18, 1, 7), 100);
	tag(pkt, RTE_ETHER_TYPE_VLAN, 0);
	rte_pktmbuf_trim(pkt, (uint16_t)(pkt->pkt_len - 17));
	assert_int_equal(sent_bytes(pkt), 0);
	assert_int_equal(drops(0, DP_DROP_ETHERTYPE), 2);
}

/* Only the router itself may answer a unicast packet in a broadcast frame (RFC 1812 5.3.4). */
static void broadcast_frames_reach_the_router_only(void **state)
{
	struct rte_mbuf *pkt = pkt_make(IP(198, 18, 0, 1), 100);

	(void)state;
	memset(&eth_of(pkt)->dst_addr, 0xff, 6);
	assert_int_equal(sent_bytes(pkt), 0);
	assert_int_equal(fx.router->ports[0].counters.punt_pkts[DP_PUNT_LOCAL], 1);
	pkt = pkt_make(IP(198, 18, 2, 1), 100);
	memset(&eth_of(pkt)->dst_addr, 0xff, 6);
	assert_int_equal(sent_bytes(pkt), 0);
	assert_int_equal(drops(0, DP_DROP_MAC), 1);
}

static void filter_knows_every_address_and_few_others(void **state)
{
	struct dp_own_filter filter = { { 0 } };
	unsigned others = 0;

	(void)state;
	for (uint32_t i = 0; i < 4; i++)
		dp_own_filter_add(&filter, IP(10, i, 0, 1));
	for (uint32_t i = 0; i < 4; i++)
		assert_true(own_filter_has(&filter, rte_cpu_to_be_32(IP(10, i, 0, 1))));
	for (uint32_t i = 0; i < 65536; i++)
		others += own_filter_has(&filter, rte_cpu_to_be_32(IP(198, 18, 0, 0) + i));
	/* (4 / 32)^3 = 0.2 % */
	assert_true(others < 65536 / 100);
}

/* A source is the router's own when both the filter and a route say so. */
static void own_sources_are_martians(void **state)
{
	struct dp_own_filter own = { { 0 } };

	(void)state;
	dp_own_filter_add(&own, IP(198, 18, 0, 1));
	dp_own_filter_add(&own, IP(198, 18, 9, 9));
	dp_own_filter_set(fx.router->routing, &own);
	for (unsigned plain = 0; plain < 2; plain++) {
		/* the second time beside a packet that makes the burst be sorted out */
		struct rte_mbuf *forged = pkt_padded(plain ? 100 : 120, 86);

		ip_of(forged)->src_addr = rte_cpu_to_be_32(IP(198, 18, 0, 1));
		ip_checksum(forged);
		send_in(forged);
		assert_int_equal(sent_bytes(pkt_make(IP(198, 18, 1, 7), 100)), 100);
		assert_int_equal(drops(0, DP_DROP_MARTIAN_SRC), plain + 1);
	}
	dp_own_filter_set(fx.router->routing, &(struct dp_own_filter){ { 0 } });
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TURN_TEST(trailers_are_taken_off),
		TURN_TEST(tags_without_a_vlan_are_taken_off),
		TURN_TEST(broadcast_frames_reach_the_router_only),
		TURN_TEST(filter_knows_every_address_and_few_others),
		TURN_TEST(own_sources_are_martians),
	};

	return turn_fixture_main(tests, RTE_DIM(tests));
}
