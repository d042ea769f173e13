/*
 * Malformed packets are dropped by name; what the kernel must see is punted by class.
 */

#include "turn_fixture.h"

typedef void (*spoil_fn)(struct rte_mbuf *pkt);

static void spoil_version(struct rte_mbuf *pkt)
{
	ip_of(pkt)->version_ihl = 0x55;
}

static void spoil_header_len(struct rte_mbuf *pkt)
{
	ip_of(pkt)->version_ihl = 0x44;
}

static void spoil_total_len_small(struct rte_mbuf *pkt)
{
	ip_of(pkt)->total_length = RTE_BE16(19);
	ip_checksum(pkt);
}

static void spoil_total_len_large(struct rte_mbuf *pkt)
{
	ip_of(pkt)->total_length = RTE_BE16(1000);
	ip_checksum(pkt);
}

static void spoil_checksum(struct rte_mbuf *pkt)
{
	ip_of(pkt)->hdr_checksum = (uint16_t)~ip_of(pkt)->hdr_checksum;
}

static void spoil_src_loopback(struct rte_mbuf *pkt)
{
	ip_of(pkt)->src_addr = rte_cpu_to_be_32(IP(127, 0, 0, 1));
	ip_checksum(pkt);
}

static void spoil_src_multicast(struct rte_mbuf *pkt)
{
	ip_of(pkt)->src_addr = rte_cpu_to_be_32(IP(224, 0, 0, 5));
	ip_checksum(pkt);
}

static void spoil_src_zero(struct rte_mbuf *pkt)
{
	ip_of(pkt)->src_addr = 0;
	ip_checksum(pkt);
}

static void spoil_dst_zero(struct rte_mbuf *pkt)
{
	ip_of(pkt)->dst_addr = rte_cpu_to_be_32(IP(0, 1, 2, 3));
	ip_checksum(pkt);
}

static void spoil_dst_class_e(struct rte_mbuf *pkt)
{
	ip_of(pkt)->dst_addr = rte_cpu_to_be_32(IP(240, 0, 0, 1));
	ip_checksum(pkt);
}

static void spoil_dst_multicast(struct rte_mbuf *pkt)
{
	ip_of(pkt)->dst_addr = rte_cpu_to_be_32(IP(239, 1, 1, 1));
	ip_checksum(pkt);
}

static void spoil_mac(struct rte_mbuf *pkt)
{
	eth_of(pkt)->dst_addr.addr_bytes[5] ^= 1;
}

static void spoil_mac_broadcast(struct rte_mbuf *pkt)
{
	memset(&eth_of(pkt)->dst_addr, 0xff, 6);
}

static void spoil_ether_type(struct rte_mbuf *pkt)
{
	eth_of(pkt)->ether_type = RTE_BE16(0x8847);
}

static void spoil_frame_short(struct rte_mbuf *pkt)
{
	rte_pktmbuf_trim(pkt, (uint16_t)(pkt->pkt_len - 33));
}

static void spoil_frame_tiny(struct rte_mbuf *pkt)
{
	rte_pktmbuf_trim(pkt, (uint16_t)(pkt->pkt_len - 13));
}

static void malformed_packets_are_dropped_by_name(void **state)
{
	static const struct {
		spoil_fn spoil;
		enum dp_drop reason;
	} cases[] = {
		{ spoil_version, DP_DROP_VERSION },
		{ spoil_header_len, DP_DROP_LENGTH },
		{ spoil_total_len_small, DP_DROP_LENGTH },
		{ spoil_total_len_large, DP_DROP_TRUNCATED },
		{ spoil_checksum, DP_DROP_CHECKSUM },
		{ spoil_src_loopback, DP_DROP_MARTIAN_SRC },
		{ spoil_src_multicast, DP_DROP_MARTIAN_SRC },
		{ spoil_src_zero, DP_DROP_MARTIAN_SRC },
		{ spoil_dst_zero, DP_DROP_MARTIAN_DST },
		{ spoil_dst_class_e, DP_DROP_MARTIAN_DST },
		{ spoil_dst_multicast, DP_DROP_MULTICAST },
		{ spoil_mac, DP_DROP_MAC },
		{ spoil_mac_broadcast, DP_DROP_MAC },
		{ spoil_ether_type, DP_DROP_ETHERTYPE },
		{ spoil_frame_short, DP_DROP_TRUNCATED },
		{ spoil_frame_tiny, DP_DROP_TRUNCATED },
	};
	size_t i;

	(void)state;
	for (i = 0; i < RTE_DIM(cases); i++) {
		struct rte_mbuf *pkt = pkt_make(IP(198, 18, 1, 7), 100);
		uint64_t before = drops(0, cases[i].reason);

		cases[i].spoil(pkt);
		send_in(pkt);
		turns(1);
		assert_int_equal(drops(0, cases[i].reason), before + 1);
		assert_true(rte_ring_empty(fx.from[1]));
	}
}

