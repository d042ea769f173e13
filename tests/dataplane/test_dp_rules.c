/*
 * Rules: which packets one matches, and what a packet meets on its way through a list of them.
 */

#include "dataplane/dp_rules.h"

#include <arpa/inet.h>
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static struct dp_routing *routing;
static uint32_t hit, miss, throws, blackhole;

static struct dp_ip6 addr(const char *text)
{
	struct dp_ip6 out = { { 0 } };

	assert_int_equal(inet_pton(strchr(text, ':') != NULL ? AF_INET6 : AF_INET, text, &out), 1);
	return out;
}

static uint32_t nexthop_make(enum dp_nh_kind kind)
{
	struct dp_nexthop nexthop = { .kind = kind };
	int index = dp_nexthop_add(routing, &nexthop);

	assert_true(index > 0);
	return (uint32_t)index;
}

static int setup(void **state)
{
	(void)state;
	routing = dp_routing_create();
	assert_non_null(routing);
	hit = nexthop_make(DP_NH_FORWARD);
	miss = nexthop_make(DP_NH_LOCAL);
	throws = nexthop_make(DP_NH_THROW);
	blackhole = nexthop_make(DP_NH_BLACKHOLE);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	dp_routing_destroy(routing);
	return 0;
}

static struct dp_rule rule_to(uint32_t nexthop)
{
	return (struct dp_rule){ .in_ports = DP_RULE_ANY_PORT,
				 .action = DP_RULE_NEXTHOP,
				 .nexthop = nexthop };
}

static struct dp_rule rule_table(struct dp_table *table)
{
	return (struct dp_rule){ .in_ports = DP_RULE_ANY_PORT,
				 .action = DP_RULE_TABLE,
				 .table = table };
}

/* What the packets of the table below have. */
static struct dp_flow flow_of(bool ipv6)
{
	return (struct dp_flow){ .ipv6 = ipv6,
				 .in_port = 1,
				 .src = addr(ipv6 ? "2001:db8:1::1" : "198.18.1.1"),
				 .dst = addr(ipv6 ? "2001:db8:2:0:8000::1" : "198.18.2.129"),
				 .dscp = 46,
				 .flow_label = ipv6 ? 0xabcde : 0,
				 .protocol = 17,
				 .src_port = 5000,
				 .dst_port = 53 };
}

/* One part of a rule each: whether the packet matches it, for either family. */
struct part {
	const char *what;
	bool matches;
	const char *src[2], *dst[2]; /* IPv4, IPv6; NULL: any */
	uint8_t src_depth[2], dst_depth[2];
	struct dp_rule rest;
};
#define ANY .in_ports = DP_RULE_ANY_PORT
/* All parts at once, with this destination port. */
#define ALL(port)                                                                                  \
	.src = { "198.18.1.0", "2001:db8:1::" }, .dst = { "198.18.2.128", "2001:db8:2::" },        \
	.src_depth = { 24, 48 }, .dst_depth = { 25, 64 },                                          \
	.rest = { .in_ports = 2,                                                                   \
		  .dscp = 46,                                                                      \
		  .dscp_mask = 63,                                                                 \
		  .protocol = 17,                                                                  \
		  .src_port = { 0, 1, 65000 },                                                     \
		  .dst_port = { 0xffff, port, port } }

static const struct part parts[] = {
	{ "everything", true, .rest = { ANY } },
	{ "source", true, { "198.18.1.0", "2001:db8:1::" }, { 0 }, { 24, 48 }, { 0 }, { ANY } },
	{ "other source",
	  false,
	  { "198.18.0.0", "2001:db8::" },
	  { 0 },
	  { 24, 48 },
	  { 0 },
	  { ANY } },
	{ "whole source",
	  true,
	  { "198.18.1.1", "2001:db8:1::1" },
	  { 0 },
	  { 32, 128 },
	  { 0 },
	  { ANY } },
	{ "next source",
	  false,
	  { "198.18.1.0", "2001:db8:1::" },
	  { 0 },
	  { 32, 128 },
	  { 0 },
	  { ANY } },
	{ "destination",
	  true,
	  { 0 },
	  { "198.18.2.128", "2001:db8:2:0:8000::" },
	  { 0 },
	  { 25, 65 },
	  { ANY } },
	{ "other half",
	  false,
	  { 0 },
	  { "198.18.2.0", "2001:db8:2::" },
	  { 0 },
	  { 25, 65 },
	  { ANY } },
	{ "first bit", true, { 0 }, { "128.0.0.0", "::" }, { 0 }, { 1, 1 }, { ANY } },
	{ "port", true, .rest = { .in_ports = 1U << 1 } },
	{ "other port", false, .rest = { .in_ports = ~(1U << 1) } },
	{ "no port", false, .rest = { .in_ports = 0 } },
	{ "dscp", true, .rest = { ANY, .dscp = 46, .dscp_mask = 63 } },
	{ "dscp, some bits", true, .rest = { ANY, .dscp = 6, .dscp_mask = 7 } },
	{ "other dscp", false, .rest = { ANY, .dscp = 45, .dscp_mask = 63 } },
	{ "no dscp", false, .rest = { ANY, .dscp = 0, .dscp_mask = 63 } },
	{ "protocol", true, .rest = { ANY, .protocol = 17 } },
	{ "other protocol", false, .rest = { ANY, .protocol = 6 } },
	{ "source port", true, .rest = { ANY, .src_port = { 0, 5000, 5000 } } },
	{ "its range", true, .rest = { ANY, .src_port = { 0, 4000, 5000 } } },
	{ "below the range", false, .rest = { ANY, .src_port = { 0, 5001, 6000 } } },
	{ "above the range", false, .rest = { ANY, .src_port = { 0, 1, 4999 } } },
	{ "destination port", true, .rest = { ANY, .dst_port = { 0, 53, 54 } } },
	{ "other destination port", false, .rest = { ANY, .dst_port = { 0, 54, 54 } } },
	{ "bits of a port", true, .rest = { ANY, .dst_port = { 0xff, 53, 53 } } },
	{ "other bits", false, .rest = { ANY, .dst_port = { 0xff, 54, 54 } } },
	{ "all of it", true, ALL(53) },
	{ "all but one", false, ALL(52) },
};

