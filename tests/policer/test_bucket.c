#include "policer/bucket.h"
#include "tests/policer/random.h"

#include <errno.h>
#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#define LEN(array) (sizeof(array) / sizeof((array)[0]))
#define TSC_HZ 2299998123ULL
#define YEAR_TICKS (TSC_HZ * 86400 * 365)

static struct policer_profile make(uint64_t rate_bps, uint64_t burst_bytes, enum rate_layer layer,
				   uint64_t ticks_hz)
{
	struct policer_params params = {
		.unit = RATE_BITS_PER_S,
		.rate = rate_bps,
		.burst = burst_bytes,
		.layer = layer,
		.mtu_bytes = 1500,
	};
	struct policer_profile profile;

	assert_int_equal(policer_profile_init(&profile, &params, ticks_hz), 0);
	return profile;
}

/*
 * 8 Mbit/s on a 1 GHz clock: one byte of the layer per 1000 ticks. L3, burst 3000 bytes, so a frame
 * of 1514 is 1500 bytes. "tokens" is what is left after the packet, worked out by hand.
 */
static void verdicts_follow_the_definition(void **state)
{
	static const struct {
		uint64_t ticks;
		uint32_t frame_len;
		bool conforms;
		uint64_t tokens;
	} table[] = {
		{ 0, 1514, true, 1500 },	/* 3000 - 1500 */
		{ 0, 1514, true, 0 },		/* 1500 - 1500: exactly the burst passes */
		{ 0, 15, false, 0 },		/* 0 < 1 */
		{ 999, 15, false, 0 },		/* 0.999 < 1 */
		{ 1000, 15, true, 0 },		/* 1.000 - 1 */
		{ 100999, 114, false, 99 },	/* 99.999 < 100; a refusal takes nothing */
		{ 101000, 114, true, 0 },	/* 100 - 100 */
		{ 601000, 1514, false, 500 },	/* 500 < 1500 */
		{ 601000, 514, true, 0 },	/* 500 - 500 */
		{ 9000000, 3015, false, 3000 }, /* full: 3000 < 3001 */
		{ 9000000, 3014, true, 0 },	/* 3000 - 3000 */
		{ 9000001, 14, true, 0 },	/* an empty IP packet costs nothing */
	};
	struct policer_profile profile = make(8000000, 3000, RATE_LAYER_L3, 1000000000);
	struct policer_bucket bucket;

	(void)state;
	policer_bucket_init(&bucket, &profile, 0);
	for (size_t i = 0; i < LEN(table); i++) {
		bool conforms = policer_bucket_take(&profile, &bucket, table[i].ticks,
						    table[i].frame_len);

		if (conforms != table[i].conforms)
			fail_msg("row %zu: verdict %d", i, (int)conforms);
		assert_int_equal(policer_bucket_tokens(&profile, &bucket, table[i].ticks),
				 table[i].tokens);
	}
}

/* At any rate: after idling, frames that add up to the burst pass to the last byte, one more none. */
static void exactly_the_burst_passes(void **state)
{
	static const uint32_t sizes[] = { 20, 64, 363, 1000, 1500 };

	(void)state;
	for (uint64_t bps = RATE_MIN_BPS; bps <= RATE_MAX_BPS; bps += bps / 3 + 7) {
		for (size_t i = 0; i < LEN(sizes); i++) {
			uint64_t pkts = 100000 / sizes[i];
			struct policer_profile profile = make(bps, pkts * sizes[i], RATE_LAYER_L3,
							      TSC_HZ);
			struct policer_bucket bucket;
			uint64_t now = random_u64();

			policer_bucket_init(&bucket, &profile, now);
			for (uint64_t pkt = 0; pkt < pkts; pkt++)
				assert_true(
					policer_bucket_take(&profile, &bucket, now, sizes[i] + 14));
			assert_false(policer_bucket_take(&profile, &bucket, now, 15));
		}
	}
}

