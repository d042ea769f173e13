#include "tests/control/conf_text.h"

#include <stdlib.h>
#include <unistd.h>

static const char whole
	[] = "control: { core = 0; socket = \"/run/x.sock\"; };\n"
	     "slas: (\n"
	     "  { name = \"gold\"; rate = \"100M\"; burst = \"16k\"; layer = \"L1\"; delay = "
	     "\"2ms\"; },\n"
	     "  { name = \"small\"; rate = \"1000001\"; burst = \"1s\"; layer = \"L3\"; },\n"
	     "  { name = \"count\"; rate = \"10kpps\"; burst = \"32pkts\"; } );\n"
	     "routers: (\n"
	     "  { name = \"tenant-a\"; netns = \"ns-a\"; core = 1; police_at = \"late\"; "
	     "buffers = 4096;\n"
	     "    punt = { icmp = \"500pps\"; exception6 = \"1kpps\"; }; rescue = \"40pps\";\n"
	     "    ports: ( { name = \"wan0\"; device = \"kernel:eth0\"; mtu = 1400; police = "
	     "\"gold\"; },\n"
	     "             { name = \"lan0\"; device = \"dpdk:net_null0,size=64\"; shape = "
	     "\"small\"; } ); },\n"
	     "  { name = \"tenant-b\"; netns = \"ns-b\"; core = 1;\n"
	     "    ports: ( { name = \"wan0\"; device = \"pci:03:10.1\"; police = \"count\"; },\n"
	     "             { name = \"m0\"; device = \"memif:server,/run/m.sock,7\"; },\n"
	     "             { name = \"l0\"; device = \"link:x\"; }, { name = \"l1\"; device = "
	     "\"link:x\"; } ); "
	     "} );\n";

static void slas_of_whole(const struct ctl_conf *conf)
{
	assert_int_equal(conf->n_slas, 3);
	assert_string_equal(conf->slas[0].sla.name, "gold");
	assert_int_equal(conf->slas[0].sla.rate, 100000000);
	assert_int_equal(conf->slas[0].sla.burst, 16000);
	assert_int_equal(conf->slas[0].sla.layer, RATE_LAYER_L1);
	assert_int_equal(conf->slas[0].sla.delay_ns, 2000000);
	assert_string_equal(conf->slas[0].burst.text, "16k");
	assert_int_equal(conf->slas[1].sla.burst,
			 125000); /* 1000001 bit/s * 1 s / 8 = 125000.125 */
	assert_int_equal(conf->slas[1].sla.layer, RATE_LAYER_L3);
	assert_int_equal(conf->slas[1].sla.delay_ns, 0);
	assert_int_equal(conf->slas[2].sla.unit, RATE_PKTS_PER_S);
	assert_int_equal(conf->slas[2].sla.rate, 10000);
	assert_int_equal(conf->slas[2].sla.burst, 32);
	assert_int_equal(conf->slas[2].sla.layer, RATE_LAYER_L2);
}

static void routers_of_whole(const struct ctl_conf *conf)
{
	const struct dp_router_config *a = &conf->routers[0].config;
	const struct dp_router_config *b = &conf->routers[1].config;

	assert_int_equal(conf->n_routers, 2);
	assert_string_equal(a->name, "tenant-a");
	assert_string_equal(a->netns, "ns-a");
	assert_int_equal(a->core, 1);
	assert_int_equal(a->police_at, DP_POLICE_LATE);
	assert_int_equal(a->buffers, 4096);
	assert_int_equal(a->punt_pps[DP_PUNT_ICMP], 500);
	assert_int_equal(a->punt_pps[DP_PUNT_EXCEPTION6], 1000);
	assert_int_equal(a->punt_pps[DP_PUNT_CONTROL], 0);
	assert_int_equal(a->rescue_pps, 40);
	assert_int_equal(a->n_ports, 2);
	assert_int_equal(a->ports[0].kind, DP_DEVICE_KERNEL);
	assert_string_equal(a->ports[0].device, "eth0");
	assert_int_equal(a->ports[0].mtu, 1400);
	assert_true(a->ports[0].has_police);
	assert_false(a->ports[0].has_shape);
	assert_string_equal(a->ports[0].police.name, "gold");
	assert_int_equal(a->ports[0].police.burst, 16000);
	assert_int_equal(a->ports[1].kind, DP_DEVICE_VDEV);
	assert_string_equal(a->ports[1].device, "net_null0,size=64");
	assert_int_equal(a->ports[1].mtu, 1500);
	assert_true(a->ports[1].has_shape);
	assert_int_equal(b->police_at, DP_POLICE_EARLY);
	assert_int_equal(b->buffers, 0);
	assert_int_equal(b->n_ports, 4);
	assert_int_equal(b->ports[0].kind, DP_DEVICE_PCI);
	assert_int_equal(b->ports[1].kind, DP_DEVICE_MEMIF);
	assert_string_equal(b->ports[1].device, "server,/run/m.sock,7");
	assert_int_equal(b->ports[3].kind, DP_DEVICE_LINK);
}

