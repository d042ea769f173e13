/*
 * Long-run rate in virtual time: what a saturated bucket lets through, by decade and packet size.
 *
 * Packets are offered until one is refused, again and again; after 10^6 of them the rate is
 * (bytes passed - burst + tokens left) / time, which has no quantum of a packet in it.
 */
#include "policer/bucket.h"
#include "tests/policer/random.h"

#include <inttypes.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#define LEN(array) (sizeof(array) / sizeof((array)[0]))
#define TSC_HZ 2299998123ULL
#define MAX_ERROR 1e-6

static const uint32_t sizes_bytes[] = { 20, 64, 363, 1518, 9018 };

static double relative_error(uint64_t rate_bps, uint32_t size_bytes, uint64_t wanted_pkts)
{
	struct policer_params params = {
		.unit = RATE_BITS_PER_S,
		.rate = rate_bps,
		.burst = size_bytes * 100ULL + 9018,
		.layer = RATE_LAYER_L3,
		.mtu_bytes = 9018,
	};
	struct policer_profile profile;
	struct policer_bucket bucket;
	uint64_t start = UINT64_MAX - 1000, now = start, pkts = 0, step;
	double left_bytes, passed_bytes, seconds;

	assert_int_equal(policer_profile_init(&profile, &params, TSC_HZ), 0);
	policer_bucket_init(&bucket, &profile, now);
	step = (rate_cost(&profile.rate, size_bytes * 10) >> profile.frac_bits) + 1;
	while (pkts < wanted_pkts) {
		while (policer_bucket_take(&profile, &bucket, now, size_bytes + 14))
			pkts++;
		now += step;
	}
	left_bytes = (double)policer_bucket_room(&profile, &bucket,
						 rate_stamp(&profile.rate, now)) /
		     (double)profile.rate.unit_cost;
	passed_bytes = (double)pkts * size_bytes - (double)params.burst + left_bytes;
	seconds = (double)(now - start) / (double)TSC_HZ;
	return passed_bytes * 8 / seconds / (double)rate_bps - 1;
}

static void every_decade_keeps_its_rate(void **state)
{
	uint64_t pkts = env_number("SLUICE_TEST_PKTS", TEST_PKTS_DEFAULT) / 10;
	double worst = 0;

	(void)state;
	printf("relative error, parts per 10^9, over %" PRIu64 " packets\n%15s", pkts, "bit/s");
	for (size_t size = 0; size < LEN(sizes_bytes); size++)
		printf(" %9" PRIu32 " B", sizes_bytes[size]);
	for (uint64_t bps = RATE_MIN_BPS; bps <= RATE_MAX_BPS;
	     bps = bps == 100000000000 ? RATE_MAX_BPS : bps * 10) {
		printf("\n%15" PRIu64, bps);
		for (size_t size = 0; size < LEN(sizes_bytes); size++) {
			double error = relative_error(bps, sizes_bytes[size], pkts);

			printf(" %11.1f", error * 1e9);
			worst = fmax(worst, fabs(error));
		}
		if (bps == RATE_MAX_BPS)
			break;
	}
	printf("\nworst %.1f\n", worst * 1e9);
	assert_true(worst <= MAX_ERROR);
	/* Stronger than asked: nothing beyond the one rounding of the unit cost. */
	assert_true(worst <= RATE_MAX_ERROR_PPB * 1.01e-9);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_decade_keeps_its_rate),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
