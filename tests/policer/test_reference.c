/*
 * Randomised differential test: every kind against token counting in exact arithmetic.
 *
 * Two references run beside each policer.
 *  - At the prepared rate, in 128-bit rational arithmetic: no verdict may differ, ever. That is the
 *    whole rounding of the packet path: none.
 *  - At the configured rate: the prepared one is within 477 ppb of it, so a level may be off by
 *    that share of what the rate delivered since all buckets were full on both sides (twice that
 *    for E of RFC 2697, which is filled by a difference of two). A verdict may differ only where
 *    the exact level is within X = 10^-6 of that amount of the packet's length. Such cases are
 *    counted; both sides then start anew.
 */
#include "tests/policer/random.h"
#include "tests/policer/reference.h"

#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

struct scenario {
	struct policer_spec spec;
	struct policer policer;
	union policer_state state;	 /* against the prepared rate */
	union policer_state drift_state; /* against the configured rate */
	struct reference exact, configured;
	uint64_t ticks_hz;
	uint64_t now_ticks;
	uint64_t pkt_gap_ticks; /* about what the rate needs for a mean packet */
	bool probing; /* the next packet is of probe_len and arrives just in time or early */
	uint32_t probe_len;
};

struct totals {
	uint64_t pkts, scenarios, probes, tick_probes, idle, colours[POLICER_COLOURS], close;
};

static uint64_t random_ticks_hz(void)
{
	static const uint64_t usual_hz[] = { 1000000000, 2299998123, 2600000000, 3000000001 };

	if (random_in(0, 3) == 0)
		return random_log(RATE_MIN_TICKS_HZ, RATE_MAX_TICKS_HZ);
	return usual_hz[random_in(0, 3)];
}

static void random_spec(struct policer_spec *spec, enum policer_kind kind)
{
	uint64_t min_burst;

	*spec = (struct policer_spec){
		.kind = kind,
		.layer = (enum rate_layer)random_in(RATE_LAYER_L1, RATE_LAYER_L3),
		.mtu_bytes = (uint32_t)random_log(POLICER_MIN_MTU_BYTES, 9000),
	};
	min_burst = spec->mtu_bytes + 14 + (uint64_t)rate_layer_adjust_bytes(spec->layer);
	if (kind == POLICER_PKT_RATE) {
		spec->cir = random_log(RATE_MIN_PPS, RATE_MAX_PPS);
		spec->cbs = random_log(1, POLICER_MAX_BURST_PKTS);
		return;
	}
	spec->cir = random_log(RATE_MIN_BPS, RATE_MAX_BPS);
	spec->cbs = random_log(min_burst, random_in(0, 3) != 0 ? min_burst * 64 : 1000000000);
	if (kind == POLICER_SINGLE_RATE)
		return;
	spec->colour_aware = random_in(0, 1) != 0;
	spec->second_bytes = random_log(min_burst, min_burst * 64);
	if (kind == POLICER_TRTCM)
		spec->second_bps = random_log(spec->cir, RATE_MAX_BPS);
	if (kind == POLICER_TRTCM4115)
		spec->second_bps = random_log(RATE_MIN_BPS, RATE_MAX_BPS);
	if (kind == POLICER_SRTCM && random_in(0, 15) == 0)
		spec->second_bytes = 0;
	else if (kind == POLICER_SRTCM && random_in(0, 15) == 0)
		spec->cbs = 0;
}

static void scenario_start(struct scenario *s, enum policer_kind kind)
{
	rate_u128 units = kind == POLICER_PKT_RATE ? 1 : 6400;
	uint64_t faster;

	random_spec(&s->spec, kind);
	s->ticks_hz = random_ticks_hz();
	assert_int_equal(policer_init(&s->policer, &s->spec, s->ticks_hz), 0);
	/* A third of all runs crosses the wrap of the tick counter. */
	s->now_ticks = random_in(0, 2) == 0 ? 0 - random_log(1, 1ULL << 40) : random_u64();
	policer_state_init(&s->state, &s->policer, s->now_ticks);
	s->drift_state = s->state;
	reference_init(&s->exact, &s->policer, &s->spec, s->now_ticks, false);
	reference_init(&s->configured, &s->policer, &s->spec, s->now_ticks, true);
	faster = s->spec.second_bps > s->spec.cir ? s->spec.second_bps : s->spec.cir;
	s->pkt_gap_ticks = (uint64_t)(units * s->ticks_hz / faster) + 1;
}

