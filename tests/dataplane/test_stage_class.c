/*
 * Policing by class: colours, remarks, and that a packet pays its class and its port or neither.
 * Rates are 1 kbit/s and the test's clock stands still, so what passes is what the bursts hold.
 */

#include "tests/dataplane/class_fixture.h"
#include "tests/policer/random.h"

#define SLOW_BPS 1000
#define AF11 10
#define AF12 12
#define AF13 14
#define EF 46

static void colour_action(struct dp_sla *sla, enum policer_colour colour,
			  enum policer_action action, uint8_t dscp)
{
	sla->actions[colour] = (struct policer_colour_action){ (uint8_t)action, dscp };
}

/* A class of AF1x: ten packets green, ten more yellow and remarked AF12, the rest red. */
static void class_make_srtcm(bool colour_aware)
{
	struct dp_class_config *class = class_make("assured");

	class->match.dscp_mask = 1ULL << AF11 | 1ULL << AF12 | 1ULL << AF13;
	class->has_police = true;
	class->police = sla_make("srtcm", SLOW_BPS, 10 * FRAME_L2);
	class->police.kind = DP_SLA_SRTCM;
	class->police.second_bytes = 10 * FRAME_L2;
	class->police.colour_aware = colour_aware;
	colour_action(&class->police, POLICER_YELLOW, POLICER_REMARK, AF12);
	class_make(DP_CLASS_DEFAULT);
}

/* As class_make_srtcm(), but single rate: ten packets, and the rest is dropped. */
static void class_make_single(const char *name, unsigned dscp, unsigned n_pkts)
{
	struct dp_class_config *class = class_make_dscp(name, dscp);

	class->has_police = true;
	class->police = sla_make(name, SLOW_BPS, n_pkts * FRAME_L2);
}

static void port_police(enum dp_police_at at, unsigned n_pkts)
{
	config.police_at = at;
	config.ports[0].has_police = true;
	config.ports[0].police = sla_make("port", SLOW_BPS, n_pkts * FRAME_L2);
}

static void colours_are_counted_remarked_and_dropped(void **state)
{
	const struct dp_class_counters *counters;
	unsigned n_others;

	(void)state;
	class_make_srtcm(false);
	class_apply();
	walk_dscp(AF11, 30);
	assert_int_equal(depart(), 20);
	assert_int_equal(out_with_tos(AF11 << 2, &n_others), 10);
	assert_int_equal(n_others, 10);
	counters = class_counters(0);
	assert_int_equal(counters->colours.pkts[POLICER_GREEN], 10);
	assert_int_equal(counters->colours.pkts[POLICER_YELLOW], 10);
	assert_int_equal(counters->colours.pkts[POLICER_RED], 10);
	assert_int_equal(counters->colours.bytes[POLICER_GREEN], 10 * FRAME_L2);
	assert_int_equal(counters->remark_pkts, 10);
	assert_int_equal(counters->drop_pkts, 10);
	assert_int_equal(drops(0, DP_DROP_CLASS_POLICED), 10);
}

static void remark_sets_the_dscp_and_keeps_ecn(void **state)
{
	struct rte_mbuf *pkts[20];
	unsigned n_others;

	(void)state;
	class_make_srtcm(false);
	class_apply();
	for (unsigned i = 0; i < RTE_DIM(pkts); i++)
		pkts[i] = pkt_make_tos(IP(198, 18, 1, 1), AF13 << 2 | 2);
	walk(pkts, RTE_DIM(pkts));
	assert_int_equal(depart(), 20);
	assert_int_equal(out_with_tos(AF12 << 2 | 2, &n_others), 10);
	assert_int_equal(n_others, 10);
}

/* RFC 2597 drop precedence as input colour: yellow never takes green tokens, red takes none. */
static void the_dscp_tells_the_colour(void **state)
{
	const struct dp_class_counters *counters;

	(void)state;
	class_make_srtcm(true);
	class_apply();
	walk_dscp(AF13, 5);
	walk_dscp(AF12, 15);
	walk_dscp(AF11, 15);
	counters = class_counters(0);
	assert_int_equal(counters->colours.pkts[POLICER_GREEN], 10);
	assert_int_equal(counters->colours.pkts[POLICER_YELLOW], 10);
	assert_int_equal(counters->colours.pkts[POLICER_RED], 15);
	assert_int_equal(depart(), 20);
}

