/*
 * A router's turn on real ring devices: what comes out, what is counted, and that the ledger
 * balances whatever goes in. No worker runs; the test takes the turns itself.
 */

#include "dataplane/clock.h"
#include "dataplane/dp_route.h"
#include "dataplane/dp_stats.h"
#include "dataplane/pool.h"
#include "dataplane/punt.h"
#include "dataplane/routing.h"
#include "dataplane/turn.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <rte_cycles.h>
#include <rte_eal.h>
#include <rte_eth_ring.h>
#include <rte_ethdev.h>
#include <rte_ip.h>
#include <rte_malloc.h>
#include <rte_udp.h>

#include <cmocka.h>

#define N_PORTS 2
#define RING_PKTS 1024
#define IP(a, b, c, d) RTE_IPV4(a, b, c, d)

static const uint8_t port_macs[N_PORTS][6] = { { 2, 0, 0, 0, 0, 1 }, { 2, 0, 0, 0, 0, 2 } };
static const uint8_t peer_mac[6] = { 2, 0, 0, 0, 0, 9 };

struct fixture {
	struct dp_router *router;
	struct rte_ring *to[N_PORTS];	/* test -> port */
	struct rte_ring *from[N_PORTS]; /* port -> test */
	uint32_t forward, local, glean, blackhole;
	unsigned baseline; /* packets out of the pool before the test */
};

static struct fixture fx;

static void port_make(unsigned index)
{
	struct port *port = &fx.router->ports[index];
	const struct policer_params rescue = { .unit = RATE_PKTS_PER_S, .rate = 1, .burst = 4 };
	struct rte_eth_conf conf = { 0 };
	char name[32];

	snprintf(name, sizeof(name), "to%u", index);
	fx.to[index] = rte_ring_create(name, RING_PKTS, 0, 0);
	snprintf(name, sizeof(name), "from%u", index);
	fx.from[index] = rte_ring_create(name, RING_PKTS, 0, 0);
	snprintf(name, sizeof(name), "t%u", index);
	port->eth_id = (uint16_t)rte_eth_from_rings(name, &fx.to[index], 1, &fx.from[index], 1, 0);
	assert_int_equal(rte_eth_dev_configure(port->eth_id, 1, 1, &conf), 0);
	assert_int_equal(rte_eth_rx_queue_setup(port->eth_id, 0, 64, 0, NULL, fx.router->pool), 0);
	assert_int_equal(rte_eth_tx_queue_setup(port->eth_id, 0, 64, 0, NULL), 0);
	assert_int_equal(rte_eth_dev_start(port->eth_id), 0);
	port->index = (uint16_t)index;
	memcpy(&port->mac, port_macs[index], 6);
	assert_int_equal(policer_profile_init(&port->rescue, &rescue, clock_tsc_hz()), 0);
	dp_routing_port_mac_set(fx.router->routing, index, port_macs[index]);
}

static uint32_t nexthop_make(enum dp_nh_kind kind)
{
	struct dp_nexthop nexthop = { .kind = kind, .port = 1 };
	int index;

	memcpy(nexthop.dst_mac, peer_mac, 6);
	index = dp_nexthop_add(fx.router->routing, &nexthop);
	assert_true(index > 0);
	return (uint32_t)index;
}

static int group_setup(void **state)
{
	struct dp_router *router = rte_zmalloc(
		NULL, sizeof(*router) + N_PORTS * sizeof(struct port), RTE_CACHE_LINE_SIZE);

	(void)state;
	fx.router = router;
	router->n_ports = N_PORTS;
	router->pool = pool_create("test", 8191, 1500);
	router->routing = dp_routing_create();
	router->punt_control = rte_ring_create("pc", 256, 0, RING_F_SP_ENQ | RING_F_SC_DEQ);
	router->punt_other = rte_ring_create("po", 256, 0, RING_F_SP_ENQ | RING_F_SC_DEQ);
	router->inject = rte_ring_create("in", 256, 0, RING_F_SP_ENQ | RING_F_SC_DEQ);
	assert_int_equal(punt_init(router), 0);
	port_make(0);
	port_make(1);
	fx.forward = nexthop_make(DP_NH_FORWARD);
	fx.local = nexthop_make(DP_NH_LOCAL);
	fx.glean = nexthop_make(DP_NH_GLEAN);
	fx.blackhole = nexthop_make(DP_NH_BLACKHOLE);
	dp_route_set(router->routing, IP(198, 18, 1, 0), 24, fx.forward);
	dp_route_set(router->routing, IP(198, 18, 0, 1), 32, fx.local);
	dp_route_set(router->routing, IP(198, 18, 2, 0), 24, fx.glean);
	dp_route_set(router->routing, IP(198, 18, 3, 0), 24, fx.blackhole);
	return 0;
}

static int router_reset(void **state)
{
	unsigned i;

	(void)state;
	for (i = 0; i < N_PORTS; i++) {
		struct port *port = &fx.router->ports[i];

		memset(&port->counters, 0, sizeof(port->counters));
		port->rx_up = port->tx_up = true;
		port->mtu = 1500;
		port->has_police = false;
		port->bound_tsc = UINT64_MAX;
		policer_bucket_init(&port->rescue_bucket, &port->rescue, rte_rdtsc());
	}
	fx.router->police_late = false;
	lat_hist_init(&fx.router->latency);
	for (i = 0; i < DP_PUNT_COUNT; i++)
		policer_bucket_init(&fx.router->punt_buckets[i], &fx.router->punt_profiles[i],
				    rte_rdtsc());
	fx.baseline = rte_mempool_in_use_count(fx.router->pool);
	return 0;
}

