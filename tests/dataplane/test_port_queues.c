/*
 * Queues of a shaped port: priority, ECN, flows, quotas; and the plan that they come from. Time is
 * the test's own.
 */

#include "tests/dataplane/class_fixture.h"

#include <errno.h>

#define MS 1000000ULL
#define ECT0 2
#define CE 3
#define EF 46

static void port_shape(uint64_t rate_bps, uint64_t burst)
{
	config.ports[1].has_shape = true;
	config.ports[1].shape = sla_make("port", rate_bps, burst);
}

static void walk_tos(uint32_t dst, uint8_t tos, unsigned n)
{
	struct rte_mbuf *pkts[PORT_RX_BURST];

	for (unsigned i = 0; i < n; i++)
		pkts[i] = pkt_make_tos(dst, tos);
	walk(pkts, n);
}

static uint64_t queue_drops(unsigned queue, enum shaper_drop cause)
{
	struct dp_queue_stats stats;

	assert_int_equal(dp_queue_stats_get(fx.router, 1, queue, &stats), 0);
	return stats.stats.drop_pkts[cause];
}

/* 1 Mbit/s sends 1000 bytes in 8 ms. */
static void strict_priority_goes_first(void **state)
{
	struct dp_class_config *voice = class_make_dscp("voice", EF);
	struct dp_class_config *rest;
	struct rte_mbuf *pkt;

	(void)state;
	voice->has_queue = true;
	voice->level = 1;
	rest = class_make(DP_CLASS_DEFAULT);
	rest->has_queue = true;
	rest->level = 2;
	rest->limit_ns = 1000 * MS;
	port_shape(1000000, 2 * FRAME_L2);
	class_apply();
	walk_dscp(0, 10);
	walk_dscp(EF, 2);
	depart();
	for (unsigned i = 0; i < 10; i++) {
		advance_ns(8 * MS);
		depart();
	}
	/* the burst of two went before voice came, then voice, then all others */
	for (unsigned i = 0; i < 12; i++) {
		pkt = next_out();
		assert_non_null(pkt);
		assert_int_equal(ipv4_tos_dscp(ip_of(pkt)), i == 2 || i == 3 ? EF : 0);
		rte_pktmbuf_free(pkt);
	}
}

static void weights_share_a_level(void **state)
{
	struct dp_class_config *three = class_make_dscp("three", 10), *one;
	unsigned n_others;

	(void)state;
	three->has_queue = true;
	three->weight = 3;
	three->limit_ns = 10000 * MS;
	one = class_make(DP_CLASS_DEFAULT);
	one->has_queue = true;
	one->limit_ns = 10000 * MS;
	port_shape(1000000, 2 * FRAME_L2);
	class_apply();
	walk_dscp(10, 200);
	walk_dscp(0, 200);
	/* 2 at once as the profile's burst, then 160 in their time */
	for (unsigned i = 0; i < 160; i++) {
		advance_ns(8 * MS);
		depart();
	}
	assert_in_range(out_with_tos(10 << 2, &n_others), 119, 125);
	assert_in_range(n_others, 37, 43);
}

static void ecn_marks_what_waited_and_drops_what_cannot_be_marked(void **state)
{
	struct dp_class_config *rest = class_make(DP_CLASS_DEFAULT);
	unsigned n_others;

	(void)state;
	rest->has_queue = true;
	rest->limit_ns = 1000 * MS;
	rest->ecn_ns = 20 * MS;
	port_shape(1000000, 2 * FRAME_L2);
	class_apply();
	walk_tos(IP(198, 18, 1, 1), ECT0, 6);
	depart();
	for (unsigned i = 0; i < 4; i++) {
		advance_ns(8 * MS);
		depart();
	}
	/* 2 at once, then one after 8, 16, 24 and 32 ms: the last two waited too long */
	assert_int_equal(out_with_tos(CE, &n_others), 2);
	assert_int_equal(n_others, 4);
	advance_ns(100 * MS);
	walk_tos(IP(198, 18, 1, 1), 0, 6);
	walk_tos(IP(198, 18, 1, 1), CE, 1);
	for (unsigned i = 0; i < 6; i++) {
		advance_ns(8 * MS);
		depart();
	}
	assert_int_equal(drops(1, DP_DROP_SHAPER_ECN), 2);
	assert_int_equal(drops(1, DP_DROP_SHAPER_LATE), 0);
	assert_int_equal(queue_drops(1, SHAPER_DROP_ECN), 2);
	/* what came with CE can be marked: it is kept */
	assert_int_equal(out_with_tos(CE, &n_others), 1);
	assert_int_equal(n_others, 4);
}

