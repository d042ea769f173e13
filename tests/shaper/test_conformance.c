/* Unit test of shaper/conformance.h: against all windows, compared one by one. */
#include "shaper/conformance.h"
#include "tests/shaper/port.h"

#define HZ 2600000000ULL
#define DEPARTURES 300U

struct departure {
	uint64_t ticks;
	uint32_t len_bytes;
};

/* Smallest burst over all windows, in stamp units: O(n^2), 128 bits, absolute times. */
static rate_u128 brute_force(const struct rate *rate, const struct departure *departures,
			     unsigned count)
{
	rate_u128 worst = 0;

	for (unsigned i = 0; i < count; i++) {
		rate_u128 cost = 0;

		for (unsigned j = i; j < count; j++) {
			rate_u128 drained = (rate_u128)(departures[j].ticks - departures[i].ticks)
					    << rate->frac_bits;

			cost += (rate_u128)rate->unit_cost * departures[j].len_bytes;
			if (cost > drained && cost - drained > worst)
				worst = cost - drained;
		}
	}
	return worst;
}

static void meter_equals_all_windows(void **state)
{
	uint64_t seed = port_seed();

	(void)state;
	for (uint64_t round = 0; round < port_share(300); round++) {
		struct departure departures[DEPARTURES];
		struct shaper_conformance meter;
		struct rate rate;
		uint64_t now = port_random(&seed);
		uint64_t pace_ticks;

		assert_int_equal(rate_init(&rate, RATE_BITS_PER_S,
					   RATE_MIN_BPS << port_random_in(&seed, 0, 28), HZ),
				 0);
		pace_ticks = rate_cost(&rate, 800) >> rate.frac_bits;
		shaper_conformance_init(&meter, &rate, now);
		for (unsigned i = 0; i < DEPARTURES; i++) {
			now += port_random_in(&seed, 0, 3 * pace_ticks);
			if (port_random_in(&seed, 0, 50) == 0)
				now += port_random_in(&seed, 0, 1ULL << 45);
			departures[i] = (struct departure){ now, (uint32_t)port_random_in(&seed, 20,
											  9018) };
			shaper_conformance_record(&meter, &rate, now, departures[i].len_bytes);
		}
		assert_true(meter.max_backlog_stamp ==
			    (uint64_t)brute_force(&rate, departures, DEPARTURES));
		assert_int_equal(shaper_conformance_burst_bytes(&meter, &rate),
				 rate_charge_ceil(&rate, meter.max_backlog_stamp));
	}
}

/* A pause of any length empties the virtual queue, also where stamps have wrapped many times. */
static void any_pause_is_a_pause(void **state)
{
	struct shaper_conformance meter;
	struct rate rate;
	uint64_t now = UINT64_MAX - 5;

	(void)state;
	assert_int_equal(rate_init(&rate, RATE_BITS_PER_S, RATE_MAX_BPS, HZ), 0);
	assert_true(rate.frac_bits > 20);
	shaper_conformance_init(&meter, &rate, now);
	assert_int_equal(shaper_conformance_burst_bytes(&meter, &rate), 0);
	for (unsigned bits = 20; bits < 63; bits++) {
		shaper_conformance_record(&meter, &rate, now, 1518);
		assert_int_equal(shaper_conformance_burst_bytes(&meter, &rate), 1518);
		now += (1ULL << bits) - 1;
	}
}

static void a_burst_may_be_recorded_at_once(void **state)
{
	struct shaper_conformance single, together;
	struct rate rate;

	(void)state;
	assert_int_equal(rate_init(&rate, RATE_BITS_PER_S, 1000000000, HZ), 0);
	shaper_conformance_init(&single, &rate, 0);
	shaper_conformance_init(&together, &rate, 0);
	for (uint64_t now = 0; now < 1000000; now += 5000) {
		for (unsigned i = 0; i < 5; i++)
			shaper_conformance_record(&single, &rate, now, 64 + 100 * i);
		shaper_conformance_record(&together, &rate, now, 5 * 64 + 100 * 10);
	}
	assert_int_equal(single.max_backlog_stamp, together.max_backlog_stamp);
}

/* Far more than the rate for ever: the worst excess stays at its ceiling instead of wrapping. */
static void backlog_saturates(void **state)
{
	struct shaper_conformance meter;
	struct rate rate;

	(void)state;
	assert_int_equal(rate_init(&rate, RATE_BITS_PER_S, RATE_MIN_BPS, HZ), 0);
	shaper_conformance_init(&meter, &rate, 0);
	for (unsigned i = 0; i < 1000; i++)
		shaper_conformance_record(&meter, &rate, i, RATE_MAX_CHARGE_BYTES);
	assert_int_equal(meter.max_backlog_stamp, SHAPER_CONFORMANCE_MAX_STAMP);
	assert_true(shaper_conformance_burst_bytes(&meter, &rate) > 1ULL << 36);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(meter_equals_all_windows),
		cmocka_unit_test(any_pause_is_a_pause),
		cmocka_unit_test(a_burst_may_be_recorded_at_once),
		cmocka_unit_test(backlog_saturates),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
