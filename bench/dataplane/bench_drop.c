/*
 * What a packet beyond the SLA costs, and what part of it is the receive call: dropped early; late,
 * which is behind parsing, in a router without classes and in one with some; and with no policer at
 * all, behind everything else, by a shaper whose queue is full.
 *
 * A turn takes one burst of which nothing conforms. Between turns the same buffers are put back
 * into the ring, in the order of their release, untimed; so a burst of 32 is what the caches hold
 * best, and 1024 are as many as wait in a device's queue. The cycles of a turn are those between two
 * reads of the clock, less what the reads cost; a side is the median of many turns, a figure the
 * median over rounds in which all sides take part.
 */
#include "bench/dataplane/ring_router.h"
#include "bench/stats.h"
#include "dataplane/dp_sla.h"

#define FRAME_BYTES 60U /* without FCS */
#define RING_PKTS 2048U
#define POOL_PKTS 4095U
#define TURNS 400U
#define ROUNDS 25U
#define CLASSES 4U
#define QUEUE_PKTS 32U
#define TTL_LOW 4U

static struct ring_router ring;

/* Ways to take a burst. */
enum side {
	SIDE_CLOCK, /* nothing */
	SIDE_POLL,  /* a turn that finds nothing */
	SIDE_IO,    /* receive call, and the cheapest release there is */
	SIDE_EARLY,
	SIDE_EARLY_NO_TOKENS, /* for control traffic, of which nothing is rescued then */
	SIDE_LATE,
	SIDE_LATE_CLASSES,
	SIDE_END,
	SIDE_COUNT,
};

static double side_tsc[SIDE_COUNT][ROUNDS];

/* By DSCP, which is zero in all packets: the last one takes them. */
static void classes_add(struct dp_router_config *config, unsigned n)
{
	config->n_classes = n;
	for (unsigned i = 0; i < n; i++)
		config->classes[i] = (struct dp_class_config){
			.match.dscp_mask = i + 1 < n ? 1ULL << (8 * (n - i)) : 0,
			.has_queue = true,
			.level = 1,
			.weight = 1,
			.quota_pkts = QUEUE_PKTS,
		};
}

static void sla_apply(enum side side)
{
	static struct dp_router_config config;
	struct dp_sla sla = { .rate = RATE_MIN_BPS, .burst = 1518, .layer = RATE_LAYER_L2 };

	sla.actions[POLICER_RED].action = POLICER_DROP;
	memset(&config, 0, sizeof(config));
	config.n_ports = RING_ROUTER_PORTS;
	config.ports[0].mtu = config.ports[1].mtu = 1500;
	config.ports[0].has_police = side != SIDE_END;
	config.ports[0].police = sla;
	config.ports[1].has_shape = side == SIDE_END;
	config.ports[1].shape = sla;
	config.police_at = side == SIDE_LATE || side == SIDE_LATE_CLASSES ? DP_POLICE_LATE
									  : DP_POLICE_EARLY;
	if (side == SIDE_LATE_CLASSES)
		classes_add(&config, CLASSES);
	if (side == SIDE_END)
		classes_add(&config, 1); /* for the length of its queue */
	ring_router_apply(&ring, &config);
}

/* Every buffer of the pool holds a packet, whoever takes it. */
static void pool_fill(void)
{
	static struct rte_mbuf *pkts[POOL_PKTS];

	for (unsigned i = 0; i < POOL_PKTS; i++) {
		pkts[i] = ring_router_pkt(&ring, FRAME_BYTES, 1, 0, 5000);
		ring_router_must(pkts[i] != NULL, "packets");
	}
	rte_mempool_put_bulk(ring.router->pool, (void **)pkts, POOL_PKTS);
}

