#include "control/cli/client.h"
#include "control/cli/human.h"
#include "control/cli/show.h"
#include "control/cli/table.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <json-c/json.h>

static void numbers(void **state)
{
	static const struct {
		void (*write)(char text[CLI_HUMAN_MAX], uint64_t value, const char *unit);
		uint64_t value;
		const char *text;
	} cases[] = {
		{ cli_human_measured, 0, "0 bit/s" },
		{ cli_human_measured, 999, "999 bit/s" },
		{ cli_human_measured, 1000, "1.00 kbit/s" },
		{ cli_human_measured, 999999, "999.99 kbit/s" },
		{ cli_human_measured, 95237999, "95.23 Mbit/s" },
		{ cli_human_measured, 400000000000, "400.00 Gbit/s" },
		{ cli_human_measured, UINT64_MAX, "18446.74 Pbit/s" },
		{ cli_human_exact, 0, "0 bit/s" },
		{ cli_human_exact, 1518, "1518 bit/s" },
		{ cli_human_exact, 100000000, "100 Mbit/s" },
		{ cli_human_exact, 2500000000, "2500 Mbit/s" },
		{ cli_human_exact, 100000001, "100000001 bit/s" },
	};
	char text[CLI_HUMAN_MAX];

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		cases[i].write(text, cases[i].value, "bit/s");
		assert_string_equal(text, cases[i].text);
	}
}

static void times(void **state)
{
	static const struct {
		uint64_t ns;
		const char *text;
	} cases[] = {
		{ 0, "0 ns" },
		{ 999, "999 ns" },
		{ 1000, "1.000 us" },
		{ 12345, "12.345 us" },
		{ 2000000, "2.000 ms" },
		{ 999999999, "999.999 ms" },
		{ 10000000000, "10.000 s" },
		{ 86400000000000, "86400.000 s" },
	};
	char text[CLI_HUMAN_MAX];

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		cli_human_ns(text, cases[i].ns);
		assert_string_equal(text, cases[i].text);
	}
}

/* What is printed to a memory file. */
static void expect_print(void (*print)(FILE *out, const void *arg), const void *arg,
			 const char *expected)
{
	char *text = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);

	assert_non_null(out);
	print(out, arg);
	assert_int_equal(fclose(out), 0);
	assert_string_equal(text, expected);
	free(text);
}

static void print_table(FILE *out, const void *arg)
{
	cli_table_print(arg, "> ", out);
}

static void tables(void **state)
{
	static const char *const cells[] = { "NAME",	 "RATE",  "ADDRESS",	"a", "12",
					     "10.0.0.1", "bcdef", "1.5 Mbit/s", "-", "incomplete" };
	struct cli_table table = { .n_columns = 3 };

	(void)state;
	for (size_t i = 0; i < sizeof(cells) / sizeof(cells[0]); i++)
		cli_table_add(&table, "%s", cells[i]);
	expect_print(print_table, &table,
		     "> NAME         RATE  ADDRESS\n"
		     "> a              12  10.0.0.1\n"
		     "> bcdef  1.5 Mbit/s  -\n");
	cli_table_fini(&table);
	assert_int_equal(table.n_cells, 0);
}

/* An object and the result to show. */
struct shown {
	const char *object;
	const char *json;
};

static void print_shown(FILE *out, const void *arg)
{
	const struct shown *shown = arg;
	struct json_object *result = json_tokener_parse(shown->json);

	assert_non_null(result);
	assert_true(cli_show_print(shown->object, result, out));
	json_object_put(result);
}

