#include "control/conf_dscp.h"
#include "tests/control/conf_text.h"

#include <stdlib.h>

#define SLAS(more) "slas: ( { name = \"g\"; rate = \"10M\"; burst = \"20k\"; }" more " );\n"
#define PORTS                                                                                      \
	"ports: ( { name = \"p0\"; device = \"kernel:eth0\"; police = \"g\"; },\n"                 \
	"{ name = \"p1\"; device = \"kernel:eth1\"; shape = \"g\"; } );\n"
#define ROUTER(ports, more)                                                                        \
	"routers: ( { name = \"a\"; netns = \"ns-a\"; core = 1; " ports more " } );"
/* The text of a class list begins in line 5. */
#define CLASSES(text) SLAS("") ROUTER(PORTS, "classes: (\n" text " );")
/* An SLA to police with in line 2, used by p0. */
#define POLICE(text)                                                                               \
	"slas: (\n{ name = \"g\"; " text " } );\n" ROUTER(                                         \
		"ports: ( { name = \"p0\"; device = \"kernel:eth0\"; police = \"g\"; } ); ", "")
/* Flows of a shaped port, in line 3. */
#define FLOWS(text)                                                                                \
	SLAS(", { name = \"c\"; rate = \"1M\"; burst = \"2k\"; }")                                 \
	ROUTER("ports: (\n{ name = \"p0\"; device = \"kernel:eth0\"; shape = \"g\";\n"             \
	       "flows = { " text " }; } ); ",                                                      \
	       "")

static void kinds(void **state)
{
	static const struct bad cases[] = {
		{ POLICE("rate = \"10M\"; burst = \"20k\"; kind = \"srtcm\"; excess_burst = "
			 "\"5ms\"; yellow = \"remark:af12\"; colour_aware = true;"),
		  { { 0, NULL } } },
		{ POLICE("rate = \"10M\"; burst = \"20k\"; kind = \"trtcm\"; peak_rate = \"20M\"; "
			 "peak_burst = \"20k\"; red = \"remark:13\";"),
		  { { 0, NULL } } },
		{ POLICE("rate = \"10M\"; burst = \"20k\"; kind = \"trtcm4115\"; excess_rate = "
			 "\"1M\"; excess_burst = \"20k\"; green = \"remark:ef\";"),
		  { { 0, NULL } } },
		{ POLICE("rate = \"10M\"; burst = \"20k\"; kind = \"three\";"),
		  { { 2, "kind \"three\" is not a kind of SLA; write \"single\", \"srtcm\"" } } },
		{ POLICE("rate = \"10M\"; burst = \"20k\"; kind = \"srtcm\";"),
		  { { 2, "kind \"srtcm\" needs excess_burst; add for example excess_burst = " } } },
		{ POLICE("rate = \"10M\"; burst = \"20k\"; kind = \"trtcm\";"),
		  { { 2, "kind \"trtcm\" needs peak_rate" },
		    { 2, "kind \"trtcm\" needs peak_burst" } } },
		{ POLICE("rate = \"10M\"; burst = \"20k\"; peak_rate = \"20M\"; yellow = \"pass\"; "
			 "colour_aware = true;"),
		  { { 2, "peak_rate has no use in kind \"single\"; leave it out or write kind = "
			 "\"trtcm\"" },
		    { 2, "colour_aware has no use in kind \"single\"; leave it out or write kind = "
			 "\"srtcm\" or \"trtcm\" or \"trtcm4115\"" },
		    { 2, "yellow has no use in kind \"single\"" } } },
		{ POLICE("rate = \"10kpps\"; burst = \"20pkts\"; kind = \"srtcm\"; excess_burst = "
			 "\"20k\";"),
		  { { 2, "kind \"srtcm\" counts bytes, but the rate counts packets" } } },
		{ POLICE("rate = \"10M\"; burst = \"20k\"; red = \"remark:64\";"),
		  { { 2, "red \"remark:64\" is not an action; write \"pass\", \"drop\" or "
			 "\"remark:DSCP\"" } } },
		{ POLICE("rate = \"10M\"; burst = \"20k\"; colour_aware = 1;"),
		  { { 2, "colour_aware is not true or false" } } },
	};

	(void)state;
	EXPECT_ALL(cases);
}