static void whole_file(void **state)
{
	struct ctl_errors errors = { 0 }, notes = { 0 };
	struct ctl_conf conf;

	(void)state;
	assert_int_equal(ctl_conf_load_string(whole, &conf, &errors), 0);
	assert_int_equal(ctl_conf_check(&conf, &fake_host, &errors, &notes), 0);
	assert_int_equal(errors.n, 0);
	assert_int_equal(notes.n, 0);
	assert_string_equal(conf.control.socket, "/run/x.sock");
	slas_of_whole(&conf);
	routers_of_whole(&conf);
	assert_int_equal(conf.slas[0].at[CTL_SLA_RATE].line, 3);
	assert_int_equal(conf.slas[1].at[CTL_SLA_DELAY].line, 0);
	assert_int_equal(conf.routers[0].at[CTL_ROUTER_CORE].line, 7);
	assert_int_equal(conf.routers[0].ports[1].at[CTL_PORT_DEVICE].line, 10);
	ctl_conf_fini(&conf);
}

static void defaults(void **state)
{
	struct ctl_errors errors = { 0 };
	struct ctl_conf conf;

	(void)state;
	assert_int_equal(
		ctl_conf_load_string("routers: ( { name = \"a\"; netns = \"ns\"; core = 1; "
				     "ports: ( { name = \"p\"; device = \"link:a\"; } ); } );",
				     &conf, &errors),
		0);
	assert_int_equal(conf.control.core, 0);
	assert_string_equal(conf.control.socket, "/run/sluice/sluice.sock");
	assert_int_equal(conf.control.at[CTL_CONTROL_CORE].line, 0);
	ctl_conf_fini(&conf);
}

static void forms(void **state)
{
	static const struct {
		const char *text;
		struct wanted wanted[WANTED_MAX];
	} cases[] = {
		{ "", { { 0, "key \"routers\" is missing in the file; add for example" } } },
		{ "routers: ( { name = \"x\" ",
		  { { 1, "syntax error; the form is key = value;" } } },
		{ "routers = 5;", { { 1, "routers is not a list ( { ... }, { ... } )" } } },
		{ "routers: ( );", { { 1, "routers is empty; give at least one router" } } },
		{ "routers: ( 5 );", { { 1, "element 1 of routers is not a group" } } },
		{ "\nroutes: ( ); routers: ( { } );",
		  { { 2, "unknown key \"routes\" in the file; did you mean \"routers\"?" },
		    { 2, "key \"name\" is missing in a router; add for example name = " },
		    { 2, "key \"netns\" is missing" },
		    { 2, "key \"core\" is missing" },
		    { 2, "key \"ports\" is missing" } } },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		expect_conf(cases[i].text, cases[i].wanted);
}

/* Packets beyond an SLA: so many, none, or what nobody can mean. */
static void rescue(void **state)
{
	static const struct {
		const char *value;
		uint64_t pps;
	} cases[] = { { "1pps", 1 }, { "3kpps", 3000 }, { "none", DP_RESCUE_NONE },
		      { "0pps", 0 }, { "1M", 0 },	{ "off", 0 } };

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct ctl_errors errors = { 0 };
		struct ctl_conf conf;
		char text[256];

		(void)snprintf(text, sizeof(text),
			       "routers: ( { name = \"a\"; netns = \"ns\"; core = 1; rescue = "
			       "\"%s\"; ports: ( { name = \"p\"; device = \"link:a\"; } ); } );",
			       cases[i].value);
		assert_int_equal(ctl_conf_load_string(text, &conf, &errors),
				 cases[i].pps != 0 ? 0 : -EINVAL);
		assert_int_equal(conf.routers[0].config.rescue_pps, cases[i].pps);
		assert_int_equal(errors.n, cases[i].pps == 0);
		if (errors.n != 0)
			assert_non_null(strstr(errors.items[0].text,
					       "is no limit of packets beyond an SLA; write"));
		ctl_errors_fini(&errors);
		ctl_conf_fini(&conf);
	}
}

