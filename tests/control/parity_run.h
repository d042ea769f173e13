#ifndef TESTS_CONTROL_PARITY_RUN_H
#define TESTS_CONTROL_PARITY_RUN_H

/*
 * Rounds of random operations, each followed by a comparison at a quiet point:
 *
 *   PROGRAM [--frr] [SECONDS [SEED]]
 *
 * The first third of the time is the kernel's own rules', then rules come and go, too. With --frr
 * half of the rounds are zebra's and staticd's, alone or while ip(8) changes the same tables;
 * zebra is started anew for each quarter of the time, without and with nexthop objects in turn.
 */

#include "parity_frr_ops.h"
#include "parity_verdict.h"

#define QUIET_NS 3000000ULL
#define QUIET_FRR_NS 20000000ULL /* zebra waits for the kernel's answers meanwhile */
#define ROUND_NS 20000000000ULL	 /* until then somebody must have come to rest */
#define FRR_PHASES 4U

static unsigned run_seconds = 5;
static unsigned seed;
static bool with_frr;

/* What a family's test can do. */
struct parity {
	bool ipv6;
	void (*op)(void);		     /* adds to the batch of ip(8) */
	void (*op_setting)(void);	     /* a setting that ip(8) has no word for; NULL: none */
	unsigned (*differences)(bool print); /* looks everything up */
};

static struct {
	unsigned rounds, frr_rounds;
	unsigned long ops, frr_ops, lookups;
	unsigned late; /* rounds in which notifications alone did not do */
} done;

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

static inline void round_fail(const struct parity *parity, const char *what)
{
	struct ctl_mirror_stats stats;

	parity->differences(true);
	kernel_print();
	rules_print();
	stats = world_stats(&world);
	print_error("%lu messages, %lu resyncs, %lu overruns, %lu dumps interrupted\n",
		    (unsigned long)stats.messages, (unsigned long)stats.resyncs,
		    (unsigned long)stats.overruns, (unsigned long)stats.dump_interrupts);
	world_audit(&world);
	world_print_differences(&world);
	fail_msg("%s in round %u; repeat with: %s%u %u", what, done.rounds,
		 with_frr ? "--frr " : "", run_seconds, seed);
}

/* Settles until both sides agree, or differ while nothing changes. @return whether they agree */
static inline bool round_agrees(const struct parity *parity, uint64_t quiet_ns, bool print)
{
	uint64_t since_ns = world_now_ns();
	uint64_t messages;

	do {
		world_settle(&world, quiet_ns);
		ports_look_up();
		messages = world_stats(&world).messages;
		if (parity->differences(false) == 0)
			return true;
		event_base_loop(world.base, EVLOOP_NONBLOCK);
		if (world_now_ns() - since_ns > ROUND_NS)
			round_fail(parity, "the FIB differs from the kernel, which does not rest");
	} while (world_stats(&world).messages != messages);
	if (print)
		parity->differences(true);
	return false;
}

/* Notifications alone must do; a synchronisation is allowed to help only where the kernel is late. */
static inline void round_settle(const struct parity *parity, uint64_t quiet_ns)
{
	if (round_agrees(parity, quiet_ns, false))
		return;
	if (round_agrees(parity, 10 * quiet_ns, getenv("SLUICE_PARITY_STRICT") != NULL))
		return;
	for (unsigned wait = 0; wait < 40; wait++) {
		if (round_agrees(parity, 50000000, false)) {
			done.late++;
			return;
		}
	}
	round_fail(parity, "the FIB differs from the kernel");
}

static inline void audit_finds_nothing(uint64_t found_differences)
{
	if (found_differences == 0)
		return;
	world_print_differences(&world);
	kernel_print();
	fail_msg("an audit finds %lu differences; repeat with: %s%u %u",
		 (unsigned long)found_differences, with_frr ? "--frr " : "", run_seconds, seed);
}