static void late_drops_and_ecn_drops_are_told_apart(void **state)
{
	struct dp_class_config *ecn = class_make_dscp("ecn", 10), *rest;

	(void)state;
	ecn->has_queue = true;
	ecn->ecn_ns = 10 * MS;
	ecn->limit_ns = 100 * MS;
	rest = class_make(DP_CLASS_DEFAULT);
	rest->has_queue = true;
	rest->limit_ns = 50 * MS;
	port_shape(1000000, 2 * FRAME_L2);
	class_apply();
	walk_dscp(10, 7);
	walk_dscp(0, 6);
	/* nobody looks for 60 ms: beyond the threshold of the one, beyond the limit of the other */
	advance_ns(60 * MS);
	depart();
	assert_int_equal(drops(1, DP_DROP_SHAPER_ECN), queue_drops(1, SHAPER_DROP_ECN));
	assert_int_equal(drops(1, DP_DROP_SHAPER_ECN), 5);
	assert_int_equal(drops(1, DP_DROP_SHAPER_LATE), 6);
	assert_int_equal(queue_drops(2, SHAPER_DROP_LATE), 6);
}

static void flows_make(enum dp_flow_by by)
{
	struct dp_flow_config *flows = &config.ports[1].flows;

	*flows = (struct dp_flow_config){ .by = by, .quota_pkts = 10 };
	flows->sla = sla_make("customer", 1000000, 2 * FRAME_L2);
	flows->base = IP(198, 18, 1, 0);
	flows->base_depth = 25;
	flows->length = 32;
	flows->count = by == DP_FLOW_BY_DST ? 128 : 4096;
	port_shape(100000000, 100 * FRAME_L2);
	config.ports[1].shape.delay_ns = 1000 * MS;
}

/* Two at once and one every 8 ms for each destination, whatever the others do. */
static void every_destination_has_its_own_rate(void **state)
{
	unsigned sent = 0;

	(void)state;
	flows_make(DP_FLOW_BY_DST);
	class_apply();
	walk_tos(IP(198, 18, 1, 1), 0, 16);
	for (unsigned host = 2; host < 34; host++)
		walk_tos(IP(198, 18, 1, host), 0, 1);
	sent += depart();
	/* host 1 sends two of its 16 and loses four to its quota of ten; all others pass at once */
	assert_int_equal(sent, 2 + 32);
	assert_int_equal(queue_drops(2, SHAPER_DROP_FLOW_QUOTA), 4);
	assert_int_equal(drops(1, DP_DROP_SHAPER_FULL), 4);
	for (unsigned i = 1; i <= 10; i++) {
		advance_ns(8 * MS + 1000);
		assert_int_equal(depart(), 1);
	}
	advance_ns(8 * MS);
	assert_int_equal(depart(), 0);
}

/* Beside the base there is no flow: only the port's own profile holds. */
static void destinations_beside_the_base_have_a_queue_beside_the_flows(void **state)
{
	(void)state;
	flows_make(DP_FLOW_BY_DST);
	class_apply();
	assert_int_equal(dp_queue_count(fx.router, 1), 3);
	walk_tos(IP(198, 18, 1, 128), 0, 20);
	walk_tos(IP(198, 18, 1, 127), 0, 5);
	assert_int_equal(depart(), 22);
	ring_empty(fx.from[1]);
	/* an address below the base is no flow either */
	config.ports[1].flows.base = IP(198, 18, 1, 128);
	fx.router->ports[1].queues.flows.base = IP(198, 18, 1, 128);
	walk_tos(IP(198, 18, 1, 127), 0, 20);
	assert_int_equal(depart(), 20);
}

static void hashed_flows_share_nothing_and_keep_their_order(void **state)
{
	struct rte_mbuf *pkts[20], *pkt;
	unsigned next[2] = { 0, 0 };

	(void)state;
	flows_make(DP_FLOW_BY_HASH);
	class_apply();
	assert_int_equal(dp_queue_count(fx.router, 1), 2);
	for (unsigned i = 0; i < RTE_DIM(pkts); i++) {
		uint16_t port = rte_cpu_to_be_16((uint16_t)(5000 + i % 2));

		pkts[i] = pkt_make_dscp(0);
		ip_of(pkts[i])->packet_id = (uint16_t)(i / 2);
		ip_checksum(pkts[i]);
		memcpy(ip_of(pkts[i]) + 1, &port, sizeof(port));
	}
	walk(pkts, RTE_DIM(pkts));
	assert_int_equal(depart(), 4);
	for (unsigned i = 0; i < 8; i++) {
		advance_ns(8 * MS + 1000);
		assert_int_equal(depart(), 2);
	}
	while ((pkt = next_out()) != NULL) {
		uint16_t port;

		memcpy(&port, ip_of(pkt) + 1, sizeof(port));
		port = rte_be_to_cpu_16(port) - 5000;
		assert_int_equal(ip_of(pkt)->packet_id, next[port]++);
		rte_pktmbuf_free(pkt);
	}
	assert_int_equal(next[0] + next[1], 20);
}

