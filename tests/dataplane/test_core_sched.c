/*
 * The circle in virtual time: every router is a model that says what its next turn costs, and whether
 * there is work. One unit is one cycle.
 */

#include "dataplane/core_sched.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define ROUTERS_MAX 8
#define ROUND 46000ULL /* 20 us at 2.3 GHz */
#define IDLE_COST 100ULL
#define SECOND 2300000000ULL

/* What a router does. */
struct model {
	uint64_t quantum; /* 0: not there */
	uint64_t cost;	  /* of a turn with work */
	uint64_t work;	  /* turns that wait to be served, UINT64_MAX: without end */
	uint64_t served;  /* turns with work so far */
	uint64_t spent;
	uint64_t left;	 /* when its last turn ended */
	uint64_t waited; /* longest time between two turns */
};

struct world {
	struct core_sched sched;
	struct model models[ROUTERS_MAX];
	uint64_t now;
};

static void world_init(struct world *world, uint64_t slice)
{
	core_sched_init(&world->sched, ROUND, slice);
	world->now = 1000;
	for (unsigned i = 0; i < ROUTERS_MAX; i++)
		world->models[i] = (struct model){ 0 };
}

static struct model *router_add(struct world *world, unsigned slot, uint64_t quantum, uint64_t cost,
				uint64_t work)
{
	world->models[slot] = (struct model){
		.quantum = quantum, .cost = cost, .work = work, .left = world->now
	};
	core_sched_quantum_set(&world->sched, slot, quantum);
	return &world->models[slot];
}

/* One turn of whoever is next. @return whose */
static unsigned turn(struct world *world)
{
	unsigned slot = core_sched_next(&world->sched, world->now);
	struct model *model = &world->models[slot];
	bool idle = model->work == 0;
	uint64_t cost = idle ? IDLE_COST : model->cost, waited = world->now - model->left;

	assert_true(slot < ROUTERS_MAX);
	assert_true(model->quantum != 0);
	model->waited = waited > model->waited ? waited : model->waited;
	if (!idle) {
		model->served++;
		model->work -= model->work != UINT64_MAX;
	}
	world->now += cost;
	model->spent += cost;
	model->left = world->now;
	if (idle)
		core_sched_charge_idle(&world->sched, slot, world->now, cost);
	else
		core_sched_charge(&world->sched, slot, cost);
	assert_int_equal(world->sched.slots[slot].spent_tsc, model->spent);
	return slot;
}

static void run_until(struct world *world, uint64_t end)
{
	while (world->now < end)
		turn(world);
}

/* In a long time a share is met to one round. */
static void assert_share(const struct model *model, uint64_t of, unsigned percent)
{
	uint64_t want = of / 100 * percent;

	assert_in_range(model->spent, want - ROUND, want + ROUND);
}

static void nobody_is_there(void **state)
{
	struct world world;

	(void)state;
	world_init(&world, 0);
	assert_int_equal(core_sched_next(&world.sched, 0), CORE_SCHED_NONE);
	world_init(&world, 1000);
	assert_int_equal(core_sched_next(&world.sched, 0), CORE_SCHED_NONE);
	router_add(&world, 5, ROUND, 100, 1);
	assert_int_equal(turn(&world), 5);
	core_sched_quantum_set(&world.sched, 5, 0);
	assert_int_equal(core_sched_next(&world.sched, world.now + 1000), CORE_SCHED_NONE);
}

static void one_has_every_turn(void **state)
{
	struct world world;
	struct model *only;

	(void)state;
	world_init(&world, 0);
	only = router_add(&world, 0, ROUND, 3000, UINT64_MAX);
	run_until(&world, SECOND);
	assert_int_equal(only->waited, 0);
}

/* Whatever a turn costs: shares are of time, not of turns. */
static void overloaded_routers_spend_their_shares(void **state)
{
	static const uint64_t costs[][2] = {
		{ 3000, 3000 }, { 300, 9000 }, { 9000, 300 }, { 200000, 500 }, { 700, 700000 }
	};

	(void)state;
	for (unsigned i = 0; i < sizeof(costs) / sizeof(costs[0]); i++) {
		struct world world;
		struct model *small, *large;
		uint64_t slack = costs[i][0] + costs[i][1] + ROUND, begin;

		world_init(&world, 0);
		begin = world.now;
		small = router_add(&world, 0, ROUND * 30 / 100, costs[i][0], UINT64_MAX);
		large = router_add(&world, 1, ROUND * 70 / 100, costs[i][1], UINT64_MAX);
		run_until(&world, SECOND);
		assert_in_range(small->spent, (world.now - begin) / 10 * 3 - slack,
				(world.now - begin) / 10 * 3 + slack);
		assert_in_range(large->spent, (world.now - begin) / 10 * 7 - slack,
				(world.now - begin) / 10 * 7 + slack);
		/* the others' quanta and the overrun of one turn */
		if (costs[i][0] <= small->quantum)
			assert_true(small->waited < large->quantum + costs[i][1]);
		if (costs[i][1] <= large->quantum)
			assert_true(large->waited < small->quantum + costs[i][0]);
	}
}

