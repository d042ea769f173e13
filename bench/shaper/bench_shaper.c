/*
 * Cost of the shaper per packet, next to rte_sched in the same run.
 *
 * Both sides run a closed loop: what was dequeued is offered again, so that the number of queued
 * packets stays the same and every packet of the "queued" cases goes through a queue. Neither
 * side's packets are read by the loop itself. One operation is one packet, in and out.
 */
#include "bench/shaper/peer.h"
#include "bench/stats.h"
#include "shaper/conformance.h"
#include "shaper/shaper.h"

#include <stdlib.h>
#include <string.h>

#include <rte_cycles.h>
#include <rte_eal.h>
#include <rte_malloc.h>
#include <rte_mbuf.h>

#define OPS 2048U
#define PKT_TICKS 100ULL   /* one packet per so many ticks keeps the shaper exactly busy */
#define QUEUED_PER_FLOW 8U /* or pipe; and a second row with one */
#define MIN_FREE_HUGEPAGES 192L

/* Our side. Packets are flow numbers. */
struct loop {
	struct shaper *shaper;
	struct shaper_params params;
	uint64_t now_ticks;
	uint64_t step_ticks;
	struct shaper_pkt in[BURST];
	uint32_t nin;
	struct shaper_conformance meter;
	struct rate rate;
};

/* Classes and flows are powers of two, so that making a packet costs next to nothing. */
static struct shaper_pkt make_pkt(const struct loop *loop, uint64_t number)
{
	uint32_t nflows = loop->params.flows.nflows;

	return (struct shaper_pkt){
		.pkt = (void *)(uintptr_t)(number + 1),
		.frame_len_bytes = FRAME_BYTES,
		.class_index = (uint8_t)(number & (loop->params.nclasses - 1)),
		.flow = (uint32_t)number & (nflows - 1),
	};
}

static void loop_open(struct loop *loop, const struct shaper_params *params)
{
	char why[SHAPER_WHY_LEN];
	void *mem;

	loop->params = *params;
	if (shaper_params_check(params, why, sizeof(why)) != 0)
		die(why);
	mem = rte_malloc(NULL, shaper_mem_bytes(params), SHAPER_MEM_ALIGN);
	if (mem == NULL || shaper_init(mem, params, 0, &loop->shaper) != 0)
		die("no memory for a shaper");
}

/* Every packet conforms: it comes out of the offer. */
static uint64_t run_direct(void *ctx, unsigned ops)
{
	struct loop *loop = ctx;
	void *pkts[BURST], *drops[BURST];
	uint64_t sum = 0;

	for (unsigned done = 0; done < ops; done += BURST) {
		struct shaper_out out = {
			.pkts = pkts, .drops = drops, .max_pkts = BURST, .max_drops = BURST
		};

		loop->now_ticks += loop->step_ticks;
		shaper_offer_burst(loop->shaper, loop->now_ticks, loop->in, BURST, &out);
		shaper_dequeue_burst(loop->shaper, loop->now_ticks, &out);
		if (out.npkts != BURST)
			die("a packet did not conform");
		sum += (uintptr_t)pkts[BURST - 1];
	}
	return sum;
}

/* The same with flows that change from burst to burst. */
static uint64_t run_direct_flows(void *ctx, unsigned ops)
{
	struct loop *loop = ctx;
	void *pkts[BURST], *drops[BURST];
	uint64_t sum = 0;

	for (unsigned done = 0; done < ops; done += BURST) {
		struct shaper_out out = {
			.pkts = pkts, .drops = drops, .max_pkts = BURST, .max_drops = BURST
		};

		loop->now_ticks += loop->step_ticks;
		for (unsigned i = 0; i < BURST; i++)
			loop->in[i].flow = (loop->in[i].flow + 1021 * BURST) %
					   loop->params.flows.nflows;
		shaper_offer_burst(loop->shaper, loop->now_ticks, loop->in, BURST, &out);
		shaper_dequeue_burst(loop->shaper, loop->now_ticks, &out);
		if (out.npkts != BURST)
			die("a flow's packet did not conform");
		sum += (uintptr_t)pkts[BURST - 1];
	}
	return sum;
}

/* What a worker adds for the proof: one record per burst. */
static uint64_t run_meter(void *ctx, unsigned ops)
{
	struct loop *loop = ctx;

	for (unsigned done = 0; done < ops; done += BURST) {
		loop->now_ticks += loop->step_ticks;
		shaper_conformance_record(&loop->meter, &loop->rate, loop->now_ticks,
					  BURST * FRAME_BYTES);
	}
	return loop->meter.max_backlog_stamp;
}

