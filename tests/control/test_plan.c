#include "tests/control/close_to.h"
#include "tests/control/plan_text.h"

#include <math.h>

#define NULL0 "device = \"dpdk:net_null0\"; "
#define NULL1 "device = \"dpdk:net_null1\"; "
#define ROUTER(name, rest) "{ name = \"" name "\"; netns = \"ns-" name "\"; core = 1; " rest " }"
/* 100 packets of 64 bytes at once, 31250 packets/s */
#define GOLD "{ name = \"gold\"; rate = \"16M\"; burst = \"6400\"; delay = \"1ms\"; }"
#define POLICED "police = \"gold\"; "
#define SHAPED "shape = \"gold\"; "

#define BURST_NS (100 * 100)
#define FULL_NS (32 * 100)

/* One router on a core of its own: T + pkts * c / hz, and re-shaping adds nothing. */
static void one_direction(void **state)
{
	static struct planned planned;
	const struct ctl_plan_row *row;

	(void)state;
	plan_begin(&planned, "slas: ( " GOLD " );\nrouters: ( " ROUTER(
				     "a", "ports: ( { name = \"w\"; " NULL0 POLICED "},"
					  " { name = \"l\"; " NULL1 SHAPED "} );") " );");
	assert_int_equal(planned.refusals.n, 0);
	row = plan_row(&planned, 0, 1, NULL);
	assert_int_equal(row->state, CTL_PLAN_BOUNDED);
	close_to(row->wait.gap_ns, PLAN_GAP_NS);
	close_to(row->wait.burst_ns, BURST_NS);
	/* four turns, and the other port once more before the packet leaves */
	close_to(row->wait.ports_ns, 5 * FULL_NS);
	close_to(row->wait.routers_ns, 0);
	close_to(row->queue_ns, 0);
	close_to(row->bound_ns, PLAN_GAP_NS + BURST_NS + 5 * FULL_NS);
	assert_int_equal(row->delay_ns, 1000000);
	/* nothing polices what comes from the other side */
	row = plan_row(&planned, 0, 0, NULL);
	assert_int_equal(row->state, CTL_PLAN_OPEN);
	assert_int_equal(row->culprit, 1);
	close_to(planned.plan.cores[0].cycles_s, 31250.0 * 100);
	assert_int_equal(planned.plan.cores[0].n_open, 1);
	plan_end(&planned);
}

/* Other routers of the core come in between in every turn. */
static void shared_core(void **state)
{
	static struct planned planned;
	const struct ctl_plan_row *row;

	(void)state;
	plan_begin(&planned,
		   "slas: ( " GOLD " );\nrouters: ( " ROUTER(
			   "a",
			   "ports: ( { name = \"w\"; " NULL0 POLICED "}, { name = \"l\"; " NULL1
			   "} );") ",\n" ROUTER("b", "ports: ( { name = \"w\"; device = "
						     "\"dpdk:net_null2\"; } );") " );");
	row = plan_row(&planned, 0, 1, NULL);
	/* each has half of a round; visits for the work and a debt of one turn, then an overrun */
	close_to(row->wait.routers_ns,
		 BURST_NS + 5 * FULL_NS + 2 * FULL_NS + DP_CORE_ROUND_NS / 2.0 + FULL_NS);
	close_to(row->bound_ns, PLAN_GAP_NS + BURST_NS + 5 * FULL_NS + row->wait.routers_ns);
	plan_end(&planned);
}

