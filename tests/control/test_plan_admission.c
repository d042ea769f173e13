#include "tests/control/plan_text.h"
#include "tests/policer/random.h"

#include <inttypes.h>

#define TEXT_MAX 4096

/* What a random configuration is made of. */
struct site {
	uint64_t rate_bps, burst_bytes, out_burst_bytes, delay_us;
	unsigned routers, ports;
};

/* Routers on one core, all with one SLA where packets come in and one where they leave. */
static void site_text(const struct site *site, char text[TEXT_MAX])
{
	unsigned device = 0;
	int used = snprintf(text, TEXT_MAX,
			    "slas: (\n{ name = \"in\"; rate = \"%" PRIu64 "\"; burst = \"%" PRIu64
			    "\"; delay = \"%" PRIu64 "us\"; },\n{ name = \"out\"; rate = \"%" PRIu64
			    "\"; burst = \"%" PRIu64 "\"; } );\nrouters: (",
			    site->rate_bps, site->burst_bytes, site->delay_us, site->rate_bps,
			    site->out_burst_bytes);

	for (unsigned i = 0; i < site->routers; i++) {
		used += snprintf(text + used, TEXT_MAX - (size_t)used,
				 "%s{ name = \"r%u\"; netns = \"ns%u\"; core = 1; ports: (\n"
				 "{ name = \"w\"; device = \"dpdk:net_null%u\"; police = \"in\"; }",
				 i != 0 ? ", " : "", i, i, device++);
		for (unsigned j = 1; j < site->ports; j++)
			used += snprintf(
				text + used, TEXT_MAX - (size_t)used,
				", { name = \"l%u\"; device = \"dpdk:net_null%u\"; shape = "
				"\"out\"; }",
				j, device++);
		used += snprintf(text + used, TEXT_MAX - (size_t)used, " ); }");
	}
	(void)snprintf(text + used, TEXT_MAX - (size_t)used, " );");
}

static struct site site_random(void)
{
	return (struct site){ .rate_bps = random_log(1000000, 1000000000),
			      .burst_bytes = random_log(1518, 200000),
			      .out_burst_bytes = random_log(1518, 200000),
			      .delay_us = random_log(50, 5000),
			      .routers = (unsigned)random_in(1, 4),
			      .ports = 2 };
}

/* The number behind words in a sentence; false when they are not in it. */
static bool number_after(const char *text, const char *words, uint64_t *number)
{
	const char *found = strstr(text, words);

	if (found == NULL)
		return false;
	*number = strtoull(found + strlen(words), NULL, 10);
	return true;
}

static bool refused(const struct site *site, const char *words)
{
	static struct planned planned;
	char text[TEXT_MAX];
	bool found = false;

	site_text(site, text);
	plan_begin(&planned, text);
	for (unsigned i = 0; i < planned.refusals.n; i++)
		found |= strstr(planned.refusals.items[i].text, words) != NULL;
	plan_end(&planned);
	return found;
}

/* What a refusal asks for is enough, and one less is not. */
static void smallest_delay_fits(void **state)
{
	unsigned n = 0;

	(void)state;
	random_seed("smallest_delay");
	for (unsigned i = 0; i < 300; i++) {
		static struct planned planned;
		struct site site = site_random();
		char text[TEXT_MAX];
		uint64_t delay_us = 0;

		site_text(&site, text);
		plan_begin(&planned, text);
		for (unsigned j = 0; j < planned.refusals.n; j++) {
			uint64_t this_us;

			if (number_after(planned.refusals.items[j].text, "raise delay to \"",
					 &this_us) &&
			    this_us > delay_us)
				delay_us = this_us;
		}
		plan_end(&planned);
		if (delay_us == 0)
			continue;
		n++;
		site.delay_us = delay_us;
		assert_false(refused(&site, "raise delay"));
		site.delay_us = delay_us - 1;
		assert_true(refused(&site, "raise delay"));
	}
	assert_true(n > 50);
}