/* A full queue of one class takes nothing from another one. */
static void quotas_belong_to_classes(void **state)
{
	struct dp_class_config *small = class_make_dscp("small", 10), *rest;

	(void)state;
	small->has_queue = true;
	small->quota_pkts = 5;
	small->limit_ns = 1000 * MS;
	rest = class_make(DP_CLASS_DEFAULT);
	rest->has_queue = true;
	rest->limit_ns = 1000 * MS;
	rest->limit_bytes = 20 * FRAME_L2;
	port_shape(1000000, 2 * FRAME_L2);
	class_apply();
	walk_dscp(10, 10);
	walk_dscp(0, 22);
	assert_int_equal(queue_drops(1, SHAPER_DROP_QUOTA), 3);
	assert_int_equal(queue_drops(2, SHAPER_DROP_LIMIT), 2);
	assert_int_equal(drops(1, DP_DROP_SHAPER_FULL), 5);
}

static void classes_without_queue_share_the_last_one(void **state)
{
	struct dp_queue_stats stats;

	(void)state;
	class_make_dscp("a", 10);
	class_make_dscp("b", 12)->has_queue = true;
	class_make(DP_CLASS_DEFAULT);
	port_shape(1000000, 2 * FRAME_L2);
	class_apply();
	assert_int_equal(dp_queue_count(fx.router, 1), 3);
	walk_dscp(10, 1);
	walk_dscp(12, 1);
	walk_dscp(0, 1);
	assert_int_equal(dp_queue_stats_get(fx.router, 1, 0, &stats), 0);
	assert_string_equal(stats.class_name, "kernel");
	assert_int_equal(dp_queue_stats_get(fx.router, 1, 1, &stats), 0);
	assert_string_equal(stats.class_name, "b");
	assert_int_equal(stats.stats.direct_pkts + stats.stats.queued_pkts, 1);
	assert_int_equal(dp_queue_stats_get(fx.router, 1, 2, &stats), 0);
	assert_string_equal(stats.class_name, DP_CLASS_DEFAULT);
	assert_int_equal(stats.stats.direct_pkts + stats.stats.queued_pkts, 2);
	assert_int_equal(dp_queue_stats_get(fx.router, 1, 3, &stats), -ERANGE);
	assert_int_equal(dp_class_count(fx.router), 3);
	depart();
}

/* The worker loses its core between an offer and the transmission: no second burst with the first. */
static void what_has_yet_to_leave_is_charged_before_more_is_handed_out(void **state)
{
	struct dp_class_config *rest = class_make(DP_CLASS_DEFAULT);

	(void)state;
	rest->has_queue = true;
	rest->limit_ns = 10000 * MS;
	port_shape(1000000, 4 * FRAME_L2);
	class_apply();
	walk_dscp(0, 8);
	advance_ns(1000 * MS);
	/* the burst, and the one packet of lateness that shaper_depart() forgives */
	assert_in_range(depart(), 4, 5);
	walk_dscp(0, 2);
	advance_ns(1000 * MS);
	walk_dscp(0, 2);
	assert_in_range(depart(), 4, 5);
}

/* Every rate that may be shaped has a queue that holds a packet, without the user's help. */
static void defaults_hold_a_packet_at_every_rate(void **state)
{
	static const uint64_t rates[] = { 1000, 12345, 1000000, 400000000000 };
	struct dp_why why;

	(void)state;
	for (unsigned i = 0; i < RTE_DIM(rates); i++) {
		port_shape(rates[i], 9018);
		config.ports[1].mtu = 9000;
		assert_int_equal(dp_port_shape_check(&config.ports[1], &why), 0);
	}
	config.ports[1].shape.delay_ns = 1;
	assert_int_equal(dp_port_shape_check(&config.ports[1], &why), -EINVAL);
}

static void memory_grows_with_quotas(void **state)
{
	uint64_t before;

	(void)state;
	class_make_dscp("big", 10)->has_queue = true;
	class_make(DP_CLASS_DEFAULT);
	port_shape(1000000, 2 * FRAME_L2);
	before = dp_router_memory_bytes(&config);
	config.classes[0].quota_pkts = DP_QUOTA_MAX_PKTS;
	/* every packet that may be queued has a buffer of the pool */
	assert_true(dp_router_memory_bytes(&config) >=
		    before + (DP_QUOTA_MAX_PKTS - 8192ULL) * RTE_MBUF_DEFAULT_DATAROOM);
	class_apply();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		CLASS_TEST(strict_priority_goes_first),
		CLASS_TEST(weights_share_a_level),
		CLASS_TEST(ecn_marks_what_waited_and_drops_what_cannot_be_marked),
		CLASS_TEST(late_drops_and_ecn_drops_are_told_apart),
		CLASS_TEST(every_destination_has_its_own_rate),
		CLASS_TEST(destinations_beside_the_base_have_a_queue_beside_the_flows),
		CLASS_TEST(hashed_flows_share_nothing_and_keep_their_order),
		CLASS_TEST(quotas_belong_to_classes),
		CLASS_TEST(classes_without_queue_share_the_last_one),
		CLASS_TEST(what_has_yet_to_leave_is_charged_before_more_is_handed_out),
		CLASS_TEST(defaults_hold_a_packet_at_every_rate),
		CLASS_TEST(memory_grows_with_quotas),
	};

	return turn_fixture_main(tests, RTE_DIM(tests));
}