/* Two tables: what was policed, and every queue; the kernel has queues alone. */
static void classes(void **state)
{
	static const struct shown shown = {
		"classes",
		"{\"classes\":["
		"{\"router\":\"a\",\"class\":\"voice\",\"police\":{\"sla\":\"v\",\"kind\":"
		"\"srtcm\","
		"\"rate_bps\":5000000,\"burst_bytes\":8000,\"layer\":\"L2\"},"
		"\"green_pkts\":7,\"green_bytes\":700,\"yellow_pkts\":2,\"yellow_bytes\":200,"
		"\"red_pkts\":1,\"red_bytes\":100,\"drop_pkts\":1,\"aggregate_drop_pkts\":0,"
		"\"remark_pkts\":2,\"rescued_pkts\":0,\"queues\":["
		"{\"port\":\"p1\",\"flows\":false,\"level\":1,\"weight\":1,\"quantum_bytes\":1518,"
		"\"rate_bps\":null,\"burst_bytes\":null,\"limit_bytes\":64000,\"limit_ns\":5000000,"
		"\"ecn_ns\":null,\"quota_pkts\":100,\"direct_pkts\":3,\"enqueued_pkts\":6,"
		"\"dequeued_pkts\":4,\"marked_pkts\":0,\"queued_pkts\":1,\"max_queued_bytes\":3036,"
		"\"drops\":{\"limit\":0,\"late\":1,\"quota\":0}}]},"
		"{\"router\":\"a\",\"class\":\"default\",\"police\":null,\"green_pkts\":5,"
		"\"green_bytes\":500,\"yellow_pkts\":0,\"yellow_bytes\":0,\"red_pkts\":0,"
		"\"red_bytes\":0,\"drop_pkts\":0,\"aggregate_drop_pkts\":0,\"remark_pkts\":0,"
		"\"rescued_pkts\":0,\"queues\":[]},"
		"{\"router\":\"a\",\"class\":\"kernel\",\"queues\":[]}]}",
	};

	(void)state;
	expect_print(
		print_shown, &shown,
		"ROUTER  CLASS    POLICE                    KIND   GREEN  BYTES  YELLOW  BYTES  "
		"RED  BYTES  DROPPED  BY-PORT  REMARKED  RESCUED\n"
		"a       voice    v (5 Mbit/s, 8000 B, L2)  srtcm      7    700       2    200  "
		"  1    100        1        0         2        0\n"
		"a       default  -                         -          5    500       0      0  "
		"  0      0        0        0         0        0\n"
		"\n"
		"ROUTER  CLASS  PORT  FLOWS  LEVEL  WEIGHT  QUANTUM  RATE  BURST    LIMIT      WAIT"
		"  ECN  QUOTA  DIRECT  ENQUEUED  DEQUEUED  MARKED  QUEUED     MAX  DROPS\n"
		"a       voice  p1    no         1       1   1518 B  -     -      64000 B  5.000 ms"
		"  -      100       3         6         4       0       1  3036 B  late 1\n");
}

/* What was sold and what was kept: with a margin, without one, and with nothing sold. */
static void sla(void **state)
{
	static const struct shown shown = {
		"sla",
		"{\"sla\":["
		"{\"router\":\"a\",\"class\":\"voice\",\"sold\":{\"sla\":\"v\",\"rate_bps\":"
		"5000000,"
		"\"burst_bytes\":8000,\"layer\":\"L2\"},\"delay_ns\":2000000,\"offered_pkts\":12,"
		"\"delivered_pkts\":10,\"in\":{\"port\":\"p0\",\"measured_burst_bytes\":9000,"
		"\"conforms\":false},\"out\":{\"port\":\"p1\",\"measured_burst_bytes\":8000,"
		"\"conforms\":true},\"delays\":{\"total\":{\"p50_ns\":1000,\"p99_ns\":2000,"
		"\"p999_ns\":3000,\"p99999_ns\":4000,\"max_ns\":2500000},\"core\":{\"max_ns\":5},"
		"\"pipeline\":{\"max_ns\":6},\"shaper\":{\"max_ns\":0}},\"gap_pkts\":1,"
		"\"queue_pkts\":0,\"margin_ns\":-500000,\"verdict\":\"broken by host\"},"
		"{\"router\":\"b\",\"class\":\"default\",\"sold\":null,\"delay_ns\":null,"
		"\"offered_pkts\":0,\"delivered_pkts\":0,\"in\":{\"port\":null},"
		"\"out\":{\"port\":null},\"delays\":{},\"gap_pkts\":0,\"queue_pkts\":0,"
		"\"margin_ns\":null,\"verdict\":\"idle\"}]}",
	};

	(void)state;
	expect_print(
		print_shown, &shown,
		"ROUTER  CLASS    SOLD                         DELAY  OFFERED  DELIVERED  BURST-IN "
		" "
		"FITS  BURST-OUT  FITS       P50       P99     P99.9   P99.999       MAX  CORE  "
		"PIPELINE  SHAPER  BY-GAP  BY-QUEUE  MARGIN       VERDICT\n"
		"a       voice    v (5 Mbit/s, 8000 B, L2)  2.000 ms       12         10    9000 B "
		" "
		"no       8000 B  yes   1.000 us  2.000 us  3.000 us  4.000 us  2.500 ms  5 ns  "
		"    6 ns    0 ns       1         0  -500.000 us  broken by host\n"
		"b       default  -                         -               0          0  -        "
		" "
		"-     -          -     -         -         -         -         -         -     "
		"-         -            0         0  -            idle\n");
}

