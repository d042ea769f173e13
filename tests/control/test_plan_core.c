#include "control/plan/core.h"
#include "tests/control/close_to.h"
#include "tests/policer/random.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#define HZ 1e9 /* a cycle is a ns */
#define GAP_NS 5000.0
#define PKT_CYCLES 100.0
#define DROP_CYCLES 10.0
#define QUANTUM_NS 10000.0
#define FULL_NS (CTL_TURN_PKTS * PKT_CYCLES)
#define DROPS_NS (CTL_TURN_PKTS * DROP_CYCLES)

static struct ctl_core_port port(unsigned router, double burst_pkts, double rate_pps)
{
	return (struct ctl_core_port){
		.in = { .bounded = burst_pkts > 0, .burst_pkts = burst_pkts, .rate_pps = rate_pps },
		.router = router,
		.quantum_ns = QUANTUM_NS,
		.pkt_cycles = PKT_CYCLES,
		.turn_pkt_cycles = PKT_CYCLES,
		.drop_cycles = DROP_CYCLES,
	};
}

static struct ctl_core_wait wait_of(const struct ctl_core_port *ports, unsigned n, unsigned index)
{
	struct ctl_core core = { .hz = HZ, .gap_ns = GAP_NS, .ports = ports, .n = n };
	struct ctl_core_wait wait;

	ctl_core_wait_get(&core, index, &wait);
	return wait;
}

/* T + pkts * c / hz. */
static void dedicated_core(void **state)
{
	const struct ctl_core_port ports[] = { port(0, 250, 1e5) };
	struct ctl_core_wait wait = wait_of(ports, 1, 0);

	(void)state;
	assert_true(wait.stable);
	close_to(ctl_core_wait_ns(&wait), GAP_NS + 250 * PKT_CYCLES);
	close_to(wait.latency_ns, GAP_NS);
	close_to(wait.pkt_ns, PKT_CYCLES);
}

/* Nothing is known of the others: one full burst of each in every turn, a quantum in every round. */
static void others_without_profile(void **state)
{
	const struct ctl_core_port ports[] = { port(0, 40, 1e5), port(0, 0, 0), port(1, 0, 0),
					       port(1, 0, 0), port(2, 0, 0) };
	struct ctl_core_wait wait = wait_of(ports, 5, 0);
	double work_ns = 40 * PKT_CYCLES + 3 * FULL_NS;

	(void)state;
	/* 40 packets are two turns; the own router's other port comes once more before the end */
	close_to(wait.burst_ns, 40 * PKT_CYCLES);
	close_to(wait.ports_ns, 3 * FULL_NS);
	/* visits for the work and for the debt of one turn, two quanta before each; three overruns */
	close_to(wait.routers_ns,
		 ((work_ns + 2 * FULL_NS) / QUANTUM_NS + 1) * 2 * QUANTUM_NS + 3 * FULL_NS);
	close_to(ctl_core_wait_ns(&wait), GAP_NS + work_ns + wait.routers_ns);
}

/* A small share takes longer: three times the quantum for the other. */
static void shares(void **state)
{
	struct ctl_core_port ports[] = { port(0, 40, 1e5), port(1, 0, 0) };
	struct ctl_core_wait wait;
	double work_ns = 40 * PKT_CYCLES;

	(void)state;
	ports[1].quantum_ns = 3 * QUANTUM_NS;
	wait = wait_of(ports, 2, 0);
	close_to(wait.routers_ns,
		 ((work_ns + FULL_NS) / QUANTUM_NS + 1) * 3 * QUANTUM_NS + FULL_NS);
	close_to(wait.pkt_ns, 4 * PKT_CYCLES);
}

/* A long burst beside a small profile: the profile counts, and drops in every turn. */
static void others_with_profile(void **state)
{
	const struct ctl_core_port ports[] = { port(0, 3200, 1e5), port(0, 10, 1e6) };
	struct ctl_core_wait wait = wait_of(ports, 2, 0);
	double others_ns = FULL_NS + 10 * PKT_CYCLES + 100 * DROPS_NS;
	/* a tenth of the core goes to what the other's rate brings meanwhile */
	double total_ns = (GAP_NS + 3200 * PKT_CYCLES + others_ns) / 0.9;

	(void)state;
	close_to(ctl_core_wait_ns(&wait), total_ns);
	close_to(wait.ports_ns, others_ns + 0.1 * total_ns);
	close_to(wait.routers_ns, 0);
}

