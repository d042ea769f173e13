/* The rib compared with what the kernel shows, message by message. */

#include "control/mirror/ctl_rib_audit.h"
#include "rib_world.h"

static void show_links(void)
{
	static const struct {
		int ifindex;
		const char *name;
	} links[] = { { WAN, "wan0" }, { LAN, "lan0" }, { OTHER, "other0" } };

	for (unsigned i = 0; i < 3; i++) {
		struct ctl_nl_link link = { .ifindex = links[i].ifindex,
					    .flags = ALIVE,
					    .mtu = 1500 };

		snprintf(link.name, sizeof(link.name), "%s", links[i].name);
		ctl_rib_audit_link(rib, &link);
	}
}

static void begin(void)
{
	ctl_rib_audit_begin(rib);
	show_links();
}

/* All that is compared without the kernel. @return candidates so far */
static unsigned end(void)
{
	struct ctl_rib_audit_place place = { .inside = false };

	ctl_rib_audit_tables(rib);
	while (ctl_rib_audit_walk(rib, &place, 1))
		;
	return ctl_rib_diffs(rib)->n;
}

static void assert_difference(const char *object, const char *text)
{
	const struct ctl_diffs *diffs = ctl_rib_diffs(rib);

	for (unsigned i = 0; i < diffs->n; i++) {
		if (strcmp(diffs->items[i].object, object) == 0 &&
		    strcmp(diffs->items[i].text, text) == 0)
			return;
	}
	fail_msg("no difference '%s': '%s'", object, text);
}

static void test_what_is_equal_makes_no_difference(void **state)
{
	struct ctl_nl_route a = tell_path(0x14000000, 8, WAN, 0x0a000005);
	struct ctl_nl_route b = tell_path(0x14000000, 8, LAN, 0x0a010005);

	(void)state;
	tell_neigh(WAN, 0x0a000005, NUD_FAILED, 0);
	begin();
	ctl_rib_audit_route(rib, &b);
	ctl_rib_audit_route(rib, &a);
	assert_int_equal(end(), 0);
}

static void test_each_kind_of_difference(void **state)
{
	struct ctl_nl_route a = tell_path(0x14000000, 8, WAN, 0x0a000005);
	struct ctl_nl_route b = tell_path(0x14000000, 8, LAN, 0x0a010005);
	struct ctl_nl_route elsewhere = tell_path(0x15000000, 8, WAN, 0x0a000005);
	struct ctl_nl_neigh neigh = { .ifindex = LAN,
				      .addr = ctl_addr_from_ipv4(0x0a010007),
				      .state = NUD_REACHABLE,
				      .has_mac = true };

	(void)state;
	tell_object(3, WAN, 0x0a000005);
	tell_neigh(WAN, 0x0a000005, NUD_REACHABLE, 5);
	elsewhere.paths[0].gateway = ctl_addr_from_ipv4(0x0a000006);
	begin();
	ctl_rib_audit_neigh(rib, &neigh);
	/* The mirror prefers b, which came last. */
	ctl_rib_audit_route(rib, &a);
	ctl_rib_audit_route(rib, &b);
	ctl_rib_audit_route(rib, &elsewhere);
	assert_int_equal(end(), 6);
	assert_difference("10.1.0.7 on link 8", "only in the kernel");
	assert_difference("20.0.0.0/8 table 254 metric 0 tos 0", "comes earlier in the kernel");
	assert_difference("21.0.0.0/8 table 254 metric 0 tos 0", "only in the kernel");
	assert_difference("21.0.0.0/8 table 254 metric 0 tos 0", "only in the mirror");
	assert_difference("id 3", "only in the mirror");
	assert_difference("10.0.0.5 on link 7", "only in the mirror");
}

static void test_what_was_touched_is_no_difference(void **state)
{
	struct ctl_nl_route route = route_to(0x14000000, 8);
	struct ctl_nl_route other = route_to(0x15000000, 8);

	(void)state;
	add_path(&route, WAN, 0x0a000005);
	add_path(&other, WAN, 0x0a000005);
	begin();
	ctl_rib_audit_route(rib, &route);
	ctl_rib_audit_route(rib, &other);
	assert_int_equal(end(), 2);
	tell_route(&route);
	assert_int_equal(ctl_rib_diffs(rib)->n, 1);
	assert_difference("21.0.0.0/8 table 254 metric 0 tos 0", "only in the kernel");
	tell_link(WAN, "wan0", ALIVE);
	assert_int_equal(ctl_rib_diffs(rib)->n, 0);
}

static void test_only_what_is_found_twice_is_confirmed(void **state)
{
	struct ctl_nl_route once = route_to(0x14000000, 8);
	struct ctl_nl_route twice = route_to(0x15000000, 8);
	struct ctl_nl_route late = route_to(0x16000000, 8);

	(void)state;
	begin();
	ctl_rib_audit_route(rib, &once);
	ctl_rib_audit_route(rib, &twice);
	assert_int_equal(end(), 2);
	assert_true(ctl_diffs_repeat(ctl_rib_diffs(rib)));
	begin();
	ctl_rib_audit_route(rib, &twice);
	ctl_rib_audit_route(rib, &late);
	assert_int_equal(end(), 2);
	ctl_diffs_confirm(ctl_rib_diffs(rib));
	assert_int_equal(ctl_rib_diffs(rib)->n, 1);
	assert_difference("21.0.0.0/8 table 254 metric 0 tos 0", "only in the kernel");
}

static void test_more_differences_than_fit_are_counted(void **state)
{
	(void)state;
	begin();
	for (uint32_t i = 0; i < CTL_DIFFS_MAX + 10; i++) {
		struct ctl_nl_route route = route_to(0x14000000 + i, 32);

		ctl_rib_audit_route(rib, &route);
	}
	assert_int_equal(end(), CTL_DIFFS_MAX);
	assert_int_equal(ctl_rib_diffs(rib)->n_lost, 10);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		RIB_TEST(test_what_is_equal_makes_no_difference),
		RIB_TEST(test_each_kind_of_difference),
		RIB_TEST(test_what_was_touched_is_no_difference),
		RIB_TEST(test_only_what_is_found_twice_is_confirmed),
		RIB_TEST(test_more_differences_than_fit_are_counted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
