/* Limits of what goes to the kernel: who shares one, and who does not. */

#include "dataplane/punt.h"
#include "turn_fixture.h"

#include <rte_arp.h>

static const uint8_t stranger_mac[6] = { 2, 0, 0, 0, 0, 0x77 };

static uint64_t punts(unsigned port, enum dp_punt punt_class)
{
	return fx.router->ports[port].counters.punt_pkts[punt_class];
}

static uint64_t punt_drops(unsigned port, enum dp_punt punt_class)
{
	return fx.router->ports[port].counters.punt_drop_pkts[punt_class];
}

static void send_and_forget(struct rte_mbuf *pkt)
{
	send_in(pkt);
	turns(1);
	ring_empty(fx.router->punt_control);
	ring_empty(fx.router->punt_other);
}

static struct rte_mbuf *arp_make(uint32_t sender, const uint8_t mac[6])
{
	struct rte_mbuf *pkt = pkt_make(0, 60);
	struct rte_arp_hdr *arp = (struct rte_arp_hdr *)(eth_of(pkt) + 1);

	memset(&eth_of(pkt)->dst_addr, 0xff, 6);
	eth_of(pkt)->ether_type = RTE_BE16(RTE_ETHER_TYPE_ARP);
	memcpy(&arp->arp_data.arp_sha, mac, 6);
	arp->arp_data.arp_sip = rte_cpu_to_be_32(sender);
	return pkt;
}

/* The fixture's known neighbours are behind port 1; a host of port 0 is added. */
static void known_neighbours_do_not_compete_with_strangers(void **state)
{
	struct dp_nexthop host = { .kind = DP_NH_FORWARD, .port = 0 };
	int index;
	unsigned i;

	(void)state;
	memcpy(host.dst_mac, peer_mac, 6);
	index = dp_nexthop_add(fx.router->routing, &host);
	assert_true(index > 0);
	dp_route_set(fx.router->routing, IP(198, 18, 2, 9), 32, (uint32_t)index);
	for (i = 0; i < 300; i++)
		send_and_forget(arp_make(IP(198, 18, 2, 1) + (i << 8), stranger_mac));
	assert_true(punt_drops(0, DP_PUNT_ARP_STRANGER) > 0);
	/* one of another MAC address may be a neighbour that moved, or anybody */
	send_and_forget(arp_make(IP(198, 18, 2, 9), stranger_mac));
	assert_int_equal(punts(0, DP_PUNT_ARP), 0);
	/* one that routing expects behind another port is a stranger as well */
	send_and_forget(arp_make(IP(198, 18, 1, 9), peer_mac));
	assert_int_equal(punts(0, DP_PUNT_ARP), 0);
	for (i = 0; i < 100; i++)
		send_and_forget(arp_make(IP(198, 18, 2, 9), peer_mac));
	assert_int_equal(punts(0, DP_PUNT_ARP), 100);
	assert_int_equal(punt_drops(0, DP_PUNT_ARP), 0);
	dp_route_del(fx.router->routing, IP(198, 18, 2, 9), 32);
}

/* What the kernel would answer to an unknown neighbour makes it look for that neighbour. */
static void unknown_sources_count_as_unknown_destinations(void **state)
{
	struct rte_mbuf *pkt = pkt_make(IP(198, 18, 0, 1), 60);

	(void)state;
	ip_of(pkt)->src_addr = rte_cpu_to_be_32(IP(198, 18, 2, 7));
	ip_checksum(pkt);
	send_and_forget(pkt);
	pkt = pkt_make(IP(198, 18, 1, 1), 60);
	ip_of(pkt)->src_addr = rte_cpu_to_be_32(IP(198, 18, 2, 7));
	ip_of(pkt)->time_to_live = 1;
	ip_checksum(pkt);
	send_and_forget(pkt);
	send_and_forget(pkt_make(IP(198, 18, 2, 1), 60));
	assert_int_equal(punts(0, DP_PUNT_NEIGHBOUR), 3);
	pkt = pkt_make(IP(198, 18, 0, 1), 60);
	ip_of(pkt)->next_proto_id = IPPROTO_ICMP;
	ip_checksum(pkt);
	send_and_forget(pkt);
	assert_int_equal(punts(0, DP_PUNT_ICMP), 1);
}

