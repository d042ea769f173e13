#include "tests/control/conf_text.h"

#define A_ROUTER(core, ports)                                                                      \
	"routers: ( { name = \"a\"; netns = \"ns-a\"; core = " core "; ports: (\n" ports " ); } "  \
	");"
#define A_PORT "{ name = \"p0\"; device = \"kernel:eth0\"; }"
#define AN_SLA(rest) "slas: (\n{ name = \"g\"; " rest " } );\n"
#define GOOD_SLA AN_SLA("rate = \"1M\"; burst = \"2k\";")

static void good(void **state)
{
	static const struct bad cases[] = {
		{ A_ROUTER("1", A_PORT), { { 0, NULL } } },
		{ AN_SLA("rate = \"400G\"; burst = \"1518\"; layer = \"L2\";") A_ROUTER(
			  "2", "{ name = \"p\"; device = \"pci:0000:03:10.1\"; police = \"g\"; }"),
		  { { 0, NULL } } },
	};

	(void)state;
	EXPECT_ALL(cases);
}

static void keys(void **state)
{
	static const struct bad cases[] = {
		{ AN_SLA("rat = \"1M\"; burst = \"2k\";") A_ROUTER("1", A_PORT),
		  { { 2, "unknown key \"rat\" in an SLA; did you mean \"rate\"?" },
		    { 2,
		      "key \"rate\" is missing in an SLA; add for example rate = \"100M\";" } } },
		{ "control: { sockt = \"/x\"; cpu = 3; };\n" A_ROUTER("1", A_PORT),
		  { { 1, "unknown key \"sockt\" in control; did you mean \"socket\"?" },
		    { 1, "unknown key \"cpu\" in control; known keys are core, socket, calibration "
			 "and admission" } } },
		{ A_ROUTER("1", "{ name = \"p0\"; device = \"kernel:eth0\"; colour = 1; }"),
		  { { 2,
		      "unknown key \"colour\" in a port; known keys are name, device, mtu, police, "
		      "shape, flows, link, vlan and vf" } } },
		{ A_ROUTER("1", "{ name = \"p0\"; }"),
		  { { 2, "key \"device\" is missing in a port; add for example device = " } } },
		{ A_ROUTER("\"1\"", A_PORT),
		  { { 1, "core is not a whole number without quotes; write for example core = "
			 "1;" } } },
		{ A_ROUTER("1", "{ name = 5; device = \"kernel:eth0\"; mtu = \"1500\"; }"),
		  { { 2, "name is not a string in double quotes" },
		    { 2, "mtu is not a whole number without quotes" } } },
		{ AN_SLA("rate = 100; burst = \"2k\";") A_ROUTER("1", A_PORT),
		  { { 2, "rate is not a string in double quotes; write for example rate = "
			 "\"100M\";" } } },
	};

	(void)state;
	EXPECT_ALL(cases);
}

