/* Unit test of shaper/pacer.h: tables of (time, length, verdict) in virtual time. */
#include "shaper/pacer.h"
#include "tests/shaper/port.h"

#include <errno.h>

/* 8 Mbit/s on a 1 MHz clock: one byte per tick. */
#define HZ 1000000ULL
#define BYTE_PER_TICK 8000000ULL

struct step {
	uint64_t now_ticks;
	uint32_t len_bytes;
	bool conforms;
	uint64_t due_ticks; /* when it conforms */
};

/* Tokens are in the comments: burst 3000, one more per tick. */
static const struct step steps[] = {
	{ 100, 3000, true, 100 },    /* 3000 -> 0 */
	{ 100, 1, false, 101 },	     /* 0 < 1 */
	{ 101, 1, true, 101 },	     /* 1 -> 0 */
	{ 1600, 1500, false, 1601 }, /* 1499 */
	{ 1601, 1500, true, 1601 },  /* 1500 -> 0 */
	{ 4000, 2400, false, 4001 }, /* 2399 */
	{ 4000, 2399, true, 4000 },  /* 2399 -> 0 */
	{ 9000, 3000, true, 9000 },  /* 5000, capped at 3000 -> 0 */
	{ 9000, 3000, false, 12000 },
};

static void verdicts_are_exact_to_the_byte(void **state)
{
	struct shaper_profile profile;
	struct shaper_pacer pacer;

	(void)state;
	assert_int_equal(shaper_profile_init(&profile, BYTE_PER_TICK, 3000, HZ), 0);
	shaper_pacer_init(&pacer, &profile, 0);
	for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
		const struct step *s = &steps[i];

		assert_int_equal(
			shaper_pacer_conforms(&pacer, &profile, s->now_ticks, s->len_bytes),
			s->conforms);
		assert_int_equal(
			shaper_pacer_due_ticks(&pacer, &profile, s->now_ticks, s->len_bytes),
			s->due_ticks);
		if (s->conforms)
			shaper_pacer_charge(&pacer, &profile, s->now_ticks, s->len_bytes);
	}
}

static void due_is_the_first_conforming_tick(void **state)
{
	uint64_t seed = port_seed(), now = UINT64_MAX - 1000000;

	(void)state;
	for (uint64_t i = 0; i < port_share(200000); i++) {
		uint64_t rate_bps = RATE_MIN_BPS << port_random_in(&seed, 0, 28);
		uint32_t burst = (uint32_t)port_random_in(&seed, 1518, 100000);
		uint32_t len = (uint32_t)port_random_in(&seed, 20, 1518);
		struct shaper_profile profile;
		struct shaper_pacer pacer;
		uint64_t due;

		assert_int_equal(shaper_profile_init(&profile, rate_bps, burst, 2600000000ULL), 0);
		now += port_random_in(&seed, 0, 100);
		shaper_pacer_init(&pacer, &profile, now);
		while (shaper_pacer_conforms(&pacer, &profile, now, len))
			shaper_pacer_charge(&pacer, &profile, now, len);
		due = shaper_pacer_due_ticks(&pacer, &profile, now, len);
		assert_true(due - now > 0);
		assert_true(shaper_pacer_conforms(&pacer, &profile, due, len));
		assert_false(shaper_pacer_conforms(&pacer, &profile, due - 1, len));
	}
}

static void no_profile_never_limits(void **state)
{
	struct shaper_profile profile;
	struct shaper_pacer pacer;

	(void)state;
	assert_int_equal(shaper_profile_init(&profile, 0, 0, HZ), 0);
	shaper_pacer_init(&pacer, &profile, 5);
	for (uint64_t now = 5; now < 1000; now += 7) {
		assert_true(shaper_pacer_conforms(&pacer, &profile, now, 16384));
		shaper_pacer_charge(&pacer, &profile, now, 16384);
		assert_int_equal(shaper_pacer_due_ticks(&pacer, &profile, now, 16384), now);
	}
}

static void conversion_keeps_tokens(void **state)
{
	struct shaper_profile from, to, none;
	struct shaper_pacer pacer;

	(void)state;
	assert_int_equal(shaper_profile_init(&from, BYTE_PER_TICK, 10000, HZ), 0);
	assert_int_equal(shaper_profile_init(&to, 10 * BYTE_PER_TICK, 7000, HZ), 0);
	assert_int_equal(shaper_profile_init(&none, 0, 0, HZ), 0);

	/* 4000 of 10000 tokens left: 4000 under the new profile. */
	shaper_pacer_init(&pacer, &from, 1000);
	shaper_pacer_charge(&pacer, &from, 1000, 6000);
	shaper_pacer_convert(&pacer, &from, &to, 1000);
	assert_true(shaper_pacer_conforms(&pacer, &to, 1000, 4000));
	assert_false(shaper_pacer_conforms(&pacer, &to, 1000, 4001));

	/* 9000 of 10000 left: the new burst of 7000 is all it gets. */
	shaper_pacer_init(&pacer, &from, 1000);
	shaper_pacer_charge(&pacer, &from, 1000, 1000);
	shaper_pacer_convert(&pacer, &from, &to, 1000);
	assert_true(shaper_pacer_conforms(&pacer, &to, 1000, 7000));
	assert_false(shaper_pacer_conforms(&pacer, &to, 1000, 7001));

	/* There and back through no profile: full. */
	shaper_pacer_convert(&pacer, &to, &none, 2000);
	assert_true(shaper_pacer_conforms(&pacer, &none, 2000, 1000000));
	shaper_pacer_convert(&pacer, &none, &from, 2000);
	assert_true(shaper_pacer_conforms(&pacer, &from, 2000, 10000));
	assert_false(shaper_pacer_conforms(&pacer, &from, 2000, 10001));
}

static void bad_rates_are_refused(void **state)
{
	struct shaper_profile profile;

	(void)state;
	assert_int_equal(shaper_profile_init(&profile, RATE_MIN_BPS - 1, 3000, HZ), -ERANGE);
	assert_int_equal(shaper_profile_init(&profile, RATE_MAX_BPS + 1, 3000, HZ), -ERANGE);
	assert_int_equal(shaper_profile_init(&profile, RATE_MIN_BPS, 3000, HZ - 1), -ERANGE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(verdicts_are_exact_to_the_byte),
		cmocka_unit_test(due_is_the_first_conforming_tick),
		cmocka_unit_test(no_profile_never_limits),
		cmocka_unit_test(conversion_keeps_tokens),
		cmocka_unit_test(bad_rates_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
