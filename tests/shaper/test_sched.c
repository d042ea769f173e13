/* Unit test of shaper/sched.h. */
#include "shaper/sched.h"
#include "tests/shaper/port.h"

#define LONGEST 1518U

static void levels_are_strict(void **state)
{
	static const uint32_t levels[] = { 0, 1, 1, 5 }, weights[] = { 1, 1, 1, 1 };
	struct shaper_sched sched;

	(void)state;
	shaper_sched_init(&sched, 4, levels, weights, LONGEST);
	shaper_sched_set(&sched, 3, 64);
	assert_int_equal(shaper_sched_pick(&sched), 3);
	shaper_sched_set(&sched, 2, LONGEST);
	assert_int_equal(shaper_sched_pick(&sched), 2);
	shaper_sched_set(&sched, 0, LONGEST);
	for (unsigned i = 0; i < 100; i++) {
		assert_int_equal(shaper_sched_pick(&sched), 0);
		shaper_sched_charge(&sched, 0, LONGEST);
	}
	shaper_sched_clear(&sched, 0);
	assert_int_equal(shaper_sched_pick(&sched), 2);
	shaper_sched_clear(&sched, 2);
	assert_int_equal(shaper_sched_pick(&sched), 3);
	shaper_sched_clear(&sched, 3);
	assert_int_equal(sched.ready, 0);
}

static void picking_twice_picks_the_same(void **state)
{
	static const uint32_t levels[] = { 0, 0 }, weights[] = { 3, 1 };
	struct shaper_sched sched;

	(void)state;
	shaper_sched_init(&sched, 2, levels, weights, LONGEST);
	shaper_sched_set(&sched, 0, 1000);
	shaper_sched_set(&sched, 1, 1000);
	for (unsigned i = 0; i < 100; i++) {
		unsigned rank = shaper_sched_pick(&sched);

		assert_int_equal(shaper_sched_pick(&sched), rank);
		shaper_sched_charge(&sched, rank, 1000);
	}
}

/* At any time a class differs from its share by at most one quantum and one packet. */
static void shares_follow_weights(void **state)
{
	static const uint32_t levels[] = { 2, 2, 2, 2 }, weights[] = { 1, 3, 7, 10 };
	uint64_t seed = port_seed(), sent[4] = { 0 }, total = 0;
	struct shaper_sched sched;

	(void)state;
	shaper_sched_init(&sched, 4, levels, weights, LONGEST);
	for (unsigned rank = 0; rank < 4; rank++) {
		assert_int_equal(sched.quantum_bytes[rank], weights[rank] * LONGEST);
		shaper_sched_set(&sched, rank, (uint32_t)port_random_in(&seed, 64, LONGEST));
	}
	for (uint64_t i = 0; i < port_share(1000000); i++) {
		unsigned rank = shaper_sched_pick(&sched);
		uint32_t len = sched.head_bytes[rank];

		assert_true(shaper_sched_budget_bytes(&sched, rank) >= len);
		shaper_sched_charge(&sched, rank, len);
		sent[rank] += len;
		total += len;
		/* One class sends small packets, one large ones, the others any. */
		shaper_sched_set(&sched, rank,
				 rank == 0   ? 64
				 : rank == 1 ? LONGEST
					     : (uint32_t)port_random_in(&seed, 64, LONGEST));
		for (unsigned r = 0; r < 4; r++) {
			double share = (double)total * weights[r] / 21;
			double tolerance = (double)(sched.quantum_bytes[3] + LONGEST);

			assert_true((double)sent[r] >= share - tolerance);
			assert_true((double)sent[r] <= share + tolerance);
		}
	}
}

/* Ratios that do not divide evenly are kept exactly, and the lightest class sends every round. */
static void quanta_are_exact(void **state)
{
	static const uint32_t levels[] = { 0, 0, 1 }, weights[] = { 999, 1000, 4 };
	struct shaper_sched sched;

	(void)state;
	shaper_sched_init(&sched, 3, levels, weights, LONGEST);
	assert_true(sched.quantum_bytes[0] >= LONGEST);
	assert_int_equal((uint64_t)sched.quantum_bytes[0] * 1000,
			 (uint64_t)sched.quantum_bytes[1] * 999);
	assert_true(sched.quantum_bytes[2] >= LONGEST);
}

static void a_class_alone_is_not_limited(void **state)
{
	static const uint32_t levels[] = { 0, 0 }, weights[] = { 1, 1 };
	struct shaper_sched sched;

	(void)state;
	shaper_sched_init(&sched, 2, levels, weights, LONGEST);
	shaper_sched_set(&sched, 1, LONGEST);
	for (unsigned i = 0; i < 1000; i++) {
		assert_int_equal(shaper_sched_pick(&sched), 1);
		assert_true(shaper_sched_budget_bytes(&sched, 1) == UINT64_MAX);
		shaper_sched_charge(&sched, 1, LONGEST);
	}
	/* Whoever joins waits for one turn at most: the other has saved nothing. */
	shaper_sched_set(&sched, 0, LONGEST);
	if (shaper_sched_pick(&sched) == 1)
		shaper_sched_charge(&sched, 1, LONGEST);
	assert_int_equal(shaper_sched_pick(&sched), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(levels_are_strict),
		cmocka_unit_test(picking_twice_picks_the_same),
		cmocka_unit_test(shares_follow_weights),
		cmocka_unit_test(quanta_are_exact),
		cmocka_unit_test(a_class_alone_is_not_limited),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