/* What the policer itself refuses, with its arithmetic. */
static void contradictions(void **state)
{
	static const struct bad cases[] = {
		{ POLICE("rate = \"10M\"; burst = \"20k\"; kind = \"trtcm\"; peak_rate = \"9M\"; "
			 "peak_burst = \"20k\";"),
		  { { 2, "SLA \"g\" cannot police: PIR" } } },
		{ POLICE("rate = \"10M\"; burst = \"20k\"; kind = \"srtcm\"; excess_burst = \"0\"; "
			 "yellow = \"remark:af12\";"),
		  { { 2, "SLA \"g\" cannot police: yellow is to be remarked, but" } } },
		{ POLICE("rate = \"10M\"; burst = \"20k\"; kind = \"srtcm\"; excess_burst = "
			 "\"1000\";"),
		  { { 2, "SLA \"g\" cannot police: EBS" } } },
		{ POLICE("rate = \"10M\"; burst = \"20k\"; kind = \"trtcm\"; peak_rate = "
			 "\"10kpps\"; peak_burst = \"20k\";"),
		  { { 2, "peak_rate \"10kpps\" counts packets; write bit/s" } } },
		{ POLICE("rate = \"10M\"; burst = \"20k\"; kind = \"srtcm\"; excess_burst = "
			 "\"2G\";"),
		  { { 2, "burst \"2G\" is 2000000000 bytes; it must be 0 to 1000000000" } } },
	};

	(void)state;
	EXPECT_ALL(cases);
}

static void matches(void **state)
{
	static const struct bad cases[] = {
		{ CLASSES("{ name = \"v\"; match = { dscp = \"ef,44\"; src = \"10.0.0.0/8\"; dst = "
			  "\"192.0.2.1\"; protocol = \"udp\"; src_port = 53; dst_port = "
			  "\"5000-5999\"; }; }"),
		  { { 0, NULL } } },
		{ CLASSES("{ name = \"v\"; match = { dscp = 46; protocol = 17; }; }, { name = "
			  "\"default\"; level = 2; }"),
		  { { 0, NULL } } },
		{ CLASSES("{ name = \"v\"; }"),
		  { { 5, "class \"v\" has no match; add for example match = { dscp = " } } },
		{ CLASSES("{ name = \"v\"; match = { }; }"),
		  { { 5, "match is empty; add for example dscp" } } },
		{ CLASSES("{ name = \"default\"; match = { dscp = 1; }; }"),
		  { { 5, "class \"default\" is for what matches nothing else" } } },
		{ CLASSES("{ name = \"kernel\"; match = { dscp = 1; }; }"),
		  { { 5, "name \"kernel\" is the queue of what the router's kernel sends" } } },
		{ CLASSES("{ name = \"v\"; match = { dscp = 64; }; }"),
		  { { 5, "dscp \"64\" is not a DSCP" } } },
		{ CLASSES("{ name = \"v\"; match = { dscp = \"af11,\"; }; }"),
		  { { 5, "dscp \"af11,\" is not a DSCP" } } },
		{ CLASSES("{ name = \"v\"; match = { dst = \"10.0.0.1/8\"; }; }"),
		  { { 5,
		      "dst \"10.0.0.1/8\" has bits behind its length; write \"10.0.0.0/8\"" } } },
		{ CLASSES("{ name = \"v\"; match = { src = \"10.0.0/33\"; }; }"),
		  { { 5, "src \"10.0.0/33\" is not an IPv4 prefix" } } },
		{ CLASSES("{ name = \"v\"; match = { protocol = \"xyz\"; }; }"),
		  { { 5, "protocol \"xyz\" is not a protocol" } } },
		{ CLASSES("{ name = \"v\"; match = { protocol = 256; }; }"),
		  { { 5, "protocol \"256\" is not a protocol" } } },
		{ CLASSES("{ name = \"v\"; match = { dst_port = \"6000-5000\"; }; }"),
		  { { 5, "dst_port \"6000-5000\" is not a port or a range" } } },
		{ CLASSES("{ name = \"v\"; match = { src_port = 65536; }; }"),
		  { { 5, "src_port \"65536\" is not a port or a range" } } },
		{ CLASSES("{ name = \"v\"; match = { dscp = true; }; }"),
		  { { 5, "dscp is not a string in double quotes or a whole number" } } },
		{ CLASSES("{ name = \"v\"; match = { tos = 1; }; }"),
		  { { 5, "unknown key \"tos\" in a match; known keys are dscp, src" } } },
		{ CLASSES("{ name = \"v\"; match = { dscp = 1; }; },\n{ name = \"v\"; match = { "
			  "dscp = 2; }; }"),
		  { { 6, "class \"v\" is defined twice; the first is at (string):5" } } },
	};

	(void)state;
	EXPECT_ALL(cases);
}