static void slas(void **state)
{
	static const struct bad cases[] = {
		{ AN_SLA("rate = \"0\"; burst = \"2k\";") A_ROUTER("1", A_PORT),
		  { { 2, "rate \"0\" is out of range; it must be \"1k\" to \"400G\" (bit/s)" } } },
		{ AN_SLA("rate = \"999\"; burst = \"2k\";") A_ROUTER("1", A_PORT),
		  { { 2, "rate \"999\" is out of range" } } },
		{ AN_SLA("rate = \"400.000000001G\"; burst = \"2k\";") A_ROUTER("1", A_PORT),
		  { { 2, "rate \"400.000000001G\" is out of range" } } },
		{ AN_SLA("rate = \"0pps\"; burst = \"2pkts\";") A_ROUTER("1", A_PORT),
		  { { 2, "rate \"0pps\" is out of range; it must be \"1pps\" to \"1Gpps\"" } } },
		{ AN_SLA("rate = \"fast\"; burst = \"2k\";") A_ROUTER("1", A_PORT),
		  { { 2, "rate \"fast\" is not a quantity; write a number with k, M or G" } } },
		{ AN_SLA("rate = \"1.00001k\"; burst = \"2k\";") A_ROUTER("1", A_PORT),
		  { { 2, "rate \"1.00001k\" is not a whole number of bit/s" } } },
		{ AN_SLA("rate = \"1M\"; burst = \"0\";") A_ROUTER("1", A_PORT),
		  { { 2, "burst \"0\" is 0 bytes; it must be 1 to 1000000000" } } },
		{ AN_SLA("rate = \"1k\"; burst = \"1us\";") A_ROUTER("1", A_PORT),
		  { { 2, "burst \"1us\" is 0 bytes" } } },
		{ AN_SLA("rate = \"400G\"; burst = \"1s\";") A_ROUTER("1", A_PORT),
		  { { 2, "burst \"1s\" is 50000000000 bytes; it must be 1 to 1000000000" } } },
		{ AN_SLA("rate = \"1M\"; burst = \"16K\";") A_ROUTER("1", A_PORT),
		  { { 2, "burst \"16K\" is not a quantity; write bytes such as \"16k\"" } } },
		{ AN_SLA("rate = \"1M\"; burst = \"32pkts\";") A_ROUTER("1", A_PORT),
		  { { 2, "burst \"32pkts\" counts packets but the rate counts bits" } } },
		{ AN_SLA("rate = \"1kpps\"; burst = \"16k\";") A_ROUTER("1", A_PORT),
		  { { 2,
		      "burst \"16k\" counts bytes but the rate counts packets; write for example "
		      "\"32pkts\"" } } },
		{ AN_SLA("rate = \"1M\"; burst = \"2k\"; layer = \"L4\";") A_ROUTER("1", A_PORT),
		  { { 2, "layer \"L4\" is not an accounting layer; write \"L1\"" } } },
		{ AN_SLA("rate = \"1M\"; burst = \"2k\"; delay = \"2\";") A_ROUTER("1", A_PORT),
		  { { 2, "delay \"2\" is not a quantity; write a time" } } },
		{ AN_SLA("rate = \"1M\"; burst = \"2k\"; delay = \"999ns\";") A_ROUTER("1", A_PORT),
		  { { 2, "delay \"999ns\" is out of range; it must be \"1us\" to \"10s\"" } } },
		{ "slas: (\n{ name = \"g\"; rate = \"1M\"; burst = \"2k\"; },\n"
		  "{ name = \"g\"; rate = \"2M\"; burst = \"2k\"; } );\n" A_ROUTER("1", A_PORT),
		  { { 3,
		      "SLA \"g\" is defined twice; the first is at (string):2, give this one" } } },
	};

	(void)state;
	EXPECT_ALL(cases);
}

/* A packet of the MTU must fit the burst, in the layer of the SLA. */
static void bursts_below_mtu(void **state)
{
	static const char ports[] =
		"routers: ( { name = \"a\"; netns = \"ns-a\"; core = 1; ports: (\n"
		"{ name = \"p0\"; device = \"kernel:eth0\"; mtu = 1400; police = \"g\"; } ); } );";
	static const struct {
		const char *layer;
		unsigned packet;
	} cases[] = { { "L1", 1438 }, { "L2", 1418 }, { "L3", 1400 } };

	(void)state;
	for (unsigned i = 0; i < 3; i++) {
		char text[512], words[256];

		for (unsigned short_by = 0; short_by < 2; short_by++) {
			struct wanted wanted[WANTED_MAX] = { { 2, words } };

			(void)snprintf(text, sizeof(text),
				       "slas: (\n{ name = \"g\"; rate = \"1M\"; burst = \"%u\"; "
				       "layer = \"%s\"; } );\n%s",
				       cases[i].packet - short_by, cases[i].layer, ports);
			(void)snprintf(
				words, sizeof(words),
				"is %u bytes, less than one packet of port \"p0\" at "
				"(string):4 (mtu 1400 is %u bytes in %s); give at least \"%u\"",
				cases[i].packet - 1, cases[i].packet, cases[i].layer,
				cases[i].packet);
			if (short_by == 0)
				wanted[0].words = NULL;
			expect_conf(text, wanted);
		}
	}
}