static void largest_burst_fits(void **state)
{
	unsigned n = 0;

	(void)state;
	random_seed("largest_burst");
	for (unsigned i = 0; i < 300; i++) {
		static struct planned planned;
		struct site site = site_random();
		uint64_t burst_bytes = UINT64_MAX;
		char text[TEXT_MAX];

		site_text(&site, text);
		plan_begin(&planned, text);
		for (unsigned j = 0; j < planned.refusals.n; j++) {
			uint64_t this_bytes;

			/* every router has its own sentence; they are alike, so one will do */
			if (strstr(planned.refusals.items[j].text, "raise delay") != NULL &&
			    number_after(planned.refusals.items[j].text,
					 "lower burst of SLA \"in\" to \"", &this_bytes) &&
			    this_bytes < burst_bytes)
				burst_bytes = this_bytes;
		}
		plan_end(&planned);
		if (burst_bytes == UINT64_MAX)
			continue;
		n++;
		site.burst_bytes = burst_bytes;
		assert_false(refused(&site, "raise delay"));
		site.burst_bytes = burst_bytes + 1;
		assert_true(refused(&site, "raise delay"));
	}
	assert_true(n > 20);
}

static void largest_rate_fits_the_core(void **state)
{
	struct site site = { .rate_bps = 4000000000,
			     .burst_bytes = 1518,
			     .out_burst_bytes = 1518,
			     .delay_us = 100000,
			     .routers = 2,
			     .ports = 2 };
	static struct planned planned;
	char text[TEXT_MAX];
	uint64_t rate_bps = 0;

	(void)state;
	site_text(&site, text);
	plan_begin(&planned, text);
	assert_non_null(planned.refusals.items);
	if (planned.refusals.items == NULL)
		return; /* the checker does not know that the line above ends the test */
	assert_non_null(strstr(planned.refusals.items[0].text,
			       "what is sold on core 1 takes 1562500000 cycles/s in its smallest "
			       "packets, more than the 1000000000 that there are (156.2 %)"));
	assert_true(number_after(planned.refusals.items[0].text, "lower rate of SLA \"in\" to \"",
				 &rate_bps));
	plan_end(&planned);
	/* two routers, 64 bytes, 100 cycles of 10^9 */
	assert_int_equal(rate_bps, 2560000000);
	site.rate_bps = rate_bps;
	assert_false(refused(&site, "core 1 takes"));
	site.rate_bps = rate_bps + 1;
	assert_true(refused(&site, "core 1 takes"));
}

/* More of anything bad never admits what was refused. */
static void worse_is_never_admitted(void **state)
{
	(void)state;
	random_seed("worse");
	for (unsigned i = 0; i < 300; i++) {
		struct site site = site_random(), worse;

		if (!refused(&site, ""))
			continue;
		worse = site;
		switch (random_in(0, 3)) {
		case 0:
			worse.burst_bytes += random_in(1, 100000);
			break;
		case 1:
			worse.delay_us -= random_in(0, worse.delay_us / 2);
			break;
		case 2:
			worse.routers++;
			break;
		default:
			worse.out_burst_bytes = 1518;
		}
		assert_true(refused(&worse, ""));
	}
}

static void expect_refusal(const char *text, unsigned line, const char *words)
{
	static struct planned planned;

	plan_begin(&planned, text);
	if (planned.refusals.n == 0 || planned.refusals.items[0].src.line != line ||
	    strstr(planned.refusals.items[0].text, words) == NULL) {
		print_error("%s\nexpected %u: ...%s...\n", text, line, words);
		ctl_errors_print(&planned.refusals, stderr);
		fail();
	}
	plan_end(&planned);
}

#define A(rest) "{ name = \"a\"; netns = \"ns-a\"; core = 1; ports: (\n" rest " ); }"
#define B(rest) "{ name = \"b\"; netns = \"ns-b\"; core = 1; ports: (\n" rest " ); }"
#define IN "{ name = \"w\"; device = \"dpdk:net_null0\"; police = \"g\"; link = \"eth0\"; }"
#define OUT "{ name = \"l\"; device = \"dpdk:net_null1\"; shape = \"g\"; }"
#define G(rest) "slas: (\n{ name = \"g\"; " rest " } );\n"

