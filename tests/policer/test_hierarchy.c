#include "policer/hierarchy.h"
#include "tests/policer/random.h"
#include "tests/policer/reference.h"

#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#define LEN(array) (sizeof(array) / sizeof((array)[0]))
#define TABLE_HZ 1000000000ULL
#define MAX_LEVELS 3

static void make(struct policer_profile *profile, uint64_t rate_bps, uint64_t burst_bytes,
		 uint64_t ticks_hz)
{
	struct policer_params params = {
		.unit = RATE_BITS_PER_S,
		.rate = rate_bps,
		.burst = burst_bytes,
		.layer = RATE_LAYER_L3,
		.mtu_bytes = 500,
	};

	assert_int_equal(policer_profile_init(profile, &params, ticks_hz), 0);
}

/*
 * Class: 1 byte/us, burst 1000. Aggregate: 2 bytes/us, burst 1500. Levels after each packet by
 * hand; "neighbour" is a packet of another class that only meets the aggregate.
 */
static void tokens_come_from_both_or_neither(void **state)
{
	static const struct {
		uint64_t us;
		uint32_t ip_bytes;
		bool neighbour, conforms;
		uint64_t class_tokens, aggregate_tokens;
	} rows[] = {
		{ 0, 800, false, true, 200, 700 },  /* 1000 - 800, 1500 - 800 */
		{ 0, 201, false, false, 200, 700 }, /* class 200 < 201: the aggregate keeps 700 */
		{ 0, 600, true, true, 200, 100 },   /* neighbour: 700 - 600 */
		{ 0, 101, false, false, 200, 100 }, /* aggregate 100 < 101: the class keeps 200 */
		{ 0, 100, false, true, 100, 0 },    /* 200 - 100, 100 - 100 */
		{ 100, 200, false, true, 0, 0 },    /* 100 + 100 - 200, 0 + 200 - 200 */
		{ 5000, 1001, false, false, 1000, 1500 }, /* both full; class 1000 < 1001 */
		{ 5000, 1000, false, true, 0, 500 },
	};
	struct policer_profile class_profile, aggregate_profile;
	struct policer_bucket class_bucket, aggregate_bucket;
	struct policer_level levels[] = {
		{ &class_profile, &class_bucket },
		{ &aggregate_profile, &aggregate_bucket },
	};

	(void)state;
	make(&class_profile, 8000000, 1000, TABLE_HZ);
	make(&aggregate_profile, 16000000, 1500, TABLE_HZ);
	policer_bucket_init(&class_bucket, &class_profile, 0);
	policer_bucket_init(&aggregate_bucket, &aggregate_profile, 0);
	for (size_t i = 0; i < LEN(rows); i++) {
		uint64_t now = rows[i].us * 1000;
		const struct policer_level *first = &levels[rows[i].neighbour ? 1 : 0];
		unsigned count = rows[i].neighbour ? 1 : 2;

		assert_int_equal(policer_hierarchy_take(first, count, now, rows[i].ip_bytes + 14),
				 rows[i].conforms);
		assert_int_equal(policer_bucket_tokens(&class_profile, &class_bucket, now),
				 rows[i].class_tokens);
		assert_int_equal(policer_bucket_tokens(&aggregate_profile, &aggregate_bucket, now),
				 rows[i].aggregate_tokens);
	}
}

static void one_level_is_a_plain_bucket(void **state)
{
	struct policer_profile profile;
	struct policer_bucket plain, levelled;
	struct policer_level level = { &profile, &levelled };
	uint64_t now = 0;

	(void)state;
	make(&profile, 1234567890, 20000, 2299998123);
	policer_bucket_init(&plain, &profile, now);
	levelled = plain;
	for (unsigned i = 0; i < 10000; i++) {
		uint32_t len = (uint32_t)random_in(0, 1514);

		now += random_in(0, 20000);
		assert_int_equal(policer_bucket_take(&profile, &plain, now, len),
				 policer_hierarchy_take(&level, 1, now, len));
		assert_int_equal(plain.tat, levelled.tat);
	}
}

struct levels {
	unsigned count;
	struct policer_profile profiles[MAX_LEVELS];
	struct policer_bucket buckets[MAX_LEVELS];
	struct policer_level levels[MAX_LEVELS];
	struct reference exact[MAX_LEVELS];
};

static void random_levels(struct levels *l, uint64_t now_ticks)
{
	uint64_t bps = random_log(1000000, RATE_MAX_BPS);

	l->count = (unsigned)random_in(2, MAX_LEVELS);
	for (unsigned i = 0; i < l->count; i++) {
		make(&l->profiles[i], random_log(bps / 8 + RATE_MIN_BPS, bps),
		     random_log(1500, 30000), 2299998123);
		policer_bucket_init(&l->buckets[i], &l->profiles[i], now_ticks);
		l->levels[i] = (struct policer_level){ &l->profiles[i], &l->buckets[i] };
		l->exact[i] = (struct reference){ .last_ticks = now_ticks };
		ref_bucket_init(&l->exact[i].first, &l->profiles[i].rate, l->profiles[i].burst,
				false);
	}
}

static bool exact_take(struct levels *l, uint64_t now_ticks, uint32_t ip_bytes)
{
	bool conforms = true;

	for (unsigned i = 0; i < l->count; i++) {
		reference_advance(&l->exact[i], now_ticks);
		conforms &= ref_bucket_holds(&l->exact[i], &l->exact[i].first, ip_bytes);
	}
	for (unsigned i = 0; conforms && i < l->count; i++)
		ref_take(&l->exact[i].first, ip_bytes, POLICER_GREEN);
	return conforms;
}

static void hierarchies_are_exact(void **state)
{
	uint64_t wanted = env_number("SLUICE_TEST_PKTS", TEST_PKTS_DEFAULT);
	uint64_t passed = 0, pkts = 0;

	(void)state;
	random_seed("hierarchy");
	while (pkts < wanted) {
		struct levels l;
		uint64_t now = random_u64();
		uint64_t gap;

		random_levels(&l, now);
		gap = rate_cost(&l.profiles[0].rate, 1500) >> l.profiles[0].frac_bits;
		for (unsigned i = 0; i < 5000; i++, pkts++) {
			uint32_t ip_bytes = (uint32_t)random_in(20, 1500);
			bool exact;

			now += random_in(0, gap);
			exact = exact_take(&l, now, ip_bytes);
			if (exact != policer_hierarchy_take(l.levels, l.count, now, ip_bytes + 14))
				fail_msg("packet %u of %u levels: exact %d", i, l.count,
					 (int)exact);
			passed += exact;
		}
	}
	printf("hierarchy: %" PRIu64 " packets, %" PRIu64 " passed, 0 differ\n", pkts, passed);
	assert_true(passed > pkts / 10 && passed < pkts - pkts / 10);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(tokens_come_from_both_or_neither),
		cmocka_unit_test(one_level_is_a_plain_bucket),
		cmocka_unit_test(hierarchies_are_exact),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
