/*
 * Steering of control traffic: which frames the rules name, what a port does where its device takes
 * them and where it does not, and what the worker makes of two queues.
 */

#include "dataplane/port_device.h"
#include "flow_device.h"

static struct rte_mbuf *udp_make(uint32_t dst, uint16_t dst_port, unsigned frame_bytes)
{
	struct rte_mbuf *pkt = pkt_make(dst, frame_bytes);
	struct rte_udp_hdr *udp = (struct rte_udp_hdr *)(ip_of(pkt) + 1);

	udp->src_port = RTE_BE16(49152);
	udp->dst_port = rte_cpu_to_be_16(dst_port);
	return pkt;
}

static struct rte_mbuf *tcp_make(uint16_t src_port, uint16_t dst_port)
{
	struct rte_mbuf *pkt = udp_make(IP(198, 18, 0, 1), dst_port, 60);

	((struct rte_tcp_hdr *)(ip_of(pkt) + 1))->src_port = rte_cpu_to_be_16(src_port);
	ip_of(pkt)->next_proto_id = IPPROTO_TCP;
	ip_checksum(pkt);
	return pkt;
}

static struct rte_mbuf *ipv6_make(uint8_t proto, uint16_t first_word, uint16_t second_word)
{
	struct rte_mbuf *pkt = pkt_make(0, 80);
	struct rte_ipv6_hdr *ip = (struct rte_ipv6_hdr *)ip_of(pkt);
	rte_be16_t *l4 = (rte_be16_t *)(ip + 1);

	eth_of(pkt)->ether_type = RTE_BE16(RTE_ETHER_TYPE_IPV6);
	memset(ip, 0, sizeof(*ip));
	ip->vtc_flow = RTE_BE32(0x60000000);
	ip->proto = proto;
	ip->hop_limits = 255;
	l4[0] = rte_cpu_to_be_16(first_word);
	l4[1] = rte_cpu_to_be_16(second_word);
	return pkt;
}

static struct rte_mbuf *ospf_make(void)
{
	struct rte_mbuf *pkt = pkt_make(IP(224, 0, 0, 5), 80);

	ip_of(pkt)->next_proto_id = 89;
	ip_checksum(pkt);
	return pkt;
}

static struct rte_mbuf *arp_make(void)
{
	struct rte_mbuf *pkt = pkt_make(0, 60);

	eth_of(pkt)->ether_type = RTE_BE16(RTE_ETHER_TYPE_ARP);
	return pkt;
}

static void expect_queue(struct rte_mbuf *pkt, uint16_t queue)
{
	assert_int_equal(queue_of(pkt), queue);
	/* what software would look for is what the device steers, and nothing else */
	assert_int_equal(punt_is_control(pkt), queue == STEER_QUEUE);
	rte_pktmbuf_free(pkt);
}

