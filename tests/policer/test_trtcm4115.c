#include "policer/trtcm4115.h"
#include "tests/policer/verdict_table.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

/* CIR 1 byte/us, CBS 2000; EIR 2 bytes/us, EBS 1000. */
static const struct policer_trtcm4115_params usual = {
	.cir_bps = 8000000,
	.cbs_bytes = 2000,
	.eir_bps = 16000000,
	.ebs_bytes = 1000,
	.layer = RATE_LAYER_L3,
	.mtu_bytes = TABLE_MTU_BYTES,
};

static void check_table(const struct policer_trtcm4115_params *params,
			const struct verdict_row *rows, size_t count)
{
	struct policer_trtcm4115_profile profile;
	struct policer_trtcm4115 state;

	assert_int_equal(policer_trtcm4115_profile_init(&profile, params, TABLE_HZ), 0);
	policer_trtcm4115_init(&state, &profile, 0);
	for (size_t i = 0; i < count; i++) {
		uint64_t now = rows[i].us * TICKS_PER_US;
		enum policer_colour out = policer_trtcm4115_check(
			&profile, &state, now, frame_of(rows[i].ip_bytes), rows[i].in);
		uint64_t c = policer_bucket_tokens(&profile.c, &state.c, now);
		uint64_t e = policer_bucket_tokens(&profile.e, &state.e, now);

		if (out != rows[i].out || c != rows[i].first || e != rows[i].second)
			fail_msg("row %zu: colour %d, C %d, E %d", i, (int)out, (int)c, (int)e);
	}
}

static void colour_blind_follows_rfc4115(void **state)
{
	static const struct verdict_row rows[] = {
		{ 0, 1500, G, G, 500, 1000 },	   /* C 2000 - 1500 */
		{ 0, 600, G, Y, 500, 400 },	   /* C 500 < 600; E 1000 - 600 */
		{ 0, 500, R, G, 0, 400 },	   /* colour-blind: C 500 - 500 */
		{ 0, 401, G, R, 0, 400 },	   /* C 0, E 400 < 401 */
		{ 0, 400, Y, Y, 0, 0 },		   /* E 400 - 400 */
		{ 0, 1, G, R, 0, 0 },		   /* nothing left */
		{ 100, 150, G, Y, 100, 50 },	   /* C 100 < 150; E 200 - 150 */
		{ 100, 100, G, G, 0, 50 },	   /* C 100 - 100 */
		{ 100, 51, G, R, 0, 50 },	   /* C 0, E 50 < 51 */
		{ 10000, 2001, G, R, 2000, 1000 }, /* both full, neither holds 2001 */
		{ 10000, 2000, G, G, 0, 1000 },
		{ 10000, 1000, G, Y, 0, 0 }, /* all of CBS + EBS at once */
		{ 10000, 1, G, R, 0, 0 },
	};

	(void)state;
	check_table(&usual, rows, LEN(rows));
}

static void colour_aware_follows_rfc4115(void **state)
{
	static const struct verdict_row rows[] = {
		{ 0, 500, Y, Y, 2000, 500 },  /* came yellow: only E, 1000 - 500 */
		{ 0, 501, Y, R, 2000, 500 },  /* E 500 < 501; C is for green packets */
		{ 0, 1, R, R, 2000, 500 },    /* came red: takes nothing */
		{ 0, 2000, G, G, 0, 500 },    /* C 2000 - 2000; E is not touched */
		{ 0, 500, G, Y, 0, 0 },	      /* C 0; E 500 - 500 */
		{ 300, 300, Y, Y, 300, 300 }, /* E 600 - 300 */
		{ 300, 300, G, G, 0, 300 },   /* C 300 - 300 */
	};
	struct policer_trtcm4115_params params = usual;

	(void)state;
	params.colour_aware = true;
	check_table(&params, rows, LEN(rows));
}

/* Unlike in RFC 2698 the excess rate may be below the committed one: it comes on top. */
static void the_excess_rate_may_be_below_the_committed_one(void **state)
{
	struct policer_trtcm4115_params params = usual;
	struct policer_trtcm4115_profile profile;

	(void)state;
	params.eir_bps = 1000;
	assert_int_equal(policer_trtcm4115_profile_init(&profile, &params, TABLE_HZ), 0);
}

static void bad_parameters_are_refused(void **state)
{
	struct policer_trtcm4115_params params = usual;
	struct policer_trtcm4115_profile profile;
	char why[200];

	(void)state;
	params.eir_bps = 0;
	assert_int_equal(policer_trtcm4115_params_check(&params, why, sizeof(why)), -ERANGE);
	assert_string_equal(why, "EIR 0 bit/s is outside 1000 to 400000000000 bit/s");
	assert_int_equal(policer_trtcm4115_profile_init(&profile, &params, TABLE_HZ), -ERANGE);
	params = usual;
	params.ebs_bytes = 499;
	assert_int_equal(policer_trtcm4115_params_check(&params, why, sizeof(why)), -ERANGE);
	assert_non_null(strstr(why, "EBS 499 bytes is below one MTU"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(colour_blind_follows_rfc4115),
		cmocka_unit_test(colour_aware_follows_rfc4115),
		cmocka_unit_test(the_excess_rate_may_be_below_the_committed_one),
		cmocka_unit_test(bad_parameters_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