/* As it came: those that get as far as the shaper lose a hop each time. */
static void pkts_renew(void **pkts)
{
	static uint8_t frame[FRAME_BYTES];

	if (frame[0] == 0) {
		struct rte_mbuf *pkt = ring_router_pkt(&ring, FRAME_BYTES, 1, 0, 5000);

		ring_router_must(pkt != NULL, "packets");
		memcpy(frame, rte_pktmbuf_mtod(pkt, void *), sizeof(frame));
		rte_pktmbuf_free(pkt);
	}
	for (unsigned i = 0; i < PORT_RX_BURST; i++) {
		uint8_t *data = rte_pktmbuf_mtod((struct rte_mbuf *)pkts[i], uint8_t *);

		if (data[RTE_ETHER_HDR_LEN + offsetof(struct rte_ipv4_hdr, time_to_live)] < TTL_LOW)
			memcpy(data, frame, sizeof(frame));
	}
}

static void ring_fill(enum side side, unsigned n)
{
	void *pkts[PORT_RX_BURST] = { NULL };

	for (; n != 0; n -= PORT_RX_BURST) {
		ring_router_must(rte_mempool_get_bulk(ring.router->pool, pkts, PORT_RX_BURST) == 0,
				 "packets");
		if (side == SIDE_END)
			pkts_renew(pkts);
		ring_router_must(rte_ring_enqueue_bulk(ring.to, pkts, PORT_RX_BURST, NULL) ==
					 PORT_RX_BURST,
				 "source");
	}
}

static void ring_empty(struct rte_ring *from)
{
	void *pkts[PORT_RX_BURST] = { NULL };
	unsigned n;

	while ((n = rte_ring_dequeue_burst(from, pkts, PORT_RX_BURST, NULL)) != 0)
		rte_mempool_put_bulk(ring.router->pool, pkts, n);
}

static void io(void)
{
	struct rte_mbuf *pkts[PORT_RX_BURST];
	unsigned n = rte_eth_rx_burst(ring.router->ports[0].eth_id, 0, pkts, PORT_RX_BURST);

	rte_mempool_put_bulk(ring.router->pool, (void **)pkts, n);
}

static void side_take(enum side side)
{
	if (side == SIDE_IO)
		io();
	else if (side != SIDE_CLOCK)
		(void)turn_serve(ring.router, rte_rdtsc());
}

/* Leaves less than a packet's worth of tokens, and as far ahead as it takes for a whole run. */
static void bucket_spend(const struct policer_profile *profile, struct policer_bucket *bucket)
{
	uint64_t later_tsc = rte_rdtsc() + clock_tsc_hz() / 100;

	while (policer_bucket_take(profile, bucket, later_tsc, FRAME_BYTES))
		;
}

static void buckets_spend(enum side side)
{
	struct port *port = &ring.router->ports[0];

	bucket_spend(&port->police, &port->police_bucket);
	if (side != SIDE_EARLY_NO_TOKENS)
		return;
	bucket_spend(&port->rescue, &port->rescue_bucket);
	bucket_spend(&port->rescue, &port->rescue_neigh_bucket);
}

static uint64_t drops_get(enum side side)
{
	return side == SIDE_END ? ring.router->ports[1].counters.drop_pkts[DP_DROP_SHAPER_FULL]
				: ring.router->ports[0].counters.police_drop_pkts;
}

/* Nothing conforms from now on. */
static void sla_exhaust(enum side side)
{
	uint64_t before = drops_get(side);

	if (side != SIDE_END) {
		buckets_spend(side);
		return;
	}
	for (unsigned i = 0; i < 4 || drops_get(side) == before; i++) {
		ring_fill(side, PORT_RX_BURST);
		side_take(side);
	}
	ring_empty(ring.from);
}

/* @return cycles of the median turn */
static double side_run(enum side side, unsigned in_flight)
{
	double turn_tsc[TURNS];
	uint64_t dropped;

	sla_apply(side);
	sla_exhaust(side);
	dropped = drops_get(side);
	if (side >= SIDE_IO)
		ring_fill(side, in_flight);
	for (unsigned i = 0; i < TURNS; i++) {
		uint64_t begin_tsc = bench_tsc();

		side_take(side);
		turn_tsc[i] = (double)(bench_tsc() - begin_tsc);
		if (side >= SIDE_IO)
			ring_fill(side, PORT_RX_BURST);
	}
	ring_empty(ring.to);
	dropped = drops_get(side) - dropped;
	ring_router_must(dropped == (side >= SIDE_EARLY ? TURNS * PORT_RX_BURST : 0), "dropping");
	return bench_median(turn_tsc, TURNS);
}

