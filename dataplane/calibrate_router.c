#include "dataplane/calibrate_router.h"

#include "dataplane/class_table.h"
#include "dataplane/clock.h"
#include "dataplane/dp_route.h"
#include "dataplane/pool.h"
#include "dataplane/port_sla.h"
#include "dataplane/router.h"
#include "dataplane/routing.h"
#include "dataplane/stage.h"
#include "dataplane/turn.h"
#include "dataplane/why.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <rte_bus_vdev.h>
#include <rte_cycles.h>
#include <rte_eth_ring.h>
#include <rte_ethdev.h>
#include <rte_ip.h>
#include <rte_malloc.h>

#define RIG_PORTS 2
#define RING_PKTS 1024
#define BUFFER_PKTS 8192 /* what the rings of all ports hold, twice */
#define MTU 1500
#define INTERVAL_NS 20000U
#define CLASSES 8U /* the packets match none of the first, and so all are tried */
#define RATE_HIGH_BPS 400000000000ULL
#define FCS_BYTES 4

struct calibrate_router {
	struct dp_router *router;
	struct rte_ring *rings[2 * RIG_PORTS]; /* to and from each port */
	unsigned n_ports;		       /* with a device */
	uint16_t frame_bytes;		       /* without FCS */
	uint8_t frame[RTE_MBUF_DEFAULT_DATAROOM];
};

/* 198.18.0.0/16 is behind port 1, 198.19.0.0/16 behind port 0. */
static uint32_t network_behind(unsigned port)
{
	return RTE_IPV4(198, port == 1 ? 18 : 19, 0, 0);
}

static const uint8_t rig_mac[6] = { 2, 0, 0, 0, 0, 1 };

uint64_t calibrate_router_interval_tsc(void)
{
	return clock_ns_to_tsc(INTERVAL_NS);
}

static struct rte_ring *ring_create(const char *what)
{
	static unsigned serial;
	char name[RTE_RING_NAMESIZE];

	(void)snprintf(name, sizeof(name), "cal%u_%s", serial++, what);
	return rte_ring_create(name, RING_PKTS, (int)rte_socket_id(),
			       RING_F_SP_ENQ | RING_F_SC_DEQ);
}

static int device_create(struct rte_ring *in, struct rte_ring *out)
{
	static unsigned serial;
	char name[RTE_RING_NAMESIZE];

	(void)snprintf(name, sizeof(name), "calibrate%u", serial++);
	return rte_eth_from_rings(name, &in, 1, &out, 1, (unsigned)rte_socket_id());
}

static int port_create(struct calibrate_router *rig, unsigned index)
{
	struct port *port = &rig->router->ports[index];
	struct rte_ring **rings = &rig->rings[2 * index];
	struct rte_eth_conf conf = { 0 };
	int id;

	rings[0] = ring_create("in");
	rings[1] = ring_create("out");
	if (rings[0] == NULL || rings[1] == NULL)
		return -ENOMEM;
	id = device_create(rings[0], rings[1]);
	if (id < 0)
		return -EIO;
	port->eth_id = (uint16_t)id;
	port->index = (uint16_t)index;
	port->rx_up = port->tx_up = true;
	port->mtu = MTU;
	memcpy(&port->mac, rig_mac, sizeof(rig_mac));
	rig->n_ports++;
	if (rte_eth_dev_configure(port->eth_id, 1, 1, &conf) != 0 ||
	    rte_eth_rx_queue_setup(port->eth_id, 0, POOL_QUEUE_DESC, 0, NULL, rig->router->pool) !=
		    0 ||
	    rte_eth_tx_queue_setup(port->eth_id, 0, POOL_QUEUE_DESC, 0, NULL) != 0 ||
	    rte_eth_dev_start(port->eth_id) != 0)
		return -EIO;
	return dp_routing_port_mac_set(rig->router->routing, index, rig_mac);
}

/* To the hosts behind each port. */
static int routes_create(struct calibrate_router *rig)
{
	int err = 0;

	for (unsigned i = 0; i < RIG_PORTS && err == 0; i++) {
		struct dp_nexthop nexthop = { .kind = DP_NH_FORWARD, .port = (uint16_t)i };
		int index;

		memcpy(nexthop.dst_mac, rig_mac, sizeof(rig_mac));
		index = dp_nexthop_add(rig->router->routing, &nexthop);
		err = index < 0 ? index
				: dp_route_set(rig->router->routing, network_behind(i), 16,
					       (uint32_t)index);
	}
	return err;
}

static struct dp_sla sla_make(uint64_t rate_bps, uint64_t burst_bytes)
{
	struct dp_sla sla = { .rate = rate_bps, .burst = burst_bytes, .layer = RATE_LAYER_L2 };

	sla.actions[POLICER_RED].action = POLICER_DROP;
	return sla;
}

static void classes_fill(struct dp_router_config *config)
{
	config->n_classes = CLASSES;
	for (unsigned i = 0; i < CLASSES; i++) {
		struct dp_class_config *class = &config->classes[i];

		class->match.dscp_mask = 1ULL << (10 + i);
		class->match.protocol = DP_PROTOCOL_ANY;
		class->level = DP_LEVEL_MIN;
		class->weight = 1;
		class->has_police = true;
		class->police = sla_make(RATE_HIGH_BPS, DP_BURST_MAX_BYTES);
	}
}

