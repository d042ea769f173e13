/*
 * What SLAs cost in a turn, by what they do to the packets: nothing is policed, all conform to one
 * bucket or to 4096, half of them exceed, all of them queue.
 *
 * A source makes 32 packets from templates for each turn, a sink frees what was sent; they stand
 * alone in column B. Where a share of the packets is to exceed, the rate is set to that share of
 * what the turn itself was seen to take, a few times over; what really exceeded stands below the
 * row.
 */
#include "bench/dataplane/ring_router.h"
#include "bench/stats.h"

#define OPS 1024U
#define FRAME_BYTES 60U /* without FCS */
#define FRAME_BITS ((FRAME_BYTES + 4) * 8)
#define FLOWS 4096U
#define FLOW_LENGTH 28U /* of prefixes: 16 hosts */
#define RATE_MAX_BPS 400000000000ULL
#define BURST_BYTES 20000U
#define FLOW_QUOTA_PKTS 64U
#define TUNE_ROUNDS 8U
#define TUNE_PKTS 2000000U
#define SINK_PKTS 256U

static struct ring_router ring;
static uint8_t templates[FLOWS][64];
static uint32_t next_template;

/* A row. Shares are of the rate that the turn was seen to take; 0: the highest rate there is. */
struct sla_row {
	const char *name;
	bool police, shape, flows;
	double police_share, shape_share;
	uint64_t flow_bps;
};

static const struct sla_row rows[] = {
	{ "turn, no policer, no shaper", false, false, false, 0, 0, 0 },
	{ "turn, 1 bucket, conforming", true, false, false, 0, 0, 0 },
	{ "turn, 1 bucket, half exceed", true, false, false, 0.5, 0, 0 },
	{ "turn, both, conforming", true, true, false, 0, 0, 0 },
	{ "turn, 4096 buckets, conforming", true, true, true, 0, 0, RATE_MAX_BPS },
	{ "turn, all queued, one queue", true, true, false, 0, 0.95, 0 },
	{ "turn, all queued, 4096 flows", true, true, true, 0, 0.95, 1000000000 },
};

static void templates_make(void)
{
	for (uint32_t i = 0; i < FLOWS; i++) {
		struct rte_mbuf *pkt = ring_router_pkt(
			&ring, FRAME_BYTES, (uint16_t)(i << (32 - FLOW_LENGTH) | 1), 0, 5000);

		ring_router_must(pkt != NULL, "packets");
		memcpy(templates[i], rte_pktmbuf_mtod(pkt, void *), FRAME_BYTES);
		rte_pktmbuf_free(pkt);
	}
}

static void source(void)
{
	struct rte_mbuf *pkts[PORT_RX_BURST];

	if (rte_pktmbuf_alloc_bulk(ring.router->pool, pkts, PORT_RX_BURST) != 0)
		ring_router_must(false, "packets");
	for (unsigned i = 0; i < PORT_RX_BURST; i++) {
		memcpy(rte_pktmbuf_mtod(pkts[i], void *), templates[next_template], FRAME_BYTES);
		next_template = (next_template + 1) % FLOWS;
		pkts[i]->data_len = FRAME_BYTES;
		pkts[i]->pkt_len = FRAME_BYTES;
	}
	(void)rte_ring_enqueue_bulk(ring.to, (void **)pkts, PORT_RX_BURST, NULL);
}

static void sink(struct rte_ring *from)
{
	struct rte_mbuf *pkts[SINK_PKTS];
	unsigned n = rte_ring_dequeue_burst(from, (void **)pkts, SINK_PKTS, NULL);

	rte_pktmbuf_free_bulk(pkts, n);
}

static uint64_t run_turn(void *ctx, unsigned ops)
{
	(void)ctx;
	for (unsigned i = 0; i < ops; i += PORT_RX_BURST) {
		source();
		(void)turn_serve(ring.router, rte_rdtsc());
		sink(ring.from);
	}
	return ring.router->ports[0].counters.rx_pkts;
}

static uint64_t run_nothing(void *ctx, unsigned ops)
{
	(void)ctx;
	for (unsigned i = 0; i < ops; i += PORT_RX_BURST) {
		source();
		sink(ring.to);
	}
	return next_template;
}

