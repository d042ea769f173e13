#ifndef BENCH_DATAPLANE_RING_ROUTER_H
#define BENCH_DATAPLANE_RING_ROUTER_H

/*
 * A router with two ports on rings, built as the product builds it but for devices, twins and
 * worker: the bench takes its turns itself. 198.18.0.0/16 lies behind port 1.
 */

#include "bench/dataplane/bench_eal.h"
#include "dataplane/class_table.h"
#include "dataplane/clock.h"
#include "dataplane/dp_route.h"
#include "dataplane/pool.h"
#include "dataplane/port_sla.h"
#include "dataplane/punt.h"
#include "dataplane/routing.h"
#include "dataplane/stage.h"
#include "dataplane/turn.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <rte_cycles.h>
#include <rte_eth_ring.h>
#include <rte_ethdev.h>
#include <rte_ip.h>
#include <rte_malloc.h>
#include <rte_udp.h>

#define RING_ROUTER_PORTS 2
#define RING_ROUTER_DST ((uint32_t)198 << 24 | (uint32_t)18 << 16)

struct ring_router {
	struct dp_router *router;
	struct rte_ring *to;   /* bench -> port 0; one that is there already is taken */
	struct rte_ring *from; /* port 1 -> bench */
	uint32_t pool_pkts;    /* 0: as many as any bench needs */
};

static const uint8_t ring_router_mac[6] = { 2, 0, 0, 0, 0, 1 };

static inline void ring_router_must(bool good, const char *what)
{
	if (good)
		return;
	fprintf(stderr, "not runnable: %s failed\n", what);
	exit(1);
}

/* Several routers of a process have rings of their own. */
static inline struct rte_ring *ring_router_ring(const char *what, unsigned pkts)
{
	static unsigned serial;
	char name[RTE_RING_NAMESIZE];
	struct rte_ring *ring;

	snprintf(name, sizeof(name), "%s%u", what, serial++);
	ring = rte_ring_create(name, pkts, 0, RING_F_SP_ENQ | RING_F_SC_DEQ);
	ring_router_must(ring != NULL, "ring");
	return ring;
}

static inline void ring_router_port(struct ring_router *ring, unsigned index)
{
	struct port *port = &ring->router->ports[index];
	struct rte_ring *in = index == 0 && ring->to != NULL ? ring->to
							     : ring_router_ring("to", 1024);
	struct rte_ring *out = ring_router_ring("from", 4096);
	struct rte_eth_conf conf = { 0 };
	int id = rte_eth_from_rings(out->name, &in, 1, &out, 1, 0);

	ring_router_must(id >= 0 && rte_eth_dev_configure((uint16_t)id, 1, 1, &conf) == 0 &&
				 rte_eth_rx_queue_setup((uint16_t)id, 0, 64, 0, NULL,
							ring->router->pool) == 0 &&
				 rte_eth_tx_queue_setup((uint16_t)id, 0, 64, 0, NULL) == 0 &&
				 rte_eth_dev_start((uint16_t)id) == 0,
			 "ring device");
	port->eth_id = (uint16_t)id;
	port->index = (uint16_t)index;
	port->rx_up = port->tx_up = true;
	port->mtu = 1500;
	memcpy(&port->mac, ring_router_mac, sizeof(ring_router_mac));
	dp_routing_port_mac_set(ring->router->routing, index, ring_router_mac);
	ring->to = index == 0 ? in : ring->to;
	ring->from = index == 1 ? out : ring->from;
}