/* Shares that are not all sold are parts of what there is. */
static void unsold_time_is_shared_alike(void **state)
{
	struct world world;
	struct model *a, *b;

	(void)state;
	world_init(&world, 0);
	a = router_add(&world, 0, ROUND / 10, 3000, UINT64_MAX);
	b = router_add(&world, 1, ROUND / 5, 2000, UINT64_MAX);
	run_until(&world, SECOND);
	assert_in_range(b->spent, 2 * a->spent - ROUND, 2 * a->spent + ROUND);
}

static void the_share_of_an_idle_router_is_used(void **state)
{
	struct world world;
	struct model *idle, *busy;

	(void)state;
	world_init(&world, 0);
	idle = router_add(&world, 0, ROUND * 70 / 100, 3000, 0);
	busy = router_add(&world, 1, ROUND * 30 / 100, 3000, UINT64_MAX);
	run_until(&world, SECOND);
	/* one idle poll in each of the busy router's visits */
	assert_true(busy->spent > (SECOND - 1000) / 100 * 98);
	assert_true(idle->spent + busy->spent >= SECOND - 1000);
}

/* Looking at those without work leaves the others' shares as they are. */
static void idle_routers_do_not_change_shares(void **state)
{
	struct world world;
	struct model *small, *large;

	(void)state;
	world_init(&world, 0);
	for (unsigned i = 0; i < 6; i++)
		router_add(&world, i, ROUND / 100, 3000, 0);
	small = router_add(&world, 6, ROUND * 20 / 100, 9000, UINT64_MAX);
	large = router_add(&world, 7, ROUND * 70 / 100, 2300, UINT64_MAX);
	run_until(&world, SECOND);
	assert_in_range(small->spent * 35, large->spent * 10 - 35 * ROUND,
			large->spent * 10 + 35 * ROUND);
}

/* Work that comes after a long rest waits for the quanta of the others, and has saved up nothing. */
static void a_rest_is_no_credit(void **state)
{
	struct world world;
	struct model *rested, *others[3];
	uint64_t woke, before, bound = 0;

	(void)state;
	world_init(&world, 0);
	rested = router_add(&world, 0, ROUND / 4, 3000, 0);
	for (unsigned i = 0; i < 3; i++) {
		others[i] = router_add(&world, 1 + i, ROUND / 4, 3000 + 100 * i, UINT64_MAX);
		bound += others[i]->quantum + others[i]->cost;
	}
	run_until(&world, SECOND);
	woke = world.now;
	rested->work = UINT64_MAX;
	before = rested->spent;
	while (rested->served == 0)
		turn(&world);
	assert_true(world.now - rested->cost - woke < bound);
	run_until(&world, woke + 100 * ROUND);
	assert_in_range(rested->spent - before, 24 * ROUND, 26 * ROUND);
}

/* One burst at a time: within its share a router never waits longer than the bound. */
static void bursts_within_the_share_wait_for_the_quanta_only(void **state)
{
	struct world world;
	struct model *quiet, *loud;
	uint64_t bound;

	(void)state;
	world_init(&world, 0);
	quiet = router_add(&world, 0, ROUND / 2, 4000, 0);
	loud = router_add(&world, 1, ROUND / 2, 7000, UINT64_MAX);
	bound = loud->quantum + loud->cost;
	for (unsigned burst = 0; burst < 10000; burst++) {
		uint64_t arrival = world.now + burst * 7919 % (3 * ROUND), served;

		run_until(&world, arrival);
		served = quiet->served;
		arrival = world.now;
		quiet->work = 1 + burst % 3;
		while (quiet->served == served)
			turn(&world);
		assert_true(world.now - quiet->cost - arrival < bound);
		while (quiet->work != 0)
			turn(&world);
	}
	assert_true(quiet->waited < bound);
}

