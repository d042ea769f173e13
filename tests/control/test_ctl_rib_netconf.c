/* Settings of links that the port layer is told: the reverse path filter; and own addresses. */

#include "dataplane/own_filter.h"
#include "dataplane/routing.h"
#include "rib_world.h"

#define N_PORTS 2

static enum dp_rpf told[N_PORTS];

static void on_rpf(void *arg, unsigned port, enum dp_rpf rpf)
{
	(void)arg;
	assert_true(port < N_PORTS);
	told[port] = rpf;
}

static int netconf_setup(void **state)
{
	(void)state;
	memset(told, 0, sizeof(told));
	rib_start(&(struct ctl_mirror_ops){ .port_rpf = on_rpf });
	return 0;
}

static void tell_rp_filter(int ifindex, uint32_t value)
{
	struct ctl_nl_netconf netconf = {
		.family = AF_INET, .ifindex = ifindex, .has_rp_filter = true, .rp_filter = value
	};

	assert_int_equal(ctl_rib_apply_netconf(rib, &netconf), 0);
}

static void larger_setting_counts(void **state)
{
	static const struct {
		uint32_t all, own;
		enum dp_rpf rpf;
	} cases[] = {
		{ 0, 0, DP_RPF_OFF },	 { 0, 1, DP_RPF_STRICT }, { 0, 2, DP_RPF_LOOSE },
		{ 1, 0, DP_RPF_STRICT }, { 1, 1, DP_RPF_STRICT }, { 1, 2, DP_RPF_LOOSE },
		{ 2, 0, DP_RPF_LOOSE },	 { 2, 1, DP_RPF_LOOSE },  { 3, 0, DP_RPF_LOOSE },
	};

	(void)state;
	tell_addr(WAN, 0x0a000001, false);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		tell_rp_filter(CTL_NL_NETCONF_ALL, cases[i].all);
		tell_rp_filter(WAN, cases[i].own);
		assert_int_equal(told[0], cases[i].rpf);
	}
}

static void settings_wait_for_their_port(void **state)
{
	(void)state;
	tell_rp_filter(CTL_NL_NETCONF_ALL, 1);
	assert_int_equal(told[1], DP_RPF_OFF);
	tell_link(LAN, "lan0", ALIVE);
	assert_int_equal(told[1], DP_RPF_STRICT);
}

static void loose_needs_an_address(void **state)
{
	(void)state;
	tell_rp_filter(WAN, 2);
	assert_int_equal(told[0], DP_RPF_STRICT);
	tell_addr(WAN, 0x0a000001, false);
	assert_int_equal(told[0], DP_RPF_LOOSE);
	tell_addr(WAN, 0x0a000001, true);
	assert_int_equal(told[0], DP_RPF_STRICT);
}

static bool is_own(uint32_t addr)
{
	return own_filter_has(&routing->own, htonl(addr));
}

static void own_addresses_come_and_go(void **state)
{
	(void)state;
	tell_addr(WAN, 0x0a000001, false);
	tell_addr(OTHER, 0x0a010001, false);
	tell_addr(OTHER, 0x7f000001, false);
	assert_true(is_own(0x0a000001));
	assert_true(is_own(0x0a010001));
	assert_false(is_own(0x7f000001));
	tell_addr(WAN, 0x0a000001, true);
	assert_false(is_own(0x0a000001));
	assert_true(is_own(0x0a010001));
	/* what a synchronisation does not see any more goes, too */
	ctl_rib_sync_begin(rib);
	ctl_rib_sync_end(rib);
	assert_false(is_own(0x0a010001));
}

#define NETCONF_TEST(f) cmocka_unit_test_setup_teardown(f, netconf_setup, rib_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		NETCONF_TEST(larger_setting_counts),
		NETCONF_TEST(settings_wait_for_their_port),
		NETCONF_TEST(loose_needs_an_address),
		NETCONF_TEST(own_addresses_come_and_go),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