/* The very tick at which the first bucket holds a packet again, or the one before. */
static bool scenario_probe_time(struct scenario *s)
{
	const struct ref_bucket *bucket = &s->exact.first;
	uint64_t charge = 1;
	rate_u128 lack;

	s->probe_len = (uint32_t)random_in(60, s->spec.mtu_bytes + 14);
	if (s->spec.kind != POLICER_PKT_RATE)
		charge = s->probe_len + (uint64_t)s->exact.adjust_bytes;
	if (bucket->level >= bucket->per_unit * charge)
		return false;
	lack = bucket->per_unit * charge - bucket->level;
	s->now_ticks += (uint64_t)((lack - 1) / bucket->per_tick) + random_in(0, 1);
	return true;
}

/* Bursts at one moment, arrivals around the rate, any idle time, and idle times of many ranges. */
static void scenario_pass_time(struct scenario *s, struct totals *totals)
{
	uint64_t max_idle = policer_max_idle_ticks(&s->policer);
	uint64_t choice = random_in(0, 99);

	s->probing = choice < 20 && scenario_probe_time(s);
	totals->tick_probes += s->probing;
	if (choice < 50)
		return;
	if (choice < 95) {
		s->now_ticks += random_in(0, 2 * s->pkt_gap_ticks);
		return;
	}
	totals->idle++;
	if (choice < 99) {
		s->now_ticks += random_log(1, max_idle);
		return;
	}
	for (uint64_t sweeps = random_in(1, 12); sweeps > 0; sweeps--) {
		s->now_ticks += random_in(max_idle / 2, max_idle);
		policer_state_refresh(&s->policer, &s->state, s->now_ticks);
		policer_state_refresh(&s->policer, &s->drift_state, s->now_ticks);
		reference_advance(&s->exact, s->now_ticks);
		reference_advance(&s->configured, s->now_ticks);
	}
}

/* Any length, or exactly what a bucket holds, or one byte more. */
static uint32_t scenario_length(struct scenario *s, struct totals *totals)
{
	const struct ref_bucket *bucket = random_in(0, 1) != 0 ? &s->exact.first : &s->exact.second;
	uint64_t choice = random_in(0, 99);

	if (s->probing)
		return s->probe_len;
	if (choice < 20 && bucket->per_unit != 0) {
		int64_t held = (int64_t)(bucket->level / bucket->per_unit);
		int64_t len = held + (int64_t)random_in(0, 1) - s->exact.adjust_bytes;

		if (len >= 0 && len < 100000) {
			totals->probes++;
			return (uint32_t)len;
		}
	}
	if (choice < 98)
		return (uint32_t)random_log(60, s->spec.mtu_bytes + 14);
	return (uint32_t)random_in(0, 70000);
}

static bool scenario_full(const struct scenario *s)
{
	union policer_state now = s->drift_state;
	union policer_state full;

	/* Every kind is one or two words, and the unused one stays zero. */
	_Static_assert(sizeof(now) == sizeof(now.trtcm), "trtcm covers the state");
	policer_state_refresh(&s->policer, &now, s->now_ticks);
	policer_state_init(&full, &s->policer, s->now_ticks);
	return now.trtcm.c.tat == full.trtcm.c.tat && now.trtcm.p.tat == full.trtcm.p.tat;
}

/* The same packet to the policer that runs beside the configured rate. */
static void check_configured(struct scenario *s, struct totals *totals, uint32_t len,
			     enum policer_colour in)
{
	enum policer_colour ours, theirs;