static void sentences(void **state)
{
	(void)state;
	expect_refusal("links: (\n{ name = \"eth0\"; rate = \"100M\"; } );\n" G(
			       "rate = \"100M\"; burst = \"2k\";") "routers: (" A(IN "," OUT) ");",
		       2,
		       "what is sold on link \"eth0\" is 131250000 bit/s received in its smallest "
		       "frames with preamble and gap, more than its rate of 100000000 bit/s; lower "
		       "rate of SLA \"g\" to \"76190476\"");
	expect_refusal(
		"links: ( { name = \"eth0\"; rate = \"1G\"; } );\n" G(
			"rate = \"100M\"; burst = \"6400\"; delay = \"125us\";") "routers: "
										 "(" A(IN
										       "," OUT) ")"
												";",
		3,
		"router \"a\" from \"w\" to \"l\": gap 100.0 + other routers 0.0 + other "
		"ports 16.0 + "
		"burst 10.0 (100 packets) + queue 0.0 + link 0.0 = 126.0 us, more than the "
		"delay of "
		"125.0 us of SLA \"g\"; raise delay to \"126us\"");
	expect_refusal(
		"routers: (" A("{ name = \"w\"; device = \"dpdk:net_null0\"; }") ", " B(
			"{ name = \"w\"; device = \"dpdk:net_null1\"; }") ");\n"
									  "paths: ( { name = "
									  "\"p\"; routers = ( "
									  "\"a\", \"b\" ); } );",
		4,
		"path \"p\": no cable joins routers \"a\" and \"b\"; give each of them a port "
		"with device = \"link:NAME\"");
	expect_refusal(
		"links: ( { name = \"eth0\"; rate = \"10G\"; } );\n" G(
			"rate = \"100M\"; burst = \"90k\"; delay = \"9ms\";") "routers: (" A(IN
											     "," OUT) ");",
		3,
		"packets wait in the device before they are polled, which has buffers "
		"for 512; lower burst of SLA \"g\" to \"");
}

/* Plans again, for a machine with this much memory; the sentence, or NULL for a plan that fits. */
static const char *refused_memory(struct planned *planned, uint64_t memory_bytes)
{
	ctl_errors_fini(&planned->refusals);
	planned->refusals = (struct ctl_errors){ 0 };
	ctl_plan_fini(&planned->plan);
	planned->input.memory_bytes = memory_bytes;
	assert_int_equal(ctl_plan_make(&planned->input, &planned->plan), 0);
	if (ctl_plan_admit(&planned->input, &planned->plan, &planned->refusals) == 0)
		return NULL;
	assert_int_equal(planned->refusals.n, 1);
	return planned->refusals.items[0].text;
}

#define BUFFERS(n)                                                                                 \
	"routers: ( { name = \"a\"; netns = \"ns-a\"; core = 1; buffers = " #n                     \
	"; ports: ( { name = \"w\"; device = \"dpdk:net_null0\"; } ); }, " B(                      \
		"{ name = \"w\"; device = \"dpdk:net_null1\"; }") " );"

/* What all routers take together fits to the byte, and what is asked for instead fits. */
static void buffers_fit_the_machine(void **state)
{
	static struct planned planned;
	uint64_t needed_bytes, buffers = 0;
	const char *text;

	(void)state;
	plan_begin(&planned, BUFFERS(1000000));
	assert_int_equal(planned.refusals.n, 0);
	needed_bytes = planned.plan.memory_bytes;
	assert_null(refused_memory(&planned, needed_bytes));
	text = refused_memory(&planned, needed_bytes - 1);
	assert_non_null(text);
	assert_non_null(strstr(text, "packet buffers of all routers take"));
	assert_true(number_after(text, "lower buffers of router \"a\" to ", &buffers));
	planned.conf.routers[0].config.buffers = (unsigned)buffers;
	assert_null(refused_memory(&planned, needed_bytes - 1));
	planned.conf.routers[0].config.buffers++;
	assert_non_null(refused_memory(&planned, needed_bytes - 1));
	planned.conf.routers[0].config.buffers = 0;
	text = refused_memory(&planned, 1);
	assert_non_null(strstr(text, "run fewer routers on it"));
	plan_end(&planned);
}

/* Without a promise only the sums of links and cores are refused. */
static void nothing_sold_nothing_refused(void **state)
{
	static struct planned planned;

	(void)state;
	plan_begin(
		&planned,
		"links: ( { name = \"eth0\"; rate = \"10G\"; } );\n" G(
			"rate = \"100M\"; burst = "
			"\"10M\";") "routers: (" A(IN
						   "," OUT
						   ", { name = \"m\"; device = \"dpdk:net_null2\"; "
						   "police = \"g\"; }") ");");
	assert_int_equal(planned.refusals.n, 0);
	plan_end(&planned);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(smallest_delay_fits),
		cmocka_unit_test(largest_burst_fits),
		cmocka_unit_test(largest_rate_fits_the_core),
		cmocka_unit_test(worse_is_never_admitted),
		cmocka_unit_test(sentences),
		cmocka_unit_test(buffers_fit_the_machine),
		cmocka_unit_test(nothing_sold_nothing_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