#define VOICE(keys) CLASSES("{ name = \"v\"; match = { dscp = 46; }; " keys " }")

static void queues(void **state)
{
	static const struct bad cases[] = {
		{ VOICE("level = 1; weight = 10; limit = \"64k\"; limit_time = \"5ms\"; ecn = "
			"\"1ms\"; quota = 100; shape = \"g\"; police = \"g\";"),
		  { { 0, NULL } } },
		{ VOICE("level = 0;"), { { 5, "level 0 is out of range; it must be 1 to 63" } } },
		{ VOICE("level = 64;"), { { 5, "level 64 is out of range; it must be 1 to 63" } } },
		{ VOICE("weight = 0;"),
		  { { 5, "weight 0 is out of range; it must be 1 to 10000" } } },
		{ VOICE("quota = 0;"),
		  { { 5, "quota 0 is out of range; it must be 1 to 65535" } } },
		{ VOICE("limit = \"5ms\";"),
		  { { 5, "limit \"5ms\" is not in bytes; write for example \"64k\", or "
			 "limit_time" } } },
		{ VOICE("limit = \"1000\";"),
		  { { 5, "class \"v\" on port \"p1\" at (string):3: limit of 1000 bytes is less "
			 "than the longest packet, 1518 bytes" } } },
		{ VOICE("limit_time = \"1ms\";"),
		  { { 5,
		      "class \"v\" on port \"p1\" at (string):3: limit of 1000000 ns at 10000000 "
		      "bit/s is 1250 bytes, less than the longest packet" } } },
		{ VOICE("ecn = \"5ms\"; limit_time = \"5ms\";"),
		  { { 5, "class \"v\" on port \"p1\" at (string):3: ECN threshold of 5000000 ns "
			 "marks nothing" } } },
		{ VOICE("ecn = \"0ms\";"),
		  { { 5, "ecn \"0ms\" is out of range; it must be \"1us\" to \"600s\"" } } },
		{ VOICE("police = \"x\"; shape = \"y\";"),
		  { { 5, "SLA \"x\" does not exist" }, { 5, "SLA \"y\" does not exist" } } },
		{ SLAS(", { name = \"h\"; rate = \"11M\"; burst = \"20k\"; }") ROUTER(
			  PORTS, "classes: (\n{ name = \"v\"; match = { dscp = 46; }; shape = "
				 "\"h\"; } );"),
		  { { 5, "class \"v\" on port \"p1\" at (string):3: rate 11000000 bit/s exceeds "
			 "the aggregate's 10000000 bit/s above it" } } },
		{ SLAS(", { name = \"h\"; rate = \"1M\"; burst = \"20k\"; layer = \"L3\"; }")
			  ROUTER(PORTS,
				 "classes: (\n{ name = \"v\"; match = { dscp = 46; }; shape = "
				 "\"h\"; } );"),
		  { { 5, "SLA h counts bytes of L3, but port p1 is shaped in L2" } } },
		{ SLAS(", { name = \"h\"; rate = \"1kpps\"; burst = \"20pkts\"; }") ROUTER(
			  PORTS, "classes: (\n{ name = \"v\"; match = { dscp = 46; }; shape = "
				 "\"h\"; } );"),
		  { { 5, "SLA h counts packets and can only police" } } },
		{ SLAS("") ROUTER(
			  "ports: ( { name = \"p\"; device = \"kernel:eth0\"; } );\n",
			  "classes: ( { name = \"v\"; match = { dscp = 46; }; level = 1; } );"),
		  { { 3, "class \"v\" has a queue, but no port of router \"a\" is shaped" } } },
	};

	(void)state;
	EXPECT_ALL(cases);
}

