/*
 * Classes of IPv6 packets: by traffic class, next header and ports, never by IPv4 addresses; what
 * is remarked and marked; queues and flows. Time is the test's own.
 */

#include "dataplane/pkt_tos.h"
#include "tests/dataplane/class_fixture.h"
#include "tests/dataplane/ipv6_fixture.h"

#define AF11 10
#define AF12 12
#define EF 46
#define ECT0 2
#define CE 3
#define MS 1000000ULL

static struct rte_mbuf *pkt6_make_tos(uint8_t tos)
{
	struct rte_mbuf *pkt = pkt6_make("2001:db8:1::1", FRAME);

	pkt_tos_ipv6_set(ip6_of(pkt), tos);
	return pkt;
}

static unsigned seen_in_class(unsigned class_index)
{
	unsigned n = 0;

	for (unsigned colour = 0; colour < POLICER_COLOURS; colour++)
		n += (unsigned)class_counters(class_index)->colours.pkts[colour];
	return n;
}

/* One packet of each family in one burst. */
static void walk_both(struct rte_mbuf *v6, struct rte_mbuf *v4)
{
	struct rte_mbuf *pkts[] = { v6, v4 };

	walk(pkts, 2);
	depart();
	ring_empty(fx.from[1]);
}

static void the_traffic_class_tells_the_class(void **state)
{
	(void)state;
	class_make_dscp("voice", EF);
	class_make(DP_CLASS_DEFAULT);
	class_apply();
	walk_both(pkt6_make_tos(EF << 2 | ECT0), pkt_make_dscp(0));
	assert_int_equal(seen_in_class(0), 1);
	assert_int_equal(seen_in_class(1), 1);
	walk_both(pkt6_make_tos(0), pkt_make_dscp(EF));
	assert_int_equal(seen_in_class(0), 2);
	assert_int_equal(seen_in_class(1), 2);
}

static void ports_tell_the_class_and_ipv4_addresses_do_not(void **state)
{
	struct dp_class_config *class = class_make("subnet");
	struct rte_mbuf *pkt;

	(void)state;
	class->match.src = 0;
	class->match.src_depth = 1;
	class = class_make("dns");
	class->match.protocol = IPPROTO_UDP;
	class->match.dst_port = (struct dp_port_range){ .set = true, .min = 53, .max = 53 };
	class_make(DP_CLASS_DEFAULT);
	class_apply();
	pkt = pkt6_make_tos(0);
	((struct rte_udp_hdr *)(ip6_of(pkt) + 1))->dst_port = RTE_BE16(53);
	walk_both(pkt, pkt_make_dscp(0));
	assert_int_equal(seen_in_class(0), 0);
	assert_int_equal(seen_in_class(1), 1);
	assert_int_equal(seen_in_class(2), 1);
	/* a fragment header hides the ports */
	pkt = pkt6_make_tos(0);
	ip6_of(pkt)->proto = IPPROTO_FRAGMENT;
	((struct rte_udp_hdr *)(ip6_of(pkt) + 1))->dst_port = RTE_BE16(53);
	walk_both(pkt, pkt_make_dscp(0));
	assert_int_equal(seen_in_class(1), 1);
	assert_int_equal(seen_in_class(2), 3);
}

/* Two packets are green, two are yellow. */
static void remark_sets_the_dscp_and_keeps_the_rest(void **state)
{
	struct dp_class_config *class = class_make_dscp("assured", AF11);
	uint32_t rest = 6U << 28 | ECT0 << 20 | 0x54321;
	struct rte_mbuf *pkts[4], *pkt;

	(void)state;
	class->has_police = true;
	class->police = sla_make("srtcm", 1000, 2 * FRAME_L2);
	class->police.kind = DP_SLA_SRTCM;
	class->police.second_bytes = 2 * FRAME_L2;
	class->police.actions[POLICER_YELLOW] = (struct policer_colour_action){ POLICER_REMARK,
										AF12 };
	class_make(DP_CLASS_DEFAULT);
	class_apply();
	for (unsigned i = 0; i < 4; i++) {
		pkts[i] = pkt6_make("2001:db8:1::1", FRAME);
		ip6_of(pkts[i])->vtc_flow = rte_cpu_to_be_32(rest | AF11 << 22);
	}
	walk(pkts, 4);
	depart();
	for (unsigned i = 0; i < 4; i++) {
		assert_int_equal(rte_ring_dequeue(fx.from[1], (void **)&pkt), 0);
		assert_int_equal(rte_be_to_cpu_32(ip6_of(pkt)->vtc_flow),
				 rest | (i < 2 ? AF11 : AF12) << 22);
		rte_pktmbuf_free(pkt);
	}
}

/* Beyond the ECN threshold what is capable is marked, in its own header's place. */
static void congestion_is_marked(void **state)
{
	struct dp_class_config *class = class_make(DP_CLASS_DEFAULT);
	struct rte_mbuf *pkts[10], *pkt;
	unsigned n_marked = 0;

	(void)state;
	class->has_queue = true;
	class->ecn_ns = 10 * MS;
	class->limit_ns = 1000 * MS;
	config.ports[1].has_shape = true;
	config.ports[1].shape = sla_make("port", 1000000, 2 * FRAME_L2);
	class_apply();
	for (unsigned i = 0; i < RTE_DIM(pkts); i++)
		pkts[i] = pkt6_make_tos(ECT0);
	walk(pkts, RTE_DIM(pkts));
	for (unsigned i = 0; i < 2 * RTE_DIM(pkts); i++) {
		depart();
		advance_ns(8 * MS);
	}
	for (unsigned i = 0; i < RTE_DIM(pkts); i++) {
		assert_int_equal(rte_ring_dequeue(fx.from[1], (void **)&pkt), 0);
		assert_int_equal(ip6_of(pkt)->hop_limits, 63);
		n_marked += pkt_tos_ipv6(ip6_of(pkt)) == CE;
		rte_pktmbuf_free(pkt);
	}
	assert_in_range(n_marked, 1, 9);
}

static int class6_setup(void **state)
{
	int ret = class_setup(state);

	routes6_make();
	return ret;
}

#define CLASS6_TEST(f) cmocka_unit_test_setup_teardown(f, class6_setup, class_check)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CLASS6_TEST(the_traffic_class_tells_the_class),
		CLASS6_TEST(ports_tell_the_class_and_ipv4_addresses_do_not),
		CLASS6_TEST(remark_sets_the_dscp_and_keeps_the_rest),
		CLASS6_TEST(congestion_is_marked),
	};

	return turn_fixture_main(tests, RTE_DIM(tests));
}