static void ring_empty(struct rte_ring *ring)
{
	void *pkt;

	while (rte_ring_dequeue(ring, &pkt) == 0)
		rte_pktmbuf_free(pkt);
}

/* After every test: the ledger balances and no packet is lost from the pool. */
static int router_check(void **state)
{
	struct dp_ledger ledger;
	unsigned i;

	(void)state;
	dp_ledger_get(fx.router, &ledger);
	if (ledger.in_pkts != ledger.out_pkts) {
		fprintf(stderr, "ledger: in %lu, out %lu\n", ledger.in_pkts, ledger.out_pkts);
		return -1;
	}
	for (i = 0; i < N_PORTS; i++) {
		ring_empty(fx.to[i]);
		ring_empty(fx.from[i]);
		rte_pktmbuf_free_bulk(fx.router->ports[i].tx, fx.router->ports[i].n_tx);
		fx.router->ports[i].n_tx = 0;
	}
	ring_empty(fx.router->punt_control);
	ring_empty(fx.router->punt_other);
	return rte_mempool_in_use_count(fx.router->pool) == fx.baseline ? 0 : -1;
}

static struct rte_mbuf *pkt_make(uint32_t dst, unsigned frame_bytes)
{
	struct rte_mbuf *pkt = rte_pktmbuf_alloc(fx.router->pool);
	struct rte_ether_hdr *eth;
	struct rte_ipv4_hdr *ip;

	assert_non_null(pkt);
	pkt->data_len = (uint16_t)frame_bytes;
	pkt->pkt_len = frame_bytes;
	eth = rte_pktmbuf_mtod(pkt, struct rte_ether_hdr *);
	memset(eth, 0, frame_bytes);
	memcpy(&eth->dst_addr, port_macs[0], 6);
	memcpy(&eth->src_addr, peer_mac, 6);
	eth->ether_type = RTE_BE16(RTE_ETHER_TYPE_IPV4);
	ip = (struct rte_ipv4_hdr *)(eth + 1);
	ip->version_ihl = 0x45;
	ip->total_length = rte_cpu_to_be_16((uint16_t)(frame_bytes - sizeof(*eth)));
	ip->time_to_live = 64;
	ip->next_proto_id = IPPROTO_UDP;
	ip->src_addr = rte_cpu_to_be_32(IP(198, 18, 9, 9));
	ip->dst_addr = rte_cpu_to_be_32(dst);
	ip->hdr_checksum = rte_ipv4_cksum(ip);
	return pkt;
}

static struct rte_ether_hdr *eth_of(struct rte_mbuf *pkt)
{
	return rte_pktmbuf_mtod(pkt, struct rte_ether_hdr *);
}

static struct rte_ipv4_hdr *ip_of(struct rte_mbuf *pkt)
{
	return (struct rte_ipv4_hdr *)(eth_of(pkt) + 1);
}

static void ip_checksum(struct rte_mbuf *pkt)
{
	ip_of(pkt)->hdr_checksum = 0;
	ip_of(pkt)->hdr_checksum = rte_ipv4_cksum(ip_of(pkt));
}

static void send_in(struct rte_mbuf *pkt)
{
	assert_int_equal(rte_ring_enqueue(fx.to[0], pkt), 0);
}

static void turns(unsigned n)
{
	while (n-- > 0)
		turn_serve(fx.router, rte_rdtsc());
}

static uint64_t drops(unsigned port, enum dp_drop reason)
{
	return fx.router->ports[port].counters.drop_pkts[reason];
}

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
	assert_int_equal(lat_hist_count(&fx.router->latency), 100);
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
	expect_punt(pkt_make(IP(198, 18, 2, 1), 60), DP_PUNT_EXCEPTION, fx.router->punt_other);
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
	expect_punt(pkt, DP_PUNT_ARP, fx.router->punt_control);

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
		send_in(pkt_make(IP(198, 18, 2, 1), 60));
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
	assert_int_equal(fx.router->ports[1].n_tx, PORT_TX_PKTS);
	assert_int_equal(drops(1, DP_DROP_TX_FULL), sent - (RING_PKTS - 1) - PORT_TX_PKTS);
	ring_empty(fx.from[1]);
	turns(1);
	assert_int_equal(fx.router->ports[1].n_tx, 0);
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
	char *argv[] = { (char[]){ "test_turn" },
			 (char[]){ "--no-huge" },
			 (char[]){ "--no-shconf" },
			 (char[]){ "--no-pci" },
			 (char[]){ "--no-telemetry" },
			 (char[]){ "-m" },
			 (char[]){ "128" },
			 (char[]){ "--log-level=*:error" },
			 (char[]){ "--lcores=0" } };
	const struct CMUnitTest tests[] = {
#define TURN_TEST(f) cmocka_unit_test_setup_teardown(f, router_reset, router_check)
		TURN_TEST(forwards_and_rewrites),
		TURN_TEST(checksum_survives_every_carry),
		TURN_TEST(malformed_packets_are_dropped_by_name),
		TURN_TEST(exceptions_go_to_the_kernel_by_class),
		TURN_TEST(punt_classes_have_a_limit),
		TURN_TEST(early_policer_passes_the_burst),
		TURN_TEST(late_policer_passes_the_same),
		TURN_TEST(routing_protocols_survive_the_policer),
		TURN_TEST(what_the_device_refuses_waits_then_drops),
		TURN_TEST(a_down_port_neither_receives_nor_sends),
		TURN_TEST(what_the_kernel_sends_leaves_by_its_port),
		TURN_TEST(any_bytes_are_accounted_for),
	};

	if (rte_eal_init((int)RTE_DIM(argv), argv) < 0)
		return 1;
	clock_calibrate();
	return cmocka_run_group_tests(tests, group_setup, NULL);
}