/* L1 pays 24 bytes more than a driver's length, L2 4 more, L3 14 less. */
static void a_layer_decides_what_a_frame_costs(void **state)
{
	static const struct {
		enum rate_layer layer;
		uint64_t left;
	} table[] = {
		{ RATE_LAYER_L1, 2000 - 1024 },
		{ RATE_LAYER_L2, 2000 - 1004 },
		{ RATE_LAYER_L3, 2000 - 986 },
	};

	(void)state;
	for (size_t i = 0; i < LEN(table); i++) {
		struct policer_profile profile = make(1000000, 2000, table[i].layer, TSC_HZ);
		struct policer_bucket bucket;

		policer_bucket_init(&bucket, &profile, 5);
		assert_true(policer_bucket_take(&profile, &bucket, 5, 1000));
		assert_int_equal(policer_bucket_tokens(&profile, &bucket, 5), table[i].left);
	}
}

/* A frame shorter than its header must not pass and must not put tokens into the bucket. */
static void a_runt_is_refused(void **state)
{
	static const uint64_t rates_bps[] = { RATE_MIN_BPS, 1000000000, RATE_MAX_BPS };

	(void)state;
	for (size_t i = 0; i < LEN(rates_bps); i++) {
		struct policer_profile profile = make(rates_bps[i], POLICER_MAX_BURST_BYTES,
						      RATE_LAYER_L3, TSC_HZ);
		struct policer_bucket bucket;

		policer_bucket_init(&bucket, &profile, 0);
		assert_true(policer_bucket_take(&profile, &bucket, 0, 1014));
		for (uint32_t len = 0; len < 14; len++)
			assert_false(policer_bucket_take(&profile, &bucket, 0, len));
		assert_int_equal(policer_bucket_tokens(&profile, &bucket, 0),
				 POLICER_MAX_BURST_BYTES - 1000);
	}
}

static void a_packet_rate_ignores_length(void **state)
{
	struct policer_params params = { .unit = RATE_PKTS_PER_S, .rate = 1000, .burst = 2 };
	struct policer_profile profile;
	struct policer_bucket bucket;

	(void)state;
	assert_int_equal(policer_profile_init(&profile, &params, 1000000000), 0);
	policer_bucket_init(&bucket, &profile, 7);
	assert_true(policer_bucket_take(&profile, &bucket, 7, 1));
	assert_true(policer_bucket_take(&profile, &bucket, 7, 9014));
	assert_false(policer_bucket_take(&profile, &bucket, 7, 60));
	assert_false(policer_bucket_take(&profile, &bucket, 7 + 999999, 60));
	assert_true(policer_bucket_take(&profile, &bucket, 7 + 1000000, 60));
}

/* Empties a bucket, lets it idle, and expects tokens = min(idle * rate, burst). */
static void check_idle(uint64_t rate_bps, uint64_t start, uint64_t idle_ticks, bool sweep)
{
	struct policer_profile profile = make(rate_bps, 15000, RATE_LAYER_L3, TSC_HZ);
	uint64_t period = policer_profile_max_idle_ticks(&profile);
	rate_u128 earned = ((rate_u128)idle_ticks << profile.frac_bits) / profile.rate.unit_cost;
	struct policer_bucket bucket;
	uint64_t now = start;

	policer_bucket_init(&bucket, &profile, now);
	assert_true(policer_bucket_take(&profile, &bucket, now, 15014));
	while (sweep && idle_ticks > period) {
		now += period;
		idle_ticks -= period;
		policer_bucket_refresh(&profile, &bucket, now);
	}
	now += idle_ticks;
	if (policer_bucket_tokens(&profile, &bucket, now) != (earned < 15000 ? earned : 15000))
		fail_msg(
			"rate %" PRIu64 ", start %" PRIx64 ", idle %" PRIu64 ": %" PRIu64 " tokens",
			rate_bps, start, idle_ticks, policer_bucket_tokens(&profile, &bucket, now));
}

/* Within the period that the contract names, no refresh is needed, wherever the counter wraps. */
static void any_idle_time_within_the_period_is_right(void **state)
{
	static const uint64_t starts[] = { 0, 1, UINT64_MAX, UINT64_MAX - TSC_HZ, 1ULL << 63 };

	(void)state;
	for (uint64_t bps = RATE_MIN_BPS; bps <= RATE_MAX_BPS; bps = bps * 3 + 1) {
		struct policer_profile profile = make(bps, 15000, RATE_LAYER_L3, TSC_HZ);
		uint64_t period = policer_profile_max_idle_ticks(&profile);

		for (size_t i = 0; i < LEN(starts); i++) {
			for (uint64_t idle = 2; idle < period; idle += idle / 2)
				check_idle(bps, starts[i], idle, false);
			check_idle(bps, starts[i], period, false);
		}
	}
}