static void a_late_aggregate_is_not_charged_for_what_the_class_drops(void **state)
{
	(void)state;
	class_make_single("ef", EF, 10);
	class_make(DP_CLASS_DEFAULT);
	port_police(DP_POLICE_LATE, 15);
	class_apply();
	walk_dscp(EF, 20);
	assert_int_equal(drops(0, DP_DROP_CLASS_POLICED), 10);
	assert_int_equal(drops(0, DP_DROP_POLICED), 0);
	walk_dscp(0, 10);
	assert_int_equal(drops(0, DP_DROP_POLICED), 5);
	assert_int_equal(depart(), 15);
	assert_int_equal(fx.router->ports[0].counters.police_pass_pkts, 15);
	assert_int_equal(fx.router->ports[0].counters.police_drop_pkts, 5);
	assert_int_equal(class_counters(1)->aggregate_drop_pkts, 5);
}

/* 15 of 20 pass the port, 10 of these the class; the other 5 come back for the next burst. */
static void an_early_aggregate_gets_back_what_the_class_drops(void **state)
{
	(void)state;
	class_make_single("ef", EF, 10);
	class_make(DP_CLASS_DEFAULT);
	port_police(DP_POLICE_EARLY, 15);
	class_apply();
	walk_dscp(EF, 20);
	assert_int_equal(drops(0, DP_DROP_POLICED), 5);
	assert_int_equal(drops(0, DP_DROP_CLASS_POLICED), 5);
	walk_dscp(0, 10);
	assert_int_equal(drops(0, DP_DROP_POLICED), 10);
	assert_int_equal(depart(), 15);
}

static void a_class_is_not_charged_for_what_the_aggregate_drops(void **state)
{
	(void)state;
	class_make_single("ef", EF, 10);
	class_make(DP_CLASS_DEFAULT);
	port_police(DP_POLICE_LATE, 5);
	class_apply();
	walk_dscp(EF, 8);
	assert_int_equal(drops(0, DP_DROP_POLICED), 3);
	policer_bucket_init(&fx.router->ports[0].police_bucket, &fx.router->ports[0].police,
			    now_tsc);
	/* the class paid for five of the eight: it has five left, not two */
	walk_dscp(EF, 5);
	assert_int_equal(drops(0, DP_DROP_CLASS_POLICED), 0);
	walk_dscp(EF, 1);
	assert_int_equal(drops(0, DP_DROP_CLASS_POLICED), 1);
	assert_int_equal(drops(0, DP_DROP_POLICED), 3);
	assert_int_equal(depart(), 10);
}

/* An SLA of three colours on the port, a single one on the class above it. */
static void a_port_of_three_colours_pays_with_its_class_or_not_at_all(void **state)
{
	struct port *port = &fx.router->ports[0];
	unsigned n_others;

	(void)state;
	class_make_single("ef", EF, 25);
	class_make(DP_CLASS_DEFAULT);
	port_police(DP_POLICE_EARLY, 10);
	config.ports[0].police.kind = DP_SLA_TRTCM;
	config.ports[0].police.second_bps = 2 * SLOW_BPS;
	config.ports[0].police.second_bytes = 20 * FRAME_L2;
	colour_action(&config.ports[0].police, POLICER_YELLOW, POLICER_REMARK, AF13);
	class_apply();
	assert_true(port->has_marker);
	assert_false(port->has_police);
	walk_dscp(EF, 24);
	assert_int_equal(drops(0, DP_DROP_POLICED), 4);
	assert_int_equal(port->counters.colours.pkts[POLICER_GREEN], 10);
	assert_int_equal(port->counters.colours.pkts[POLICER_YELLOW], 10);
	assert_int_equal(port->counters.colours.pkts[POLICER_RED], 4);
	/* the class has 5 of its 25 left, for the 4 cost it nothing */
	policer_state_init(&port->marker_state, &port->marker, now_tsc);
	walk_dscp(EF, 6);
	assert_int_equal(drops(0, DP_DROP_CLASS_POLICED), 1);
	assert_int_equal(depart(), 25);
	assert_int_equal(out_with_tos(AF13 << 2, &n_others), 10);
}

