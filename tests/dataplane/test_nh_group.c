#include "dataplane/nh_group.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct nh_group make_group(unsigned n, const uint32_t *members, const uint16_t *weights,
				  const struct nh_group *ancestor)
{
	struct nh_group group = { .n_members = n };

	memcpy(group.members, members, n * sizeof(*members));
	memcpy(group.weights, weights, n * sizeof(*weights));
	nh_group_fill(&group, ancestor);
	return group;
}

static unsigned count_owned(const struct nh_group *group, uint32_t member)
{
	unsigned n = 0;

	for (unsigned b = 0; b < NH_GROUP_BUCKETS; b++)
		n += group->bucket[b] == member;
	return n;
}

/* Every member owns its share, rounded down or up. */
static void check_shares(const struct nh_group *group)
{
	unsigned sum = 0;

	for (unsigned k = 0; k < group->n_members; k++)
		sum += group->weights[k];
	for (unsigned k = 0; k < group->n_members; k++) {
		unsigned spread = (NH_GROUP_BUCKETS - group->n_members) * group->weights[k];

		assert_in_range(count_owned(group, group->members[k]), 1 + spread / sum,
				2 + spread / sum);
	}
}

static void test_shares(void **state)
{
	static const uint32_t members[] = { 11, 5, 99, 1, 70000 };
	static const uint16_t weights[][5] = {
		{ 1, 1, 1, 1, 1 }, { 1, 2, 3, 4, 5 }, { 256, 1, 1, 1, 1 }, { 3, 1, 256, 256, 100 }
	};

	(void)state;
	for (unsigned n = 1; n <= 5; n++) {
		for (unsigned w = 0; w < 4; w++) {
			struct nh_group group = make_group(n, members, weights[w], NULL);

			check_shares(&group);
		}
	}
}

static void test_largest_group(void **state)
{
	uint32_t members[DP_GROUP_MAX];
	uint16_t weights[DP_GROUP_MAX];
	struct nh_group group;

	(void)state;
	for (unsigned k = 0; k < DP_GROUP_MAX; k++) {
		members[k] = 1000 + k;
		weights[k] = k == 0 ? 1 : 256;
	}
	group = make_group(DP_GROUP_MAX, members, weights, NULL);
	check_shares(&group);
}

/* The table depends on the members, not on the order in which they are named. */
static void test_same_table_without_history(void **state)
{
	static const uint32_t members[] = { 4, 8, 15, 16 }, reversed[] = { 16, 15, 8, 4 };
	static const uint16_t weights[] = { 1, 7, 1, 3 }, reversed_weights[] = { 3, 1, 7, 1 };
	struct nh_group a = make_group(4, members, weights, NULL);
	struct nh_group b = make_group(4, reversed, reversed_weights, NULL);

	(void)state;
	assert_memory_equal(a.bucket, b.bucket, sizeof(a.bucket));
}

static void test_removed_member(void **state)
{
	static const uint32_t members[] = { 7, 3, 9, 12 };
	static const uint16_t weights[] = { 5, 2, 1, 4 };

	(void)state;
	for (unsigned n = 2; n <= 4; n++) {
		struct nh_group before = make_group(n, members, weights, NULL);
		struct nh_group after = make_group(n - 1, members, weights, &before);

		for (unsigned b = 0; b < NH_GROUP_BUCKETS; b++) {
			if (before.bucket[b] != members[n - 1])
				assert_int_equal(after.bucket[b], before.bucket[b]);
		}
		check_shares(&after);
	}
}

static void test_replaced_member(void **state)
{
	static const uint32_t old_members[] = { 7, 3, 9 };
	static const uint32_t new_members[] = { 7, 42, 9 };
	static const uint16_t weights[] = { 1, 1, 1 };
	struct nh_group before = make_group(3, old_members, weights, NULL);
	struct nh_group after = make_group(3, new_members, weights, &before);

	(void)state;
	for (unsigned b = 0; b < NH_GROUP_BUCKETS; b++)
		assert_int_equal(after.bucket[b], before.bucket[b] == 3 ? 42 : before.bucket[b]);
}