/* With the owner's sweep any idle time is right, from 1 ns to years, across every wrap. */
static void years_of_idle_time_are_right_with_refresh(void **state)
{
	static const uint64_t rates_bps[] = { RATE_MIN_BPS, 1000000, 1000000000, 99999999999 };
	static const uint64_t starts[] = { 0, UINT64_MAX - YEAR_TICKS, UINT64_MAX - 3 };

	(void)state;
	for (size_t rate = 0; rate < LEN(rates_bps); rate++) {
		for (size_t i = 0; i < LEN(starts); i++) {
			check_idle(rates_bps[rate], starts[i], 3, true);
			check_idle(rates_bps[rate], starts[i], YEAR_TICKS / 365, true);
			check_idle(rates_bps[rate], starts[i], YEAR_TICKS, true);
			check_idle(rates_bps[rate], starts[i], 3 * YEAR_TICKS + 12345, true);
		}
	}
}

/*
 * Without any refresh: a bucket counts as short of full only for the last ahead_max of each stamp
 * range. 10 Gbit/s at this clock has a range of over an hour, its last 16 ms + the burst's 12 us
 * are strict. 2^64 stamps are a whole number of ticks, so the wrap can be hit exactly.
 */
static void a_missed_refresh_is_strict_for_milliseconds(void **state)
{
	struct policer_profile profile = make(10000000000, 15000, RATE_LAYER_L3, TSC_HZ);
	uint64_t wrap = UINT64_MAX / (1ULL << profile.frac_bits) + 1;
	uint64_t strict = (profile.ahead_max >> profile.frac_bits) + 2;
	uint64_t full_at = (profile.limit >> profile.frac_bits) + 1;

	(void)state;
	assert_true(profile.frac_bits > 0);
	assert_true(strict < TSC_HZ / 50);
	for (unsigned wraps = 0; wraps < 5; wraps++) {
		static const unsigned percent[] = { 1, 25, 50, 75, 99 };
		struct policer_bucket bucket;

		for (size_t i = 0; i < LEN(percent); i++) {
			uint64_t idle = full_at + wraps * wrap + wrap / 100 * percent[i];

			policer_bucket_init(&bucket, &profile, 0);
			assert_true(policer_bucket_take(&profile, &bucket, 0, 15014));
			assert_int_equal(policer_bucket_tokens(&profile, &bucket, idle), 15000);
		}
		policer_bucket_init(&bucket, &profile, 0);
		assert_true(policer_bucket_take(&profile, &bucket, 0, 15014));
		assert_int_equal(policer_bucket_tokens(&profile, &bucket,
						       (wraps + 1) * wrap - strict + full_at),
				 15000);
	}
}

/* 15 ms back with an empty bucket: nothing passes before the old time plus a packet. */
static void a_clock_that_steps_back_gives_nothing(void **state)
{
	struct policer_profile profile = make(8000000, 3000, RATE_LAYER_L3, 1000000000);
	struct policer_bucket bucket;

	(void)state;
	policer_bucket_init(&bucket, &profile, 1000000000);
	assert_true(policer_bucket_take(&profile, &bucket, 1000000000, 3014));
	assert_false(policer_bucket_take(&profile, &bucket, 1000000000 - 15000000, 15));
	assert_int_equal(policer_bucket_tokens(&profile, &bucket, 1000000000 - 15000000), 0);
	assert_false(policer_bucket_take(&profile, &bucket, 1000000000, 15));
	assert_true(policer_bucket_take(&profile, &bucket, 1000001000, 15));
}