static void put_file(const char *path, const char *text)
{
	FILE *file = fopen(path, "w");

	assert_non_null(file);
	assert_true(fputs(text, file) >= 0);
	assert_int_equal(fclose(file), 0);
}

/* Errors of an included file name that file, and its lines. */
static void included_file(void **state)
{
	char folder[] = "/tmp/sluice-conf-XXXXXX";
	char path[64], inner[64];
	struct ctl_errors errors = { 0 };
	struct ctl_conf conf;

	(void)state;
	assert_non_null(mkdtemp(folder));
	(void)snprintf(path, sizeof(path), "%s/a.cfg", folder);
	(void)snprintf(inner, sizeof(inner), "%s/slas.cfg", folder);
	put_file(path, "@include \"slas.cfg\"\nrouters: ( 1 );\n");
	put_file(inner, "\nslas: (\n { name = \"g\"; rate = \"0\"; burst = \"1M\"; } );\n");
	assert_int_equal(ctl_conf_load(path, &conf, &errors), -EINVAL);
	assert_int_equal(errors.n, 2);
	assert_non_null(strstr(errors.items[0].src.file, "slas.cfg"));
	assert_int_equal(errors.items[0].src.line, 3);
	assert_non_null(strstr(errors.items[0].text, "rate \"0\" is out of range"));
	assert_string_equal(errors.items[1].src.file, path);
	assert_int_equal(errors.items[1].src.line, 2);
	ctl_errors_fini(&errors);
	ctl_conf_fini(&conf);

	put_file(inner, "slas: ( { name = } );\n");
	assert_int_equal(ctl_conf_load(path, &conf, &errors), -EBADMSG);
	assert_int_equal(errors.n, 1);
	assert_non_null(strstr(errors.items[0].src.file, "slas.cfg"));
	assert_int_equal(errors.items[0].src.line, 1);
	ctl_errors_fini(&errors);
	ctl_conf_fini(&conf);

	assert_int_equal(unlink(inner), 0);
	assert_int_equal(ctl_conf_load(path, &conf, &errors), -EBADMSG);
	assert_int_equal(errors.n, 1);
	assert_string_equal(errors.items[0].src.file, path);
	ctl_errors_fini(&errors);
	ctl_conf_fini(&conf);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(rmdir(folder), 0);
}

static void missing_file(void **state)
{
	struct ctl_errors errors = { 0 };
	struct ctl_conf conf;

	(void)state;
	assert_int_equal(ctl_conf_load("/nonexistent/a.cfg", &conf, &errors), -EBADMSG);
	assert_int_equal(errors.n, 1);
	assert_string_equal(errors.items[0].src.file, "/nonexistent/a.cfg");
	assert_int_equal(errors.items[0].src.line, 0);
	assert_non_null(strstr(errors.items[0].text, "No such file"));
	ctl_errors_fini(&errors);
	ctl_conf_fini(&conf);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(whole_file),	cmocka_unit_test(defaults),
		cmocka_unit_test(forms),	cmocka_unit_test(included_file),
		cmocka_unit_test(missing_file), cmocka_unit_test(rescue),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
