/*
 * Cost of a policer's verdict beside rte_meter's, and the rate error of both by decade.
 *
 * Traffic: bursts of 32 packets of mixed lengths that share one time, as a worker sees them. One
 * bucket, or 4096 in random order; the load is the offered share of the buckets' rate. At 1.0 and
 * 2.0 whether a packet conforms cannot be predicted. Every access to a bucket goes through an
 * index in memory on both sides, so neither can keep a state in registers; the burst form is the
 * exception, that is what it is for. Time is virtual: no clock is read.
 */
#include "bench/stats.h"
#include "policer/bucket.h"
#include "policer/srtcm.h"
#include "policer/trtcm.h"
#include "policer/trtcm4115.h"

#include <inttypes.h>
#include <stdlib.h>

#include <rte_cycles.h>
#include <rte_eal.h>
#include <rte_meter.h>

#define FLOWS 4096U
#define OPS 4096U
#define BURST 32U
#define RATE_BPS 10000000000ULL
#define BURST_BYTES 20000U
#define SHORTEST_BYTES 60U
#define MEAN_BYTES 787U
#define ERROR_PKTS 1000000U
#define LEN(array) (sizeof(array) / sizeof((array)[0]))

/* One side of a comparison: its clock, which buckets its packets meet, its profiles and states. */
struct side {
	uint64_t now_ticks, step_ticks;
	const uint16_t *flow;
	union {
		struct policer_profile bucket;
		struct policer_srtcm_profile srtcm;
		struct policer_trtcm_profile trtcm;
		struct policer_trtcm4115_profile trtcm4115;
		struct rte_meter_srtcm_profile rte_srtcm;
		struct rte_meter_trtcm_profile rte_trtcm;
		struct rte_meter_trtcm_rfc4115_profile rte_trtcm4115;
	} profile;
	union {
		struct policer_bucket bucket[FLOWS];
		struct policer_srtcm srtcm[FLOWS];
		struct policer_trtcm trtcm[FLOWS];
		struct policer_trtcm4115 trtcm4115[FLOWS];
		struct rte_meter_srtcm rte_srtcm[FLOWS];
		struct rte_meter_trtcm rte_trtcm[FLOWS];
		struct rte_meter_trtcm_rfc4115 rte_trtcm4115[FLOWS];
	} state;
};

static uint32_t frame_len[OPS];
static uint16_t one_flow[OPS], many_flows[OPS];
static struct side ours, theirs;

/* A bench_case.run that evaluates one expression per packet. */
#define PER_PACKET(name, expression)                                                               \
	static uint64_t name(void *ctx, unsigned ops)                                              \
	{                                                                                          \
		struct side *s = ctx;                                                              \
		uint64_t sum = 0;                                                                  \
                                                                                                   \
		for (unsigned i = 0; i < ops; i += BURST) {                                        \
			uint64_t now = s->now_ticks += s->step_ticks;                              \
                                                                                                   \
			for (unsigned j = i; j < i + BURST; j++) {                                 \
				uint32_t len = frame_len[j];                                       \
				unsigned flow = s->flow[j];                                        \
                                                                                                   \
				sum += (uint64_t)(expression);                                     \
			}                                                                          \
		}                                                                                  \
		return sum;                                                                        \
	}

PER_PACKET(run_bucket, policer_bucket_take(&s->profile.bucket, &s->state.bucket[flow], now, len))
PER_PACKET(run_srtcm,
	   policer_srtcm_check(&s->profile.srtcm, &s->state.srtcm[flow], now, len, POLICER_GREEN))
PER_PACKET(run_trtcm,
	   policer_trtcm_check(&s->profile.trtcm, &s->state.trtcm[flow], now, len, POLICER_GREEN))
PER_PACKET(run_trtcm4115, policer_trtcm4115_check(&s->profile.trtcm4115, &s->state.trtcm4115[flow],
						  now, len, POLICER_GREEN))
PER_PACKET(run_rte_srtcm, rte_meter_srtcm_color_blind_check(&s->state.rte_srtcm[flow],
							    &s->profile.rte_srtcm, now, len))
PER_PACKET(run_rte_trtcm, rte_meter_trtcm_color_blind_check(&s->state.rte_trtcm[flow],
							    &s->profile.rte_trtcm, now, len))
PER_PACKET(run_rte_trtcm4115,
	   rte_meter_trtcm_rfc4115_color_blind_check(&s->state.rte_trtcm4115[flow],
						     &s->profile.rte_trtcm4115, now, len))

static uint64_t run_bucket_burst(void *ctx, unsigned ops)
{
	struct side *s = ctx;
	uint64_t sum = 0;

	for (unsigned i = 0; i < ops; i += BURST) {
		s->now_ticks += s->step_ticks;
		sum += policer_bucket_take_burst(&s->profile.bucket, &s->state.bucket[s->flow[i]],
						 s->now_ticks, &frame_len[i], SHORTEST_BYTES,
						 BURST);
	}
	return sum;
}