static void config_fill(struct dp_router_config *config, enum dp_feature feature,
			uint16_t frame_bytes)
{
	uint64_t burst_bytes = (uint64_t)CALIBRATE_BURST_PKTS * frame_bytes;
	uint64_t rate_bps = burst_bytes * CHAR_BIT * 1000000000ULL / INTERVAL_NS;

	memset(config, 0, sizeof(*config));
	config->n_ports = RIG_PORTS;
	for (unsigned i = 0; i < RIG_PORTS; i++)
		config->ports[i].mtu = MTU;
	config->ports[0].has_police = feature == DP_FEATURE_POLICED ||
				      feature == DP_FEATURE_DROPPED;
	config->ports[0].police = sla_make(RATE_HIGH_BPS, DP_BURST_MAX_BYTES);
	if (feature == DP_FEATURE_DROPPED)
		config->ports[0].police = sla_make(RATE_MIN_BPS,
						   MTU + RTE_ETHER_HDR_LEN + FCS_BYTES);
	if (feature == DP_FEATURE_CLASSED)
		classes_fill(config);
	config->ports[1].has_shape = feature == DP_FEATURE_DIRECT || feature == DP_FEATURE_QUEUED;
	config->ports[1].shape = feature == DP_FEATURE_QUEUED
					 ? sla_make(rate_bps, 2 * burst_bytes + MTU)
					 : sla_make(RATE_HIGH_BPS, DP_BURST_MAX_BYTES);
}

static int router_make(struct calibrate_router *rig, struct dp_why *why)
{
	static struct dp_router_config config; /* control thread only; large */

	rig->router = rte_zmalloc("calibrate",
				  sizeof(*rig->router) + RIG_PORTS * sizeof(struct port),
				  RTE_CACHE_LINE_SIZE);
	if (rig->router == NULL)
		return -ENOMEM;
	/* the one with most classes */
	config_fill(&config, DP_FEATURE_CLASSED, RTE_ETHER_MIN_LEN);
	config.buffers = BUFFER_PKTS;
	(void)snprintf(config.name, sizeof(config.name), "calibrate");
	return router_base_init(rig->router, &config, why);
}

int calibrate_router_create(struct calibrate_router **result, struct dp_why *why)
{
	struct calibrate_router *rig = calloc(1, sizeof(*rig));
	int err = rig == NULL ? -ENOMEM : router_make(rig, why);

	for (unsigned i = 0; i < RIG_PORTS && err == 0; i++)
		err = port_create(rig, i);
	if (err == 0)
		err = routes_create(rig);
	if (err == 0) {
		*result = rig;
		return 0;
	}
	why_set(why, "no router to measure: %s", strerror(-err));
	calibrate_router_destroy(rig);
	return err;
}

/* A packet for a host behind the other port. */
static void frame_fill(struct calibrate_router *rig, unsigned port, uint16_t frame_bytes)
{
	struct rte_ether_hdr *eth = (struct rte_ether_hdr *)rig->frame;
	struct rte_ipv4_hdr *ip = (struct rte_ipv4_hdr *)(eth + 1);

	rig->frame_bytes = (uint16_t)(frame_bytes - FCS_BYTES);
	memset(rig->frame, 0, sizeof(rig->frame));
	memcpy(&eth->dst_addr, rig_mac, sizeof(rig_mac));
	memcpy(&eth->src_addr, rig_mac, sizeof(rig_mac));
	eth->src_addr.addr_bytes[5] = 2;
	eth->ether_type = RTE_BE16(RTE_ETHER_TYPE_IPV4);
	*ip = (struct rte_ipv4_hdr){
		.version_ihl = 0x45,
		.total_length = rte_cpu_to_be_16((uint16_t)(rig->frame_bytes - sizeof(*eth))),
		.time_to_live = 64,
		.next_proto_id = IPPROTO_UDP,
		.src_addr = RTE_BE32(RTE_IPV4(100, 64, 0, 1)),
		.dst_addr = rte_cpu_to_be_32(network_behind(1 - port) + 1),
	};
	ip->hdr_checksum = rte_ipv4_cksum(ip);
}

int calibrate_router_apply(struct calibrate_router *rig, const struct dp_router_config *config,
			   struct dp_why *why)
{
	struct dp_router *router = rig->router;
	int err = 0;

	router->config = *config;
	router->police_late = config->police_at == DP_POLICE_LATE;
	class_table_destroy(router->classes);
	router->classes = NULL;
	for (unsigned i = 0; i < RIG_PORTS && err == 0; i++) {
		struct port *port = &router->ports[i];

		port_sla_fini(port);
		port->shaper_mem = NULL;
		port->has_police = port->has_marker = port->has_meter = false;
		err = port_sla_init(port, &router->config, why);
	}
	if (err == 0 && class_table_is_needed(config)) {
		err = class_table_create(config, clock_tsc_hz(), rte_rdtsc(), &router->classes);
		if (err != 0)
			why_set(why, "no classes to measure: %s", strerror(-err));
	}
	return err;
}