static void routers(void **state)
{
	static const struct bad cases[] = {
		{ A_ROUTER("0", A_PORT),
		  { { 1, "core 0 is the control core; give the router another one or move "
			 "control.core; usable cores are 0-2" } } },
		{ A_ROUTER("3", A_PORT),
		  { { 1, "core 3 is not allowed for this process; usable cores are 0-2" } } },
		{ A_ROUTER("64", A_PORT),
		  { { 1, "core 64 does not exist or is offline; usable cores are 0-2" } } },
		{ A_ROUTER("4000", A_PORT),
		  { { 1, "core 4000 is out of range; it must be 0 to 1023" } } },
		{ A_ROUTER("-1", A_PORT), { { 1, "core -1 is out of range" } } },
		{ "control: { core = 7; };\n" A_ROUTER("1", A_PORT),
		  { { 1, "core 7 does not exist or is offline" } } },
		{ "routers: ( { name = \"a\"; netns = \"none\"; core = 1; ports: ( " A_PORT
		  " ); } );",
		  { { 1, "\"none\" does not exist; create it with: ip netns add none" } } },
		{ "routers: ( { name = \"a b\"; netns = \"../x\"; core = 1; police_at = \"never\"; "
		  "buffers = 9000000; ports: ( " A_PORT " ); } );",
		  { { 1, "name \"a b\" is not a name; use letters, digits" },
		    { 1, "netns \"../x\" is not a name" },
		    { 1, "police_at \"never\" is not a place of the policer; write \"early\"" },
		    { 1, "buffers 9000000 is out of range; it must be 0 to 1048576" } } },
		{ "routers: ( { name = \"a\"; netns = \"ns\"; core = 1; ports: ( " A_PORT " ); },\n"
		  "{ name = \"a\"; netns = \"ns\"; core = 1; ports: (\n"
		  "{ name = \"p\"; device = \"kernel:eth1\"; } ); } );",
		  { { 2, "router \"a\" is defined twice; the first is at (string):1" },
		    { 2, "namespace \"ns\" already belongs to router \"a\" at (string):1" } } },
		{ A_ROUTER("1; punt = { arp = \"1M\"; ospf = \"9pps\"; }", A_PORT),
		  { { 1, "arp \"1M\" is no limit of packets for the kernel; write \"1pps\"" },
		    { 1, "unknown key \"ospf\" in punt" } } },
		{ "routers: ( { name = \"a\"; netns = \"ns\"; core = 1; ports: ( ); } );",
		  { { 1, "ports is empty; give at least one port" } } },
	};

	(void)state;
	EXPECT_ALL(cases);
}