static void flows(void **state)
{
	static const struct bad cases[] = {
		{ FLOWS("by = \"dst\"; base = \"198.18.0.0/16\"; length = 32; sla = \"c\"; quota = "
			"64;"),
		  { { 0, NULL } } },
		{ FLOWS("by = \"5-tuple\"; count = 65536; sla = \"c\"; class = \"default\";"),
		  { { 0, NULL } } },
		{ FLOWS("by = \"src\"; sla = \"c\";"),
		  { { 4, "by \"src\" does not tell flows apart; write \"dst\"" } } },
		{ FLOWS("by = \"dst\"; sla = \"c\"; count = 4;"),
		  { { 4, "flows by \"dst\" need base" },
		    { 4, "flows by \"dst\" need length" },
		    { 4, "count has no use in flows by \"dst\"; leave it out" } } },
		{ FLOWS("by = \"dst\"; base = \"198.18.0.0/15\"; length = 32; sla = \"c\";"),
		  { { 4, "prefixes of length 32 in a base of length 15 are 2^17 flows, more than "
			 "65536; give at most length 31" } } },
		{ FLOWS("by = \"dst\"; base = \"198.18.0.0/16\"; length = 15; sla = \"c\";"),
		  { { 4, "length 15 is less than that of the base, 16; give 16 to 32" } } },
		{ FLOWS("by = \"5-tuple\"; count = 65537; sla = \"c\";"),
		  { { 4, "count 65537 is out of range; it must be 1 to 65536" } } },
		{ FLOWS("by = \"5-tuple\"; count = 4; sla = \"d\"; class = \"voice\";"),
		  { { 4, "class \"voice\" does not exist in router \"a\"" },
		    { 4, "SLA \"d\" does not exist" } } },
		{ FLOWS("by = \"5-tuple\"; count = 4; sla = \"g\"; quota = 10000;"),
		  { { 3, "flows: quota of 10000 packets exceeds class 1's of 7168" } } },
		{ SLAS("")
			  ROUTER("ports: ( { name = \"p\"; device = \"kernel:eth0\";\nflows = { by "
				 "= \"5-tuple\"; count = 4; sla = \"g\"; }; } );",
				 ""),
		  { { 3, "flows of port \"p\" have no effect: it has no shape" } } },
	};

	(void)state;
	EXPECT_ALL(cases);
}

static char *classes_make(unsigned n, const char *keys)
{
	size_t size = 512 + n * 96;
	char *text = malloc(size);
	size_t used;

	assert_non_null(text);
	used = (size_t)snprintf(text, size, "%s",
				SLAS("") "routers: ( { name = \"a\"; netns = "
					 "\"ns-a\"; core = 1; " PORTS "classes: (\n");
	for (unsigned i = 0; i < n; i++)
		used += (size_t)snprintf(text + used, size - used,
					 "{ name = \"c%u\"; match = { dst_port = %u; }; %s }%s\n",
					 i, i, keys, i + 1 == n ? "" : ",");
	(void)snprintf(text + used, size - used, "); } );");
	return text;
}