/* Every packet is queued: in, through the wheel or the class's queue, and out when it is due. */
static uint64_t run_queued(void *ctx, unsigned ops)
{
	struct loop *loop = ctx;
	void *pkts[BURST], *drops[BURST];
	unsigned done = 0;

	while (done < ops) {
		struct shaper_out out = { .pkts = pkts, .drops = drops, .max_drops = BURST };

		loop->now_ticks += loop->step_ticks;
		shaper_offer_burst(loop->shaper, loop->now_ticks, loop->in, loop->nin, &out);
		out.max_pkts = ops - done < BURST ? ops - done : BURST;
		done += shaper_dequeue_burst(loop->shaper, loop->now_ticks, &out);
		if (out.ndrops != 0)
			die("a queued packet was dropped");
		for (unsigned i = 0; i < out.npkts; i++)
			loop->in[i] = make_pkt(loop, (uintptr_t)pkts[i] - 1);
		loop->nin = out.npkts;
	}
	return done;
}

static uint64_t direct_pkts(const struct loop *loop)
{
	struct shaper_class_stats stats;
	uint64_t sum = 0;

	for (uint32_t i = 0; i < loop->params.nclasses; i++) {
		if (shaper_class_stats_get(loop->shaper, i, &stats) == 0)
			sum += stats.direct_pkts;
	}
	return sum;
}

static void offer_one(struct loop *loop, uint64_t number)
{
	struct shaper_pkt pkt = make_pkt(loop, number);
	void *pkts[1], *drops[1];
	struct shaper_out out = { .pkts = pkts, .drops = drops, .max_pkts = 1, .max_drops = 1 };

	shaper_offer_burst(loop->shaper, loop->now_ticks, &pkt, 1, &out);
	if (out.ndrops != 0)
		die("a packet was dropped while filling");
}

/* Empties the bucket and fills the queue of one flow after the other, one packet time apart. */
static void fill_flows(struct loop *loop, uint32_t queued_per_flow)
{
	uint64_t queued = 0;

	for (uint64_t i = 0; i < loop->params.flows.nflows; i++) {
		while (shaper_queued_pkts(loop->shaper) < queued + queued_per_flow)
			offer_one(loop, i * 40503 & (loop->params.flows.nflows - 1));
		queued += queued_per_flow;
		loop->now_ticks += PKT_TICKS;
	}
}

static struct shaper_params base_params(uint32_t nclasses)
{
	struct shaper_params params = {
		.ticks_hz = bench_tsc_hz(),
		.layer = RATE_LAYER_L2,
		.max_frame_bytes = 1514,
		.nclasses = nclasses,
	};

	for (uint32_t i = 0; i < nclasses; i++)
		params.classes[i] = (struct shaper_class_params){ .weight = 1 + i,
								  .quota_pkts = 8192 };
	params.aggregate.rate_bps = (FRAME_BYTES + 4ULL) * 8 * params.ticks_hz / PKT_TICKS;
	params.aggregate.burst_bytes = 1 << 16;
	return params;
}

static void open_direct(struct loop *loop, uint32_t nclasses)
{
	struct shaper_params params = base_params(nclasses);

	loop_open(loop, &params);
	loop->step_ticks = BURST * PKT_TICKS * 2;
	loop->rate = (struct rate){ 0 };
	if (rate_init(&loop->rate, RATE_BITS_PER_S, params.aggregate.rate_bps, params.ticks_hz))
		die("rate");
	shaper_conformance_init(&loop->meter, &loop->rate, 0);
	for (uint32_t i = 0; i < BURST; i++)
		loop->in[i] = make_pkt(loop, i);
}

static void open_queued(struct loop *loop, uint32_t nclasses)
{
	struct shaper_params params = base_params(nclasses);

	loop_open(loop, &params);
	loop->step_ticks = BURST * PKT_TICKS;
	for (uint64_t i = 0; shaper_queued_pkts(loop->shaper) < 1024; i++)
		offer_one(loop, i);
}

static void open_flows(struct loop *loop, uint32_t nflows, uint32_t queued_per_flow)
{
	struct shaper_params params = base_params(1);
	struct shaper_profile_params profile = {
		.rate_bps = params.aggregate.rate_bps / nflows,
		.burst_bytes = 1518,
	};

	params.aggregate = (struct shaper_profile_params){ 0 };
	params.classes[0].quota_pkts = nflows * QUEUED_PER_FLOW * 2;
	params.flows = (struct shaper_flow_params){
		.nflows = nflows,
		.quota_pkts = QUEUED_PER_FLOW * 4,
		.profiles = &profile,
		.nprofiles = 1,
	};
	loop_open(loop, &params);
	loop->step_ticks = BURST * PKT_TICKS;
	if (queued_per_flow != 0) {
		fill_flows(loop, queued_per_flow);
		return;
	}
	loop->step_ticks *= 2;
	for (uint32_t i = 0; i < BURST; i++)
		loop->in[i] = make_pkt(loop, i * 977ULL);
}