static void ports(void **state)
{
	static const struct bad cases[] = {
		{ A_ROUTER("1", A_PORT ",\n{ name = \"p0\"; device = \"kernel:eth1\"; }"),
		  { { 3, "port \"p0\" is defined twice; the first is at (string):2" } } },
		{ A_ROUTER("1", A_PORT ",\n{ name = \"p1\"; device = \"kernel:eth0\"; }"),
		  { { 3, "device \"eth0\" already belongs to port \"p0\" of router \"a\" at "
			 "(string):2" } } },
		{ A_ROUTER("1", "{ name = \"sixteen-is-a-lot\"; device = \"kernel:eth0\"; }"),
		  { { 2, "name \"sixteen-is-a-lot\" has 16 characters; it must have 1 to 15" } } },
		{ A_ROUTER("1", "{ name = \"lo\"; device = \"kernel:eth0\"; }"),
		  { { 2, "name \"lo\" is a name that Linux keeps for itself" } } },
		{ A_ROUTER("1", "{ name = \"p\"; device = \"kernel:eth0\"; mtu = 575; }"),
		  { { 2, "mtu 575 is out of range; it must be 576 to 9000" } } },
		{ A_ROUTER("1", "{ name = \"p\"; device = \"kernel:eth0\"; mtu = 9001; }"),
		  { { 2, "mtu 9001 is out of range" } } },
		{ A_ROUTER("1", "{ name = \"p\"; device = \"kernel:eth0\"; mtu = 1501; }"),
		  { { 2, "network device \"eth0\" has mtu 1500, less than the port's 1501" } } },
		{ A_ROUTER("1", "{ name = \"p\"; device = \"kernel:eth0\"; police = \"g\"; }"),
		  { { 2, "SLA \"g\" does not exist; define it in slas" } } },
		{ GOOD_SLA A_ROUTER(
			  "1", "{ name = \"p\"; device = \"kernel:eth0\"; police = \"g\"; shape = "
			       "\"h\"; }"),
		  { { 4, "SLA \"h\" does not exist" } } },
		{ AN_SLA("rate = \"1kpps\"; burst = \"32pkts\";") A_ROUTER(
			  "1", "{ name = \"p\"; device = \"kernel:eth0\"; police = \"g\";\n"
			       "shape = \"g\"; }"),
		  { { 5, "shape of port \"p\": SLA g counts packets and can only police" } } },
	};

	(void)state;
	EXPECT_ALL(cases);
}

static void devices(void **state)
{
	static const struct bad cases[] = {
		{ A_ROUTER("1", "{ name = \"p\"; device = \"eth0\"; }"),
		  { { 2, "device \"eth0\" is not a device; write kernel:NETDEV, xdp:NETDEV, "
			 "pci:ADDRESS" } } },
		{ A_ROUTER("1", "{ name = \"p\"; device = \"kernel:\"; }"),
		  { { 2, "device \"kernel:\" is not a device" } } },
		{ A_ROUTER("1", "{ name = \"p\"; device = \"kernel:nic0\"; }"),
		  { { 2, "network device \"nic0\" does not exist in this namespace" } } },
		{ A_ROUTER("1", "{ name = \"p\"; device = \"kernel:ppp0\"; }"),
		  { { 2, "network device \"ppp0\" is no Ethernet device" } } },
		{ A_ROUTER("1", "{ name = \"p\"; device = \"xdp:nic0\"; }"),
		  { { 2, "network device \"nic0\" does not exist" } } },
		{ A_ROUTER("1", "{ name = \"p\"; device = \"xdp:eth0\"; },\n"
				"{ name = \"q\"; device = \"kernel:eth0\"; }"),
		  { { 3, "device \"eth0\" already belongs to port \"p\"" } } },
		{ A_ROUTER("1", "{ name = \"p\"; device = \"pci:eth0\"; }"),
		  { { 2, "\"eth0\" is not a PCI address; write for example pci:0000:03:10.1" } } },
		{ A_ROUTER("1", "{ name = \"p\"; device = \"pci:0000:04:00.0\"; }"),
		  { { 2, "PCI device 0000:04:00.0 does not exist" } } },
		{ A_ROUTER("1", "{ name = \"p\"; device = \"pci:03:10.2\"; }"),
		  { { 2, "PCI device 0000:03:10.2 is bound to ixgbevf; bind it with: "
			 "dpdk-devbind.py" } } },
		{ A_ROUTER("1", "{ name = \"p\"; device = \"pci:03:10.3\"; }"),
		  { { 2, "PCI device 0000:03:10.3 is bound to no driver" } } },
		{ A_ROUTER("1", "{ name = \"p\"; device = \"pci:03:10.1\"; },\n"
				"{ name = \"q\"; device = \"pci:0000:03:10.1\"; }"),
		  { { 3, "device \"0000:03:10.1\" already belongs to port \"p\"" } } },
		{ A_ROUTER("1", "{ name = \"p\"; device = \"memif:boss,/run/m.sock,0\"; }"),
		  { { 2, "\"memif:boss,/run/m.sock,0\" is not ROLE,PATH,ID with the role server or "
			 "client" } } },
		{ A_ROUTER("1", "{ name = \"p\"; device = \"memif:server,m.sock,0\"; }"),
		  { { 2, "is not ROLE,PATH,ID" } } },
		{ A_ROUTER("1", "{ name = \"p\"; device = \"memif:client,/run/m.sock\"; }"),
		  { { 2, "is not ROLE,PATH,ID" } } },
		{ A_ROUTER("1",
			   "{ name = \"p\"; device = \"memif:client,/run/m.sock,4294967296\"; }"),
		  { { 2, "is not ROLE,PATH,ID" } } },
		{ A_ROUTER("1", "{ name = \"p\"; device = \"memif:client,/none/m.sock,1\"; }"),
		  { { 2, "folder /none/ of the memif socket does not exist; create it" } } },
		{ A_ROUTER("1", "{ name = \"p\"; device = \"dpdk:0000:03:10.1\"; }"),
		  { { 2, "does not begin with the name of a virtual DPDK device" } } },
		{ A_ROUTER("1", "{ name = \"p\"; device = \"dpdk:net_null0\"; },\n"
				"{ name = \"q\"; device = \"dpdk:net_null0,size=64\"; }"),
		  { { 3, "device \"net_null0\" already belongs to port \"p\"" } } },
		{ A_ROUTER("1", "{ name = \"p\"; device = \"link:x\"; }"),
		  { { 2, "link \"x\" joins 1 port; exactly two ports must name it" } } },
		{ A_ROUTER("1", "{ name = \"p\"; device = \"link:x\"; },\n{ name = \"q\"; device = "
				"\"link:x\"; },\n{ name = \"r\"; device = \"link:x\"; }"),
		  { { 2, "link \"x\" joins 3 ports" },
		    { 3, "link \"x\" joins 3 ports" },
		    { 4, "link \"x\" joins 3 ports" } } },
		{ A_ROUTER("1", "{ name = \"p\"; device = \"link:a,b\"; }"),
		  { { 2, "\"a,b\" is not the name of a link" } } },
	};

	(void)state;
	EXPECT_ALL(cases);
}

