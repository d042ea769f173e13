#ifndef BENCH_DATAPLANE_TURN_RIG_H
#define BENCH_DATAPLANE_TURN_RIG_H

/*
 * A router in this process whose turns the caller takes itself. Both ports share one ring: what
 * leaves by port 1 comes in by port 0, because the nexthop's MAC address is that of port 0. So
 * there is no driver but two calls of DPDK's ring device, and no packet is ever made anew. TTLs are
 * restored before they run out, between turns, at a cost of one pass in 128.
 */

#include "bench/dataplane/bench_eal.h"
#include "dataplane/clock.h"
#include "dataplane/dp_route.h"
#include "dataplane/pool.h"
#include "dataplane/punt.h"
#include "dataplane/routing.h"
#include "dataplane/stage.h"
#include "dataplane/turn.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <rte_cycles.h>
#include <rte_eth_ring.h>
#include <rte_ethdev.h>
#include <rte_ip.h>
#include <rte_malloc.h>

#define RIG_PORTS 2
#define RIG_RING_PKTS 8192U
#define RIG_PASSES 128U /* turns of all packets before TTLs are restored */
#define RIG_RATE_BPS 400000000000ULL
#define RIG_BURST_BYTES 1000000U
#define RIG_MTU 1500
#define RIG_ADDRS (1U << 22)

/*
 * The rig turns large packets around faster than the highest rate that there is. Policer and shaper
 * are told a slower clock, so that every packet conforms.
 */
static inline uint64_t rig_ticks_hz(void)
{
	return clock_tsc_hz() / 8;
}

static const uint8_t rig_mac[6] = { 2, 0, 0, 0, 0, 1 };

/* The one rig of a process. */
struct rig {
	struct dp_router *router;
	struct rte_ring *loop;
	void *shaper_mem;
	uint32_t nexthop;
	uint32_t n_routes, n_pkts;
	uint32_t *prefixes; /* host byte order, one per route */
	uint8_t *depths;
	struct rte_mbuf *pkts[RIG_RING_PKTS];
};

static inline uint32_t rig_random(uint64_t *state)
{
	*state = *state * 6364136223846793005ULL + 1442695040888963407ULL;
	return (uint32_t)(*state >> 32);
}

static inline void rig_fail(const char *what)
{
	fprintf(stderr, "not runnable: %s\n", what);
	exit(1);
}

static inline void rig_port_init(struct rig *rig, unsigned index)
{
	struct port *port = &rig->router->ports[index];
	const struct policer_params police = { RATE_BITS_PER_S, RIG_RATE_BPS, RIG_BURST_BYTES,
					       RATE_LAYER_L2, RIG_MTU };
	const struct policer_params rescue = { .unit = RATE_PKTS_PER_S, .rate = 1, .burst = 4 };
	struct rte_eth_conf conf = { 0 };
	char name[16];
	int eth_id;

	snprintf(name, sizeof(name), "rig%u", index);
	/* each direction that is not used has a ring of its own, which stays empty */
	struct rte_ring *unused = rte_ring_create(name, 64, 0, RING_F_SP_ENQ | RING_F_SC_DEQ);
	eth_id = rte_eth_from_rings(name, index == 0 ? &rig->loop : &unused, 1,
				    index == 0 ? &unused : &rig->loop, 1, 0);
	if (eth_id < 0 || rte_eth_dev_configure((uint16_t)eth_id, 1, 1, &conf) != 0 ||
	    rte_eth_rx_queue_setup((uint16_t)eth_id, 0, 64, 0, NULL, rig->router->pool) != 0 ||
	    rte_eth_tx_queue_setup((uint16_t)eth_id, 0, 64, 0, NULL) != 0 ||
	    rte_eth_dev_start((uint16_t)eth_id) != 0)
		rig_fail("DPDK makes no ring device");
	port->eth_id = (uint16_t)eth_id;
	port->index = (uint16_t)index;
	port->rx_up = port->tx_up = true;
	port->mtu = RIG_MTU;
	for (unsigned i = 0; i < DP_CLASSES_ALL; i++)
		port->bound_tsc[i] = UINT64_MAX;
	memcpy(&port->mac, rig_mac, sizeof(rig_mac));
	if (policer_profile_init(&port->police, &police, rig_ticks_hz()) != 0 ||
	    policer_profile_init(&port->rescue, &rescue, clock_tsc_hz()) != 0)
		rig_fail("a policer's profile is refused");
	policer_bucket_init(&port->police_bucket, &port->police, rte_rdtsc());
	dp_routing_port_mac_set(rig->router->routing, index, rig_mac);
}

