/* Unit test of shaper/wheel.h: against a plain array that is searched for the earliest time. */
#include "shaper/wheel.h"
#include "tests/shaper/port.h"

#define ITEMS 512U

struct world {
	struct shaper_wheel wheel;
	uint64_t slot_of[ITEMS]; /* SHAPER_WHEEL_NEVER: not filed */
	uint32_t next[ITEMS];
	unsigned filed;
};

static void world_file(struct world *world, uint32_t index, uint64_t slot)
{
	world->slot_of[index] = slot;
	world->next[index] = shaper_wheel_file(&world->wheel, slot, index);
	world->filed++;
}

static uint64_t world_earliest(const struct world *world)
{
	uint64_t earliest = SHAPER_WHEEL_NEVER;

	for (unsigned i = 0; i < ITEMS; i++) {
		if (world->slot_of[i] < earliest)
			earliest = world->slot_of[i];
	}
	return earliest;
}

/* Takes all that is due; every item must come out in order of time, none early, none late. */
static void world_take(struct world *world, uint64_t now_slot)
{
	uint32_t chain = SHAPER_WHEEL_END;
	enum shaper_wheel_take found;
	uint64_t last = 0;

	while ((found = shaper_wheel_take(&world->wheel, now_slot, &chain)) != SHAPER_WHEEL_NONE) {
		while (chain != SHAPER_WHEEL_END) {
			uint32_t index = chain;
			uint64_t slot = world->slot_of[index];

			chain = world->next[index];
			assert_int_not_equal(slot, SHAPER_WHEEL_NEVER);
			world->filed--;
			if (found == SHAPER_WHEEL_REFILE) {
				world_file(world, index, slot);
				continue;
			}
			assert_true(slot <= now_slot);
			assert_true(slot >= last);
			last = slot;
			world->slot_of[index] = SHAPER_WHEEL_NEVER;
		}
	}
	assert_true(world_earliest(world) > now_slot);
	assert_true(world->wheel.next_slot <= world_earliest(world));
}

static struct world *world_open(uint64_t now_slot)
{
	struct world *world = malloc(sizeof(*world));

	assert_non_null(world);
	shaper_wheel_init(&world->wheel, now_slot);
	for (unsigned i = 0; i < ITEMS; i++)
		world->slot_of[i] = SHAPER_WHEEL_NEVER;
	world->filed = 0;
	return world;
}

/* Distances from one slot to beyond the horizon, steps likewise. */
static void items_come_out_in_their_slot(void **state)
{
	uint64_t seed = port_seed();
	uint64_t now = port_random_in(&seed, 0, 1ULL << 40);
	struct world *world = world_open(now);

	(void)state;
	for (uint64_t round = 0; round < port_share(200000); round++) {
		unsigned bits = (unsigned)port_random_in(&seed, 0, 38);
		uint32_t index = (uint32_t)port_random_in(&seed, 0, ITEMS - 1);

		if (world->slot_of[index] == SHAPER_WHEEL_NEVER)
			world_file(world, index, now + port_random_in(&seed, 0, 1ULL << bits));
		if (port_random_in(&seed, 0, 3) != 0)
			continue;
		bits = (unsigned)port_random_in(&seed, 0, round % 100 == 0 ? 38 : 14);
		now += port_random_in(&seed, 0, 1ULL << bits);
		world_take(world, now);
	}
	world_take(world, now + (1ULL << 40));
	assert_int_equal(world->filed, 0);
	assert_int_equal(world->wheel.next_slot, SHAPER_WHEEL_NEVER);
	free(world);
}

/* To every next event exactly: nothing may be due before it. */
static void next_slot_is_never_late(void **state)
{
	uint64_t seed = port_seed(), now = 4095;
	struct world *world = world_open(now);

	(void)state;
	for (unsigned round = 0; round < 200; round++) {
		for (uint32_t i = 0; i < 100; i++)
			world_file(world, i, now + port_random_in(&seed, 1, 1ULL << (i % 30)));
		while (world->filed != 0) {
			assert_true(world->wheel.next_slot <= world_earliest(world));
			now = world->wheel.next_slot;
			world_take(world, now);
		}
	}
	free(world);
}

/* Filed around the edges of slots of every width. */
static void edges_of_wide_slots(void **state)
{
	static const uint64_t edges[] = { 4096,
					  4096 * 2,
					  4096ULL * 4096,
					  4096ULL * 4096 * 2,
					  4096ULL * 4096 * 4096,
					  4096ULL * 4096 * 4096 * 2 };

	(void)state;
	for (size_t e = 0; e < sizeof(edges) / sizeof(edges[0]); e++) {
		for (int before = -2; before <= 2; before++) {
			struct world *world = world_open(edges[e] + (uint64_t)(int64_t)before);
			uint64_t now = edges[e] + (uint64_t)(int64_t)before;
			uint32_t index = 0;

			for (uint64_t ahead = 0; ahead < 5; ahead++)
				world_file(world, index++, now + ahead);
			world_file(world, index++, now + 4095);
			world_file(world, index++, now + 4096);
			world_file(world, index++, now + SHAPER_WHEEL_HORIZON - 1);
			world_file(world, index++, now + SHAPER_WHEEL_HORIZON);
			world_file(world, index++, now + 3 * SHAPER_WHEEL_HORIZON);
			while (world->filed != 0) {
				now = world_earliest(world);
				world_take(world, now - 1);
				world_take(world, now);
			}
			free(world);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(items_come_out_in_their_slot),
		cmocka_unit_test(next_slot_is_never_late),
		cmocka_unit_test(edges_of_wide_slots),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