static struct dp_sla sla_make(uint64_t rate_bps)
{
	struct dp_sla sla = { .rate = rate_bps, .burst = BURST_BYTES, .layer = RATE_LAYER_L2 };

	sla.actions[POLICER_RED].action = POLICER_DROP;
	return sla;
}

static uint64_t share_bps(double share, double turn_bps)
{
	return share > 0 && turn_bps > 0 ? (uint64_t)(share * turn_bps) : RATE_MAX_BPS;
}

/* turn_bps: what the turn takes, 0 when that is not known yet. */
static void row_apply(const struct sla_row *row, double turn_bps)
{
	static struct dp_router_config config;

	memset(&config, 0, sizeof(config));
	config.n_ports = RING_ROUTER_PORTS;
	config.ports[0].mtu = config.ports[1].mtu = 1500;
	config.ports[0].has_police = row->police;
	config.ports[0].police = sla_make(share_bps(row->police_share, turn_bps));
	config.ports[1].has_shape = row->shape;
	config.ports[1].shape = sla_make(share_bps(row->shape_share, turn_bps));
	if (row->flows)
		config.ports[1].flows = (struct dp_flow_config){ .by = DP_FLOW_BY_DST,
								 .base = RING_ROUTER_DST,
								 .base_depth = 16,
								 .length = FLOW_LENGTH,
								 .count = FLOWS,
								 .quota_pkts = FLOW_QUOTA_PKTS,
								 .sla = sla_make(row->flow_bps) };
	ring_router_apply(&ring, &config);
}

/* The turn gets faster or slower with what exceeds, so its own speed is taken several times. */
static void row_tune(const struct sla_row *row)
{
	double turn_bps = 0;

	row_apply(row, 0);
	if (row->police_share <= 0 && row->shape_share <= 0)
		return;
	for (unsigned i = 0; i < TUNE_ROUNDS; i++) {
		uint64_t begin_tsc = bench_tsc();

		run_turn(NULL, TUNE_PKTS);
		turn_bps = (double)TUNE_PKTS * FRAME_BITS * (double)bench_tsc_hz() /
			   (double)(bench_tsc() - begin_tsc);
		row_apply(row, turn_bps);
	}
}

static uint64_t queued_pkts(void)
{
	struct shaper_class_stats stats;
	uint64_t pkts = 0;

	for (uint32_t i = 0; i < ring.router->ports[1].queues.n; i++)
		if (shaper_class_stats_get(ring.router->ports[1].shaper, i, &stats) == 0)
			pkts += stats.enqueued_pkts;
	return pkts;
}

static uint64_t dropped_pkts(void)
{
	uint64_t pkts = 0;

	for (unsigned i = 0; i < RING_ROUTER_PORTS; i++)
		for (unsigned reason = 0; reason < DP_DROP_COUNT; reason++)
			pkts += ring.router->ports[i].counters.drop_pkts[reason];
	return pkts;
}

static void row_measure(struct bench_report *report, const struct sla_row *row)
{
	static const struct bench_plan plan = { .rounds = 20, .chunks = 50, .ops = OPS };
	const struct bench_case turn = { row->name, run_turn, NULL };
	const struct bench_case nothing = { "source and sink alone", run_nothing, NULL };
	uint64_t received, queued, dropped;
	struct bench_result result;
	double percent;

	row_tune(row);
	received = ring.router->ports[0].counters.rx_pkts;
	queued = queued_pkts();
	dropped = dropped_pkts();
	result = bench_compare(&turn, &nothing, &plan);
	bench_report_add(report, &turn, &nothing, &result);
	percent = 100 / (double)(ring.router->ports[0].counters.rx_pkts - received);
	bench_report_value(report, "    added", result.a_tsc - result.b_tsc, "cycles");
	bench_report_value(report, "    queued", percent * (double)(queued_pkts() - queued), "%");
	bench_report_value(report, "    dropped", percent * (double)(dropped_pkts() - dropped),
			   "%");
}

int main(int argc, char **argv)
{
	struct bench_report report;

	if (bench_report_open(&report, argc, argv, "SLAs in a turn, per packet") != 0)
		return 1;
	bench_eal_init("256", true);
	ring_router_make(&ring);
	templates_make();
	for (unsigned i = 0; i < RTE_DIM(rows); i++)
		row_measure(&report, &rows[i]);
	return bench_report_close(&report) == 0 ? 0 : 1;
}