static void every_kind_is_steered_and_nothing_else(void **state)
{
	(void)state;
	assert_true(steer_is_offered(fx.router->ports[0].eth_id));
	assert_int_equal(hw.n_rules, 0);
	assert_int_equal(steer_start(fx.router->ports[0].eth_id), 0);
	assert_int_equal(hw.n_validated, hw.n_rules);
	expect_queue(arp_make(), STEER_QUEUE);
	expect_queue(ospf_make(), STEER_QUEUE);
	for (uint16_t i = 0; i < 2; i++)
		expect_queue(udp_make(IP(198, 18, 0, 1), PUNT_PORT_BFD_CONTROL + i, 66),
			     STEER_QUEUE);
	expect_queue(udp_make(IP(198, 18, 0, 1), PUNT_PORT_BFD_MULTIHOP, 66), STEER_QUEUE);
	expect_queue(tcp_make(50000, PUNT_PORT_BGP), STEER_QUEUE);
	expect_queue(tcp_make(PUNT_PORT_BGP, 50000), STEER_QUEUE);
	expect_queue(ipv6_make(89, 0, 0), STEER_QUEUE);
	expect_queue(ipv6_make(IPPROTO_UDP, 49152, PUNT_PORT_BFD_CONTROL), STEER_QUEUE);
	expect_queue(ipv6_make(IPPROTO_UDP, 49152, PUNT_PORT_BFD_ECHO), STEER_QUEUE);
	expect_queue(ipv6_make(IPPROTO_UDP, 49152, PUNT_PORT_BFD_MULTIHOP), STEER_QUEUE);
	expect_queue(ipv6_make(IPPROTO_TCP, 50000, PUNT_PORT_BGP), STEER_QUEUE);
	expect_queue(ipv6_make(IPPROTO_TCP, PUNT_PORT_BGP, 50000), STEER_QUEUE);
	for (unsigned type = 133; type <= 137; type++)
		expect_queue(ipv6_make(IPPROTO_ICMPV6, (uint16_t)(type << 8), 0), STEER_QUEUE);
	expect_queue(udp_make(IP(198, 18, 1, 1), 53, 66), 0);
	expect_queue(udp_make(IP(198, 18, 1, 1), PUNT_PORT_BGP, 66), 0);
	expect_queue(tcp_make(50000, PUNT_PORT_BFD_CONTROL), 0);
	expect_queue(ipv6_make(IPPROTO_UDP, PUNT_PORT_BFD_CONTROL, 5000), 0);
	expect_queue(ipv6_make(IPPROTO_ICMPV6, 128 << 8, 0), 0);
	expect_queue(ipv6_make(IPPROTO_ICMPV6, 138 << 8, 0), 0);
}

/* All or nothing: who cannot steer ND steers no BFD either. */
static void a_rule_that_is_refused_refuses_all(void **state)
{
	unsigned n;

	(void)state;
	assert_int_equal(steer_start(fx.router->ports[0].eth_id), 0);
	n = hw.n_rules;
	for (unsigned i = 0; i < n; i++) {
		hw.n_validated = 0;
		hw.refuses_at = i;
		assert_false(steer_is_offered(fx.router->ports[0].eth_id));
		hw.n_rules = 0;
		hw.fails_at = i;
		assert_int_equal(steer_start(fx.router->ports[0].eth_id), -ENOSPC);
		assert_int_equal(hw.n_rules, 0);
	}
}

/* The port of the fixture, on a device with two queues. */
static void port_steer(struct port *port)
{
	port->eth_id = hw.eth_id;
	assert_int_equal(steer_start(port->eth_id), 0);
	port->steered = true;
}

static void police_everything(struct port *port)
{
	const struct policer_params params = { .unit = RATE_BITS_PER_S,
					       .rate = 1000,
					       .burst = 1518,
					       .layer = RATE_LAYER_L2,
					       .mtu_bytes = 1500 };

	assert_int_equal(policer_profile_init(&port->police, &params, clock_tsc_hz()), 0);
	policer_bucket_init(&port->police_bucket, &port->police, rte_rdtsc());
	port->has_police = true;
	/* for the next eight seconds no frame of 1000 bytes fits */
	assert_true(policer_bucket_take(&port->police, &port->police_bucket, rte_rdtsc(), 1514));
}

/* The last frame of a whole backlog: 96 of a tenant wait before it in the other queue. */
static void control_is_polled_first_and_survives(void **state)
{
	struct port *port = &fx.router->ports[0];

	(void)state;
	port_steer(port);
	police_everything(port);
	for (unsigned i = 0; i < 3 * PORT_RX_BURST; i++)
		hw_receive(pkt_make(IP(198, 18, 1, 1), 1000));
	hw_receive(udp_make(IP(198, 18, 0, 1), PUNT_PORT_BFD_CONTROL, 1000));
	turns(1);
	assert_int_equal(port->counters.punt_pkts[DP_PUNT_CONTROL], 1);
	assert_int_equal(port->counters.control_rescued_pkts, 1);
	assert_int_equal(drops(0, DP_DROP_POLICED), PORT_RX_BURST);
	turns(3);
	assert_int_equal(drops(0, DP_DROP_POLICED), 3 * PORT_RX_BURST);
	assert_int_equal(port->counters.rx_pkts, 3 * PORT_RX_BURST + 1);
}