/* The early policer on the input, the shaper on the output. */
static inline void rig_sla_set(struct rig *rig, bool police, bool shape)
{
	struct port *out = &rig->router->ports[1];
	struct shaper_params params = {
		.ticks_hz = rig_ticks_hz(),
		.layer = RATE_LAYER_L2,
		.max_frame_bytes = RIG_MTU + RTE_ETHER_HDR_LEN,
		.aggregate = { .rate_bps = RIG_RATE_BPS, .burst_bytes = RIG_BURST_BYTES },
		.nclasses = 2,
	};
	unsigned i;

	for (i = 0; i < params.nclasses; i++)
		params.classes[i] = (struct shaper_class_params){ .level = i,
								  .weight = 1,
								  .quota_pkts = 4096 };
	rig->router->ports[0].has_police = police;
	rte_free(rig->shaper_mem);
	rig->shaper_mem = NULL;
	out->shaper = NULL;
	if (!shape)
		return;
	rig->shaper_mem = rte_malloc(NULL, shaper_mem_bytes(&params), SHAPER_MEM_ALIGN);
	if (rig->shaper_mem == NULL ||
	    shaper_init(rig->shaper_mem, &params, rte_rdtsc(), &out->shaper) != 0)
		rig_fail("the shaper is refused");
}

static inline struct rig *rig_create(uint32_t pool_pkts)
{
	struct rig *rig = calloc(1, sizeof(*rig));
	struct dp_router *router = rte_zmalloc(
		NULL, sizeof(*router) + RIG_PORTS * sizeof(struct port), RTE_CACHE_LINE_SIZE);
	struct dp_nexthop nexthop = { .kind = DP_NH_FORWARD, .port = 1 };
	int index;

	if (rig == NULL || router == NULL)
		rig_fail("no memory");
	rig->router = router;
	rig->loop = rte_ring_create("loop", RIG_RING_PKTS * 2, 0, RING_F_SP_ENQ | RING_F_SC_DEQ);
	router->n_ports = RIG_PORTS;
	router->pool = pool_create("rig", pool_pkts, RIG_MTU);
	router->routing = dp_routing_create();
	router->punt_control = rte_ring_create("pc", 256, 0, RING_F_SP_ENQ | RING_F_SC_DEQ);
	router->punt_other = rte_ring_create("po", 256, 0, RING_F_SP_ENQ | RING_F_SC_DEQ);
	router->inject = rte_ring_create("in", 256, 0, RING_F_SP_ENQ | RING_F_SC_DEQ);
	router->sojourn = sojourn_create(1);
	if (router->sojourn == NULL || router->pool == NULL || router->routing == NULL ||
	    rig->loop == NULL || router->inject == NULL || punt_init(router, rte_rdtsc()) != 0)
		rig_fail("no memory for a router");
	rig_port_init(rig, 0);
	rig_port_init(rig, 1);
	memcpy(nexthop.dst_mac, rig_mac, sizeof(rig_mac));
	index = dp_nexthop_add(router->routing, &nexthop);
	if (index < 0)
		rig_fail("no nexthop");
	rig->nexthop = (uint32_t)index;
	rig_sla_set(rig, true, true);
	return rig;
}

/* Adds random routes, two thirds of them /24, until there are so many. */
static inline void rig_routes_set(struct rig *rig, uint32_t n_routes)
{
	static uint64_t random = 1;
	uint32_t *prefixes = realloc(rig->prefixes, n_routes * sizeof(*prefixes));
	uint8_t *depths = realloc(rig->depths, n_routes);

	if (prefixes == NULL || depths == NULL)
		rig_fail("no memory for routes");
	rig->prefixes = prefixes;
	rig->depths = depths;
	while (rig->n_routes < n_routes) {
		uint32_t depth = rig_random(&random) % 3 == 0 ? 16 + rig_random(&random) % 8 : 24;
		/* first octets 1 to 126: plain unicast */
		uint32_t address = (1 + rig_random(&random) % 126) << 24 | rig_random(&random) >> 8;

		address &= UINT32_MAX << (32 - depth);
		if (dp_route_set(rig->router->routing, address, (uint8_t)depth, rig->nexthop) != 0)
			rig_fail("a route is refused");
		prefixes[rig->n_routes] = address;
		depths[rig->n_routes++] = (uint8_t)depth;
	}
}