static void numbers_of_classes(void **state)
{
	static const struct wanted none[WANTED_MAX] = { { 0, NULL } };
	static const struct wanted too_many[WANTED_MAX] = {
		{ 69, "too many classes in router \"a\"; it may have 64" }
	};
	static const struct wanted too_many_queues[WANTED_MAX] = {
		{ 3, "64 queues and the kernel's are 65, but a port has 64" }
	};
	static const struct {
		unsigned n;
		const char *keys;
		const struct wanted *wanted;
	} cases[] = {
		{ 64, "", none },
		{ 65, "", too_many },
		{ 62, "level = 3;", none },
		{ 63, "level = 3;", too_many_queues },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char *text = classes_make(cases[i].n, cases[i].keys);

		expect_conf(text, cases[i].wanted);
		free(text);
	}
}

/* The values that reach the data plane, "default" at the end wherever it was written. */
static void values(void **state)
{
	static const char text[] = SLAS("")
		ROUTER(PORTS, "classes: ( { name = \"default\"; weight = 7; },\n"
			      "{ name = \"v\"; match = { dscp = \"af11,af12\"; dst = "
			      "\"198.18.0.0/15\"; dst_port = \"80-90\"; protocol = 6; };"
			      " police = \"g\"; ecn = \"1ms\"; limit = \"4Ki\"; } );");
	struct ctl_errors errors = { 0 }, notes = { 0 };
	const struct dp_class_config *class;
	struct ctl_conf conf;

	(void)state;
	assert_int_equal(ctl_conf_load_string(text, &conf, &errors), 0);
	assert_int_equal(ctl_conf_check(&conf, &fake_host, &errors, &notes), 0);
	assert_int_equal(conf.routers[0].config.n_classes, 2);
	class = &conf.routers[0].config.classes[0];
	assert_string_equal(class->name, "v");
	assert_true(class->match.dscp_mask == (1ULL << 10 | 1ULL << 12));
	assert_int_equal(class->match.dst, 0xc6120000);
	assert_int_equal(class->match.dst_depth, 15);
	assert_int_equal(class->match.src_depth, 0);
	assert_int_equal(class->match.protocol, 6);
	assert_true(class->match.dst_port.set);
	assert_int_equal(class->match.dst_port.min, 80);
	assert_int_equal(class->match.dst_port.max, 90);
	assert_false(class->match.src_port.set);
	assert_true(class->has_police && class->has_queue && !class->has_shape);
	assert_int_equal(class->police.rate, 10000000);
	assert_int_equal(class->police.actions[POLICER_RED].action, POLICER_DROP);
	assert_int_equal(class->ecn_ns, 1000000);
	assert_int_equal(class->limit_bytes, 4096);
	class = &conf.routers[0].config.classes[1];
	assert_string_equal(class->name, DP_CLASS_DEFAULT);
	assert_int_equal(class->weight, 7);
	assert_true(class->has_queue);
	ctl_errors_fini(&errors);
	ctl_errors_fini(&notes);
	ctl_conf_fini(&conf);
}

static void dscp_names(void **state)
{
	char text[CTL_DSCP_TEXT_MAX];
	uint8_t dscp;

	(void)state;
	for (unsigned i = 0; i < 64; i++) {
		ctl_dscp_text((uint8_t)i, text);
		assert_int_equal(ctl_dscp_parse(text, strlen(text), &dscp), 0);
		assert_int_equal(dscp, i);
	}
	assert_int_equal(ctl_dscp_parse("af44", 4, &dscp), -EINVAL);
	assert_int_equal(ctl_dscp_parse("", 0, &dscp), -EINVAL);
	assert_int_equal(ctl_dscp_parse("-1", 2, &dscp), -EINVAL);
	assert_int_equal(ctl_dscp_parse("99999999999999999999", 20, &dscp), -ERANGE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(kinds),   cmocka_unit_test(contradictions),
		cmocka_unit_test(matches), cmocka_unit_test(queues),
		cmocka_unit_test(flows),   cmocka_unit_test(numbers_of_classes),
		cmocka_unit_test(values),  cmocka_unit_test(dscp_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