/* A turn far beyond the quantum is paid back before the next one. */
static void an_overrun_is_charged(void **state)
{
	struct world world;
	struct model *overrun, *other;
	uint64_t before;

	(void)state;
	world_init(&world, 0);
	overrun = router_add(&world, 0, ROUND / 2, 50 * ROUND, 1);
	other = router_add(&world, 1, ROUND / 2, 1000, UINT64_MAX);
	while (overrun->served == 0)
		turn(&world);
	before = overrun->spent;
	overrun->cost = 1000;
	overrun->work = UINT64_MAX;
	other->waited = 0;
	run_until(&world, world.now + 49 * ROUND);
	assert_int_equal(overrun->spent, before);
	run_until(&world, world.now + 3 * ROUND);
	assert_true(overrun->spent > before);
	assert_true(other->waited < ROUND / 2 + 1000 + 50 * ROUND);
}

/* Many that have nothing to do cost one look at each in a round, however small the quanta are. */
static void looking_at_idle_routers_costs_little(void **state)
{
	struct world world;
	struct model *idle, *busy;

	(void)state;
	world_init(&world, 0);
	for (unsigned i = 0; i < 7; i++)
		router_add(&world, i, ROUND / 100, 3000, 0);
	idle = &world.models[3];
	busy = router_add(&world, 7, ROUND / 100, 3000, UINT64_MAX);
	run_until(&world, SECOND);
	assert_true(busy->spent > SECOND / 100 * 97);
	/* and still: none of them waits for more than the quanta of the others could be */
	assert_true(idle->waited < ROUND + busy->cost + 6 * IDLE_COST);
}

/* Without any work all are looked at in turn. */
static void all_idle_routers_are_looked_at(void **state)
{
	struct world world;

	(void)state;
	world_init(&world, 0);
	for (unsigned i = 0; i < ROUTERS_MAX; i++)
		router_add(&world, i, ROUND / ROUTERS_MAX, 3000, 0);
	for (unsigned i = 0; i < 1000; i++)
		turn(&world);
	for (unsigned i = 0; i < ROUTERS_MAX; i++) {
		assert_int_equal(world.models[i].spent, 125 * IDLE_COST);
		assert_int_equal(world.models[i].waited, (ROUTERS_MAX - 1) * IDLE_COST);
	}
}

static void routers_come_and_go(void **state)
{
	struct world world;
	struct model *stays, *comes;

	(void)state;
	world_init(&world, 0);
	stays = router_add(&world, 0, ROUND, 3000, UINT64_MAX);
	run_until(&world, SECOND);
	core_sched_quantum_set(&world.sched, 0, ROUND / 2);
	comes = router_add(&world, 3, ROUND / 2, 3000, UINT64_MAX);
	run_until(&world, 2 * SECOND);
	assert_share(comes, SECOND, 50);
	core_sched_quantum_set(&world.sched, 3, 0);
	world.models[3].quantum = 0; /* turn() sees that nobody serves it */
	stays->waited = 0;
	run_until(&world, 3 * SECOND);
	assert_int_equal(stays->waited, 0);
}

static void slices_are_fixed(void **state)
{
	struct world world;
	struct model *models[3];
	const uint64_t slice = 4600000; /* 2 ms */

	(void)state;
	world_init(&world, slice);
	for (unsigned i = 0; i < 3; i++)
		models[i] = router_add(&world, i, ROUND, 3000, i == 1 ? 0 : UINT64_MAX);
	run_until(&world, SECOND);
	for (unsigned i = 0; i < 3; i++) {
		/* idle or not: a third of the time, and away for two slices */
		assert_in_range(models[i]->spent, SECOND / 3 - 2 * slice, SECOND / 3 + 2 * slice);
		assert_in_range(models[i]->waited, 2 * slice - 3000, 2 * slice + 6000);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nobody_is_there),
		cmocka_unit_test(one_has_every_turn),
		cmocka_unit_test(overloaded_routers_spend_their_shares),
		cmocka_unit_test(unsold_time_is_shared_alike),
		cmocka_unit_test(the_share_of_an_idle_router_is_used),
		cmocka_unit_test(idle_routers_do_not_change_shares),
		cmocka_unit_test(a_rest_is_no_credit),
		cmocka_unit_test(bursts_within_the_share_wait_for_the_quanta_only),
		cmocka_unit_test(an_overrun_is_charged),
		cmocka_unit_test(looking_at_idle_routers_costs_little),
		cmocka_unit_test(all_idle_routers_are_looked_at),
		cmocka_unit_test(routers_come_and_go),
		cmocka_unit_test(slices_are_fixed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