/* A burst above that of the shaper waits for the difference at its rate. */
static void smaller_burst_behind(void **state)
{
	static struct planned planned;
	const struct ctl_plan_row *row;

	(void)state;
	plan_begin(&planned,
		   "slas: ( " GOLD ", { name = \"small\"; rate = \"16M\"; burst = \"2400\"; } );\n"
		   "routers: ( " ROUTER("a", "ports: ( { name = \"w\"; " NULL0 POLICED
					     "}, { name = \"l\"; " NULL1
					     "shape = \"small\"; } );") " );");
	row = plan_row(&planned, 0, 1, NULL);
	assert_int_equal(row->state, CTL_PLAN_BOUNDED);
	/* 4000 bytes at 2 Mbyte/s, of which the burst's own time on the core is not new */
	close_to(row->bound_ns, row->wait.latency_ns + 2e6 + 2 * FULL_NS);
	assert_int_equal(planned.refusals.n, 1);
	assert_non_null(planned.refusals.items);
	if (planned.refusals.items != NULL)
		assert_non_null(
			strstr(planned.refusals.items[0].text, "raise delay to \"2113us\""));
	plan_end(&planned);
}

/* The others' bursts and one longest packet of them stand on the cable; the own burst as well. */
static void shared_link(void **state)
{
	static struct planned planned;
	const struct ctl_plan_row *row;

	(void)state;
	plan_begin(&planned,
		   "links: ( { name = \"eth0\"; rate = \"100M\"; } );\nslas: ( " GOLD " );\n"
		   "routers: ( " ROUTER(
			   "a",
			   "ports: ( { name = \"w\"; " NULL0 POLICED
			   "}, { name = \"l\"; " NULL1 SHAPED
			   "link = \"eth0\"; } );") ",\n" ROUTER("b",
								 "ports: ( { name = \"w\"; device "
								 "= \"dpdk:net_null2\"; " SHAPED
								 "link = \"eth0\"; } );") " );");
	row = plan_row(&planned, 0, 1, NULL);
	/* 8400 bytes on the wire and 1538, at 80 ns each; the own 8400 less its time on the core */
	close_to(row->link_ns, (8400 + 1538) * 80.0 + 8400 * 80.0 - BURST_NS);
	close_to(planned.plan.links[0].out_bps, 2 * 16e6 * 84 / 64);
	assert_int_equal(planned.refusals.n, 1);
	plan_end(&planned);
}

/* What a cable brings at most bounds a port that nothing polices. */
static void link_as_a_profile(void **state)
{
	static struct planned planned;
	const struct ctl_plan_row *row;

	(void)state;
	plan_begin(&planned,
		   "links: ( { name = \"eth0\"; rate = \"84M\"; } );\n"
		   "routers: ( " ROUTER("a", "ports: ( { name = \"w\"; " NULL0 "link = \"eth0\"; },"
					     " { name = \"l\"; " NULL1 "} );") " );");
	row = plan_row(&planned, 0, 1, NULL);
	assert_int_equal(row->state, CTL_PLAN_BOUNDED);
	close_to(row->burst_pkts, floor(1538.0 / 84));
	close_to(planned.plan.cores[0].cycles_s, 125000 * 100);
	plan_end(&planned);
}

#define CLASSES                                                                                    \
	"classes: ( { name = \"voice\"; match = { dscp = \"ef\"; }; police = \"voice\"; level = "  \
	"1; delay = \"2ms\"; }, { name = \"default\"; level = 2; } ); "
#define VOICE "{ name = \"voice\"; rate = \"4M\"; burst = \"1518\"; }"

static void classes_have_rows(void **state)
{
	static struct planned planned;
	const struct ctl_plan_row *voice, *rest;
	double late_s, core_ns;

	(void)state;
	plan_begin(&planned,
		   "slas: ( { name = \"gold\"; rate = \"16M\"; burst = \"6400\"; }, " VOICE " );\n"
		   "routers: ( " ROUTER("a",
					CLASSES "ports: ( { name = \"w\"; " NULL0 POLICED
						"}, { name = \"l\"; " NULL1 SHAPED "} );") " );");
	voice = plan_row(&planned, 0, 1, "voice");
	rest = plan_row(&planned, 0, 1, "default");
	core_ns = ctl_core_wait_ns(&voice->wait);
	late_s = core_ns / 1e9;
	assert_int_equal(voice->delay_ns, 2000000);
	assert_null(voice->delay_sla);
	/*
	 * One longest packet, and all that can ever wait: what the core let grow. That is less than
	 * the class's own burst.
	 */
	close_to(voice->queue_ns,
		 (1518 + 2e6 * late_s) * 500 + voice->wait.latency_ns - PLAN_GAP_NS);
	/* and these after all voice, or what the port keeps for what came late from the core */
	close_to(rest->queue_ns, (1518 + 1518 + 5e5 * late_s + 2e6 * late_s) * 1e9 / 1.5e6 +
					 rest->wait.latency_ns - PLAN_GAP_NS);
	assert_int_equal(planned.refusals.n, 0);
	plan_end(&planned);
}