static void too_many(void **state)
{
	static char text[64 * 1024];
	size_t used = 0;

	(void)state;
	used += (size_t)snprintf(text, sizeof(text),
				 "routers: ( { name = \"a\"; netns = \"ns\"; core = 1; ports: (\n");
	for (unsigned i = 0; i < 40; i++)
		used += (size_t)snprintf(text + used, sizeof(text) - used,
					 "%s{ name = \"p%u\"; device = \"kernel:eth%u\"; }\n",
					 i == 0 ? "" : ",", i, i);
	(void)snprintf(text + used, sizeof(text) - used, "); } );");
	expect_conf(text,
		    (struct wanted[]){ { 34, "too many ports in router \"a\"; it may have 32" },
				       { 0, NULL } });

	used = (size_t)snprintf(text, sizeof(text), "routers: (\n");
	for (unsigned i = 0; i < 70; i++)
		used += (size_t)snprintf(
			text + used, sizeof(text) - used,
			"%s{ name = \"r%u\"; netns = \"ns%u\"; core = 1; ports: ( { "
			"name = \"p\"; device = \"kernel:eth%u\"; } ); }\n",
			i == 0 ? "" : ",", i, i, i);
	(void)snprintf(text + used, sizeof(text) - used, ");");
	expect_conf(text, (struct wanted[]){ { 66, "too many routers; one process may have 64" },
					     { 0, NULL } });
}