	reference_advance(&s->configured, s->now_ticks);
	if (reference_full(&s->configured) && scenario_full(s))
		reference_forget_drift(&s->configured);
	theirs = reference_check(&s->configured, len, in);
	ours = policer_colour_pkt(&s->policer, &s->drift_state, s->now_ticks, len, in);
	if (ours == theirs)
		return;
	if (!s->configured.close)
		fail_msg("kind %d, rate %" PRIu64 ": verdict %d, exact %d, further off than 1e-6",
			 (int)s->spec.kind, s->spec.cir, (int)ours, (int)theirs);
	totals->close++;
	policer_state_init(&s->drift_state, &s->policer, s->now_ticks);
	reference_init(&s->configured, &s->policer, &s->spec, s->now_ticks, true);
}

static void scenario_packet(struct scenario *s, struct totals *totals)
{
	enum policer_colour in = (enum policer_colour)random_in(POLICER_GREEN, POLICER_RED);
	enum policer_colour ours, exact;
	uint32_t len;

	scenario_pass_time(s, totals);
	reference_advance(&s->exact, s->now_ticks);
	len = scenario_length(s, totals);
	exact = reference_check(&s->exact, len, in);
	ours = policer_colour_pkt(&s->policer, &s->state, s->now_ticks, len, in);
	if (ours != exact)
		fail_msg("kind %d, rate %" PRIu64 ", burst %" PRIu64 ", second %" PRIu64 "/%" PRIu64
			 ", clock %" PRIu64 " Hz, length %" PRIu32 ": verdict %d, exact %d",
			 (int)s->spec.kind, s->spec.cir, s->spec.cbs, s->spec.second_bps,
			 s->spec.second_bytes, s->ticks_hz, len, (int)ours, (int)exact);
	totals->colours[ours]++;
	check_configured(s, totals, len, in);
}

static void run_kind(enum policer_kind kind, const char *name)
{
	uint64_t wanted = env_number("SLUICE_TEST_PKTS", TEST_PKTS_DEFAULT);
	struct totals totals = { 0 };
	struct scenario s;

	random_seed(name);
	while (totals.pkts < wanted) {
		uint64_t pkts = random_log(100, 20000);

		scenario_start(&s, kind);
		totals.scenarios++;
		totals.pkts += pkts;
		while (pkts-- > 0)
			scenario_packet(&s, &totals);
	}
	printf("%s: %" PRIu64 " packets in %" PRIu64 " scenarios (green %" PRIu64
	       ", yellow %" PRIu64 ", red %" PRIu64 "; %" PRIu64
	       " at the exact level or one byte above, %" PRIu64
	       " at the exact tick or one before, %" PRIu64
	       " after long idle times): 0 differ at the prepared rate, %" PRIu64
	       " within 1e-6 at the configured one, 0 beyond\n",
	       name, totals.pkts, totals.scenarios, totals.colours[POLICER_GREEN],
	       totals.colours[POLICER_YELLOW], totals.colours[POLICER_RED], totals.probes,
	       totals.tick_probes, totals.idle, totals.close);
	assert_true(totals.colours[POLICER_GREEN] > totals.pkts / 20);
	assert_true(totals.colours[POLICER_RED] > totals.pkts / 20);
	assert_true(totals.probes > totals.pkts / 50);
	assert_true(totals.tick_probes > totals.pkts / 100);
}

static void single_rate_is_exact(void **state)
{
	(void)state;
	run_kind(POLICER_SINGLE_RATE, "single rate");
}

static void pkt_rate_is_exact(void **state)
{
	(void)state;
	run_kind(POLICER_PKT_RATE, "packet rate");
}

static void srtcm_is_exact(void **state)
{
	(void)state;
	run_kind(POLICER_SRTCM, "RFC 2697");
}

static void trtcm_is_exact(void **state)
{
	(void)state;
	run_kind(POLICER_TRTCM, "RFC 2698");
}

static void trtcm4115_is_exact(void **state)
{
	(void)state;
	run_kind(POLICER_TRTCM4115, "RFC 4115");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(single_rate_is_exact), cmocka_unit_test(pkt_rate_is_exact),
		cmocka_unit_test(srtcm_is_exact),	cmocka_unit_test(trtcm_is_exact),
		cmocka_unit_test(trtcm4115_is_exact),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
