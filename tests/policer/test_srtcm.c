#include "policer/srtcm.h"
#include "tests/policer/verdict_table.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

/* CIR 1 byte/us, CBS 2000, EBS 1000. */
static const struct policer_srtcm_params usual = {
	.cir_bps = 8000000,
	.cbs_bytes = 2000,
	.ebs_bytes = 1000,
	.layer = RATE_LAYER_L3,
	.mtu_bytes = TABLE_MTU_BYTES,
};

static uint64_t e_tokens(const struct policer_srtcm_profile *profile,
			 const struct policer_srtcm *state)
{
	return rate_charge_floor(&profile->c.rate, state->e_held);
}

static void check_table(const struct policer_srtcm_params *params, const struct verdict_row *rows,
			size_t count)
{
	struct policer_srtcm_profile profile;
	struct policer_srtcm state;

	assert_int_equal(policer_srtcm_profile_init(&profile, params, TABLE_HZ), 0);
	policer_srtcm_init(&state, &profile, 0);
	for (size_t i = 0; i < count; i++) {
		uint64_t now = rows[i].us * TICKS_PER_US;
		enum policer_colour out = policer_srtcm_check(
			&profile, &state, now, frame_of(rows[i].ip_bytes), rows[i].in);
		uint64_t c = policer_bucket_tokens(&profile.c, &state.c, now);

		if (out != rows[i].out || c != rows[i].first ||
		    e_tokens(&profile, &state) != rows[i].second)
			fail_msg("row %zu: colour %d, C %d, E %d", i, (int)out, (int)c,
				 (int)e_tokens(&profile, &state));
	}
}

static void colour_blind_follows_rfc2697(void **state)
{
	static const struct verdict_row rows[] = {
		{ 0, 1500, G, G, 500, 1000 },	  /* C 2000 - 1500 */
		{ 0, 600, G, Y, 500, 400 },	  /* C 500 < 600; E 1000 - 600 */
		{ 0, 500, R, G, 0, 400 },	  /* came red, but colour-blind: C 500 - 500 */
		{ 0, 500, G, R, 0, 400 },	  /* C 0, E 400 < 500 */
		{ 0, 400, Y, Y, 0, 0 },		  /* E 400 - 400 */
		{ 0, 1, G, R, 0, 0 },		  /* nothing left */
		{ 1000, 1001, G, R, 1000, 0 },	  /* 1000 us: all 1000 went to C */
		{ 1000, 1000, G, G, 0, 0 },	  /* C 1000 - 1000 */
		{ 3500, 2001, G, R, 2000, 500 },  /* 2500 earned: 2000 fill C, 500 overflow to E */
		{ 3500, 500, G, G, 1500, 500 },	  /* C 2000 - 500 */
		{ 3700, 1701, G, R, 1700, 500 },  /* C 1500 + 200; E waits while C is not full */
		{ 3700, 1700, G, G, 0, 500 },	  /* C 1700 - 1700 */
		{ 3700, 500, G, Y, 0, 0 },	  /* E 500 - 500 */
		{ 5800, 100, G, G, 1900, 100 },	  /* 2100 earned: C full, 100 to E; C - 100 */
		{ 5950, 1, G, G, 1999, 150 },	  /* 150 earned: 100 fill C, 50 to E; C - 1 */
		{ 9000, 1000, G, G, 1000, 1000 }, /* 3050 earned: both full; C - 1000 */
		{ 9000, 1000, G, G, 0, 1000 },	  /* C 1000 - 1000 */
		{ 9000, 1000, G, Y, 0, 0 },	  /* E 1000 - 1000: all of CBS + EBS at once */
		{ 9000, 1, G, R, 0, 0 },
	};

	(void)state;
	check_table(&usual, rows, LEN(rows));
}

static void colour_aware_follows_rfc2697(void **state)
{
	static const struct verdict_row rows[] = {
		{ 0, 500, Y, Y, 2000, 500 },  /* came yellow: C is not asked, E 1000 - 500 */
		{ 0, 1, R, R, 2000, 500 },    /* came red: stays red, takes nothing */
		{ 0, 501, Y, R, 2000, 500 },  /* E 500 < 501, C does not help */
		{ 0, 1500, G, G, 500, 500 },  /* C 2000 - 1500 */
		{ 0, 501, G, R, 500, 500 },   /* C 500 < 501, E 500 < 501 */
		{ 0, 500, G, G, 0, 500 },     /* C 500 - 500 */
		{ 0, 500, G, Y, 0, 0 },	      /* C 0; E 500 - 500 */
		{ 1000, 100, Y, R, 1000, 0 }, /* 1000 earned, all to C; E 0 < 100 */
		{ 1000, 1000, G, G, 0, 0 },   /* C 1000 - 1000 */
		{ 3100, 100, Y, Y, 2000, 0 }, /* 2100 earned: C full, E 100 - 100 */
		{ 3200, 100, Y, Y, 2000, 0 }, /* C full: all 100 to E; E 100 - 100 */
	};
	struct policer_srtcm_params params = usual;

	(void)state;
	params.colour_aware = true;
	check_table(&params, rows, LEN(rows));
}

