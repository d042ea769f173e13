#include "control/plan/arrival.h"
#include "control/plan/queue.h"
#include "tests/control/close_to.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

/* A byte takes 1000 ns at this rate. */
#define RATE 1e6
#define LONGEST 1500.0
#define QUANTUM 1500.0

static struct ctl_curve curve(double burst_bytes, double share)
{
	return (struct ctl_curve){ true, burst_bytes, share * RATE };
}

static struct ctl_queues port(const struct ctl_queue *queues, unsigned n, struct ctl_curve in)
{
	return (struct ctl_queues){ .shape = curve(10000, 1),
				    .in = in,
				    .longest_bytes = LONGEST,
				    .queues = queues,
				    .n = n };
}

static const struct dp_sla two_mbit = {
	.rate = 2000000,
	.burst = 6400,
	.layer = RATE_LAYER_L2,
	.actions = { [POLICER_RED] = { .action = POLICER_DROP } },
};

/* 6400 bytes of L2 are 100 packets of 64, which are 84 on the wire and 46 of IP. */
static void profile_in_every_layer(void **state)
{
	struct ctl_arrival arrival = ctl_arrival_of_sla(&two_mbit, 1500);

	(void)state;
	assert_true(arrival.bounded);
	close_to(arrival.burst_pkts, 100);
	close_to(arrival.rate_pps, 250000.0 / 64);
	close_to(arrival.burst_bytes[RATE_LAYER_L1], 8400);
	close_to(arrival.burst_bytes[RATE_LAYER_L2], 6400);
	/* of long packets more is left without headers than of short ones */
	close_to(arrival.burst_bytes[RATE_LAYER_L3], 6400 * 1500.0 / 1518);
	close_to(arrival.rate_bytes_s[RATE_LAYER_L1], 250000 * 84.0 / 64);
}

static void profile_in_packets(void **state)
{
	struct dp_sla sla = two_mbit;
	struct ctl_arrival arrival;

	(void)state;
	sla.unit = RATE_PKTS_PER_S;
	sla.rate = 1000;
	sla.burst = 32;
	arrival = ctl_arrival_of_sla(&sla, 1500);
	close_to(arrival.burst_pkts, 32);
	close_to(arrival.rate_pps, 1000);
	close_to(arrival.burst_bytes[RATE_LAYER_L1], 32 * 1538);
}

/* What passes a policer of three colours, by the definitions of its RFC. */
static void colours_that_pass(void **state)
{
	struct dp_sla sla = two_mbit;

	(void)state;
	sla.second_bytes = 12800;
	sla.second_bps = 4000000;
	sla.kind = DP_SLA_SRTCM;
	close_to(ctl_arrival_of_sla(&sla, 1500).burst_bytes[RATE_LAYER_L2], 19200);
	sla.kind = DP_SLA_TRTCM;
	close_to(ctl_arrival_of_sla(&sla, 1500).burst_bytes[RATE_LAYER_L2], 12800);
	close_to(ctl_arrival_of_sla(&sla, 1500).rate_bytes_s[RATE_LAYER_L2], 500000);
	sla.kind = DP_SLA_TRTCM4115;
	close_to(ctl_arrival_of_sla(&sla, 1500).burst_bytes[RATE_LAYER_L2], 19200);
	close_to(ctl_arrival_of_sla(&sla, 1500).rate_bytes_s[RATE_LAYER_L2], 750000);
	sla.actions[POLICER_YELLOW].action = POLICER_DROP;
	close_to(ctl_arrival_of_sla(&sla, 1500).burst_bytes[RATE_LAYER_L2], 6400);
	sla.actions[POLICER_RED].action = POLICER_REMARK;
	assert_false(ctl_arrival_of_sla(&sla, 1500).bounded);
}

static void sums_and_delays(void **state)
{
	struct ctl_arrival a = ctl_arrival_of_sla(&two_mbit, 1500), zero = ctl_arrival_zero();
	struct ctl_arrival open = { .bounded = false }, sum = ctl_arrival_sum(&a, &a);

	(void)state;
	close_to(sum.burst_bytes[RATE_LAYER_L2], 12800);
	close_to(ctl_arrival_sum(&a, &zero).burst_pkts, a.burst_pkts);
	assert_false(ctl_arrival_sum(&a, &open).bounded);
	/* 1 ms at 250 000 bytes/s */
	close_to(ctl_arrival_delayed(&a, 1e6).burst_bytes[RATE_LAYER_L2], 6650);
}

