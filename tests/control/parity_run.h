#ifndef TESTS_CONTROL_PARITY_RUN_H
#define TESTS_CONTROL_PARITY_RUN_H

/* Rounds of random operations, each with a comparison at the quiet point behind it. */

#include "parity_rules.h"

#define QUIET_NS 3000000ULL

/* What a family brings along. */
struct parity {
	bool ipv6;
	/* one random operation, other than on rules */
	void (*op_any)(void);
	/* behind the others of a round, not in their batch; may be NULL */
	void (*op_last)(void);
	/* compares n_probes lookups, and what else can be; how many differ */
	unsigned (*differences)(bool print);
};

static const struct parity *parity;
static unsigned run_seconds = 5;
static unsigned seed;
static unsigned n_probes;

static inline void kernel_print(void)
{
	char command[512];

	snprintf(command, sizeof(command),
		 "for what in rule '-6 rule' '-br link' '-br addr' 'route show table all' "
		 "'-6 route show table all' nexthop; do ip -n %s $what; done >&2; "
		 "ip netns exec %s sh -c 'grep . "
		 "/proc/sys/net/ipv4/conf/*/ignore_routes_with_linkdown' >&2",
		 world.netns, world.netns);
	if (system(command) != 0)
		print_error("cannot show the kernel's tables\n");
}

/* Notifications alone must do; a synchronisation is allowed to help only where the kernel is late. */
static inline unsigned round_settle(void)
{
	world_settle(&world, QUIET_NS);
	ports_look_up();
	if (parity->differences(false) == 0)
		return 0;
	world_settle(&world, 10 * QUIET_NS);
	if (parity->differences(getenv("SLUICE_PARITY_STRICT") != NULL) == 0)
		return 0;
	for (unsigned wait = 0; wait < 40; wait++) {
		world_settle(&world, 50000000);
		if (parity->differences(false) == 0)
			return 1;
	}
	parity->differences(true);
	kernel_print();
	rules_print();
	world_audit(&world);
	world_print_differences(&world);
	fail_msg("the FIB differs from the kernel; repeat with: %u %u", run_seconds, seed);
	return 1;
}

static inline void audit_finds_nothing(uint64_t n)
{
	if (n == 0)
		return;
	world_print_differences(&world);
	kernel_print();
	fail_msg("an audit finds %lu differences; repeat with: %u %u", (unsigned long)n,
		 run_seconds, seed);
}

static inline void report(unsigned rounds, unsigned long ops, unsigned long looked, unsigned late)
{
	struct ctl_mirror_stats stats = world_stats(&world);

	print_message("%u rounds, %lu operations, %lu lookups, %u rounds settled by a resync; "
		      "%lu messages, %lu purged, %lu swept, %lu resyncs, lag max %lu us, "
		      "%lu routes at the end\n",
		      rounds, ops, looked, late, (unsigned long)stats.messages,
		      (unsigned long)stats.purges, (unsigned long)stats.swept,
		      (unsigned long)stats.resyncs, (unsigned long)stats.lag_max_ns / 1000,
		      (unsigned long)stats.routes);
}

static inline void round_operate(unsigned n)
{
	world_batch_begin(&world);
	for (unsigned i = 0; i < n; i++)
		rules_wanted &&pick(6) == 0 ? op_rule(parity->ipv6) : parity->op_any();
	if (parity->op_last)
		parity->op_last();
	world_batch_end(&world);
}

static inline void test_fib_equals_kernel_after_random_operations(void **state)
{
	uint64_t until_ns = world_now_ns() + run_seconds * 1000000000ULL;
	unsigned long looked = 0, ops = 0;
	unsigned rounds = 0, late = 0;
	uint64_t audit = 0;

	(void)state;
	print_message("seed %u\n", seed);
	random_state = seed;
	settings_write();
	world_mirror_start(&world, 0);
	while (world_now_ns() < until_ns) {
		unsigned n = 1 + pick(40);

		salt = rounds;
		/* the first third of the time is the kernel's own rules' */
		rules_wanted = until_ns - world_now_ns() < run_seconds * 666666667ULL;

		/* Some audits read while everything changes, others while nothing does. */
		if (rounds % 4 == 0)
			audit = ctl_mirror_audit(world.mirror);
		round_operate(n);
		late += round_settle();
		if (rounds % 8 == 3)
			audit_finds_nothing(world_audit_wait(&world, audit));
		looked += n_probes;
		ops += n;
		rounds++;
	}
	report(rounds, ops, looked, late);
	audit_finds_nothing(world_audit(&world));
	assert_int_equal(world_stats(&world).differences_total, 0);
	assert_int_equal(world_stats(&world).malformed, 0);
	assert_int_equal(world_stats(&world).fib_errors, 0);
	assert_int_equal(world_stats(&world).request_errors, 0);
}

static inline int parity_setup(void **state)
{
	(void)state;
	world_create(&world);
	assert_true(oracle_open(&oracle, world.netns));
	return 0;
}

static inline int parity_teardown(void **state)
{
	(void)state;
	oracle_close(&oracle);
	world_destroy(&world);
	return 0;
}

/* The main() of a family: [SECONDS [SEED]]. */
static inline int parity_run(const struct parity *of, int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_fib_equals_kernel_after_random_operations,
						parity_setup, parity_teardown),
	};

	parity = of;
	seed = (unsigned)time(NULL);
	if (argc > 1)
		run_seconds = (unsigned)strtoul(argv[1], NULL, 10);
	if (argc > 2)
		seed = (unsigned)strtoul(argv[2], NULL, 10);
	return cmocka_run_group_tests(tests, NULL, NULL);
}

#endif