static double side_median(enum side side)
{
	double tsc[ROUNDS];

	memcpy(tsc, side_tsc[side], sizeof(tsc));
	return bench_median(tsc, ROUNDS);
}

/* Cycles per packet of a side beyond those of another. */
static double pkt_tsc(enum side side, enum side less)
{
	double tsc[ROUNDS];

	for (unsigned i = 0; i < ROUNDS; i++)
		tsc[i] = (side_tsc[side][i] - side_tsc[less][i]) / PORT_RX_BURST;
	return bench_median(tsc, ROUNDS);
}

static void ratios_add(struct bench_report *report, enum side side, const char *name)
{
	static const struct {
		enum side less;
		const char *name;
	} parts[] = {
		{ SIDE_CLOCK, "whole turn" },
		{ SIDE_POLL, "beyond a turn that finds nothing" },
		{ SIDE_IO, "beyond receive call and release" },
	};
	char text[80];

	for (unsigned i = 0; i < RTE_DIM(parts); i++) {
		(void)snprintf(text, sizeof(text), "    %s over early, %s", name, parts[i].name);
		bench_report_value(
			report, text,
			pkt_tsc(side, parts[i].less) / pkt_tsc(SIDE_EARLY, parts[i].less), "times");
	}
}

static void report_add(struct bench_report *report, unsigned in_flight)
{
	static const struct {
		enum side side;
		const char *name;
	} rows[] = {
		{ SIDE_IO, "receive call, release" },
		{ SIDE_EARLY, "dropped early" },
		{ SIDE_EARLY_NO_TOKENS, "dropped early, no rescue" },
		{ SIDE_LATE, "dropped late" },
		{ SIDE_LATE_CLASSES, "dropped late, classes" },
		{ SIDE_END, "dropped by the shaper" },
	};
	static const char *const late_names[] = { "late", "late, classes,", "by the shaper" };
	char name[80];

	(void)snprintf(name, sizeof(name), "%u buffers: turn that finds nothing", in_flight);
	bench_report_value(report, name, side_median(SIDE_POLL) - side_median(SIDE_CLOCK),
			   "cycles");
	for (unsigned i = 0; i < RTE_DIM(rows); i++) {
		enum side side = rows[i].side;

		(void)snprintf(name, sizeof(name), "%u buffers: %s", in_flight, rows[i].name);
		bench_report_value(report, name, pkt_tsc(side, SIDE_CLOCK), "cycles/packet");
		if (side == SIDE_IO)
			continue;
		bench_report_value(report, "    beyond a turn that finds nothing",
				   pkt_tsc(side, SIDE_POLL), "cycles/packet");
		bench_report_value(report, "    beyond receive call and release",
				   pkt_tsc(side, SIDE_IO), "cycles/packet");
	}
	for (unsigned side = SIDE_LATE; side <= SIDE_END; side++)
		ratios_add(report, (enum side)side, late_names[side - SIDE_LATE]);
}

int main(int argc, char **argv)
{
	static const unsigned in_flight[] = { PORT_RX_BURST, 1024 };
	struct bench_report report;

	if (bench_report_open(&report, argc, argv, "packets beyond the SLA, in bursts of 32") != 0)
		return 1;
	bench_eal_init("256", true);
	ring.to = ring_router_ring("to", RING_PKTS);
	ring.pool_pkts = POOL_PKTS;
	ring_router_make(&ring);
	pool_fill();
	for (unsigned i = 0; i < RTE_DIM(in_flight); i++) {
		for (unsigned round = 0; round < ROUNDS; round++) {
			for (unsigned side = 0; side < SIDE_COUNT; side++)
				side_tsc[side][round] = side_run((enum side)side, in_flight[i]);
		}
		report_add(&report, in_flight[i]);
	}
	return bench_report_close(&report) == 0 ? 0 : 1;
}