/* The queue is not a way round the SLA: the bucket of this test holds four packets. */
static void a_flood_of_control_has_an_end(void **state)
{
	struct port *port = &fx.router->ports[0];

	(void)state;
	port_steer(port);
	police_everything(port);
	for (unsigned i = 0; i < 3 * PORT_RX_BURST; i++)
		hw_receive(udp_make(IP(198, 18, 0, 1), PUNT_PORT_BFD_CONTROL, 1000));
	turns(4);
	assert_in_range(port->counters.control_rescued_pkts, 4, 6);
	assert_int_equal(drops(0, DP_DROP_POLICED),
			 3 * PORT_RX_BURST - port->counters.control_rescued_pkts);
}

/* What the device vouches for is not looked at again. */
static void nothing_is_looked_for_in_the_other_queue(void **state)
{
	struct port *port = &fx.router->ports[0];

	(void)state;
	port_steer(port);
	police_everything(port);
	assert_int_equal(rte_ring_enqueue(hw.queues[0],
					  udp_make(IP(198, 18, 0, 1), PUNT_PORT_BFD_CONTROL, 1000)),
			 0);
	turns(1);
	assert_int_equal(drops(0, DP_DROP_POLICED), 1);
}

static void expect_queues(bool steered)
{
	static const struct dp_router_config config = {
		.name = "r",
		.n_ports = 1,
		.ports = { { .name = "p",
			     .kind = DP_DEVICE_VDEV,
			     .device = "net_null7,no-rx=1",
			     .mtu = 1500 } },
	};
	struct port *port = rte_zmalloc(NULL, sizeof(*port), RTE_CACHE_LINE_SIZE);
	struct rte_eth_rxq_info info;
	struct dp_why why = { "" };

	assert_non_null(port);
	assert_int_equal(port_device_open(port, &config, fx.router->pool, &why), 0);
	assert_int_equal(port->steered, steered);
	assert_int_equal(port->limits.control_steered, steered);
	assert_int_equal(hw.n_rules != 0, steered);
	/* net_null does not tell, but ethdev knows which queues there are */
	assert_int_equal(rte_eth_rx_queue_info_get(port->eth_id, STEER_QUEUE, &info) == -EINVAL,
			 !steered);
	port_device_close(port);
	rte_free(port);
}

static void a_port_steers_where_its_device_can(void **state)
{
	(void)state;
	expect_queues(true);
	rte_flow_flush(0, NULL);
	hw.n_validated = 0;
	hw.refuses_at = 3;
	expect_queues(false);
	hw.refuses_at = NEVER;
	hw.fails_at = 5;
	expect_queues(false);
}

static int hw_setup(void **state)
{
	if (hw.queues[0] == NULL)
		hw_make();
	hw.n_rules = hw.n_validated = 0;
	hw.refuses_at = hw.fails_at = NEVER;
	return router_reset(state);
}

/* The fixture's port gets its own device back. */
static int hw_check(void **state)
{
	struct port *port = &fx.router->ports[0];

	for (unsigned i = 0; i < STEER_QUEUES; i++)
		ring_empty(hw.queues[i]);
	port->steered = false;
	port->eth_id = 0;
	return router_check(state);
}

#define HW_TEST(f) cmocka_unit_test_setup_teardown(f, hw_setup, hw_check)

int main(void)
{
	const struct CMUnitTest tests[] = {
		HW_TEST(every_kind_is_steered_and_nothing_else),
		HW_TEST(a_rule_that_is_refused_refuses_all),
		HW_TEST(control_is_polled_first_and_survives),
		HW_TEST(a_flood_of_control_has_an_end),
		HW_TEST(nothing_is_looked_for_in_the_other_queue),
		HW_TEST(a_port_steers_where_its_device_can),
	};

	return turn_fixture_main(tests, RTE_DIM(tests));
}
