#include "policer/bucket.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#define LEN(array) (sizeof(array) / sizeof((array)[0]))
#define TSC_HZ 2299998123ULL

static const struct {
	struct policer_params params;
	int err;
	const char *why;
} refusals[] = {
	{ { RATE_BITS_PER_S, 999, 10000, RATE_LAYER_L2, 1500 },
	  -ERANGE,
	  "rate 999 bit/s is outside 1000 to 400000000000 bit/s" },
	{ { RATE_BITS_PER_S, 400000000001, 10000, RATE_LAYER_L2, 1500 },
	  -ERANGE,
	  "rate 400000000001 bit/s is outside 1000 to 400000000000 bit/s" },
	{ { RATE_BITS_PER_S, 1000, 1517, RATE_LAYER_L2, 1500 },
	  -ERANGE,
	  "burst 1517 bytes is below one MTU, which would never pass: 1500 + 18 bytes of "
	  "framing in the accounting layer = 1518 bytes at least" },
	{ { RATE_BITS_PER_S, 1000, 1537, RATE_LAYER_L1, 1500 },
	  -ERANGE,
	  "burst 1537 bytes is below one MTU, which would never pass: 1500 + 38 bytes of "
	  "framing in the accounting layer = 1538 bytes at least" },
	{ { RATE_BITS_PER_S, 1000, 1499, RATE_LAYER_L3, 1500 },
	  -ERANGE,
	  "burst 1499 bytes is below one MTU, which would never pass: 1500 + 0 bytes of "
	  "framing in the accounting layer = 1500 bytes at least" },
	{ { RATE_BITS_PER_S, 1000, 1000000001, RATE_LAYER_L3, 1500 },
	  -ERANGE,
	  "burst 1000000001 bytes is above 1000000000 bytes" },
	{ { RATE_BITS_PER_S, 1000, 1500, RATE_LAYER_L3, 67 },
	  -ERANGE,
	  "MTU 67 bytes is outside 68 to 65535 bytes" },
	{ { RATE_BITS_PER_S, 1000, 1500, RATE_LAYER_L3, 65536 },
	  -ERANGE,
	  "MTU 65536 bytes is outside 68 to 65535 bytes" },
	{ { RATE_BITS_PER_S, 1000, 1500, (enum rate_layer)3, 1500 },
	  -EINVAL,
	  "accounting layer 3 is none of L1, L2, L3" },
	{ { (enum rate_unit)2, 1000, 1500, RATE_LAYER_L3, 1500 },
	  -EINVAL,
	  "rate unit 2 is neither bit/s nor packets/s" },
	{ { RATE_PKTS_PER_S, 0, 1, RATE_LAYER_L3, 0 },
	  -ERANGE,
	  "rate 0 packets/s is outside 1 to 1000000000 packets/s" },
	{ { RATE_PKTS_PER_S, 1, 0, RATE_LAYER_L3, 0 },
	  -ERANGE,
	  "burst 0 packets is outside 1 to 10000000 packets" },
	{ { RATE_PKTS_PER_S, 1, 10000001, RATE_LAYER_L3, 0 },
	  -ERANGE,
	  "burst 10000001 packets is outside 1 to 10000000 packets" },
};

static void bad_parameters_are_refused_with_the_arithmetic(void **state)
{
	struct policer_profile profile = { .burst = 42 };
	char why[200];

	(void)state;
	for (size_t i = 0; i < LEN(refusals); i++) {
		assert_int_equal(policer_params_check(&refusals[i].params, why, sizeof(why)),
				 refusals[i].err);
		assert_string_equal(why, refusals[i].why);
		assert_int_equal(policer_profile_init(&profile, &refusals[i].params, TSC_HZ),
				 refusals[i].err);
	}
	assert_int_equal(profile.burst, 42);
}

static void the_ends_of_every_range_work(void **state)
{
	static const struct policer_params table[] = {
		{ RATE_BITS_PER_S, RATE_MIN_BPS, 68, RATE_LAYER_L3, 68 },
		{ RATE_BITS_PER_S, RATE_MIN_BPS, POLICER_MAX_BURST_BYTES, RATE_LAYER_L1, 65535 },
		{ RATE_BITS_PER_S, RATE_MAX_BPS, 1518, RATE_LAYER_L2, 1500 },
		{ RATE_BITS_PER_S, RATE_MAX_BPS, POLICER_MAX_BURST_BYTES, RATE_LAYER_L2, 9000 },
		{ RATE_PKTS_PER_S, RATE_MIN_PPS, POLICER_MAX_BURST_PKTS, RATE_LAYER_L2, 0 },
		{ RATE_PKTS_PER_S, RATE_MAX_PPS, 1, RATE_LAYER_L2, 0 },
	};
	static const uint64_t clocks_hz[] = { RATE_MIN_TICKS_HZ, TSC_HZ, RATE_MAX_TICKS_HZ };

	(void)state;
	for (size_t i = 0; i < LEN(table) * LEN(clocks_hz); i++) {
		const struct policer_params *params = &table[i % LEN(table)];
		struct policer_profile profile;
		struct policer_bucket bucket;

		assert_int_equal(policer_profile_init(&profile, params, clocks_hz[i / LEN(table)]),
				 0);
		assert_int_equal(profile.burst, params->burst);
		policer_bucket_init(&bucket, &profile, 3);
		assert_int_equal(policer_bucket_tokens(&profile, &bucket, 3), params->burst);
		assert_true(policer_bucket_take(&profile, &bucket, 3, 68));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(bad_parameters_are_refused_with_the_arithmetic),
		cmocka_unit_test(the_ends_of_every_range_work),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