/* A member that joins takes its share and no more: others change hands only towards it. */
static void test_added_member(void **state)
{
	static const uint32_t members[] = { 7, 3, 9, 12 };
	static const uint16_t weights[] = { 1, 1, 1, 1 };
	struct nh_group before = make_group(3, members, weights, NULL);
	struct nh_group after = make_group(4, members, weights, &before);

	(void)state;
	for (unsigned b = 0; b < NH_GROUP_BUCKETS; b++)
		assert_true(after.bucket[b] == before.bucket[b] || after.bucket[b] == 12);
	check_shares(&after);
}

/* Weights of one group change: only what has to move moves. */
static void test_changed_weights(void **state)
{
	static const uint32_t members[] = { 7, 3 };
	static const uint16_t even[] = { 1, 1 }, uneven[] = { 3, 1 };
	struct nh_group before = make_group(2, members, even, NULL);
	struct nh_group after = make_group(2, members, uneven, &before);
	unsigned moved = 0;

	(void)state;
	for (unsigned b = 0; b < NH_GROUP_BUCKETS; b++)
		moved += after.bucket[b] != before.bucket[b];
	assert_int_equal(moved, count_owned(&after, 7) - count_owned(&before, 7));
	check_shares(&after);
}

/* A newcomer of weight 1 beside 63 heavy members that all keep what they have. */
static void test_light_newcomer_gets_a_bucket(void **state)
{
	uint32_t members[DP_GROUP_MAX];
	uint16_t weights[DP_GROUP_MAX];
	struct nh_group before, after;

	(void)state;
	for (unsigned k = 0; k < DP_GROUP_MAX; k++) {
		members[k] = 1 + k;
		weights[k] = k == DP_GROUP_MAX - 1 ? 1 : (uint16_t)(200 + k % 50);
	}
	before = make_group(DP_GROUP_MAX - 1, members, weights, NULL);
	after = make_group(DP_GROUP_MAX, members, weights, &before);
	assert_true(count_owned(&after, members[DP_GROUP_MAX - 1]) >= 1);
}

/* 1 000 random changes of membership: survivors keep their buckets up to their new share. */
static void test_random_history(void **state)
{
	uint32_t members[16];
	uint16_t weights[16];
	struct nh_group before = { .n_members = 0 };
	unsigned random = 12345;

	(void)state;
	for (unsigned step = 0; step < 1000; step++) {
		unsigned n = 0;
		struct nh_group after;

		for (unsigned k = 0; k < 16; k++) {
			random = random * 1103515245U + 12345U;
			members[n] = 100 + k;
			weights[n] = (uint16_t)(1 + k);
			n += (random >> 16 & 3) != 0;
		}
		if (n == 0)
			continue;
		after = make_group(n, members, weights, before.n_members != 0 ? &before : NULL);
		for (unsigned k = 0; k < n; k++) {
			unsigned kept = 0, had = count_owned(&before, members[k]);
			unsigned owns = count_owned(&after, members[k]);

			for (unsigned b = 0; b < NH_GROUP_BUCKETS; b++)
				kept += before.bucket[b] == members[k] &&
					after.bucket[b] == members[k];
			assert_int_equal(kept, had < owns ? had : owns);
			assert_true(owns >= 1);
		}
		before = after;
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_shares),
		cmocka_unit_test(test_largest_group),
		cmocka_unit_test(test_same_table_without_history),
		cmocka_unit_test(test_removed_member),
		cmocka_unit_test(test_replaced_member),
		cmocka_unit_test(test_added_member),
		cmocka_unit_test(test_changed_weights),
		cmocka_unit_test(test_light_newcomer_gets_a_bucket),
		cmocka_unit_test(test_random_history),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