/* a -> b -> c, each with the profile: all latencies and one burst. */
static void path_pays_the_burst_once(void **state)
{
	static struct planned planned;
	const struct ctl_plan_path *path;
	double latency_ns = 0, slowest_ns = 0;

	(void)state;
	plan_begin(
		&planned,
		"slas: ( { name = \"gold\"; rate = \"16M\"; burst = \"6400\"; } );\nrouters: "
		"(\n" ROUTER(
			"a",
			"ports: ( { name = \"w\"; " NULL0 POLICED
			"}, { name = \"l\"; device = \"link:ab\"; " SHAPED
			"} );") ",\n" ROUTER("b",
					     "ports: ( { name = \"w\"; device = \"link:ab\"; },"
					     " { name = \"l\"; device = \"link:bc\"; " SHAPED
					     "} );") ",\n" ROUTER("c",
								  "ports: ( { name = \"w\"; device "
								  "= \"link:bc\"; },"
								  " { name = \"l\"; " NULL1 SHAPED
								  "} );") " );\n"
									  "paths: ( { name = "
									  "\"p\"; routers = ( "
									  "\"a\", \"b\", \"c\" ); "
									  "delay = \"1s\"; } );");
	path = &planned.plan.paths[0];
	assert_int_equal(path->state, CTL_PLAN_BOUNDED);
	assert_int_equal(path->n_hops, 3);
	for (unsigned i = 0; i < 3; i++) {
		const struct ctl_plan_row *row = plan_row(&planned, i, 1, NULL);

		latency_ns += row->wait.latency_ns;
		slowest_ns = fmax(slowest_ns, 100 * row->wait.pkt_ns);
	}
	assert_true(path->burst_once);
	close_to(path->bound_ns, latency_ns + slowest_ns);
	assert_int_equal(planned.refusals.n, 0);
	plan_end(&planned);
}

/* A hop that is not shaped: the next one has no profile, and the path no bound. */
static void path_without_profile(void **state)
{
	static struct planned planned;

	(void)state;
	plan_begin(&planned,
		   "slas: ( { name = \"gold\"; rate = \"16M\"; burst = \"6400\"; } );\nrouters: "
		   "(\n" ROUTER(
			   "a",
			   "ports: ( { name = \"w\"; " NULL0 POLICED "}, { name = \"l\"; "
			   "device = \"link:ab\"; "
			   "} );") ",\n" ROUTER("b",
						"ports: ( { name = \"w\"; device = \"link:ab\"; },"
						" { name = \"l\"; " NULL1 SHAPED
						"} );") " );\n"
							"paths: ( { name = \"p\"; routers = ( "
							"\"a\", \"b\" ); } );");
	assert_int_equal(planned.plan.paths[0].state, CTL_PLAN_OPEN);
	plan_end(&planned);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_direction),
		cmocka_unit_test(shared_core),
		cmocka_unit_test(smaller_burst_behind),
		cmocka_unit_test(shared_link),
		cmocka_unit_test(link_as_a_profile),
		cmocka_unit_test(classes_have_rows),
		cmocka_unit_test(path_pays_the_burst_once),
		cmocka_unit_test(path_without_profile),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