static long free_hugepages(void)
{
	FILE *file = fopen("/proc/meminfo", "r");
	char line[128];
	long pages = 0;

	while (file != NULL && fgets(line, sizeof(line), file) != NULL) {
		if (strncmp(line, "HugePages_Free:", 15) == 0)
			pages = strtol(line + 15, NULL, 10);
	}
	if (file != NULL)
		fclose(file);
	return pages;
}

static void start_eal(const char *program)
{
	bool huge = free_hugepages() >= MIN_FREE_HUGEPAGES;
	const char *arguments[] = { program, "--no-pci", "--no-telemetry", "--log-level=error",
				    "-m",    "320",	 "--in-memory",	   NULL };
	char copies[8][32], *argv[8];
	int argc = 7;

	if (!huge) {
		arguments[6] = "--no-huge";
		arguments[argc++] = "--no-shconf";
	}
	for (int i = 0; i < argc; i++) {
		snprintf(copies[i], sizeof(copies[i]), "%s", arguments[i]);
		argv[i] = copies[i];
	}
	if (rte_eal_init(argc, argv) < 0)
		die("EAL does not start");
	printf("memory of both sides: %s pages\n", huge ? "2 MiB" : "4 KiB");
}

/* One comparison; our side must not have taken the direct way when it is to queue. */
static double compare(struct bench_report *report, const struct bench_case *ours,
		      const struct bench_case *theirs, bool queued)
{
	const struct bench_plan plan = { .rounds = 200, .chunks = 5, .ops = OPS };
	uint64_t direct = direct_pkts(ours->ctx);
	struct bench_result result = bench_compare(ours, theirs, &plan);

	if (queued && direct_pkts(ours->ctx) != direct)
		die("a packet of a queued case passed directly");
	bench_report_add(report, ours, theirs, &result);
	return result.a_tsc;
}

static void run_all(struct bench_report *report, struct rte_mempool *pool)
{
	static const uint32_t nflows[] = { 64, 4096, 65536 };
	static const char *const names[] = { "queued, 64 flows", "queued, 4096 flows",
					     "queued, 65536 flows" };
	static struct loop direct1, direct4, direct_flows, queued1, queued4, flows[3], single;
	static struct peer peer16, peer4096, peer_single;
	const struct bench_case their16 = { "rte_sched 16 pipes", run_peer, &peer16 };
	const struct bench_case their4096 = { "rte_sched 4096 pipes", run_peer, &peer4096 };
	const struct bench_case their_single = { "rte_sched 4096 pipes, 1 each", run_peer,
						 &peer_single };
	double cost[3];

	open_peer(&peer16, pool, 16, QUEUED_PER_FLOW);
	open_peer(&peer4096, pool, 4096, QUEUED_PER_FLOW);
	open_peer(&peer_single, pool, 4096, 1);
	open_direct(&direct1, 1);
	open_direct(&direct4, 4);
	open_flows(&direct_flows, 4096, 0);
	open_queued(&queued1, 1);
	open_queued(&queued4, 4);
	open_flows(&single, 4096, 1);
	compare(report, &(struct bench_case){ "direct, 1 class", run_direct, &direct1 }, &their16,
		false);
	compare(report, &(struct bench_case){ "direct, 4 classes by turns", run_direct, &direct4 },
		&their16, false);
	compare(report,
		&(struct bench_case){ "direct, 4096 flows", run_direct_flows, &direct_flows },
		&their4096, false);
	compare(report, &(struct bench_case){ "meter, once per burst", run_meter, &direct1 },
		&their16, false);
	compare(report, &(struct bench_case){ "queued, 1 class", run_queued, &queued1 }, &their16,
		true);
	compare(report,
		&(struct bench_case){ "queued, 4 classes in a level", run_queued, &queued4 },
		&their16, true);
	compare(report, &(struct bench_case){ "queued, 4096 flows, 1 each", run_queued, &single },
		&their_single, true);
	for (int i = 0; i < 3; i++) {
		open_flows(&flows[i], nflows[i], QUEUED_PER_FLOW);
		cost[i] = compare(report, &(struct bench_case){ names[i], run_queued, &flows[i] },
				  i == 0 ? &their16 : &their4096, true);
	}
	bench_report_value(report, "65536 flows / 64 flows", cost[2] / cost[0], "");
}

int main(int argc, char **argv)
{
	struct bench_report report;
	struct rte_mempool *pool;

	start_eal(argv[0]);
	if (bench_report_open(&report, argc, argv, "shaper") != 0)
		return EXIT_FAILURE;
	pool = rte_pktmbuf_pool_create("bench", 4096 * (QUEUED_PER_FLOW + 1) + 1024, 256, 0, 256,
				       0);
	if (pool == NULL)
		die("no mbuf pool");
	run_all(&report, pool);
	rte_eal_cleanup();
	return bench_report_close(&report) == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
