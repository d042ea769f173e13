#include "tests/control/conf_text.h"

#define PORTS(ports)                                                                               \
	"routers: ( { name = \"a\"; netns = \"ns-a\"; core = 1; ports: (\n" ports " ); } );"
#define TWO_ROUTERS(first, second)                                                                 \
	"routers: ( { name = \"a\"; netns = \"ns-a\"; core = 1; ports: (\n" first " ); },\n"       \
	"{ name = \"b\"; netns = \"ns-b\"; core = 2; ports: (\n" second " ); } );"

static void devices(void **state)
{
	static const struct bad cases[] = {
		{ PORTS("{ name = \"p\"; device = \"vf:p0/0\"; }"), { { 0, NULL } } },
		{ PORTS("{ name = \"p\"; device = \"vf:p0\"; }"),
		  { { 2, "\"p0\" is not PF/INDEX; write for example vf:eth1/0" } } },
		{ PORTS("{ name = \"p\"; device = \"vf:p0/x\"; }"), { { 2, "is not PF/INDEX" } } },
		{ PORTS("{ name = \"p\"; device = \"vf:p1/0\"; }"),
		  { { 2, "PF \"p1\" does not exist in this namespace" } } },
		{ PORTS("{ name = \"p\"; device = \"vf:p0/2\"; }"),
		  { { 2, "p0 can have 2 VFs; the last one is vf:p0/1" } } },
		{ PORTS("{ name = \"p\"; device = \"vf:p0/1\"; }"),
		  { { 2, "VF 1 of p0 is bound to igbvf and not to vfio-pci; run: dpdk-devbind.py "
			 "-b vfio-pci 0000:03:10.2" } } },
		{ PORTS("{ name = \"p\"; device = \"vf:p0/0\"; mtu = 1501; }"),
		  { { 2, "PF p0 has mtu 1500, less than the port's 1501" } } },
		{ PORTS("{ name = \"p\"; device = \"vf:p0/0\"; vlan = 401; }"),
		  { { 2, "VF 0 of p0 has vlan 7; run: ip link set p0 vf 0 vlan 401" } } },
		{ PORTS("{ name = \"p\"; device = \"vf:p0/0\"; },\n"
			"{ name = \"q\"; device = \"pci:03:10.1\"; }"),
		  { { 3, "device \"0000:03:10.1\" already belongs to port \"p\"" } } },
	};

	(void)state;
	EXPECT_ALL(cases);
}

static void settings(void **state)
{
	static const struct bad cases[] = {
		{ PORTS("{ name = \"p\"; device = \"vf:p0/0\"; vf = { mac = \"02:0:0:0:0:1\"; }; "
			"}"),
		  { { 2, "mac \"02:0:0:0:0:1\" is no MAC address of a station" } } },
		{ PORTS("{ name = \"p\"; device = \"vf:p0/0\"; vf = { mac = "
			"\"01:00:5e:00:00:05\"; }; }"),
		  { { 2, "is no MAC address of a station" } } },
		{ PORTS("{ name = \"p\"; device = \"vf:p0/0\"; vf = { link = \"on\"; }; }"),
		  { { 2, "link \"on\" is no link state of a VF; write \"auto\"" } } },
		{ PORTS("{ name = \"p\"; device = \"vf:p0/0\"; vf = { rate = \"1500k\"; }; }"),
		  { { 2, "rate \"1500k\" is no transmit rate of a VF; write whole Mbit/s" } } },
		{ PORTS("{ name = \"p\"; device = \"vf:p0/0\"; vf = { spoof = true; }; }"),
		  { { 2, "unknown key \"spoof\" in vf" } } },
		{ PORTS("{ name = \"p\"; device = \"kernel:eth0\"; vf = { trust = true; }; }"),
		  { { 2, "vf is for ports whose device is vf:PF/INDEX" } } },
		{ PORTS("{ name = \"p\"; device = \"kernel:eth0\"; vlan = 4095; }"),
		  { { 2, "vlan 4095 is out of range; it must be 1 to 4094" } } },
	};

	(void)state;
	EXPECT_ALL(cases);
}

static void shared_devices(void **state)
{
	static const struct bad cases[] = {
		{ PORTS("{ name = \"p\"; device = \"kernel:eth0\"; vlan = 401; },\n"
			"{ name = \"q\"; device = \"kernel:eth0\"; vlan = 402; }"),
		  { { 0, NULL } } },
		{ PORTS("{ name = \"p\"; device = \"kernel:eth0\"; vlan = 401; },\n"
			"{ name = \"q\"; device = \"kernel:eth0\"; vlan = 401; }"),
		  { { 3, "VLAN 401 of device \"eth0\" already belongs to port \"p\"" } } },
		{ PORTS("{ name = \"p\"; device = \"kernel:eth0\"; vlan = 401; },\n"
			"{ name = \"q\"; device = \"kernel:eth0\"; }"),
		  { { 3, "every port needs one of its own, or a vlan" } } },
		{ PORTS("{ name = \"p\"; device = \"kernel:eth0\"; vlan = 401; },\n"
			"{ name = \"q\"; device = \"xdp:eth0\"; vlan = 402; }"),
		  { { 3, "every port needs one of its own, or a vlan" } } },
		{ TWO_ROUTERS("{ name = \"p\"; device = \"kernel:eth0\"; vlan = 401; }",
			      "{ name = \"p\"; device = \"kernel:eth0\"; vlan = 402; }"),
		  { { 4, "only ports of one router can share it" } } },
	};

	(void)state;
	EXPECT_ALL(cases);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(devices),
		cmocka_unit_test(settings),
		cmocka_unit_test(shared_devices),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