static void three_colours_need_no_class_list(void **state)
{
	struct port *port = &fx.router->ports[0];

	(void)state;
	port_police(DP_POLICE_EARLY, 10);
	config.ports[0].police.kind = DP_SLA_TRTCM4115;
	config.ports[0].police.second_bps = SLOW_BPS;
	config.ports[0].police.second_bytes = 3 * FRAME_L2;
	assert_true(class_table_is_needed(&config));
	class_apply();
	walk_dscp(0, 20);
	assert_int_equal(port->counters.colours.pkts[POLICER_GREEN], 10);
	assert_int_equal(port->counters.colours.pkts[POLICER_YELLOW], 3);
	assert_int_equal(drops(0, DP_DROP_POLICED), 7);
	assert_int_equal(depart(), 13);
}

static struct rte_mbuf *bgp_make(void)
{
	struct rte_mbuf *pkt = pkt_make_dscp(48);
	uint16_t port_be = RTE_BE16(179);

	ip_of(pkt)->next_proto_id = IPPROTO_TCP;
	memcpy((uint8_t *)(ip_of(pkt) + 1) + 2, &port_be, sizeof(port_be));
	ip_checksum(pkt);
	return pkt;
}

static void walk_bgp(unsigned n)
{
	for (unsigned i = 0; i < n; i++) {
		struct rte_mbuf *pkt = bgp_make();

		walk(&pkt, 1);
	}
}

/* BGP in a class that drops everything passes as far as the rescue bucket lets it. */
static void routing_protocols_survive_their_class(void **state)
{
	const struct policer_params rescue = { .unit = RATE_PKTS_PER_S, .rate = 1, .burst = 4 };
	struct port *port = &fx.router->ports[0];

	(void)state;
	class_make_single("control", 48, 2);
	class_make(DP_CLASS_DEFAULT);
	port_police(DP_POLICE_EARLY, 50);
	class_apply();
	assert_int_equal(policer_profile_init(&port->rescue, &rescue, clock_tsc_hz()), 0);
	policer_bucket_init(&port->rescue_bucket, &port->rescue, now_tsc);
	walk_bgp(10);
	assert_int_equal(class_counters(0)->rescued_pkts, 4);
	assert_int_equal(port->counters.control_rescued_pkts, 4);
	assert_int_equal(drops(0, DP_DROP_CLASS_POLICED), 4);
	assert_int_equal(depart(), 6);
}

/* A router that says so drops them like everything else beyond its SLA. */
static void nothing_is_rescued_where_none_may_be(void **state)
{
	(void)state;
	config.rescue_pps = DP_RESCUE_NONE;
	class_make(DP_CLASS_DEFAULT);
	port_police(DP_POLICE_EARLY, 4);
	class_apply();
	walk_bgp(10);
	assert_int_equal(fx.router->ports[0].counters.control_rescued_pkts, 0);
	assert_int_equal(drops(0, DP_DROP_POLICED), 6);
	assert_int_equal(depart(), 4);
}

/* A rescued packet paid nothing to the port, so its class must not mint tokens by dropping it. */
static void nothing_is_given_back_for_a_rescued_packet(void **state)
{
	struct rte_mbuf *pkts[3];
	struct port *port = &fx.router->ports[0];

	(void)state;
	class_make_single("control", 48, 2);
	class_make(DP_CLASS_DEFAULT);
	port_police(DP_POLICE_EARLY, 4);
	class_apply();
	walk_dscp(48, 2); /* the class is empty now, and so is half of the port */
	walk_dscp(0, 2);
	for (unsigned i = 0; i < RTE_DIM(pkts); i++)
		pkts[i] = bgp_make();
	/* the bucket of 64 rescues all three early, then each once more in its class */
	walk(pkts, RTE_DIM(pkts));
	assert_int_equal(port->counters.control_rescued_pkts, 6);
	walk_dscp(0, 1);
	assert_int_equal(drops(0, DP_DROP_POLICED), 1);
	assert_int_equal(depart(), 7);
}