/* The same for markers: their rooms are opened once per burst. */
#define PER_BURST(name, marker)                                                                    \
	static uint64_t name(void *ctx, unsigned ops)                                              \
	{                                                                                          \
		struct side *s = ctx;                                                              \
		uint64_t sum = 0;                                                                  \
                                                                                                   \
		for (unsigned i = 0; i < ops; i += BURST) {                                        \
			struct policer_##marker *state = &s->state.marker[s->flow[i]];             \
			struct policer_##marker##_rooms rooms;                                     \
                                                                                                   \
			s->now_ticks += s->step_ticks;                                             \
			rooms = policer_##marker##_open(&s->profile.marker, state, s->now_ticks);  \
			for (unsigned j = i; j < i + BURST; j++)                                   \
				sum += policer_##marker##_step(&s->profile.marker, &rooms,         \
							       frame_len[j], POLICER_GREEN);       \
			policer_##marker##_close(state, &rooms);                                   \
		}                                                                                  \
		return sum;                                                                        \
	}

PER_BURST(run_srtcm_burst, srtcm)
PER_BURST(run_trtcm_burst, trtcm)
PER_BURST(run_trtcm4115_burst, trtcm4115)

static int setup_bucket(uint64_t rate_bps, uint64_t hz)
{
	struct policer_params params = { RATE_BITS_PER_S, rate_bps, BURST_BYTES, RATE_LAYER_L2,
					 1500 };
	struct rte_meter_srtcm_params rte = { .cir = rate_bps / 8, .cbs = BURST_BYTES };

	if (policer_profile_init(&ours.profile.bucket, &params, hz) != 0 ||
	    rte_meter_srtcm_profile_config(&theirs.profile.rte_srtcm, &rte) != 0)
		return -1;
	for (unsigned i = 0; i < FLOWS; i++) {
		policer_bucket_init(&ours.state.bucket[i], &ours.profile.bucket, ours.now_ticks);
		rte_meter_srtcm_config(&theirs.state.rte_srtcm[i], &theirs.profile.rte_srtcm);
		theirs.state.rte_srtcm[i].time = theirs.now_ticks;
	}
	return 0;
}

static int setup_srtcm(uint64_t rate_bps, uint64_t hz)
{
	struct policer_srtcm_params params = { rate_bps,      BURST_BYTES, BURST_BYTES,
					       RATE_LAYER_L2, 1500,	   false };
	struct rte_meter_srtcm_params rte = { rate_bps / 8, BURST_BYTES, BURST_BYTES };

	if (policer_srtcm_profile_init(&ours.profile.srtcm, &params, hz) != 0 ||
	    rte_meter_srtcm_profile_config(&theirs.profile.rte_srtcm, &rte) != 0)
		return -1;
	for (unsigned i = 0; i < FLOWS; i++) {
		policer_srtcm_init(&ours.state.srtcm[i], &ours.profile.srtcm, ours.now_ticks);
		rte_meter_srtcm_config(&theirs.state.rte_srtcm[i], &theirs.profile.rte_srtcm);
		theirs.state.rte_srtcm[i].time = theirs.now_ticks;
	}
	return 0;
}

/* PIR, and EIR, are half as much again: at load 2.0 all three colours occur. */
static int setup_trtcm(uint64_t rate_bps, uint64_t hz)
{
	struct policer_trtcm_params params = { rate_bps,    BURST_BYTES,   rate_bps * 3 / 2,
					       BURST_BYTES, RATE_LAYER_L2, 1500,
					       false };
	struct rte_meter_trtcm_params rte = { rate_bps / 8, rate_bps * 3 / 16, BURST_BYTES,
					      BURST_BYTES };

	if (policer_trtcm_profile_init(&ours.profile.trtcm, &params, hz) != 0 ||
	    rte_meter_trtcm_profile_config(&theirs.profile.rte_trtcm, &rte) != 0)
		return -1;
	for (unsigned i = 0; i < FLOWS; i++) {
		struct rte_meter_trtcm *meter = &theirs.state.rte_trtcm[i];

		policer_trtcm_init(&ours.state.trtcm[i], &ours.profile.trtcm, ours.now_ticks);
		rte_meter_trtcm_config(meter, &theirs.profile.rte_trtcm);
		meter->time_tc = meter->time_tp = theirs.now_ticks;
	}
	return 0;
}