static void expect_punt(struct rte_mbuf *pkt, enum dp_punt punt_class, struct rte_ring *ring)
{
	struct rte_mbuf *got = NULL;
	uint64_t before = fx.router->ports[0].counters.punt_pkts[punt_class];

	send_in(pkt);
	turns(1);
	assert_int_equal(fx.router->ports[0].counters.punt_pkts[punt_class], before + 1);
	assert_int_equal(rte_ring_dequeue(ring, (void **)&got), 0);
	assert_ptr_equal(got, pkt);
	rte_pktmbuf_free(got);
}

static void exceptions_go_to_the_kernel_by_class(void **state)
{
	struct rte_mbuf *pkt;

	(void)state;
	expect_punt(pkt_make(IP(198, 18, 0, 1), 60), DP_PUNT_LOCAL, fx.router->punt_other);
	expect_punt(pkt_make(IP(198, 18, 2, 1), 60), DP_PUNT_NEIGHBOUR, fx.router->punt_other);
	expect_punt(pkt_make(IP(203, 0, 113, 1), 60), DP_PUNT_EXCEPTION, fx.router->punt_other);
	expect_punt(pkt_make(IP(198, 18, 1, 1), 1515), DP_PUNT_EXCEPTION, fx.router->punt_other);

	pkt = pkt_make(IP(198, 18, 1, 1), 60);
	ip_of(pkt)->time_to_live = 1;
	ip_checksum(pkt);
	expect_punt(pkt, DP_PUNT_EXCEPTION, fx.router->punt_other);

	pkt = pkt_make(IP(198, 18, 1, 1), 60);
	ip_of(pkt)->version_ihl = 0x46;
	ip_of(pkt)->hdr_checksum = 0;
	ip_of(pkt)->hdr_checksum = (uint16_t)~rte_raw_cksum(ip_of(pkt), 24);
	expect_punt(pkt, DP_PUNT_EXCEPTION, fx.router->punt_other);

	pkt = pkt_make(IP(224, 0, 0, 5), 80);
	memcpy(&eth_of(pkt)->dst_addr, (uint8_t[]){ 1, 0, 0x5e, 0, 0, 5 }, 6);
	ip_of(pkt)->next_proto_id = 89;
	ip_of(pkt)->time_to_live = 1;
	ip_checksum(pkt);
	expect_punt(pkt, DP_PUNT_CONTROL, fx.router->punt_control);

	pkt = pkt_make(IP(198, 18, 0, 1), 66);
	((struct rte_udp_hdr *)(ip_of(pkt) + 1))->dst_port = RTE_BE16(3784);
	expect_punt(pkt, DP_PUNT_CONTROL, fx.router->punt_control);

	pkt = pkt_make(0, 60);
	memset(&eth_of(pkt)->dst_addr, 0xff, 6);
	eth_of(pkt)->ether_type = RTE_BE16(RTE_ETHER_TYPE_ARP);
	expect_punt(pkt, DP_PUNT_ARP_STRANGER, fx.router->punt_control);

	send_in(pkt_make(IP(198, 18, 3, 1), 60));
	turns(1);
	assert_int_equal(drops(0, DP_DROP_BLACKHOLE), 1);
}

static void punt_classes_have_a_limit(void **state)
{
	uint64_t sent = 0, punted, start = rte_rdtsc();
	double elapsed_s;
	unsigned i;

	(void)state;
	for (i = 0; i < 1000; i++, sent++) {
		send_in(pkt_make(IP(203, 0, 113, 1), 60));
		turns(1);
		ring_empty(fx.router->punt_other);
	}
	elapsed_s = (double)(rte_rdtsc() - start) / (double)clock_tsc_hz();
	punted = fx.router->ports[0].counters.punt_pkts[DP_PUNT_EXCEPTION];
	/* burst of 256, and 2000/s for as long as the loop took */
	assert_true(punted >= 256);
	assert_true((double)punted <= 257 + 2000 * elapsed_s);
	assert_int_equal(punted + drops(0, DP_DROP_PUNT_LIMIT), sent);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TURN_TEST(malformed_packets_are_dropped_by_name),
		TURN_TEST(exceptions_go_to_the_kernel_by_class),
		TURN_TEST(punt_classes_have_a_limit),
	};

	return turn_fixture_main(tests, RTE_DIM(tests));
}