/* RFC 2697 section 2 allows either burst to be 0. */
static void one_burst_may_be_zero(void **state)
{
	static const struct verdict_row no_e[] = {
		{ 0, 1500, G, G, 500, 0 },  /* C 2000 - 1500 */
		{ 0, 501, G, R, 500, 0 },   /* no E */
		{ 9000, 1, G, G, 1999, 0 }, /* C full again - 1, overflow lost */
	};
	static const struct verdict_row no_c[] = {
		{ 0, 600, G, Y, 0, 400 },   /* E 1000 - 600 */
		{ 100, 501, G, R, 0, 500 }, /* all 100 overflow to E: 500 < 501 */
		{ 100, 500, G, Y, 0, 0 },
	};
	struct policer_srtcm_params params = usual;

	(void)state;
	params.ebs_bytes = 0;
	check_table(&params, no_e, LEN(no_e));
	params = usual;
	params.cbs_bytes = 0;
	check_table(&params, no_c, LEN(no_c));
}

static void contradictions_are_refused(void **state)
{
	struct policer_srtcm_params params = usual;
	struct policer_srtcm_profile profile;
	char why[200];

	(void)state;
	params.cbs_bytes = params.ebs_bytes = 0;
	assert_int_equal(policer_srtcm_params_check(&params, why, sizeof(why)), -EINVAL);
	assert_string_equal(why, "CBS and EBS are both 0 bytes, so every packet would be red: at"
				 " least one must hold one MTU");
	assert_int_equal(policer_srtcm_profile_init(&profile, &params, TABLE_HZ), -EINVAL);
	params = usual;
	params.cbs_bytes = 499;
	assert_int_equal(policer_srtcm_params_check(&params, why, sizeof(why)), -ERANGE);
	assert_non_null(strstr(why, "CBS 499 bytes is below one MTU"));
	params = usual;
	params.ebs_bytes = 1000000001;
	assert_int_equal(policer_srtcm_params_check(&params, why, sizeof(why)), -ERANGE);
	assert_string_equal(why, "EBS 1000000001 bytes is above 1000000000 bytes");
	params = usual;
	params.cir_bps = 999;
	assert_int_equal(policer_srtcm_params_check(&params, why, sizeof(why)), -ERANGE);
	assert_non_null(strstr(why, "CIR 999 bit/s is outside"));
}

/* 500 of 2000 in C and 400 of 1000 in E stay; then a smaller CBS and EBS cap them. */
static void an_edit_keeps_both_levels(void **state)
{
	struct policer_srtcm_params params = usual;
	struct policer_srtcm_profile from, to;
	struct policer_srtcm s;

	(void)state;
	assert_int_equal(policer_srtcm_profile_init(&from, &usual, 2299998123), 0);
	policer_srtcm_init(&s, &from, 99);
	assert_int_equal(policer_srtcm_check(&from, &s, 99, frame_of(1500), G), G);
	assert_int_equal(policer_srtcm_check(&from, &s, 99, frame_of(600), G), Y);
	params.cir_bps = 9000000000;
	assert_int_equal(policer_srtcm_profile_init(&to, &params, 2299998123), 0);
	policer_srtcm_convert(&s, &from, &to, 99);
	assert_int_equal(policer_bucket_tokens(&to.c, &s.c, 99), 500);
	assert_int_equal(e_tokens(&to, &s), 400);
	policer_srtcm_init(&s, &from, 99);
	params.cbs_bytes = params.ebs_bytes = 500;
	assert_int_equal(policer_srtcm_profile_init(&to, &params, 2299998123), 0);
	policer_srtcm_convert(&s, &from, &to, 99);
	assert_int_equal(policer_bucket_tokens(&to.c, &s.c, 99), 500);
	assert_int_equal(e_tokens(&to, &s), 500);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(colour_blind_follows_rfc2697),
		cmocka_unit_test(colour_aware_follows_rfc2697),
		cmocka_unit_test(one_burst_may_be_zero),
		cmocka_unit_test(contradictions_are_refused),
		cmocka_unit_test(an_edit_keeps_both_levels),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