/* Errors of every kind and every object come together, sorted by line. */
static void several_at_once(void **state)
{
	static const struct bad cases[] = {
		{ "control: { core = 9; colour = \"red\"; };\n"
		  "slas: ( { name = \"g\"; rate = \"500G\"; burst = \"1M\"; },\n"
		  "        { name = \"h\"; rate = \"1M\"; burst = \"100\"; } );\n"
		  "routers: ( { name = \"a\"; netns = \"gone\"; core = 1; ports: (\n"
		  "{ name = \"p\"; device = \"kernel:nic0\"; shape = \"h\"; },\n"
		  "{ name = \"p\"; device = \"link:x\"; mtu = 1; police = \"z\"; } ); } );",
		  { { 1, "unknown key \"colour\"" },
		    { 1, "core 9 does not exist" },
		    { 2, "rate \"500G\" is out of range" },
		    { 3, "burst \"100\" of SLA \"h\" is 100 bytes" },
		    { 4, "namespace \"gone\" does not exist" },
		    { 5, "network device \"nic0\" does not exist" },
		    { 6, "mtu 1 is out of range" },
		    { 6, "port \"p\" is defined twice" },
		    { 6, "SLA \"z\" does not exist" },
		    { 6, "link \"x\" joins 1 port" } } },
	};

	(void)state;
	EXPECT_ALL(cases);
}

/* What cannot be asked is no error: it is said. */
static void notes_of_what_was_not_checked(void **state)
{
	struct ctl_errors errors = { 0 }, notes = { 0 };
	struct ctl_conf conf;

	(void)state;
	assert_int_equal(ctl_conf_load_string(
				 "routers: ( { name = \"a\"; netns = \"secret\"; core = 1;\n"
				 "ports: ( { name = \"p\"; device = \"kernel:secret0\"; } ); } );",
				 &conf, &errors),
			 0);
	assert_int_equal(ctl_conf_check(&conf, &fake_host, &errors, &notes), 0);
	assert_int_equal(errors.n, 0);
	assert_int_equal(notes.n, 2);
	assert_int_equal(notes.items[0].src.line, 1);
	assert_non_null(strstr(notes.items[0].text, "namespace \"secret\" could not be checked"));
	assert_int_equal(notes.items[1].src.line, 2);
	assert_non_null(
		strstr(notes.items[1].text, "network device \"secret0\" could not be checked"));
	ctl_errors_fini(&notes);
	ctl_conf_fini(&conf);
}

/* The real machine has core 0, lo (no Ethernet) and none of the others. */
static void this_machine(void **state)
{
	const struct ctl_host *host = &ctl_host_system;
	struct ctl_netdev netdev;
	char text[64] = "";

	(void)state;
	assert_int_equal(host->core(1023), CTL_CORE_MISSING);
	host->cores(text, sizeof(text));
	assert_true(text[0] >= '0' && text[0] <= '9');
	assert_int_equal(host->netdev("lo", &netdev), 0);
	assert_false(netdev.ethernet);
	assert_true(netdev.mtu >= 1500);
	assert_int_equal(host->netdev("no-such-netdev", &netdev), -ENODEV);
	assert_int_equal(host->netdev("a-name-that-is-too-long", &netdev), -ENODEV);
	assert_int_equal(host->netns("no-such-namespace"), -ENOENT);
	assert_int_equal(host->pci_driver("ffff:ff:1f.7", text, sizeof(text)), -ENODEV);
	assert_int_equal(host->folder("/"), 0);
	assert_int_equal(host->folder("/nonexistent"), -ENOENT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(good),
		cmocka_unit_test(keys),
		cmocka_unit_test(slas),
		cmocka_unit_test(bursts_below_mtu),
		cmocka_unit_test(routers),
		cmocka_unit_test(ports),
		cmocka_unit_test(devices),
		cmocka_unit_test(too_many),
		cmocka_unit_test(several_at_once),
		cmocka_unit_test(notes_of_what_was_not_checked),
		cmocka_unit_test(this_machine),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