/* The kernel answers before it looks for the neighbour. */
static void an_ended_ttl_asks_for_no_neighbour(void **state)
{
	struct rte_mbuf *pkt = pkt_make(IP(198, 18, 2, 1), 60);

	(void)state;
	ip_of(pkt)->time_to_live = 1;
	ip_checksum(pkt);
	send_and_forget(pkt);
	assert_int_equal(punts(0, DP_PUNT_EXCEPTION), 1);
	assert_int_equal(punts(0, DP_PUNT_NEIGHBOUR), 0);
}

static void a_flood_of_one_port_costs_no_other(void **state)
{
	uint64_t now_tsc = rte_rdtsc();
	unsigned i;

	(void)state;
	for (i = 0; i < 1000; i++)
		send_and_forget(pkt_make(IP(198, 18, 2, 1), 60));
	assert_true(punt_drops(0, DP_PUNT_NEIGHBOUR) > 0);
	assert_int_equal(punt_drops(0, DP_PUNT_NEIGHBOUR), drops(0, DP_DROP_PUNT_LIMIT));
	for (i = 0; i < 100; i++) {
		struct rte_mbuf *pkt = pkt_make(IP(198, 18, 2, 1), 60);

		fx.router->ports[1].counters.rx_pkts++;
		punt_pkt(fx.router, &fx.router->ports[1], pkt, DP_PUNT_NEIGHBOUR, now_tsc);
	}
	assert_int_equal(punts(1, DP_PUNT_NEIGHBOUR), 100);
}

/* The rescue bucket of the fixture holds four packets. */
static void arp_does_not_use_up_what_rescues_hellos(void **state)
{
	struct port *port = &fx.router->ports[0];
	struct rte_mbuf *arp = arp_make(IP(198, 18, 2, 9), stranger_mac);
	struct rte_mbuf *hello = pkt_make(IP(224, 0, 0, 5), 80);
	uint64_t now_tsc = rte_rdtsc();
	unsigned i;

	(void)state;
	ip_of(hello)->next_proto_id = 89;
	for (i = 0; i < 100; i++)
		punt_rescue(port, arp, now_tsc);
	assert_false(punt_rescue(port, arp, now_tsc));
	assert_true(punt_rescue(port, hello, now_tsc));
	rte_pktmbuf_free(arp);
	rte_pktmbuf_free(hello);
}

static void limits_are_configurable(void **state)
{
	struct policer_bucket *bucket = &fx.router->ports[0].punt_buckets[DP_PUNT_ICMP];
	const struct policer_profile *profile = &fx.router->punt_profiles[DP_PUNT_ICMP];
	uint64_t now_tsc = rte_rdtsc();

	(void)state;
	fx.router->config.punt_pps[DP_PUNT_ICMP] = 7;
	assert_int_equal(punt_init(fx.router, now_tsc), 0);
	while (policer_bucket_take(profile, bucket, now_tsc, 60))
		;
	assert_int_equal(
		policer_bucket_tokens(profile, bucket, now_tsc + clock_tsc_hz() / 100 * 101), 7);
	fx.router->config.punt_pps[DP_PUNT_ICMP] = 0;
	assert_int_equal(punt_init(fx.router, now_tsc), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TURN_TEST(known_neighbours_do_not_compete_with_strangers),
		TURN_TEST(unknown_sources_count_as_unknown_destinations),
		TURN_TEST(an_ended_ttl_asks_for_no_neighbour),
		TURN_TEST(a_flood_of_one_port_costs_no_other),
		TURN_TEST(arp_does_not_use_up_what_rescues_hellos),
		TURN_TEST(limits_are_configurable),
	};

	return turn_fixture_main(tests, RTE_DIM(tests));
}
