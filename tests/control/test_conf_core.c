/*
 * Shares of cores and their schedulers: what is loaded, and every refusal with its line.
 */

#include "tests/control/conf_text.h"

#define ROUTER(name, rest)                                                                         \
	"{ name = \"" name "\"; netns = \"ns-" name "\"; " rest                                    \
	"; ports: ( { name = \"p\"; device = \"kernel:eth-" name "\"; } ); }"
#define ROUTERS(a, b, c)                                                                           \
	"routers: (\n" ROUTER("a", a) ",\n" ROUTER("b", b) ",\n" ROUTER("c", c) ");"
#define CORES(cores) "cores: (\n" cores ");\n"
#define ALIKE ROUTERS("core = 1", "core = 1", "core = 2")

static void refusals(void **state)
{
	static const struct {
		const char *text;
		struct wanted wanted[WANTED_MAX];
	} cases[] = {
		{ ALIKE, { { 0, NULL } } },
		{ ROUTERS("core = 1; share = 30", "core = 1; share = 70", "core = 2"),
		  { { 0, NULL } } },
		{ ROUTERS("core = 1; share = 100", "core = 2; share = 1", "core = 2; share = 1"),
		  { { 0, NULL } } },
		{ ROUTERS("core = 1; share = 30", "core = 1; share = 71", "core = 2"),
		  { { 3, "share 71 makes 101 per cent of core 1 sold; at most 70 are left" } } },
		{ ROUTERS("core = 1; share = 60", "core = 1; share = 60", "core = 1; share = 5"),
		  { { 3, "share 60 makes 120 per cent of core 1 sold; at most 40 are left" },
		    { 4, "share 5 makes 125 per cent of core 1 sold; at most 0 are left" } } },
		{ ROUTERS("core = 1; share = 30", "core = 1", "core = 2"),
		  { { 3, "router \"b\" has no share of core 1, but router \"a\" at (string):2 has "
			 "one; give all routers of a core a share, or none for equal ones" } } },
		{ ROUTERS("core = 1", "core = 2", "core = 1; share = 5"),
		  { { 4, "router \"c\" has a share of core 1, but router \"a\" at (string):2 has "
			 "none" } } },
		{ ROUTERS("core = 1; share = 0", "core = 1; share = 101", "core = 1; share = -1"),
		  { { 2, "share 0 is out of range; it must be 1 to 100" },
		    { 3, "share 101 is out of range" },
		    { 4, "share -1 is out of range" } } },
		{ ROUTERS("core = 1; share = \"30\"", "core = 2", "core = 2"),
		  { { 2, "share is not a whole number without quotes; write for example share = "
			 "30;" } } },
		{ CORES("{ core = 1; scheduler = \"timeslice\"; slice = \"2ms\"; }") ALIKE,
		  { { 0, NULL } } },
		{ CORES("{ core = 1; scheduler = \"drr\"; },\n{ core = 2; }") ALIKE,
		  { { 0, NULL } } },
		{ CORES("{ core = 1; scheduler = \"fifo\"; }") ALIKE,
		  { { 2, "scheduler \"fifo\" is not a scheduler; write \"drr\" (by measured "
			 "cycles) or \"timeslice\"" } } },
		{ CORES("{ core = 1; scheduler = \"timeslice\"; }") ALIKE,
		  { { 2, "scheduler \"timeslice\" needs a slice; add for example slice = "
			 "\"2ms\";" } } },
		{ CORES("{ core = 1; slice = \"2ms\"; }") ALIKE,
		  { { 2, "slice is for the scheduler \"timeslice\"" } } },
		{ CORES("{ core = 1; scheduler = \"timeslice\"; slice = \"9us\"; }") ALIKE,
		  { { 2, "slice \"9us\" is out of range; it must be \"10us\" to \"1s\"" } } },
		{ CORES("{ core = 1; scheduler = \"timeslice\"; slice = \"2\"; }") ALIKE,
		  { { 2, "slice \"2\" is not a quantity; write a time" } } },
		{ CORES("{ core = 1; scheduler = \"timeslice\"; slice = \"2ms\"; }")
			  ROUTERS("core = 1; share = 30", "core = 1; share = 30", "core = 2"),
		  { { 4, "core 1 at (string):2 serves time slices, which are equal; remove the "
			 "share" } } },
		{ CORES("{ core = 1; },\n{ core = 1; },\n{ core = 0; }") ALIKE,
		  { { 3, "core 1 is listed twice; the first is at (string):2" },
		    { 4, "core 0 has no router; list cores that routers name" } } },
		{ CORES("{ scheduler = \"drr\"; }") ALIKE,
		  { { 2, "key \"core\" is missing in a core; add for example core = 1;" } } },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		expect_conf(cases[i].text, cases[i].wanted);
}

static void values(void **state)
{
	struct ctl_errors errors = { 0 };
	struct ctl_conf conf;

	(void)state;
	assert_int_equal(
		ctl_conf_load_string(
			CORES("{ core = 2; scheduler = \"timeslice\"; slice = \"1.5ms\"; }")
				ROUTERS("core = 1; share = 30", "core = 1; share = 7", "core = 2"),
			&conf, &errors),
		0);
	assert_int_equal(conf.routers[0].config.share_percent, 30);
	assert_int_equal(conf.routers[1].config.share_percent, 7);
	assert_int_equal(conf.routers[2].config.share_percent, DP_SHARE_EQUAL);
	assert_int_equal(conf.n_cores, 1);
	assert_int_equal(conf.cores[0].config.core, 2);
	assert_int_equal(conf.cores[0].config.scheduler, DP_SCHEDULER_TIMESLICE);
	assert_int_equal(conf.cores[0].config.slice_ns, 1500000);
	ctl_conf_fini(&conf);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(refusals),
		cmocka_unit_test(values),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
