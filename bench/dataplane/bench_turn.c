/*
 * Cost of the whole turn and of each stage alone, per packet, without a driver.
 *
 * Rows of the whole turn stand beside the parse stage on the same packets, rows of a stage beside
 * an empty loop. A stage alone takes a burst that is as the stages before would have left it;
 * putting it back into that state is part of what is measured and is a copy of one array. All rows
 * of the stages are there twice: with 1000 routes, and at the end with 1M.
 */
#include "bench/dataplane/turn_rig.h"
#include "bench/stats.h"

#define OPS 1024U
#define HOT_PKTS 256U
#define MANY_PKTS 4096U
#define SMALL_TABLE 1000U
#define FULL_TABLE 1000000U
#define LEN(array) (sizeof(array) / sizeof((array)[0]))

/* Frame lengths without FCS. */
static const uint16_t min_len[] = { 60 };
static const uint16_t max_len[] = { 1514 };
static const uint16_t imix_len[] = { 60, 60, 60, 60, 60, 60, 60, 590, 590, 590, 590, 1514 };

static struct rig *rig;
static struct stage_burst burst;
static uint32_t *addrs; /* random destinations for the route stage, far more than packets */

/* One side of a comparison: how the rig is set up for it, and what is run. */
struct side {
	uint32_t n_routes, n_pkts;
	const uint16_t *lens;
	unsigned n_lens;
	bool police, shape;
};

static uint64_t run_turn(void *ctx, unsigned ops)
{
	(void)ctx;
	rig_turns(rig, ops);
	return rig->router->ports[1].counters.tx_bytes;
}

static uint64_t run_nothing(void *ctx, unsigned ops)
{
	(void)ctx;
	for (unsigned i = 0; i < ops; i += PORT_RX_BURST) {
		rig_burst_reset(rig, &burst);
		__asm__ volatile("" : : : "memory");
	}
	return burst.n;
}

static uint64_t run_police(void *ctx, unsigned ops)
{
	(void)ctx;
	for (unsigned i = 0; i < ops; i += PORT_RX_BURST) {
		rig_burst_reset(rig, &burst);
		burst.now_tsc += 100000; /* the bucket is full again */
		stage_police(&burst);
	}
	return burst.n;
}

static uint64_t run_parse(void *ctx, unsigned ops)
{
	(void)ctx;
	for (unsigned i = 0; i < ops; i += PORT_RX_BURST) {
		rig_burst_reset(rig, &burst);
		stage_parse(&burst);
	}
	return burst.n;
}

static uint64_t run_route(void *ctx, unsigned ops)
{
	(void)ctx;
	for (unsigned i = 0; i < ops; i += PORT_RX_BURST) {
		rig_burst_reset(rig, &burst);
		stage_route(&burst);
	}
	return burst.n;
}

/* ctx: how many of the random addresses are used. */
static uint64_t run_route_random(void *ctx, unsigned ops)
{
	static uint32_t next;
	uint32_t mask = *(const uint32_t *)ctx - 1;

	for (unsigned i = 0; i < ops; i += PORT_RX_BURST) {
		rig_burst_reset(rig, &burst);
		memcpy(burst.headers.dst, &addrs[next & mask], sizeof(burst.headers.dst));
		next += PORT_RX_BURST;
		stage_route(&burst);
	}
	return burst.n;
}

/* Rewrite and the shaper's direct pass; what is collected for the device is forgotten. */
static uint64_t run_rewrite_shape(void *ctx, unsigned ops)
{
	struct port *out = &rig->router->ports[1];

	(void)ctx;
	for (unsigned i = 0; i < ops; i += PORT_RX_BURST) {
		rig_burst_reset(rig, &burst);
		burst.now_tsc += 100000;
		stage_rewrite(&burst);
		out->tx.n = out->tx.n_noted = out->tx.n_runs = out->tx.bytes = 0;
	}
	return burst.n;
}

static void side_set(const struct side *side)
{
	rig_routes_set(rig, side->n_routes);
	rig_sla_set(rig, side->police, side->shape);
	rig_pkts_set(rig, side->n_pkts, side->n_routes, side->lens, side->n_lens);
}

/* A burst as it leaves the stages before rewrite. */
static void burst_prepare(void)
{
	rig_burst_prepare(rig, &burst);
	stage_route(&burst);
}

static void compare(struct bench_report *report, const struct bench_case *a,
		    const struct bench_case *b)
{
	static const struct bench_plan plan = { .rounds = 20, .chunks = 50, .ops = OPS };
	struct bench_result result = bench_compare(a, b, &plan);

	bench_report_add(report, a, b, &result);
}

static void report_stages(struct bench_report *report)
{
	static uint32_t few = 256, many = RIG_ADDRS;
	const struct bench_case nothing = { "burst copied, nothing done", run_nothing, NULL };
	const struct bench_case cases[] = {
		{ "police", run_police, NULL },
		{ "parse", run_parse, NULL },
		{ "route, hot", run_route, NULL },
		{ "route, 256 destinations", run_route_random, &few },
		{ "route, 4M destinations", run_route_random, &many },
		{ "rewrite and shape", run_rewrite_shape, NULL },
	};

	burst_prepare();
	for (unsigned i = 0; i < LEN(cases); i++)
		compare(report, &cases[i], &nothing);
}

static void addrs_make(void)
{
	uint64_t random = 3;

	for (uint32_t i = 0; i < RIG_ADDRS; i++)
		addrs[i] = rig_address(rig, &random, rig->n_routes);
}

/* Rows of the whole turn differ in how the rig is set up, so each is a pass of its own. */
static void report_turns(struct bench_report *report)
{
	static const struct {
		const char *name;
		struct side side;
	} rows[] = {
		{ "turn, 1k routes, hot, 64 B", { SMALL_TABLE, HOT_PKTS, min_len, 1, true, true } },
		{ "turn, no policer", { SMALL_TABLE, HOT_PKTS, min_len, 1, false, true } },
		{ "turn, no shaper", { SMALL_TABLE, HOT_PKTS, min_len, 1, true, false } },
		{ "turn, IMIX", { SMALL_TABLE, HOT_PKTS, imix_len, LEN(imix_len), true, true } },
		{ "turn, 1518 B", { SMALL_TABLE, HOT_PKTS, max_len, 1, true, true } },
		{ "turn, 4096 packets", { SMALL_TABLE, MANY_PKTS, min_len, 1, true, true } },
		{ "turn, 1M routes, hot", { FULL_TABLE, HOT_PKTS, min_len, 1, true, true } },
		{ "turn, 1M routes, 4096 packets",
		  { FULL_TABLE, MANY_PKTS, min_len, 1, true, true } },
	};
	const struct bench_case parse = { "parse alone", run_parse, NULL };

	for (unsigned i = 0; i < LEN(rows); i++) {
		struct bench_case turn = { rows[i].name, run_turn, NULL };

		side_set(&rows[i].side);
		burst_prepare();
		compare(report, &turn, &parse);
	}
}

int main(int argc, char **argv)
{
	struct bench_report report;

	if (bench_report_open(&report, argc, argv, "stages and turn, per packet") != 0)
		return 1;
	addrs = malloc(RIG_ADDRS * sizeof(*addrs));
	if (addrs == NULL)
		return 1;
	bench_eal_init("256", true);
	rig = rig_create(16383);
	side_set(&(struct side){ SMALL_TABLE, HOT_PKTS, min_len, 1, true, true });
	addrs_make();
	report_stages(&report);
	report_turns(&report);
	addrs_make();
	report_stages(&report);
	return bench_report_close(&report) == 0 ? 0 : 1;
}
