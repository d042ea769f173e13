#include "policer/trtcm.h"
#include "tests/policer/verdict_table.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

/* CIR 1 byte/us, CBS 2000; PIR 2 bytes/us, PBS 3000. */
static const struct policer_trtcm_params usual = {
	.cir_bps = 8000000,
	.cbs_bytes = 2000,
	.pir_bps = 16000000,
	.pbs_bytes = 3000,
	.layer = RATE_LAYER_L3,
	.mtu_bytes = TABLE_MTU_BYTES,
};

static void check_table(const struct policer_trtcm_params *params, const struct verdict_row *rows,
			size_t count)
{
	struct policer_trtcm_profile profile;
	struct policer_trtcm state;

	assert_int_equal(policer_trtcm_profile_init(&profile, params, TABLE_HZ), 0);
	policer_trtcm_init(&state, &profile, 0);
	for (size_t i = 0; i < count; i++) {
		uint64_t now = rows[i].us * TICKS_PER_US;
		enum policer_colour out = policer_trtcm_check(
			&profile, &state, now, frame_of(rows[i].ip_bytes), rows[i].in);
		uint64_t c = policer_bucket_tokens(&profile.c, &state.c, now);
		uint64_t p = policer_bucket_tokens(&profile.p, &state.p, now);

		if (out != rows[i].out || c != rows[i].first || p != rows[i].second)
			fail_msg("row %zu: colour %d, C %d, P %d", i, (int)out, (int)c, (int)p);
	}
}

static void colour_blind_follows_rfc2698(void **state)
{
	static const struct verdict_row rows[] = {
		{ 0, 1500, G, G, 500, 1500 },	  /* C 2000 - 1500, P 3000 - 1500 */
		{ 0, 600, G, Y, 500, 900 },	  /* C 500 < 600; P 1500 - 600 */
		{ 0, 500, R, G, 0, 400 },	  /* colour-blind: C 500 - 500, P 900 - 500 */
		{ 0, 401, G, R, 0, 400 },	  /* P 400 < 401 */
		{ 0, 400, Y, Y, 0, 0 },		  /* C 0; P 400 - 400 */
		{ 0, 1, G, R, 0, 0 },		  /* nothing left */
		{ 500, 501, G, Y, 500, 499 },	  /* C 500 < 501; P 1000 - 501 */
		{ 500, 499, G, G, 1, 0 },	  /* C 500 - 499, P 499 - 499 */
		{ 500, 1, G, R, 1, 0 },		  /* P 0, although C holds 1 */
		{ 2500, 3001, G, R, 2000, 3000 }, /* both full; P 3000 < 3001 */
		{ 2500, 2500, G, Y, 2000, 500 },  /* C 2000 < 2500; P 3000 - 2500 */
		{ 2500, 500, G, G, 1500, 0 },	  /* C 2000 - 500, P 500 - 500 */
	};

	(void)state;
	check_table(&usual, rows, LEN(rows));
}

static void colour_aware_follows_rfc2698(void **state)
{
	static const struct verdict_row rows[] = {
		{ 0, 1000, Y, Y, 2000, 2000 }, /* came yellow: only P, 3000 - 1000 */
		{ 0, 1, R, R, 2000, 2000 },    /* came red: takes nothing */
		{ 0, 2001, Y, R, 2000, 2000 }, /* P 2000 < 2001 */
		{ 0, 2000, G, G, 0, 0 },       /* C 2000 - 2000, P 2000 - 2000 */
		{ 0, 1, G, R, 0, 0 },
		{ 1000, 1500, Y, Y, 1000, 500 }, /* C 0 + 1000; P 0 + 2000 - 1500 */
		{ 1000, 500, G, G, 500, 0 },	 /* C 1000 - 500, P 500 - 500 */
	};
	struct policer_trtcm_params params = usual;

	(void)state;
	params.colour_aware = true;
	check_table(&params, rows, LEN(rows));
}

static void contradictions_are_refused(void **state)
{
	struct policer_trtcm_params params = usual;
	struct policer_trtcm_profile profile;
	char why[200];

	(void)state;
	params.pir_bps = 7000000;
	assert_int_equal(policer_trtcm_params_check(&params, why, sizeof(why)), -EINVAL);
	assert_string_equal(why, "PIR 7000000 bit/s is below CIR 8000000 bit/s by 1000000 bit/s:"
				 " the peak rate must be at least the committed rate");
	assert_int_equal(policer_trtcm_profile_init(&profile, &params, TABLE_HZ), -EINVAL);
	params = usual;
	params.pbs_bytes = 0;
	assert_int_equal(policer_trtcm_params_check(&params, why, sizeof(why)), -ERANGE);
	assert_non_null(strstr(why, "PBS 0 bytes is below one MTU"));
	params = usual;
	params.cbs_bytes = 499;
	assert_int_equal(policer_trtcm_params_check(&params, why, sizeof(why)), -ERANGE);
	assert_non_null(strstr(why, "CBS 499 bytes is below one MTU"));
	params = usual;
	params.pir_bps = 400000000001;
	assert_int_equal(policer_trtcm_params_check(&params, why, sizeof(why)), -ERANGE);
	assert_non_null(strstr(why, "PIR 400000000001 bit/s is outside"));
	assert_int_equal(policer_trtcm_profile_init(&profile, &usual, 0), -ERANGE);
}

/* 500 of 2000 in C and 1500 of 3000 in P stay. */
static void an_edit_keeps_both_levels(void **state)
{
	struct policer_trtcm_params params = usual;
	struct policer_trtcm_profile from, to;
	struct policer_trtcm s;

	(void)state;
	assert_int_equal(policer_trtcm_profile_init(&from, &usual, TABLE_HZ), 0);
	policer_trtcm_init(&s, &from, 99);
	assert_int_equal(policer_trtcm_check(&from, &s, 99, frame_of(1500), G), G);
	params.cir_bps = 9000000000;
	params.pir_bps = 90000000000;
	assert_int_equal(policer_trtcm_profile_init(&to, &params, TABLE_HZ), 0);
	policer_trtcm_convert(&s, &from, &to, 99);
	assert_int_equal(policer_bucket_tokens(&to.c, &s.c, 99), 500);
	assert_int_equal(policer_bucket_tokens(&to.p, &s.p, 99), 1500);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(colour_blind_follows_rfc2698),
		cmocka_unit_test(colour_aware_follows_rfc2698),
		cmocka_unit_test(contradictions_are_refused),
		cmocka_unit_test(an_edit_keeps_both_levels),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