/* The sum of fair turns is smaller than that of the profiles: it holds. */
static void smaller_bound_holds(void **state)
{
	const struct ctl_core_port ports[] = { port(0, 1, 1e3), port(0, 1e6, 1e6) };
	struct ctl_core_wait wait = wait_of(ports, 2, 0);

	(void)state;
	close_to(wait.ports_ns, 2 * FULL_NS);
}

static void overload_is_not_stable(void **state)
{
	/* 5.1 Mpps of 100 cycles, and half of the core is somebody else's */
	const struct ctl_core_port shared[] = { port(0, 10, 5.1e6), port(1, 0, 0) };
	const struct ctl_core_port alone[] = { port(0, 10, 9.9e6) };
	const struct ctl_core_port beyond[] = { port(0, 10, 1.01e7) };
	struct ctl_core core = { .hz = HZ, .ports = beyond, .n = 1 };

	(void)state;
	assert_false(wait_of(shared, 2, 0).stable);
	assert_true(wait_of(alone, 1, 0).stable);
	assert_false(wait_of(beyond, 1, 0).stable);
	close_to(ctl_core_load_cycles_s(&core), 1.01e9);
}

/* The service curve of a port covers its own bound for every burst. */
static void service_curve_covers_the_bound(void **state)
{
	(void)state;
	random_seed("plan_core");
	for (unsigned i = 0; i < 2000; i++) {
		struct ctl_core_port ports[4];
		struct ctl_core_wait wait;

		for (unsigned j = 0; j < 4; j++)
			ports[j] = port(j / 2, (double)random_in(0, 3000 - 1),
					(double)random_in(0, 1000000 - 1));
		if (!ports[0].in.bounded)
			continue;
		wait = wait_of(ports, 4, 0);
		if (wait.stable)
			assert_true(ctl_core_wait_ns(&wait) <=
				    (wait.latency_ns + ports[0].in.burst_pkts * wait.pkt_ns) *
					    (1 + 1e-9));
	}
}

/* Larger bursts, more rate, more neighbours and a slower core never lower a bound. */
static void worse_is_never_better(void **state)
{
	(void)state;
	random_seed("plan_core");
	for (unsigned i = 0; i < 5000; i++) {
		struct ctl_core_port ports[5];
		struct ctl_core core = { .hz = HZ, .gap_ns = GAP_NS, .ports = ports, .n = 4 };
		struct ctl_core_wait before, after;
		unsigned which;

		for (unsigned j = 0; j < 5; j++)
			ports[j] = port(j / 2, (double)random_in(0, 3000 - 1),
					(double)random_in(0, 2000000 - 1));
		ports[0].in.bounded = true;
		ctl_core_wait_get(&core, 0, &before);
		which = (unsigned)random_in(0, 3);
		switch (random_in(0, 4)) {
		case 0:
			ports[which].in.burst_pkts += 1 + (double)random_in(0, 100 - 1);
			break;
		case 1:
			ports[which].in.rate_pps += 1 + (double)random_in(0, 100000 - 1);
			break;
		case 2:
			core.n = 5;
			break;
		case 3:
			core.hz *= 0.9;
			break;
		default:
			core.gap_ns += 1000;
		}
		ctl_core_wait_get(&core, 0, &after);
		if (after.stable) {
			assert_true(before.stable);
			assert_true(ctl_core_wait_ns(&after) >=
				    ctl_core_wait_ns(&before) * (1 - 1e-12));
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(dedicated_core),
		cmocka_unit_test(others_without_profile),
		cmocka_unit_test(shares),
		cmocka_unit_test(others_with_profile),
		cmocka_unit_test(smaller_bound_holds),
		cmocka_unit_test(overload_is_not_stable),
		cmocka_unit_test(service_curve_covers_the_bound),
		cmocka_unit_test(worse_is_never_better),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
