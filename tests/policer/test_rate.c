#include "policer/rate.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

#define LEN(array) (sizeof(array) / sizeof((array)[0]))

static const uint64_t clocks_hz[] = { RATE_MIN_TICKS_HZ, 1000000000, 2299998123, 2600000000,
				      RATE_MAX_TICKS_HZ };

/* Independent of rate_error_ppb(): in long double, from the definition. */
static double relative_error(const struct rate *rate)
{
	long double bits = rate->unit == RATE_BITS_PER_S ? 8 : 1;
	long double ticks_per_unit = (long double)rate->unit_cost / powl(2, rate->frac_bits);
	long double effective = bits * (long double)rate->ticks_hz / ticks_per_unit;

	return (double)(effective / (long double)rate->value - 1);
}

static void check_rate(enum rate_unit unit, uint64_t value, uint64_t ticks_hz)
{
	struct rate rate;
	double error;

	assert_int_equal(rate_init(&rate, unit, value, ticks_hz), 0);
	error = relative_error(&rate);
	if (fabs(error) > RATE_MAX_ERROR_PPB * 1e-9 * 1.000001)
		fail_msg("%" PRIu64 " at %" PRIu64 " Hz: relative error %g", value, ticks_hz,
			 error);
	assert_true(fabs(error * 1e9 - (double)rate_error_ppb(&rate)) < 0.51);
	/* The bounds that every overflow argument rests on. */
	assert_true(rate.unit_cost >= 1 && rate.unit_cost < 1ULL << 34);
	if (rate.frac_bits > 0)
		assert_true(rate.unit_cost <= 1ULL << 21);
	if (unit == RATE_BITS_PER_S)
		assert_true(rate.unit_cost < 1ULL << 27);
	assert_true(rate_cost(&rate, unit == RATE_BITS_PER_S ? RATE_MAX_CHARGE_BYTES
							     : RATE_MAX_CHARGE_PKTS) <= 1ULL << 57);
	assert_true((double)rate_max_idle_ticks(&rate) >= 43.0 * (double)ticks_hz);
}

static void every_rate_is_within_the_stated_error(void **state)
{
	(void)state;
	for (size_t clock = 0; clock < LEN(clocks_hz); clock++) {
		for (uint64_t bps = RATE_MIN_BPS; bps <= RATE_MAX_BPS; bps += bps / 37 + 1)
			check_rate(RATE_BITS_PER_S, bps, clocks_hz[clock]);
		for (uint64_t pps = RATE_MIN_PPS; pps <= RATE_MAX_PPS; pps += pps / 37 + 1)
			check_rate(RATE_PKTS_PER_S, pps, clocks_hz[clock]);
		check_rate(RATE_BITS_PER_S, RATE_MAX_BPS, clocks_hz[clock]);
		check_rate(RATE_PKTS_PER_S, RATE_MAX_PPS, clocks_hz[clock]);
	}
}

/* 8 Mbit/s on a 1 GHz clock is 1000 ticks a byte: no fraction is needed, nothing is rounded. */
static void a_representable_rate_has_no_fraction(void **state)
{
	struct rate rate;

	(void)state;
	assert_int_equal(rate_init(&rate, RATE_BITS_PER_S, 8000000, 1000000000), 0);
	assert_int_equal(rate.frac_bits, 0);
	assert_int_equal(rate_cost(&rate, 1), 1000);
	assert_int_equal(rate_error_ppb(&rate), 0);
	assert_int_equal(rate_max_idle_ticks(&rate), 1ULL << 62);
}

static void costs_are_linear(void **state)
{
	struct rate rate;

	(void)state;
	assert_int_equal(rate_init(&rate, RATE_BITS_PER_S, 9999999999, 2299998123), 0);
	assert_int_equal(rate_cost(&rate, 20) + rate_cost(&rate, 1498), rate_cost(&rate, 1518));
	assert_int_equal(rate_cost(&rate, 1518) * 1000, rate_cost(&rate, 1518000));
	assert_int_equal(rate_charge_floor(&rate, rate_cost(&rate, 1518)), 1518);
	assert_int_equal(rate_charge_floor(&rate, rate_cost(&rate, 1518) - 1), 1517);
	assert_int_equal(rate_charge_ceil(&rate, rate_cost(&rate, 1518)), 1518);
	assert_int_equal(rate_charge_ceil(&rate, rate_cost(&rate, 1518) + 1), 1519);
}