/* An address under one of the first n routes. */
static inline uint32_t rig_address(const struct rig *rig, uint64_t *random, uint32_t n)
{
	uint32_t i = rig_random(random) % n;

	return rig->prefixes[i] | (rig_random(random) >> rig->depths[i]);
}

static inline void rig_pkt_fill(struct rte_mbuf *pkt, uint32_t dst, uint32_t frame_bytes)
{
	struct rte_ether_hdr *eth = rte_pktmbuf_mtod(pkt, struct rte_ether_hdr *);
	struct rte_ipv4_hdr *ip = (struct rte_ipv4_hdr *)(eth + 1);

	memset(eth, 0, frame_bytes);
	memcpy(&eth->dst_addr, rig_mac, sizeof(rig_mac));
	eth->ether_type = RTE_BE16(RTE_ETHER_TYPE_IPV4);
	ip->version_ihl = 0x45;
	ip->total_length = rte_cpu_to_be_16((uint16_t)(frame_bytes - sizeof(*eth)));
	ip->time_to_live = UINT8_MAX;
	ip->next_proto_id = IPPROTO_UDP;
	ip->src_addr = RTE_BE32(RTE_IPV4(100, 64, 0, 1));
	ip->dst_addr = rte_cpu_to_be_32(dst);
	ip->hdr_checksum = rte_ipv4_cksum(ip);
	pkt->data_len = (uint16_t)frame_bytes;
	pkt->pkt_len = frame_bytes;
}

/*
 * Fills the loop with n packets, a multiple of 32, to n_dst of the routes; frame lengths without
 * FCS in turn.
 */
static inline void rig_pkts_set(struct rig *rig, uint32_t n, uint32_t n_dst,
				const uint16_t *frame_bytes, unsigned n_lens)
{
	uint64_t random = 2;
	void *old = NULL;

	while (rte_ring_dequeue(rig->loop, &old) == 0)
		rte_pktmbuf_free(old);
	for (uint32_t i = 0; i < n; i++) {
		rig->pkts[i] = rte_pktmbuf_alloc(rig->router->pool);
		if (rig->pkts[i] == NULL)
			rig_fail("no memory for packets");
		rig_pkt_fill(rig->pkts[i], rig_address(rig, &random, n_dst),
			     frame_bytes[i % n_lens]);
		rte_ring_enqueue(rig->loop, rig->pkts[i]);
	}
	rig->n_pkts = n;
}

static inline void rig_ttls_restore(struct rig *rig)
{
	for (uint32_t i = 0; i < rig->n_pkts; i++) {
		struct rte_ipv4_hdr *ip = rte_pktmbuf_mtod_offset(
			rig->pkts[i], struct rte_ipv4_hdr *, RTE_ETHER_HDR_LEN);
		uint32_t sum;

		/* each decrement added 0x0100 to the checksum; the missing ones are taken back */
		sum = rte_be_to_cpu_16(ip->hdr_checksum) + 0xffff -
		      ((uint32_t)(UINT8_MAX - ip->time_to_live) << 8);
		sum = (sum & 0xffff) + (sum >> 16);
		ip->hdr_checksum = rte_cpu_to_be_16((uint16_t)sum);
		ip->time_to_live = UINT8_MAX;
	}
}

/* Takes turns until so many packets went around; exits when one is lost. */
static inline void rig_turns(struct rig *rig, uint32_t pkts)
{
	static uint32_t since_restored;
	uint64_t before = rig->router->ports[1].counters.tx_pkts;
	uint32_t i;

	for (i = 0; i < pkts; i += PORT_RX_BURST)
		turn_serve(rig->router, rte_rdtsc());
	if (rig->router->ports[1].counters.tx_pkts - before != pkts)
		rig_fail("packets were lost on the way round");
	since_restored += pkts;
	if (since_restored < RIG_PASSES * rig->n_pkts)
		return;
	since_restored = 0;
	rig_ttls_restore(rig);
}

/** Puts a burst for stages alone back into the state after receiving the rig's first packets. */
static inline void rig_burst_reset(const struct rig *rig, struct stage_burst *burst)
{
	memcpy(burst->pkts, rig->pkts, sizeof(burst->pkts));
	burst->n = PORT_RX_BURST;
}

/** Makes such a burst, parsed. */
static inline void rig_burst_prepare(const struct rig *rig, struct stage_burst *burst)
{
	*burst = (struct stage_burst){
		.router = rig->router,
		.port = &rig->router->ports[0],
		.now_tsc = rte_rdtsc(),
	};
	rig_burst_reset(rig, burst);
	stage_parse(burst);
}

#endif
