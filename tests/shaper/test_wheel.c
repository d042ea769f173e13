/* Unit test of shaper/wheel.h: against a plain array that is searched for the earliest time. */
#include "shaper/wheel.h"
#include "tests/shaper/port.h"

#define ITEMS 512U

struct world {
	struct shaper_wheel wheel;
	uint32_t next[ITEMS];
	uint64_t slot_of[ITEMS]; /* SHAPER_WHEEL_NEVER: not filed */
	unsigned filed;
};

static void world_file(struct world *world, uint32_t index, uint64_t slot)
{
	world->slot_of[index] = slot;
	shaper_wheel_file(&world->wheel, slot, index);
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

/* Files all items of a far chain again. */
static void world_refile(struct world *world, uint64_t now_slot)
{
	uint32_t chain = shaper_wheel_take_far(&world->wheel);

	assert_int_not_equal(chain, SHAPER_WHEEL_END);
	while (chain != SHAPER_WHEEL_END) {
		uint32_t index = chain;
		uint64_t slot = world->slot_of[index];

		chain = world->next[index];
		world->filed--;
		world_file(world, index, slot > now_slot ? slot : now_slot);
	}
}

/* Takes all that is due; every item must come out in order of time, none early, none late. */
static void world_take(struct world *world, uint64_t now_slot)
{
	uint64_t last = 0;

	for (;;) {
		uint32_t chain = shaper_wheel_take(&world->wheel, now_slot);

		if (chain == SHAPER_WHEEL_END && world->wheel.far_slot <= now_slot) {
			world_refile(world, now_slot);
			continue;
		}
		if (chain == SHAPER_WHEEL_END)
			break;
		while (chain != SHAPER_WHEEL_END) {
			uint64_t slot = world->slot_of[chain];

			assert_int_not_equal(slot, SHAPER_WHEEL_NEVER);
			assert_true(slot <= now_slot);
			assert_true(slot >= last);
			last = slot;
			world->slot_of[chain] = SHAPER_WHEEL_NEVER;
			world->filed--;
			chain = world->next[chain];
		}
	}
	assert_true(world_earliest(world) > now_slot);
	assert_true(shaper_wheel_next_slot(&world->wheel) <= world_earliest(world));
}

static struct world *world_open(uint64_t now_slot)
{
	struct world *world = malloc(sizeof(*world));

	assert_non_null(world);
	shaper_wheel_init(&world->wheel, world->next, now_slot);
	for (unsigned i = 0; i < ITEMS; i++)
		world->slot_of[i] = SHAPER_WHEEL_NEVER;
	world->filed = 0;
	return world;
}

/* Every event in turn: far slots are emptied ahead of time, as the owner does. */
static void world_walk(struct world *world, uint64_t to_slot)
{
	uint64_t now = shaper_wheel_next_slot(&world->wheel);

	while (now <= to_slot) {
		world_take(world, now);
		if (world->wheel.far_slot != SHAPER_WHEEL_NEVER &&
		    world->wheel.far_slot <= world->wheel.current_slot + SHAPER_WHEEL_AHEAD)
			world_refile(world, now);
		now = shaper_wheel_next_slot(&world->wheel);
	}
	world_take(world, to_slot);
}

/* Distances from one slot to beyond the horizon, walked event by event. */
static void items_come_out_in_their_slot(void **state)
{
	uint64_t seed = port_seed();
	uint64_t now = port_random_in(&seed, 0, 1ULL << 40);
	struct world *world = world_open(now);

	(void)state;
	for (uint64_t round = 0; round < port_share(100000); round++) {
		unsigned bits = (unsigned)port_random_in(&seed, 0, 30);
		uint32_t index = (uint32_t)port_random_in(&seed, 0, ITEMS - 1);

		if (world->slot_of[index] == SHAPER_WHEEL_NEVER)
			world_file(world, index, now + port_random_in(&seed, 0, 1ULL << bits));
		if (port_random_in(&seed, 0, 3) != 0)
			continue;
		bits = (unsigned)port_random_in(&seed, 0, round % 100 == 0 ? 26 : 14);
		now += port_random_in(&seed, 0, 1ULL << bits);
		world_walk(world, now);
	}
	world_walk(world, now + (1ULL << 31));
	assert_int_equal(world->filed, 0);
	assert_int_equal(shaper_wheel_next_slot(&world->wheel), SHAPER_WHEEL_NEVER);
	free(world);
}

/* Filed around the edges of both circles and of far slots, and beyond the horizon. */
static void edges_of_circles(void **state)
{
	static const uint64_t starts[] = { 0, 1ULL << SHAPER_WHEEL_FAR_SHIFT, SHAPER_WHEEL_SLOTS,
					   SHAPER_WHEEL_HORIZON };

	(void)state;
	for (size_t s = 0; s < sizeof(starts) / sizeof(starts[0]); s++) {
		for (uint64_t offset = 0; offset < 5; offset++) {
			uint64_t now = starts[s] + 3 - offset + (s == 0 ? 2 : 0);
			struct world *world = world_open(now);
			uint32_t index = 0;

			for (uint64_t ahead = 0; ahead < 3; ahead++) {
				world_file(world, index++, now + ahead);
				world_file(world, index++, now + SHAPER_WHEEL_AHEAD - 1 + ahead);
				world_file(world, index++, now + SHAPER_WHEEL_SLOTS - 1 + ahead);
				world_file(world, index++, now + SHAPER_WHEEL_HORIZON - 1 + ahead);
			}
			world_file(world, index++, now + 3 * SHAPER_WHEEL_HORIZON);
			while (world->filed != 0) {
				uint64_t earliest = world_earliest(world);

				if (earliest > now)
					world_walk(world, earliest - 1);
				world_walk(world, earliest);
			}
			free(world);
		}
	}
}

/* One jump over everything: near and far items come out, in one go. */
static void a_long_pause(void **state)
{
	uint64_t seed = port_seed();
	struct world *world = world_open(12345);

	(void)state;
	for (uint32_t i = 0; i < ITEMS; i++)
		world_file(world, i, 12345 + port_random_in(&seed, 0, SHAPER_WHEEL_SLOTS - 1));
	world_take(world, 1ULL << 50);
	assert_int_equal(world->filed, 0);
	world_file(world, 0, (1ULL << 50) + 5);
	world_take(world, (1ULL << 50) + 4);
	assert_int_equal(world->filed, 1);
	world_take(world, (1ULL << 50) + 5);
	assert_int_equal(world->filed, 0);
	free(world);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(items_come_out_in_their_slot),
		cmocka_unit_test(edges_of_circles),
		cmocka_unit_test(a_long_pause),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