/* Everything but SLAs; config.n_ports must be RING_ROUTER_PORTS. */
static inline void ring_router_make(struct ring_router *ring)
{
	struct dp_nexthop nexthop = { .kind = DP_NH_FORWARD, .port = 1 };
	struct dp_router *router = rte_zmalloc(
		NULL, sizeof(*router) + RING_ROUTER_PORTS * sizeof(struct port),
		RTE_CACHE_LINE_SIZE);
	int index;

	ring_router_must(router != NULL, "memory");
	ring->router = router;
	router->n_ports = RING_ROUTER_PORTS;
	router->pool = pool_create("bench", ring->pool_pkts != 0 ? ring->pool_pkts : 32767, 1500);
	router->routing = dp_routing_create();
	router->punt_control = ring_router_ring("pc", 256);
	router->punt_other = ring_router_ring("po", 256);
	router->inject = ring_router_ring("in", 256);
	ring_router_must(router->pool != NULL && router->routing != NULL &&
				 punt_init(router, rte_rdtsc()) == 0,
			 "router");
	router->sojourn = sojourn_create(DP_CLASSES_ALL);
	ring_router_must(router->sojourn != NULL, "histograms");
	ring_router_port(ring, 0);
	ring_router_port(ring, 1);
	/* as if the next one were of the same make */
	memcpy(nexthop.dst_mac, ring_router_mac, sizeof(ring_router_mac));
	index = dp_nexthop_add(router->routing, &nexthop);
	ring_router_must(index > 0 && dp_route_set(router->routing, RING_ROUTER_DST, 16,
						   (uint32_t)index) == 0,
			 "route");
}

/* Puts a configuration in force. */
static inline void ring_router_apply(struct ring_router *ring,
				     const struct dp_router_config *config)
{
	struct dp_router *router = ring->router;
	struct dp_why why = { "" };

	router->config = *config;
	router->police_late = config->police_at == DP_POLICE_LATE;
	class_table_destroy(router->classes);
	router->classes = NULL;
	for (unsigned i = 0; i < RING_ROUTER_PORTS; i++) {
		struct port *port = &router->ports[i];

		port_sla_fini(port);
		port->shaper_mem = NULL;
		port->has_police = port->has_marker = false;
		port->has_meter = port->has_rx_meter = port->busy = false;
		port->backlogs[0].since_tsc = port->backlogs[0].half_tsc = rte_rdtsc();
		port->backlogs[0].empty_tsc = port->backlogs[0].since_tsc;
		ring_router_must(port_sla_init(port, config, &why) == 0, why.text);
	}
	if (class_table_is_needed(config))
		ring_router_must(class_table_create(config, clock_tsc_hz(), rte_rdtsc(),
						    &router->classes) == 0,
				 "classes");
}

/* A frame without FCS, to host number host behind port 1; NULL when the pool is empty. */
static inline struct rte_mbuf *ring_router_pkt(struct ring_router *ring, unsigned frame_bytes,
					       uint16_t host, uint8_t dscp, uint16_t port)
{
	struct rte_mbuf *pkt = rte_pktmbuf_alloc(ring->router->pool);
	struct rte_ether_hdr *eth;
	struct rte_ipv4_hdr *ip;
	struct rte_udp_hdr *udp;

	if (pkt == NULL)
		return NULL;
	pkt->data_len = (uint16_t)frame_bytes;
	pkt->pkt_len = frame_bytes;
	eth = rte_pktmbuf_mtod(pkt, struct rte_ether_hdr *);
	ip = (struct rte_ipv4_hdr *)(eth + 1);
	udp = (struct rte_udp_hdr *)(ip + 1);
	memcpy(&eth->dst_addr, ring_router_mac, 6);
	memset(&eth->src_addr, 2, 6);
	eth->ether_type = RTE_BE16(RTE_ETHER_TYPE_IPV4);
	*ip = (struct rte_ipv4_hdr){
		.version_ihl = 0x45,
		.type_of_service = (uint8_t)(dscp << 2),
		.total_length = rte_cpu_to_be_16((uint16_t)(frame_bytes - sizeof(*eth))),
		.time_to_live = 64,
		.next_proto_id = IPPROTO_UDP,
		.src_addr = rte_cpu_to_be_32(RING_ROUTER_DST + 1),
		.dst_addr = rte_cpu_to_be_32(RING_ROUTER_DST + host),
	};
	ip->hdr_checksum = rte_ipv4_cksum(ip);
	udp->src_port = rte_cpu_to_be_16(port);
	udp->dst_port = rte_cpu_to_be_16(port);
	return pkt;
}

#endif