static void routes(void **state)
{
	static const struct shown shown = {
		"routes",
		"{\"routes\":["
		"{\"router\":\"a\",\"prefix\":\"10.0.0.0/8\",\"protocol\":\"ospf\",\"metric\":20,"
		"\"type\":\"unicast\",\"table\":\"main\",\"active\":true,\"nexthop_id\":7,"
		"\"paths\":["
		"{\"gateway\":\"10.1.0.2\",\"port\":\"wan0\",\"mac\":\"02:00:00:00:00:01\","
		"\"weight\":1,\"usable\":true},"
		"{\"gateway\":\"10.2.0.2\",\"port\":\"lan0\",\"mac\":null,\"weight\":1,\"usable\":"
		"false}]},"
		"{\"router\":\"a\",\"prefix\":\"10.9.0.0/16\",\"protocol\":\"static\",\"metric\":0,"
		"\"type\":\"blackhole\",\"table\":\"main\",\"active\":true,\"nexthop_id\":null,"
		"\"paths\":"
		"[]},"
		"{\"router\":\"a\",\"prefix\":\"10.1.0.1/32\",\"table\":\"local\",\"paths\":[]}]}",
	};

	(void)state;
	expect_print(print_shown, &shown,
		     "ROUTER  PREFIX       TABLE  PROTOCOL  METRIC  TYPE       ACTIVE  NEXTHOP  "
		     "GATEWAY   "
		     "PORT  "
		     "MAC                WEIGHT  USABLE\n"
		     "a       10.0.0.0/8   main   ospf          20  unicast    yes           7  "
		     "10.1.0.2  "
		     "wan0  "
		     "02:00:00:00:00:01       1  yes\n"
		     "a       10.0.0.0/8   main   ospf          20  unicast    yes           7  "
		     "10.2.0.2  "
		     "lan0  "
		     "-                       1  no\n"
		     "a       10.9.0.0/16  main   static         0  blackhole  yes     -        -  "
		     "       "
		     "-     "
		     "-                  -       -\n");
}

static void counters(void **state)
{
	static const struct shown shown = {
		"counters",
		"{\"counters\":[{\"router\":\"a\",\"ledger\":{\"in_pkts\":7,\"out_pkts\":5,"
		"\"difference_pkts\":2,\"balanced\":false},\"ports\":[],\"drops\":{\"policed\":3,"
		"\"checksum\":0,\"length\":1},\"punts\":{\"arp\":0},\"punt_drops\":{\"arp\":4}}]}",
	};

	(void)state;
	expect_print(
		print_shown, &shown,
		"a: in 7, out 5 packets: 2 in flight\n"
		"  PORT  RX  TX  INJECTED  POLICE-PASS  POLICE-DROP  RESCUED  PUNTED  DROPPED  "
		"QUEUED  MISSED  RX-ERRORS  TWIN-RX  TWIN-TX  TWIN-DROP\n"
		"  drops: policed 3, length 1\n"
		"  punts: none\n"
		"  punt drops: arp 4\n");
}

static void odd_results(void **state)
{
	struct json_object *result = json_tokener_parse("{\"routes\":7}");

	(void)state;
	assert_false(cli_show_print("routes", result, stdout));
	assert_false(cli_show_print("ports", result, stdout));
	assert_false(cli_show_known("money"));
	assert_true(cli_show_known("cores"));
	json_object_put(result);
}

static void no_daemon(void **state)
{
	struct cli_client client;

	(void)state;
	assert_int_not_equal(cli_client_open(&client, "/nonexistent/s.sock"), 0);
	assert_string_equal(client.error, "/nonexistent/s.sock: sluiced cannot be reached; is it "
					  "running?: No such file or directory");
	cli_client_close(&client);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(numbers),   cmocka_unit_test(times),
		cmocka_unit_test(tables),    cmocka_unit_test(routes),
		cmocka_unit_test(classes),   cmocka_unit_test(sla),
		cmocka_unit_test(counters),  cmocka_unit_test(odd_results),
		cmocka_unit_test(no_daemon),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