int calibrate_router_set(struct calibrate_router *rig, enum dp_feature feature,
			 uint16_t frame_bytes, struct dp_why *why)
{
	static struct dp_router_config config; /* control thread only; large */

	config_fill(&config, feature, frame_bytes);
	frame_fill(rig, 0, frame_bytes);
	return calibrate_router_apply(rig, &config, why);
}

struct dp_router *calibrate_router_get(struct calibrate_router *rig)
{
	return rig->router;
}

static unsigned source(struct calibrate_router *rig, unsigned port, unsigned n_pkts)
{
	struct rte_mbuf *pkts[CALIBRATE_BURST_PKTS];

	if (rte_pktmbuf_alloc_bulk(rig->router->pool, pkts, n_pkts) != 0)
		return 0; /* shows in the counts */
	for (unsigned i = 0; i < n_pkts; i++) {
		memcpy(rte_pktmbuf_mtod(pkts[i], void *), rig->frame, rig->frame_bytes);
		pkts[i]->data_len = rig->frame_bytes;
		pkts[i]->pkt_len = rig->frame_bytes;
	}
	if (rte_ring_enqueue_bulk(rig->rings[2 * port], (void **)pkts, n_pkts, NULL) == n_pkts)
		return n_pkts;
	rte_pktmbuf_free_bulk(pkts, n_pkts);
	return 0;
}

unsigned calibrate_router_put(struct calibrate_router *rig, unsigned port, unsigned n_pkts,
			      uint16_t frame_bytes)
{
	unsigned put = 0, now;

	frame_fill(rig, port, frame_bytes);
	while (put < n_pkts) {
		now = RTE_MIN(n_pkts - put, CALIBRATE_BURST_PKTS);
		if (source(rig, port, now) == 0)
			break;
		put += now;
	}
	return put;
}

static unsigned sink(struct rte_ring *ring)
{
	struct rte_mbuf *pkts[RING_PKTS];
	unsigned n = rte_ring_dequeue_burst(ring, (void **)pkts, RING_PKTS, NULL);

	rte_pktmbuf_free_bulk(pkts, n);
	return n;
}

unsigned calibrate_router_take(struct calibrate_router *rig, unsigned port)
{
	return sink(rig->rings[2 * port + 1]);
}

void calibrate_router_pass(struct calibrate_router *from, struct calibrate_router *to)
{
	struct rte_mbuf *pkts[RING_PKTS];
	unsigned n = rte_ring_dequeue_burst(from->rings[3], (void **)pkts, RING_PKTS, NULL);
	unsigned taken = rte_ring_enqueue_burst(to->rings[0], (void **)pkts, n, NULL);

	rte_pktmbuf_free_bulk(pkts + taken, n - taken);
}

void calibrate_router_discard(struct calibrate_router *rig)
{
	for (unsigned i = 0; i < RIG_PORTS; i++)
		(void)sink(rig->rings[2 * i]);
}

uint64_t calibrate_router_turn(struct calibrate_router *rig, unsigned n_pkts)
{
	uint64_t begin_tsc, spent_tsc;

	(void)source(rig, 0, n_pkts);
	begin_tsc = rte_rdtsc();
	(void)turn_serve(rig->router, begin_tsc);
	spent_tsc = rte_rdtsc() - begin_tsc;
	(void)calibrate_router_take(rig, 1);
	return spent_tsc;
}

void calibrate_router_counts(const struct calibrate_router *rig, struct calibrate_counts *counts)
{
	const struct port *in = &rig->router->ports[0], *out = &rig->router->ports[1];
	struct shaper_class_stats stats;

	*counts = (struct calibrate_counts){ .rx_pkts = in->counters.rx_pkts,
					     .tx_pkts = out->counters.tx_pkts };
	for (unsigned reason = 0; reason < DP_DROP_COUNT; reason++)
		counts->drop_pkts += in->counters.drop_pkts[reason] +
				     out->counters.drop_pkts[reason];
	if (out->shaper != NULL &&
	    shaper_class_stats_get(out->shaper, PORT_QUEUE_TENANT, &stats) == 0)
		counts->queued_pkts = stats.enqueued_pkts;
}

static void ring_empty(struct rte_ring *ring)
{
	if (ring == NULL)
		return;
	while (rte_ring_count(ring) != 0)
		(void)sink(ring);
	rte_ring_free(ring);
}

void calibrate_router_destroy(struct calibrate_router *rig)
{
	struct dp_router *router = rig != NULL ? rig->router : NULL;

	if (router != NULL) {
		for (unsigned i = 0; i < rig->n_ports; i++) {
			port_sla_fini(&router->ports[i]);
			(void)rte_eth_dev_stop(router->ports[i].eth_id);
			(void)rte_eth_dev_close(router->ports[i].eth_id);
		}
		for (unsigned i = 0; i < RTE_DIM(rig->rings); i++)
			ring_empty(rig->rings[i]);
		router_base_fini(router);
		rte_free(router);
	}
	free(rig);
}
