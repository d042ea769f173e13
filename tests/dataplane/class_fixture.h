#ifndef TESTS_DATAPLANE_CLASS_FIXTURE_H
#define TESTS_DATAPLANE_CLASS_FIXTURE_H

/*
 * The router of turn_fixture.h with classes: built from a configuration as the product builds it,
 * and walked through by hand at times of the test's own, so that no verdict depends on the machine.
 */

#include "dataplane/class_table.h"
#include "dataplane/ipv4_tos.h"
#include "dataplane/pkt_meta.h"
#include "dataplane/port_sla.h"
#include "dataplane/stage.h"
#include "tests/dataplane/turn_fixture.h"

/* Bytes of a test frame in layer L2, and without FCS. */
#define FRAME_L2 1000U
#define FRAME (FRAME_L2 - 4)

static struct dp_router_config config;
static uint64_t now_tsc; /* the test's clock */

static inline struct dp_sla sla_make(const char *name, uint64_t rate, uint64_t burst)
{
	struct dp_sla sla = { .rate = rate, .burst = burst, .layer = RATE_LAYER_L2 };

	snprintf(sla.name, sizeof(sla.name), "%s", name);
	sla.actions[POLICER_RED].action = POLICER_DROP;
	return sla;
}

static inline struct dp_class_config *class_make(const char *name)
{
	struct dp_class_config *class = &config.classes[config.n_classes++];

	*class = (struct dp_class_config){
		.match = { .dscp_mask = DP_DSCP_ANY, .protocol = DP_PROTOCOL_ANY },
		.level = DP_LEVEL_MIN,
		.weight = 1,
	};
	snprintf(class->name, sizeof(class->name), "%s", name);
	return class;
}

static inline struct dp_class_config *class_make_dscp(const char *name, unsigned dscp)
{
	struct dp_class_config *class = class_make(name);

	class->match.dscp_mask = 1ULL << dscp;
	return class;
}

/* Starts an empty configuration of the fixture's two ports. */
static inline int class_setup(void **state)
{
	memset(&config, 0, sizeof(config));
	config.n_ports = N_PORTS;
	config.ports[0].mtu = config.ports[1].mtu = 1500;
	return router_reset(state);
}

/* Puts the configuration in force, all buckets full. */
static inline void class_apply(void)
{
	struct dp_why why;
	unsigned i;

	fx.router->config = config;
	fx.router->police_late = config.police_at == DP_POLICE_LATE;
	for (i = 0; i < N_PORTS; i++) {
		struct port *port = &fx.router->ports[i];

		port->has_police = port->has_marker = port->has_meter = false;
		port->ecn_drops = 0;
		port->queues = (struct port_queues){ 0 };
		if (port_sla_init(port, &config, &why) != 0)
			fail_msg("%s", why.text);
	}
	/* far ahead of the real clock, which stage_tx reads as well, so that it is never late */
	now_tsc = rte_rdtsc() + 3600 * clock_tsc_hz();
	assert_int_equal(class_table_create(&config, clock_tsc_hz(), now_tsc, &fx.router->classes),
			 0);
}

/* The ledger must balance with what is queued; then queues and table go. */
static inline int class_check(void **state)
{
	struct dp_ledger ledger;
	unsigned i;

	dp_ledger_get(fx.router, &ledger);
	if (ledger.in_pkts != ledger.out_pkts) {
		fprintf(stderr, "ledger: in %lu, out %lu\n", ledger.in_pkts, ledger.out_pkts);
		return -1;
	}
	for (i = 0; i < N_PORTS; i++) {
		struct port *port = &fx.router->ports[i];

		port_sla_fini(port);
		port->shaper_mem = NULL;
		tx_queue_flush(&port->tx);
		memset(&port->counters, 0, sizeof(port->counters));
	}
	class_table_destroy(fx.router->classes);
	fx.router->classes = NULL;
	return router_check(state);
}

static inline struct rte_mbuf *pkt_make_tos(uint32_t dst, uint8_t tos)
{
	struct rte_mbuf *pkt = pkt_make(dst, FRAME);

	ip_of(pkt)->type_of_service = tos;
	ip_checksum(pkt);
	return pkt;
}

static inline struct rte_mbuf *pkt_make_dscp(unsigned dscp)
{
	return pkt_make_tos(IP(198, 18, 1, 1), (uint8_t)(dscp << 2));
}

/* All stages of one receive burst of port 0, at the test's time; what turn.c does after rx. */
static inline void walk(struct rte_mbuf **pkts, unsigned n)
{
	struct port *port = &fx.router->ports[0];
	struct stage_burst burst = { .router = fx.router, .port = port, .now_tsc = now_tsc };

	assert_true(n <= PORT_RX_BURST);
	memcpy(burst.pkts, pkts, n * sizeof(pkts[0]));
	burst.n = n;
	port->counters.rx_pkts += n;
	for (unsigned i = 0; i < n; i++)
		pkt_rx_tsc_set(pkts[i], PKT_RX_TSC_NONE);
	if (port->has_police && !fx.router->police_late)
		stage_police(&burst);
	stage_parse(&burst);
	stage_class(&burst);
	stage_route(&burst);
	stage_rewrite(&burst);
}

/* n packets of one DSCP, in one burst after the other at the same time. */
static inline void walk_dscp(unsigned dscp, unsigned n)
{
	while (n > 0) {
		struct rte_mbuf *pkts[PORT_RX_BURST];
		unsigned part = RTE_MIN(n, PORT_RX_BURST);

		for (unsigned i = 0; i < part; i++)
			pkts[i] = pkt_make_dscp(dscp);
		walk(pkts, part);
		n -= part;
	}
}

/* Sends what is due at port 1. @return packets sent */
static inline unsigned depart(void)
{
	return stage_tx(fx.router, &fx.router->ports[1], now_tsc);
}

static inline void advance_ns(uint64_t ns)
{
	now_tsc += clock_ns_to_tsc(ns);
}

/* The next packet that left port 1, NULL without one; its checksum must be right. */
static inline struct rte_mbuf *next_out(void)
{
	struct rte_mbuf *pkt = NULL;

	if (rte_ring_dequeue(fx.from[1], (void **)&pkt) != 0)
		return NULL;
	assert_int_equal(rte_raw_cksum(ip_of(pkt), sizeof(struct rte_ipv4_hdr)), 0xffff);
	return pkt;
}

/* Takes everything that left port 1. @return packets with this type of service */
static inline unsigned out_with_tos(uint8_t tos, unsigned *n_others)
{
	struct rte_mbuf *pkt;
	unsigned n = 0;

	*n_others = 0;
	while ((pkt = next_out()) != NULL) {
		n += ip_of(pkt)->type_of_service == tos;
		*n_others += ip_of(pkt)->type_of_service != tos;
		rte_pktmbuf_free(pkt);
	}
	return n;
}

static inline const struct dp_class_counters *class_counters(unsigned class_index)
{
	static struct dp_class_counters counters;

	assert_int_equal(dp_class_counters_get(fx.router, class_index, &counters), 0);
	return &counters;
}

#define CLASS_TEST(f) cmocka_unit_test_setup_teardown(f, class_setup, class_check)

#endif