static int setup_trtcm4115(uint64_t rate_bps, uint64_t hz)
{
	struct policer_trtcm4115_params params = { rate_bps,	BURST_BYTES,   rate_bps / 2,
						   BURST_BYTES, RATE_LAYER_L2, 1500,
						   false };
	struct rte_meter_trtcm_rfc4115_params rte = { rate_bps / 8, rate_bps / 16, BURST_BYTES,
						      BURST_BYTES };

	if (policer_trtcm4115_profile_init(&ours.profile.trtcm4115, &params, hz) != 0 ||
	    rte_meter_trtcm_rfc4115_profile_config(&theirs.profile.rte_trtcm4115, &rte) != 0)
		return -1;
	for (unsigned i = 0; i < FLOWS; i++) {
		struct rte_meter_trtcm_rfc4115 *meter = &theirs.state.rte_trtcm4115[i];

		policer_trtcm4115_init(&ours.state.trtcm4115[i], &ours.profile.trtcm4115,
				       ours.now_ticks);
		rte_meter_trtcm_rfc4115_config(meter, &theirs.profile.rte_trtcm4115);
		meter->time_tc = meter->time_te = theirs.now_ticks;
	}
	return 0;
}

struct matchup {
	const char *ours, *theirs;
	int (*setup)(uint64_t rate_bps, uint64_t hz);
	uint64_t (*run_ours)(void *ctx, unsigned ops);
	uint64_t (*run_theirs)(void *ctx, unsigned ops);
	bool many;
};

static const struct matchup matchups[] = {
	{ "bucket", "rte srtcm, EBS 0", setup_bucket, run_bucket, run_rte_srtcm, false },
	{ "bucket, 32 at once", "rte srtcm, EBS 0", setup_bucket, run_bucket_burst, run_rte_srtcm,
	  false },
	{ "bucket", "rte srtcm, EBS 0", setup_bucket, run_bucket, run_rte_srtcm, true },
	{ "srtcm", "rte srtcm", setup_srtcm, run_srtcm, run_rte_srtcm, false },
	{ "srtcm, 32 at once", "rte srtcm", setup_srtcm, run_srtcm_burst, run_rte_srtcm, false },
	{ "srtcm", "rte srtcm", setup_srtcm, run_srtcm, run_rte_srtcm, true },
	{ "trtcm", "rte trtcm", setup_trtcm, run_trtcm, run_rte_trtcm, false },
	{ "trtcm, 32 at once", "rte trtcm", setup_trtcm, run_trtcm_burst, run_rte_trtcm, false },
	{ "trtcm", "rte trtcm", setup_trtcm, run_trtcm, run_rte_trtcm, true },
	{ "rfc4115", "rte rfc4115", setup_trtcm4115, run_trtcm4115, run_rte_trtcm4115, false },
	{ "rfc4115, 32 at once", "rte rfc4115", setup_trtcm4115, run_trtcm4115_burst,
	  run_rte_trtcm4115, false },
	{ "rfc4115", "rte rfc4115", setup_trtcm4115, run_trtcm4115, run_rte_trtcm4115, true },
};

static int compare(struct bench_report *report, const struct matchup *m, double load)
{
	static const struct bench_plan plan = { .rounds = 40, .chunks = 24, .ops = OPS };
	uint64_t hz = rte_get_tsc_hz();
	double step_ticks = BURST * MEAN_BYTES * 8.0 / load / (double)RATE_BPS * (double)hz;
	struct bench_result result;
	char name[2][64];
	struct bench_case a = { name[0], m->run_ours, &ours };
	struct bench_case b = { name[1], m->run_theirs, &theirs };

	ours.now_ticks = theirs.now_ticks = 1ULL << 40;
	ours.step_ticks = theirs.step_ticks = (uint64_t)step_ticks;
	ours.flow = theirs.flow = m->many ? many_flows : one_flow;
	if (m->setup(m->many ? RATE_BPS / FLOWS : RATE_BPS, hz) != 0) {
		fprintf(stderr, "%s and %s cannot be set up\n", m->ours, m->theirs);
		return -1;
	}
	snprintf(name[0], sizeof(name[0]), "%s, %u, load %.1f", m->ours, m->many ? FLOWS : 1U,
		 load);
	snprintf(name[1], sizeof(name[1]), "%s, %u", m->theirs, m->many ? FLOWS : 1U);
	result = bench_compare(&a, &b, &plan);
	bench_report_add(report, &a, &b, &result);
	return 0;
}

/* (bytes passed - burst + tokens left) / time over the rate, as in tests/policer/test_long_run.c */
static double error_ppb(uint64_t rate_bps, uint64_t passed_bytes, double left_bytes,
			uint64_t burst_bytes, uint64_t ticks)
{
	double bytes = (double)passed_bytes - (double)burst_bytes + left_bytes;

	return (bytes * 8 * (double)rte_get_tsc_hz() / (double)ticks / (double)rate_bps - 1) * 1e9;
}