static inline void round_ip(const struct parity *parity, bool rules_wanted)
{
	unsigned n = 1 + pick(40);

	world_batch_begin(&world);
	for (unsigned i = 0; i < n; i++)
		rules_wanted &&pick(6) == 0 ? op_rule(parity->ipv6) : parity->op();
	if (parity->op_setting && pick(8) == 0)
		parity->op_setting();
	done.ops += n;
}

static inline void round_frr(const struct parity *parity)
{
	unsigned n = 1 + pick(60);

	frr_revive(&frr);
	frr_batch_begin(&frr);
	for (unsigned i = 0; i < n; i++)
		frr_op_any(parity->ipv6);
	done.frr_ops += n;
	done.frr_rounds++;
}

/* zebra with the next phase's configuration. */
static inline void frr_enter(unsigned phase)
{
	frr_stop(&frr);
	frr_start(&frr, world.netns, phase % 2 == 1);
}

static inline void round_run(const struct parity *parity, bool rules_wanted)
{
	unsigned who = with_frr ? pick(4) : 0; /* 0 and 1: ip(8) alone, 2: FRR alone, 3: both */

	salt = done.rounds; /* other packets in each round */
	if (who >= 2)
		round_frr(parity);
	if (who != 2) {
		round_ip(parity, rules_wanted);
		(void)world_batch_end(&world);
	}
	if (who >= 2)
		frr_batch_end(&frr);
	round_settle(parity, who >= 2 ? QUIET_FRR_NS : QUIET_NS);
	done.rounds++;
}

static inline void rounds_run(const struct parity *parity)
{
	uint64_t since_ns = world_now_ns(), all_ns = run_seconds * 1000000000ULL;
	unsigned phase = 0;
	uint64_t audit = 0;

	for (uint64_t ns = 0; ns < all_ns; ns = world_now_ns() - since_ns) {
		if (with_frr && (phase == 0 || ns >= phase * all_ns / FRR_PHASES))
			frr_enter(phase++);
		/* Some audits read while everything changes, others while nothing does. */
		if (done.rounds % 4 == 0)
			audit = ctl_mirror_audit(world.mirror);
		round_run(parity, ns > all_ns / 3);
		if (done.rounds % 8 == 4)
			audit_finds_nothing(world_audit_wait(&world, audit));
	}
}

static inline void report(void)
{
	struct ctl_mirror_stats stats = world_stats(&world);

	print_message("%u rounds, %lu operations of ip, %lu of FRR in %u of the rounds, %lu "
		      "lookups, %u rounds settled late; %lu messages, %lu purged, %lu swept, "
		      "%lu resyncs, %lu audits, lag max %lu us, 0 differences\n",
		      done.rounds, done.ops, done.frr_ops, done.frr_rounds, done.lookups, done.late,
		      (unsigned long)stats.messages, (unsigned long)stats.purges,
		      (unsigned long)stats.swept, (unsigned long)stats.resyncs,
		      (unsigned long)stats.audits, (unsigned long)stats.lag_max_ns / 1000);
}

static inline void parity_run(const struct parity *parity)
{
	print_message("seed %u\n", seed);
	random_state = seed;
	settings_write();
	world_mirror_start(&world, 0);
	rounds_run(parity);
	if (with_frr)
		assert_true(done.frr_ops > 0);
	audit_finds_nothing(world_audit(&world));
	assert_int_equal(world_stats(&world).differences_total, 0);
	assert_int_equal(world_stats(&world).malformed, 0);
	assert_int_equal(world_stats(&world).fib_errors, 0);
	assert_int_equal(world_stats(&world).request_errors, 0);
	report();
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
	frr_destroy(&frr);
	oracle_close(&oracle);
	world_destroy(&world);
	return 0;
}

static inline void parity_options(int argc, char **argv)
{
	unsigned numbers = 0;

	seed = (unsigned)time(NULL);
	for (int i = 1; i < argc; i++) {
		if (strcmp(argv[i], "--frr") == 0)
			with_frr = true;
		else if (numbers++ == 0)
			run_seconds = (unsigned)strtoul(argv[i], NULL, 10);
		else
			seed = (unsigned)strtoul(argv[i], NULL, 10);
	}
}

#endif