static void part_check(const struct part *part, bool ipv6, bool invert)
{
	struct dp_flow flow = flow_of(ipv6);
	struct dp_rule rules[2] = { part->rest, rule_to(miss) };
	bool expected = part->matches != invert;

	rules[0].invert = invert;
	rules[0].action = DP_RULE_NEXTHOP;
	rules[0].nexthop = hit;
	if (part->src[ipv6] != NULL)
		rules[0].src = addr(part->src[ipv6]);
	if (part->dst[ipv6] != NULL)
		rules[0].dst = addr(part->dst[ipv6]);
	rules[0].src_depth = part->src_depth[ipv6];
	rules[0].dst_depth = part->dst_depth[ipv6];
	/* of both families this one part is not like the other */
	if (ipv6 && strcmp(part->what, "first bit") == 0)
		rules[0].dst_depth = 2;
	assert_int_equal(dp_rules_set(routing, ipv6, rules, 2), 0);
	if (dp_flow_lookup(routing, &flow) != (expected ? hit : miss))
		fail_msg("%s, IPv%u%s", part->what, ipv6 ? 6 : 4, invert ? ", inverted" : "");
}

static void test_every_part_decides_alone_and_inverted(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
		for (unsigned which = 0; which < 4; which++)
			part_check(&parts[i], which & 1, which & 2);
	}
}

static void test_flow_labels(void **state)
{
	struct dp_flow flow = flow_of(true);
	struct dp_rule rules[2] = { rule_to(hit), rule_to(miss) };

	(void)state;
	rules[0].flow_label = 0xabcde;
	rules[0].flow_label_mask = DP_RULE_FLOW_LABEL_MASK;
	assert_int_equal(dp_rules_set(routing, true, rules, 2), 0);
	assert_int_equal(dp_flow_lookup(routing, &flow), hit);
	flow.flow_label ^= 1;
	assert_int_equal(dp_flow_lookup(routing, &flow), miss);
	assert_int_equal(dp_rules_set(routing, false, rules, 2), -EINVAL);
}

static void table_default(struct dp_table *table, bool ipv6, uint32_t nexthop)
{
	struct dp_ip6 any = { { 0 } };

	assert_int_equal(ipv6 ? dp_table6_set(table, &any, 0, nexthop)
			      : dp_table_set(table, 0, 0, nexthop),
			 0);
}

static void table_empty(struct dp_table *table, bool ipv6)
{
	struct dp_ip6 any = { { 0 } };

	assert_int_equal(ipv6 ? dp_table6_del(table, &any, 0) : dp_table_del(table, 0, 0), 0);
}

/* No route, no such family, a route that throws: on with the next rule, and then nothing. */
static void tables_in_turn(bool ipv6)
{
	struct dp_table *first = dp_table_create(routing), *second = dp_table_create(routing);
	struct dp_rule rules[2] = { rule_table(first), rule_table(second) };
	struct dp_flow flow = flow_of(ipv6);

	assert_non_null(first);
	assert_non_null(second);
	assert_int_equal(dp_rules_set(routing, ipv6, rules, 2), 0);
	assert_int_equal(dp_flow_lookup(routing, &flow), DP_NH_NONE);
	table_default(second, ipv6, miss);
	assert_int_equal(dp_flow_lookup(routing, &flow), miss);
	table_default(first, ipv6, hit);
	assert_int_equal(dp_flow_lookup(routing, &flow), hit);
	table_default(first, ipv6, throws);
	assert_int_equal(dp_flow_lookup(routing, &flow), miss);
	table_default(second, ipv6, throws);
	assert_int_equal(dp_flow_lookup(routing, &flow), DP_NH_NONE);
	table_empty(first, ipv6);
	table_empty(second, ipv6);
	assert_int_equal(dp_rules_set(routing, ipv6, NULL, 0), 0);
	dp_table_destroy(first);
	dp_table_destroy(second);
}