static double our_error_ppb(uint64_t rate_bps, uint32_t size_bytes)
{
	struct policer_params params = { RATE_BITS_PER_S, rate_bps, size_bytes * 100ULL + 1500,
					 RATE_LAYER_L3, 1500 };
	struct policer_profile profile;
	struct policer_bucket bucket;
	uint64_t pkts = 0, now = 0, step;
	double left;

	if (policer_profile_init(&profile, &params, rte_get_tsc_hz()) != 0)
		return 1e9;
	policer_bucket_init(&bucket, &profile, now);
	step = rate_cost(&profile.rate, size_bytes * 10) >> profile.frac_bits;
	while (pkts < ERROR_PKTS) {
		while (policer_bucket_take(&profile, &bucket, now, size_bytes + 14))
			pkts++;
		now += step;
	}
	left = (double)policer_bucket_room(&profile, &bucket, now << profile.frac_bits) /
	       (double)profile.rate.unit_cost;
	return error_ppb(rate_bps, pkts * size_bytes, left, params.burst, now);
}

static double rte_error_ppb(uint64_t rate_bps, uint32_t size_bytes)
{
	struct rte_meter_srtcm_params params = { .cir = rate_bps / 8,
						 .cbs = size_bytes * 100ULL + 1500 };
	struct rte_meter_srtcm_profile profile;
	struct rte_meter_srtcm meter;
	uint64_t pkts = 0, now = 0;
	double step = size_bytes * 80.0 * (double)rte_get_tsc_hz() / (double)rate_bps;

	if (rte_meter_srtcm_profile_config(&profile, &params) != 0 ||
	    rte_meter_srtcm_config(&meter, &profile) != 0)
		return 1e9;
	meter.time = now;
	while (pkts < ERROR_PKTS) {
		while (rte_meter_srtcm_color_blind_check(&meter, &profile, now, size_bytes) ==
		       RTE_COLOR_GREEN)
			pkts++;
		now += (uint64_t)step;
	}
	rte_meter_srtcm_color_blind_check(&meter, &profile, now, UINT32_MAX);
	return error_ppb(rate_bps, pkts * size_bytes, (double)meter.tc, params.cbs, now);
}

static void report_errors(struct bench_report *report)
{
	static const uint32_t sizes_bytes[] = { 64, 1518 };

	for (uint64_t bps = 1000; bps <= RATE_MAX_BPS; bps = bps < 100000000000	   ? bps * 10
							     : bps == RATE_MAX_BPS ? bps + 1
										   : RATE_MAX_BPS) {
		for (size_t i = 0; i < LEN(sizes_bytes); i++) {
			char name[80];

			snprintf(name, sizeof(name), "rate error, %" PRIu64 " bit/s, %u B", bps,
				 sizes_bytes[i]);
			bench_report_value(report, name, our_error_ppb(bps, sizes_bytes[i]), "ppb");
			snprintf(name, sizeof(name), "  rte_meter, %" PRIu64 " bit/s, %u B", bps,
				 sizes_bytes[i]);
			bench_report_value(report, name, rte_error_ppb(bps, sizes_bytes[i]), "ppb");
		}
	}
}

static void make_traffic(void)
{
	srand(1);
	for (unsigned i = 0; i < OPS; i++) {
		frame_len[i] = 60 + (unsigned)rand() % (2 * (MEAN_BYTES - 60) + 1);
		many_flows[i] = (uint16_t)((unsigned)rand() % FLOWS);
	}
}

/* rte_meter asks the EAL for the TSC's frequency, and the EAL measures it in rte_eal_init(). */
static int start_eal(char *program)
{
	static char no_huge[] = "--no-huge", no_pci[] = "--no-pci", no_shconf[] = "--no-shconf";
	static char no_telemetry[] = "--no-telemetry", quiet[] = "--log-level=error";
	static char memory[] = "-m", megabytes[] = "64";
	char *argv[] = {
		program, no_huge, no_pci, no_shconf, no_telemetry, quiet, memory, megabytes
	};

	return rte_eal_init((int)LEN(argv), argv);
}

int main(int argc, char **argv)
{
	static const double loads[] = { 0.5, 1.0, 2.0 };
	struct bench_report report;
	int err = 0;

	if (start_eal(argv[0]) < 0) {
		fprintf(stderr, "the EAL did not start\n");
		return EXIT_FAILURE;
	}
	if (bench_report_open(&report, argc, argv, "policer") != 0)
		return EXIT_FAILURE;
	make_traffic();
	for (size_t i = 0; err == 0 && i < LEN(matchups); i++)
		for (size_t j = 0; err == 0 && j < LEN(loads); j++)
			err = compare(&report, &matchups[i], loads[j]);
	if (err == 0)
		report_errors(&report);
	if (bench_report_close(&report) != 0)
		err = -1;
	rte_eal_cleanup();
	return err == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
