/*
 * Stops of the host among turns of known cost. One unit is one cycle at 2.3 GHz.
 */

#include "dataplane/turn_cost.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define SECOND 2300000000ULL

static void what_the_host_took_is_no_cost(void **state)
{
	struct turn_cost cost;

	(void)state;
	turn_cost_init(&cost, SECOND);
	/* nothing learned yet: a packet may take four times two system calls */
	assert_int_equal(turn_cost_lost(&cost, 23000 + 4 * 4600 * 8, 8), 0);
	assert_int_equal(turn_cost_lost(&cost, 23000 + 4 * 4600 * 8 + 5, 8), 5);
	for (unsigned i = 0; i < 1000; i++)
		assert_int_equal(turn_cost_lost(&cost, 32 * 60, 32), 0);
	assert_in_range(cost.pkt_tsc, 60, 62);
	/* an idle turn that lasts 1 ms, a burst that lasts 3 ms */
	assert_int_equal(turn_cost_lost(&cost, 2300000, 0), 2300000 - 23000);
	assert_in_range(turn_cost_lost(&cost, 6900000, 32), 6900000 - 23000 - 32 * 4 * 62,
			6900000 - 23000);
	/* a stop in every tenth turn moves the average little */
	for (unsigned i = 0; i < 10000; i++)
		turn_cost_lost(&cost, i % 10 == 0 ? 6900000 : 32 * 60, 32);
	assert_true(cost.pkt_tsc < 60 * 4);
}

/* A router whose packets become dearer is not taken for a stopped one for long. */
static void dearer_packets_are_learned(void **state)
{
	struct turn_cost cost;
	unsigned lost = 0;

	(void)state;
	turn_cost_init(&cost, SECOND);
	for (unsigned i = 0; i < 100; i++)
		turn_cost_lost(&cost, 32 * 60, 32);
	for (unsigned i = 0; i < 1000; i++)
		lost += turn_cost_lost(&cost, 32 * 6000, 32) != 0;
	/* the average grows fourfold in each window of 32 turns */
	assert_true(lost <= 4 * TURN_COST_WINDOW_PKTS / 32);
	assert_in_range(cost.pkt_tsc, 6000, 6001);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_the_host_took_is_no_cost),
		cmocka_unit_test(dearer_packets_are_learned),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