static void test_tables_in_turn(void **state)
{
	(void)state;
	tables_in_turn(false);
	tables_in_turn(true);
}

/* Default routes are passed over where they lead somewhere, longer ones are not. */
static void passes_default(bool ipv6)
{
	struct dp_rule rules[2] = { rule_table(dp_table_main(routing)), rule_to(miss) };
	struct dp_flow flow = flow_of(ipv6);
	struct dp_ip6 half = { { 0 } };

	rules[0].passes_default = true;
	assert_int_equal(dp_rules_set(routing, ipv6, rules, 2), 0);
	table_default(dp_table_main(routing), ipv6, hit);
	assert_int_equal(dp_flow_lookup(routing, &flow), miss);
	table_default(dp_table_main(routing), ipv6, blackhole);
	assert_int_equal(dp_flow_lookup(routing, &flow), blackhole);
	if (ipv6)
		assert_int_equal(dp_table6_set(dp_table_main(routing), &half, 1, hit), 0);
	else
		assert_int_equal(dp_table_set(dp_table_main(routing), 0x80000000, 1, hit), 0);
	assert_int_equal(dp_flow_lookup(routing, &flow), hit);
}

static void test_default_routes_can_be_passed_over(void **state)
{
	(void)state;
	passes_default(false);
	passes_default(true);
}

static void test_a_jump_skips_what_lies_between(void **state)
{
	struct dp_rule rules[4] = { rule_to(0), rule_to(hit), rule_to(miss), rule_to(blackhole) };
	struct dp_flow flow = flow_of(false);

	(void)state;
	rules[0].action = DP_RULE_GOTO;
	rules[0].target = 2;
	rules[0].protocol = 17;
	assert_int_equal(dp_rules_set(routing, false, rules, 4), 0);
	assert_int_equal(dp_flow_lookup(routing, &flow), miss);
	flow.protocol = 6;
	assert_int_equal(dp_flow_lookup(routing, &flow), hit);
	flow.protocol = 17;
	rules[0].target = 4;
	assert_int_equal(dp_rules_set(routing, false, rules, 4), 0);
	assert_int_equal(dp_flow_lookup(routing, &flow), DP_NH_NONE);
	rules[2].action = DP_RULE_GOTO;
	rules[2].target = 2;
	assert_int_equal(dp_rules_set(routing, false, rules, 4), -EINVAL);
	rules[2].target = 5;
	assert_int_equal(dp_rules_set(routing, false, rules, 4), -EINVAL);
}

static void test_bad_lists_change_nothing(void **state)
{
	static struct dp_rule many[DP_RULES_MAX + 1];
	struct dp_flow flow = flow_of(false);
	struct dp_rule rule = rule_to(hit), bad;

	(void)state;
	assert_int_equal(dp_rules_set(routing, false, &rule, 1), 0);
	for (unsigned i = 0; i <= DP_RULES_MAX; i++)
		many[i] = rule_to(miss);
	assert_int_equal(dp_rules_set(routing, false, many, DP_RULES_MAX + 1), -EINVAL);
	bad = rule;
	bad.src_depth = 33;
	assert_int_equal(dp_rules_set(routing, false, &bad, 1), -EINVAL);
	bad = rule;
	bad.dscp = 64;
	assert_int_equal(dp_rules_set(routing, false, &bad, 1), -EINVAL);
	assert_int_equal(dp_rules_set(routing, false, &(struct dp_rule){ .in_ports = 1 }, 1),
			 -EINVAL);
	many[5] = rule_to(DP_NH_MAX - 1);
	assert_int_equal(dp_rules_set(routing, false, many, 10), -ENOENT);
	assert_int_equal(dp_flow_lookup(routing, &flow), hit);
	assert_int_equal(dp_rules_count(routing, false), 1);
	assert_int_equal(dp_rules_count(routing, true), 0);
	/* the list that failed holds nothing, the one in force does */
	assert_int_equal(dp_nexthop_del(routing, miss), 0);
	assert_int_equal(dp_nexthop_del(routing, hit), -EBUSY);
	assert_int_equal(dp_rules_set(routing, false, many, 0), 0);
	assert_int_equal(dp_flow_lookup(routing, &flow), DP_NH_NONE);
	assert_int_equal(dp_nexthop_del(routing, hit), 0);
}

#define RULES_TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		RULES_TEST(test_every_part_decides_alone_and_inverted),
		RULES_TEST(test_flow_labels),
		RULES_TEST(test_tables_in_turn),
		RULES_TEST(test_default_routes_can_be_passed_over),
		RULES_TEST(test_a_jump_skips_what_lies_between),
		RULES_TEST(test_bad_lists_change_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