static void fragments_have_no_ports(void **state)
{
	struct dp_class_config *class = class_make("udp");
	struct rte_mbuf *pkts[3];

	(void)state;
	class->match.protocol = IPPROTO_UDP;
	class->match.dst_port = (struct dp_port_range){ true, 0, 65535 };
	class_make(DP_CLASS_DEFAULT);
	class_apply();
	for (unsigned i = 0; i < RTE_DIM(pkts); i++)
		pkts[i] = pkt_make_dscp(0);
	ip_of(pkts[1])->fragment_offset = RTE_BE16(RTE_IPV4_HDR_MF_FLAG);
	ip_of(pkts[2])->fragment_offset = RTE_BE16(100);
	ip_checksum(pkts[1]);
	ip_checksum(pkts[2]);
	walk(pkts, RTE_DIM(pkts));
	assert_int_equal(class_counters(0)->colours.pkts[POLICER_GREEN], 1);
	assert_int_equal(class_counters(1)->colours.pkts[POLICER_GREEN], 2);
	assert_int_equal(depart(), 3);
}

/* Whatever the classes and the packets: every packet is counted once in one class, or by its port. */
static void random_packets_are_accounted_for(void **state)
{
	uint64_t counted = 0, offered = 0;

	(void)state;
	random_seed("classes");
	class_make_single("ef", EF, 10);
	class_make_srtcm(true);
	config.classes[1].police.actions[POLICER_RED].action = POLICER_PASS;
	port_police(DP_POLICE_EARLY, 1000);
	class_apply();
	for (unsigned round = 0; round < 300; round++) {
		struct rte_mbuf *pkts[PORT_RX_BURST];
		unsigned n = (unsigned)random_in(1, PORT_RX_BURST);

		for (unsigned i = 0; i < n; i++)
			pkts[i] = pkt_make_tos(IP(198, 18, random_in(0, 3) & 3, 1),
					       (uint8_t)random_u64());
		walk(pkts, n);
		offered += n;
		advance_ns(random_in(0, 1000000000));
		depart();
		ring_empty(fx.from[1]);
		ring_empty(fx.router->punt_other);
		ring_empty(fx.router->punt_control);
	}
	for (unsigned i = 0; i < fx.router->classes->n; i++)
		for (unsigned colour = 0; colour < POLICER_COLOURS; colour++)
			counted += class_counters(i)->colours.pkts[colour];
	assert_int_equal(counted + drops(0, DP_DROP_POLICED), offered);
	assert_true(drops(0, DP_DROP_CLASS_POLICED) > 0);
}

/* All old and new values of the byte over headers whose checksums take every value near a carry. */
static void changing_the_byte_keeps_the_checksum(void **state)
{
	struct rte_ipv4_hdr ip = { .version_ihl = 0x45, .time_to_live = 1 };

	(void)state;
	for (unsigned id = 0; id < 65536; id += 37) {
		for (unsigned before = 0; before < 256; before += 5) {
			ip.packet_id = (uint16_t)id;
			ip.type_of_service = (uint8_t)before;
			ip.hdr_checksum = 0;
			ip.hdr_checksum = rte_ipv4_cksum(&ip);
			ipv4_tos_set(&ip, (uint8_t)(id + before * 7));
			assert_int_equal(ip.type_of_service, (uint8_t)(id + before * 7));
			assert_int_equal(rte_raw_cksum(&ip, sizeof(ip)), 0xffff);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		CLASS_TEST(colours_are_counted_remarked_and_dropped),
		CLASS_TEST(remark_sets_the_dscp_and_keeps_ecn),
		CLASS_TEST(the_dscp_tells_the_colour),
		CLASS_TEST(a_late_aggregate_is_not_charged_for_what_the_class_drops),
		CLASS_TEST(an_early_aggregate_gets_back_what_the_class_drops),
		CLASS_TEST(a_class_is_not_charged_for_what_the_aggregate_drops),
		CLASS_TEST(a_port_of_three_colours_pays_with_its_class_or_not_at_all),
		CLASS_TEST(three_colours_need_no_class_list),
		CLASS_TEST(routing_protocols_survive_their_class),
		CLASS_TEST(nothing_is_rescued_where_none_may_be),
		CLASS_TEST(nothing_is_given_back_for_a_rescued_packet),
		CLASS_TEST(fragments_have_no_ports),
		CLASS_TEST(random_packets_are_accounted_for),
		cmocka_unit_test(changing_the_byte_keeps_the_checksum),
	};

	return turn_fixture_main(tests, RTE_DIM(tests));
}