static void out_of_range_is_refused(void **state)
{
	struct rate rate = { .value = 42 };

	(void)state;
	assert_int_equal(rate_init(&rate, RATE_BITS_PER_S, RATE_MIN_BPS - 1, 1000000000), -ERANGE);
	assert_int_equal(rate_init(&rate, RATE_BITS_PER_S, RATE_MAX_BPS + 1, 1000000000), -ERANGE);
	assert_int_equal(rate_init(&rate, RATE_PKTS_PER_S, 0, 1000000000), -ERANGE);
	assert_int_equal(rate_init(&rate, RATE_PKTS_PER_S, RATE_MAX_PPS + 1, 1000000000), -ERANGE);
	assert_int_equal(rate_init(&rate, RATE_BITS_PER_S, 1000000, RATE_MIN_TICKS_HZ - 1),
			 -ERANGE);
	assert_int_equal(rate_init(&rate, RATE_BITS_PER_S, 1000000, RATE_MAX_TICKS_HZ + 1),
			 -ERANGE);
	assert_int_equal(rate_init(&rate, RATE_BITS_PER_S, 1000000, 0), -ERANGE);
	assert_int_equal(rate_init(&rate, (enum rate_unit)7, 1000000, 1000000000), -EINVAL);
	assert_int_equal(rate.value, 42);
}

/* 1 ms of 1 Gbit/s = 125000 bytes; 1 ns of 1 Gbit/s = 0.125 bytes; 1 s of 1000 packets/s. */
static void time_becomes_units(void **state)
{
	struct rate rate;

	(void)state;
	assert_int_equal(rate_init(&rate, RATE_BITS_PER_S, 1000000000, 2299998123), 0);
	assert_int_equal(rate_units_in_ns(&rate, 1000000), 125000);
	assert_int_equal(rate_units_in_ns(&rate, 1), 0);
	assert_int_equal(rate_init(&rate, RATE_BITS_PER_S, RATE_MAX_BPS, 2299998123), 0);
	assert_int_equal(rate_units_in_ns(&rate, UINT64_MAX), UINT64_MAX);
	assert_int_equal(rate_init(&rate, RATE_PKTS_PER_S, 1000, 2299998123), 0);
	assert_int_equal(rate_units_in_ns(&rate, 1000000000), 1000);
}

static void stamps_round_up_to_ticks_across_the_wrap(void **state)
{
	static const uint64_t starts[] = { 0, 1000, UINT64_MAX - 5, 1ULL << 63 };
	struct rate rate;

	(void)state;
	assert_int_equal(rate_init(&rate, RATE_BITS_PER_S, 123456789012, 2299998123), 0);
	assert_true(rate.frac_bits > 0);
	for (size_t i = 0; i < LEN(starts); i++) {
		uint64_t stamp = rate_stamp(&rate, starts[i]);

		assert_int_equal(rate_stamp_to_ticks(&rate, stamp, starts[i]), starts[i]);
		assert_int_equal(rate_stamp_to_ticks(&rate, stamp + 1, starts[i]), starts[i] + 1);
		assert_int_equal(rate_stamp_to_ticks(&rate, stamp, starts[i] + 1000), starts[i]);
		assert_int_equal(rate_stamp_to_ticks(&rate, stamp, starts[i] - 1000), starts[i]);
	}
}

static void layers_adjust_by_their_framing(void **state)
{
	(void)state;
	assert_int_equal(rate_layer_adjust_bytes(RATE_LAYER_L1), 24);
	assert_int_equal(rate_layer_adjust_bytes(RATE_LAYER_L2), 4);
	assert_int_equal(rate_layer_adjust_bytes(RATE_LAYER_L3), -14);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_rate_is_within_the_stated_error),
		cmocka_unit_test(a_representable_rate_has_no_fraction),
		cmocka_unit_test(costs_are_linear),
		cmocka_unit_test(out_of_range_is_refused),
		cmocka_unit_test(time_becomes_units),
		cmocka_unit_test(stamps_round_up_to_ticks_across_the_wrap),
		cmocka_unit_test(layers_adjust_by_their_framing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