static void a_burst_gets_the_verdicts_of_its_packets(void **state)
{
	static const enum rate_layer layers[] = { RATE_LAYER_L1, RATE_LAYER_L2, RATE_LAYER_L3 };
	uint64_t wanted = TEST_PKTS_DEFAULT / 10;

	(void)state;
	random_seed("burst form");
	while (wanted > 0) {
		struct policer_profile profile = make(random_log(RATE_MIN_BPS, RATE_MAX_BPS),
						      random_log(1600, 200000),
						      layers[random_in(0, 2)], TSC_HZ);
		struct policer_bucket one, many;
		uint64_t now = random_u64();

		policer_bucket_init(&one, &profile, now);
		many = one;
		for (unsigned round = 0; round < 100; round++) {
			uint32_t len[POLICER_MAX_TAKE_BURST];
			unsigned count = (unsigned)random_in(0, POLICER_MAX_TAKE_BURST);
			uint32_t shortest = UINT32_MAX;
			uint64_t expected = 0;

			now += random_log(1, 1ULL << 20);
			for (unsigned i = 0; i < count; i++) {
				/* below 14 bytes a frame has no length in L3 */
				len[i] = (uint32_t)random_in(8, 1514);
				shortest = len[i] < shortest ? len[i] : shortest;
				expected |= (uint64_t)policer_bucket_take(&profile, &one, now,
									  len[i])
					    << i;
			}
			assert_int_equal(policer_bucket_take_burst(&profile, &many, now, len,
								   shortest, count),
					 expected);
			/* where nothing conforms only the burst form keeps a full bucket fresh */
			policer_bucket_refresh(&profile, &one, now);
			policer_bucket_refresh(&profile, &many, now);
			assert_int_equal(one.tat, many.tat);
			wanted -= count < wanted ? count : wanted;
		}
	}
}

static void giving_back_undoes_taking(void **state)
{
	struct policer_profile profile = make(1000000000, 3000, RATE_LAYER_L2, TSC_HZ);
	struct policer_bucket bucket, before;

	(void)state;
	policer_bucket_init(&bucket, &profile, 0);
	assert_true(policer_bucket_take(&profile, &bucket, 100, 1514));
	before = bucket;
	assert_true(policer_bucket_take(&profile, &bucket, 100, 700));
	policer_bucket_give(&profile, &bucket, 700);
	assert_int_equal(bucket.tat, before.tat);
}

/* 2000 of 3000 tokens stay 2000 at another rate and clock fraction; a smaller burst caps them. */
static void an_edit_keeps_tokens(void **state)
{
	struct policer_profile from = make(8000000, 3000, RATE_LAYER_L3, TSC_HZ);
	struct policer_profile faster = make(80000000000, 9000, RATE_LAYER_L3, TSC_HZ);
	struct policer_profile smaller = make(1000000, 1500, RATE_LAYER_L3, TSC_HZ);
	struct policer_params pps = { .unit = RATE_PKTS_PER_S, .rate = 10, .burst = 5 };
	struct policer_profile packets;
	struct policer_bucket bucket;

	(void)state;
	assert_int_equal(policer_profile_init(&packets, &pps, TSC_HZ), 0);
	policer_bucket_init(&bucket, &from, 77);
	assert_true(policer_bucket_take(&from, &bucket, 77, 1014));
	policer_bucket_convert(&bucket, &from, &faster, 77);
	assert_int_equal(policer_bucket_tokens(&faster, &bucket, 77), 2000);
	policer_bucket_convert(&bucket, &faster, &smaller, 77);
	assert_int_equal(policer_bucket_tokens(&smaller, &bucket, 77), 1500);
	policer_bucket_convert(&bucket, &smaller, &packets, 77);
	assert_int_equal(policer_bucket_tokens(&packets, &bucket, 77), 5);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(verdicts_follow_the_definition),
		cmocka_unit_test(exactly_the_burst_passes),
		cmocka_unit_test(a_layer_decides_what_a_frame_costs),
		cmocka_unit_test(a_runt_is_refused),
		cmocka_unit_test(a_packet_rate_ignores_length),
		cmocka_unit_test(any_idle_time_within_the_period_is_right),
		cmocka_unit_test(years_of_idle_time_are_right_with_refresh),
		cmocka_unit_test(a_missed_refresh_is_strict_for_milliseconds),
		cmocka_unit_test(a_clock_that_steps_back_gives_nothing),
		cmocka_unit_test(a_burst_gets_the_verdicts_of_its_packets),
		cmocka_unit_test(giving_back_undoes_taking),
		cmocka_unit_test(an_edit_keeps_tokens),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