/* h(sigma + rho t, Sigma + P t) = (sigma - Sigma) / P. */
static void one_queue(void **state)
{
	const struct {
		struct ctl_curve in;
		double delay_ns;
	} rows[] = {
		{ curve(10000, 1), 0 }, /* the profile itself: re-shaping is for free */
		{ curve(5000, 0.5), 0 },
		{ curve(12000, 1), 2e6 },
		{ curve(12000, 0.5), 2e6 },
		{ curve(100, 1.01), HUGE_VAL },
		{ { .bounded = false }, HUGE_VAL },
	};
	const struct ctl_curve out = curve(10000, 1), none = { .bounded = false };

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		double ns = ctl_curve_delay_ns(&rows[i].in, &out);

		if (isinf(rows[i].delay_ns))
			assert_true(isinf(ns));
		else
			close_to(ns, rows[i].delay_ns);
		close_to(ctl_curve_delay_ns(&rows[i].in, &none), 0);
	}
}

/* (longest + bursts above + own burst) / (P - rates above). */
static void strict_priority(void **state)
{
	const struct ctl_queue queues[] = {
		{ .level = 1, .quantum_bytes = QUANTUM, .in = curve(3000, 0.25) },
		{ .level = 2, .quantum_bytes = QUANTUM, .in = curve(6000, 0.25) },
	};
	struct ctl_queues shaped = port(queues, 2, curve(40000, 1));

	(void)state;
	close_to(ctl_queue_delay_ns(&shaped, 0), (LONGEST + 3000) * 1e3);
	close_to(ctl_queue_delay_ns(&shaped, 1), (LONGEST + 3000 + 6000) * 1e3 / 0.75);
}

/* A lowest class without policer keeps no more than the port ever has to. */
static void unpoliced_class_under_a_policed_port(void **state)
{
	const struct ctl_queue queues[] = {
		{ .level = 1, .quantum_bytes = QUANTUM, .in = curve(3000, 0.25) },
		{ .level = 2, .quantum_bytes = QUANTUM, .in = curve(14000, 1) },
	};
	struct ctl_queues shaped = port(queues, 2, curve(14000, 1));

	(void)state;
	close_to(ctl_queues_backlog_bytes(&shaped), 4000);
	close_to(ctl_queue_delay_ns(&shaped, 1), (LONGEST + 3000 + 4000) * 1e3 / 0.75);
	shaped.in.rate_bytes_s = 1.1 * RATE;
	assert_true(isinf(ctl_queue_delay_ns(&shaped, 1)));
	/* the one above it has its own policer, and does not care */
	close_to(ctl_queue_delay_ns(&shaped, 0), (LONGEST + 3000) * 1e3);
}

/* What all queues together keep goes away at the rate that is left. */
static void port_that_is_soon_idle(void **state)
{
	const struct ctl_queue queues[] = {
		{ .level = 1, .quantum_bytes = QUANTUM, .in = curve(9000, 0.25) },
		{ .level = 2, .quantum_bytes = QUANTUM, .in = curve(9000, 0.25) },
	};
	struct ctl_queues shaped = port(queues, 2, curve(10100, 0.5));

	(void)state;
	close_to(ctl_queue_delay_ns(&shaped, 1), 100 * 1e3 / 0.5);
}

/* Two of one level, weights 3 to 1; nothing is known of the other. */
static void weights(void **state)
{
	const struct ctl_queue queues[] = {
		{ .level = 1, .quantum_bytes = 3 * QUANTUM, .in = curve(6000, 0.5) },
		{ .level = 1, .quantum_bytes = QUANTUM, .in = { .bounded = false } },
	};
	struct ctl_queues shaped = port(queues, 2, (struct ctl_curve){ .bounded = false });
	double frame = 4 * QUANTUM;

	(void)state;
	close_to(ctl_queue_delay_ns(&shaped, 0),
		 (LONGEST + 3 * frame - 2 * 3 * QUANTUM) * 1e3 + 6000 * 1e3 / 0.75);
	assert_true(isinf(ctl_queue_delay_ns(&shaped, 1)));
}

/* A class with a profile of its own waits for that first, and brings no more than that below. */
static void profile_of_a_class(void **state)
{
	const struct ctl_queue queues[] = {
		{ .level = 1,
		  .quantum_bytes = QUANTUM,
		  .in = curve(5000, 0.1),
		  .shape = curve(2000, 0.1) },
		{ .level = 2, .quantum_bytes = QUANTUM, .in = curve(1000, 0.1) },
	};
	struct ctl_queues shaped = port(queues, 2, curve(100000, 1));

	(void)state;
	close_to(ctl_queue_delay_ns(&shaped, 0), (LONGEST + 2000) * 1e3 + 3000 * 1e3 / 0.1);
	close_to(ctl_queue_delay_ns(&shaped, 1), (LONGEST + 2000 + 1000) * 1e3 / 0.9);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(profile_in_every_layer),
		cmocka_unit_test(profile_in_packets),
		cmocka_unit_test(colours_that_pass),
		cmocka_unit_test(sums_and_delays),
		cmocka_unit_test(one_queue),
		cmocka_unit_test(strict_priority),
		cmocka_unit_test(unpoliced_class_under_a_policed_port),
		cmocka_unit_test(port_that_is_soon_idle),
		cmocka_unit_test(weights),
		cmocka_unit_test(profile_of_a_class),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
