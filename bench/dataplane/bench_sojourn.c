/*
 * What recording every packet's time costs a turn, per packet: the same turn with the router's
 * histograms and without, by whole bursts that conform.
 */
#include "bench/dataplane/turn_rig.h"
#include "bench/stats.h"

#define OPS 1024U
#define HOT_PKTS 256U
#define ROUTES 1000U

static struct rig *rig;

/* ctx: the router's histograms, or NULL for a turn that records nothing. */
static uint64_t run_turn(void *ctx, unsigned ops)
{
	rig->router->sojourn = ctx;
	rig_turns(rig, ops);
	return rig->router->ports[1].counters.tx_bytes;
}

static void compare(struct bench_report *report, const char *on_name, const char *off_name)
{
	static const struct bench_plan plan = { .rounds = 40, .chunks = 50, .ops = OPS };
	struct sojourn *sojourn = rig->router->sojourn;
	const struct bench_case on = { on_name, run_turn, sojourn };
	const struct bench_case off = { off_name, run_turn, NULL };
	struct bench_result result = bench_compare(&on, &off, &plan);

	bench_report_add(report, &on, &off, &result);
	bench_report_value(report, "    histograms", result.a_tsc - result.b_tsc, "cycles");
	rig->router->sojourn = sojourn;
}

int main(int argc, char **argv)
{
	static const uint16_t frame_bytes[] = { 60 };
	struct bench_report report;

	if (bench_report_open(&report, argc, argv, "times of packets recorded, per packet") != 0)
		return 1;
	bench_eal_init("256", false);
	rig = rig_create(8191);
	rig_routes_set(rig, ROUTES);
	rig_sla_set(rig, true, true);
	rig_pkts_set(rig, HOT_PKTS, ROUTES, frame_bytes, 1);
	compare(&report, "turn, recorded", "turn, not recorded");
	rig_sla_set(rig, true, false);
	compare(&report, "turn without shaper, recorded", "turn without shaper, not recorded");
	return bench_report_close(&report) == 0 ? 0 : 1;
}
