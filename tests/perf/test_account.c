#include "bench/perf/account.h"
#include "tests/perf/check.h"

#include <stdlib.h>

struct expected {
	uint64_t missing, before_first, duplicates, reordered, stale, max_extent;
};

static void check(const struct perf_account *account, const struct expected *expected)
{
	assert_int_equal(perf_account_missing(account), expected->missing);
	assert_int_equal(perf_account_before_first(account), expected->before_first);
	assert_int_equal(account->duplicates, expected->duplicates);
	assert_int_equal(account->reordered, expected->reordered);
	assert_int_equal(account->stale, expected->stale);
	assert_int_equal(account->max_extent, expected->max_extent);
}

static void every_story_is_told_in_counts(void **state)
{
	static const struct {
		uint32_t ids[8];
		uint32_t count;
		struct expected expected;
	} rows[] = {
		{ { 0 }, 0, { 0, 0, 0, 0, 0, 0 } },
		{ { 0, 1, 2, 3 }, 4, { 0, 0, 0, 0, 0, 0 } },
		{ { 0, 1, 3, 4 }, 4, { 1, 0, 0, 0, 0, 0 } },
		{ { 5, 6, 9 }, 3, { 2, 5, 0, 0, 0, 0 } },
		{ { 0, 2, 1, 3 }, 4, { 0, 0, 0, 1, 0, 1 } },
		{ { 0, 3, 4, 1, 2, 5 }, 6, { 0, 0, 0, 2, 0, 3 } },
		{ { 0, 1, 1, 2, 0 }, 5, { 0, 0, 2, 0, 0, 0 } },
		{ { 0, 2, 1, 1, 3 }, 5, { 0, 0, 1, 1, 0, 1 } },
		{ { 4, 2, 5 }, 3, { 1, 2, 0, 1, 0, 2 } },
		{ { 0xfffffffe, 0xffffffff, 0, 2, 1 }, 5, { 0, 0xfffffffe, 0, 1, 0, 1 } },
		{ { 0, PERF_ACCOUNT_WINDOW + 5, 3 },
		  3,
		  { PERF_ACCOUNT_WINDOW + 4, 0, 0, 0, 1, 0 } },
		{ { 1, PERF_ACCOUNT_WINDOW, 1 }, 3, { PERF_ACCOUNT_WINDOW - 2, 1, 1, 0, 0, 0 } },
	};
	size_t i;
	uint32_t j;

	(void)state;
	for (i = 0; i < LENGTH(rows); i++) {
		struct perf_account account;

		assert_int_equal(perf_account_init(&account, 1), 0);
		for (j = 0; j < rows[i].count; j++)
			(void)perf_account_record(&account, rows[i].ids[j], 0);
		assert_int_equal(account.received, rows[i].count);
		check(&account, &rows[i].expected);
		perf_account_fini(&account);
	}
}

static void flows_are_judged_apart(void **state)
{
	/* Flow 0 (even numbers) is slower than flow 1: nothing is out of order within either. */
	static const uint32_t ids[] = { 1, 3, 0, 5, 2, 7, 4, 6 };
	struct perf_account together, apart;
	size_t i;

	(void)state;
	assert_int_equal(perf_account_init(&together, 1), 0);
	assert_int_equal(perf_account_init(&apart, 2), 0);
	for (i = 0; i < LENGTH(ids); i++) {
		(void)perf_account_record(&together, ids[i], 0);
		(void)perf_account_record(&apart, ids[i], ids[i] % 2);
	}
	assert_int_equal(apart.reordered, 0);
	assert_int_equal(together.reordered, 4);
	assert_int_equal(perf_account_missing(&apart), 0);
	assert_int_equal(perf_account_record(&apart, 2, 0), PERF_ACCOUNT_DUPLICATE);
	perf_account_fini(&together);
	perf_account_fini(&apart);
}

/* Random loss, duplication and delay over three wraps of the number, against plain counting. */
static void counts_survive_wraps_and_chaos(void **state)
{
	const uint64_t packets = 400000;
	const uint32_t step = 32749; /* of the wire's number per packet: gaps are losses */
	struct perf_account account;
	uint64_t n, sent = 0, twice = 0;
	unsigned int seed = 5;

	(void)state;
	assert_int_equal(perf_account_init(&account, 1), 0);
	for (n = 0; n < packets; n++) {
		uint32_t id = (uint32_t)(n * step);

		if (n > 0 && n < packets - 1 && rand_r(&seed) % 10 == 0)
			continue;
		sent++;
		(void)perf_account_record(&account, id, 0);
		if (rand_r(&seed) % 10 == 0) {
			twice++;
			(void)perf_account_record(&account, id, 0);
		}
	}
	assert_true((packets - 1) * step > 3 * (1ULL << 32));
	assert_int_equal(account.unique, sent);
	assert_int_equal(account.duplicates, twice);
	assert_int_equal(account.reordered, 0);
	assert_int_equal(perf_account_missing(&account), (packets - 1) * step + 1 - sent);
	perf_account_fini(&account);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_story_is_told_in_counts),
		cmocka_unit_test(flows_are_judged_apart),
		cmocka_unit_test(counts_survive_wraps_and_chaos),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
