#ifndef TESTS_DATAPLANE_TURN_FIXTURE_H
#define TESTS_DATAPLANE_TURN_FIXTURE_H

/*
 * A router on real ring devices whose turns the test takes itself, without a worker. After every
 * test the ledger must balance and every packet must be back in the pool.
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
/* RTE_IPV4() shifts signed numbers into the sign. */
#define IP(a, b, c, d)                                                                             \
	((uint32_t)(a) << 24 | (uint32_t)(b) << 16 | (uint32_t)(c) << 8 | (uint32_t)(d))

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

static inline void port_make(unsigned index)
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

/* A shaper of the port, for frames with FCS: the router's own queue and the tenant's behind it. */
static inline void port_shaper_make(struct port *port, uint64_t rate_bps, uint64_t burst_bytes)
{
	static struct shaper_params params;
	const struct shaper_class_params queue = { .weight = 1, .quota_pkts = 4096 };

	params = (struct shaper_params){
		.ticks_hz = clock_tsc_hz(),
		.layer = RATE_LAYER_L2,
		.max_frame_bytes = 1514,
		.aggregate = { .rate_bps = rate_bps, .burst_bytes = burst_bytes },
		.nclasses = 2,
		.classes = { queue, queue },
	};
	params.classes[PORT_QUEUE_TENANT].level = 1;
	port->shaper_mem = rte_malloc(NULL, shaper_mem_bytes(&params), SHAPER_MEM_ALIGN);
	assert_int_equal(shaper_init(port->shaper_mem, &params, rte_rdtsc(), &port->shaper), 0);
	port->shape_adjust_bytes = 4;
}

static inline uint32_t nexthop_make(enum dp_nh_kind kind)
{
	struct dp_nexthop nexthop = { .kind = kind, .port = 1 };
	int index;

	memcpy(nexthop.dst_mac, peer_mac, 6);
	index = dp_nexthop_add(fx.router->routing, &nexthop);
	assert_true(index > 0);
	return (uint32_t)index;
}

static inline int group_setup(void **state)
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
	assert_int_equal(punt_init(router, rte_rdtsc()), 0);
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

static inline int group_teardown(void **state)
{
	(void)state;
	dp_routing_destroy(fx.router->routing);
	return 0;
}

static inline int router_reset(void **state)
{
	unsigned i;

	(void)state;
	for (i = 0; i < N_PORTS; i++) {
		struct port *port = &fx.router->ports[i];

		memset(&port->counters, 0, sizeof(port->counters));
		port->rx_up = port->tx_up = true;
		port->mtu = 1500;
		port->has_police = false;
		port->backlogs[0] = (struct port_backlog){ 0 };
		port->backlogs[0].since_tsc = port->backlogs[0].half_tsc = rte_rdtsc();
		port->backlogs[0].empty_tsc = port->backlogs[0].since_tsc;
		for (unsigned j = 0; j < DP_CLASSES_ALL; j++)
			port->bound_tsc[j] = UINT64_MAX;
		policer_bucket_init(&port->rescue_bucket, &port->rescue, rte_rdtsc());
		policer_bucket_init(&port->rescue_neigh_bucket, &port->rescue, rte_rdtsc());
		punt_port_reset(fx.router, port, rte_rdtsc());
	}
	fx.router->police_late = false;
	sojourn_destroy(fx.router->sojourn);
	fx.router->sojourn = sojourn_create(DP_CLASSES_ALL);
	assert_non_null(fx.router->sojourn);
	fx.baseline = rte_mempool_in_use_count(fx.router->pool);
	return 0;
}

static inline void ring_empty(struct rte_ring *ring)
{
	void *pkt;

	while (rte_ring_dequeue(ring, &pkt) == 0)
		rte_pktmbuf_free(pkt);
}

/* After every test: the ledger balances and no packet is lost from the pool. */
static inline int router_check(void **state)
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
		tx_queue_flush(&fx.router->ports[i].tx);
	}
	ring_empty(fx.router->punt_control);
	ring_empty(fx.router->punt_other);
	return rte_mempool_in_use_count(fx.router->pool) == fx.baseline ? 0 : -1;
}

static inline struct rte_mbuf *pkt_make(uint32_t dst, unsigned frame_bytes)
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

static inline struct rte_ether_hdr *eth_of(struct rte_mbuf *pkt)
{
	return rte_pktmbuf_mtod(pkt, struct rte_ether_hdr *);
}

static inline struct rte_ipv4_hdr *ip_of(struct rte_mbuf *pkt)
{
	return (struct rte_ipv4_hdr *)(eth_of(pkt) + 1);
}

static inline void ip_checksum(struct rte_mbuf *pkt)
{
	ip_of(pkt)->hdr_checksum = 0;
	ip_of(pkt)->hdr_checksum = rte_ipv4_cksum(ip_of(pkt));
}

static inline void send_in(struct rte_mbuf *pkt)
{
	assert_int_equal(rte_ring_enqueue(fx.to[0], pkt), 0);
}

static inline void turns(unsigned n)
{
	while (n-- > 0)
		turn_serve(fx.router, rte_rdtsc());
}

static inline uint64_t drops(unsigned port, enum dp_drop reason)
{
	return fx.router->ports[port].counters.drop_pkts[reason];
}

/** Starts EAL without hugepages, devices or files, and runs the tests. */
static inline int turn_fixture_main(const struct CMUnitTest *tests, size_t n_tests)
{
	char *argv[] = { (char[]){ "test" },
			 (char[]){ "--no-huge" },
			 (char[]){ "--no-shconf" },
			 (char[]){ "--no-pci" },
			 (char[]){ "--no-telemetry" },
			 (char[]){ "-m" },
			 (char[]){ "128" },
			 (char[]){ "--log-level=*:error" },
			 (char[]){ "--lcores=0" } };

	if (rte_eal_init((int)RTE_DIM(argv), argv) < 0)
		return 1;
	clock_calibrate();
	return _cmocka_run_group_tests("turn", tests, n_tests, group_setup, group_teardown);
}

#define TURN_TEST(f) cmocka_unit_test_setup_teardown(f, router_reset, router_check)

#endif
