/*
 * What policy routing costs per packet: the route stage, the check of sources that comes with rules,
 * and the whole turn, by the number of rules that a packet passes before the one that takes it to
 * the main table. Rules look at the source address, or at all that they can look at.
 */
#include "bench/dataplane/turn_rig.h"
#include "bench/stats.h"
#include "dataplane/dp_rules.h"
#include "dataplane/rules.h"

#define OPS 1024U
#define PKTS 256U
#define ROUTES 1000U
#define RULES_MAX 64U

static struct rig *rig;
static struct stage_burst burst;

/* For nobody: another source than the packets have, or another port at the end of all fields. */
static struct dp_rule rule_make(bool all_fields, unsigned i)
{
	struct dp_rule rule = { .in_ports = DP_RULE_ANY_PORT,
				.src = { { 203, 0, 113, (uint8_t)i } },
				.src_depth = 32,
				.table = dp_table_main(rig->router->routing) };

	if (!all_fields)
		return rule;
	rule.src = (struct dp_ip6){ { 100, 64 } };
	rule.src_depth = 16;
	rule.dst_depth = 0;
	rule.dscp_mask = 1;
	rule.protocol = IPPROTO_UDP;
	rule.src_port = (struct dp_rule_ports){ .min = 0, .max = 60000 };
	rule.dst_port = (struct dp_rule_ports){ .min = (uint16_t)(61000 + i), .max = 65000 };
	return rule;
}

/* n rules for nobody and one for all. They are kept until the program ends. */
static const struct rules *rules_make(bool all_fields, unsigned n)
{
	struct dp_routing *routing = rig->router->routing;
	struct dp_rule rules[RULES_MAX + 1];
	const struct rules *made;

	for (unsigned i = 0; i < n; i++)
		rules[i] = rule_make(all_fields, i);
	rules[n] = (struct dp_rule){ .in_ports = DP_RULE_ANY_PORT,
				     .table = dp_table_main(routing) };
	if (dp_rules_set(routing, false, rules, n + 1) != 0)
		rig_fail("rules are refused");
	made = routing->rules[0];
	routing->rules[0] = NULL;
	return made;
}

/* ctx of all: the rules, NULL without. */
static uint64_t run_route(void *ctx, unsigned ops)
{
	rig->router->routing->rules[0] = ctx;
	for (unsigned i = 0; i < ops; i += PORT_RX_BURST) {
		rig_burst_reset(rig, &burst);
		stage_route(&burst);
	}
	return burst.n;
}

static uint64_t run_route_and_rpf(void *ctx, unsigned ops)
{
	rig->router->routing->rules[0] = ctx;
	for (unsigned i = 0; i < ops; i += PORT_RX_BURST) {
		rig_burst_reset(rig, &burst);
		stage_route(&burst);
		stage_rpf(&burst, DP_RPF_OFF);
	}
	return burst.n;
}

static uint64_t run_turn(void *ctx, unsigned ops)
{
	rig->router->routing->rules[0] = ctx;
	rig_turns(rig, ops);
	return rig->router->ports[1].counters.tx_bytes;
}

static void compare(struct bench_report *report, const char *what, const char *rules_name,
		    uint64_t (*run)(void *ctx, unsigned ops), const struct rules *rules)
{
	static const struct bench_plan plan = { .rounds = 20, .chunks = 50, .ops = OPS };
	char name[80];
	const struct bench_case with = { name, run, (void *)(uintptr_t)rules };
	const struct bench_case without = { "the same without rules", run, NULL };
	struct bench_result result;

	snprintf(name, sizeof(name), "%s, %s", what, rules_name);
	result = bench_compare(&with, &without, &plan);
	bench_report_add(report, &with, &without, &result);
}

static void report_rules(struct bench_report *report, const char *name, const struct rules *rules)
{
	compare(report, "route", name, run_route, rules);
	compare(report, "route and sources", name, run_route_and_rpf, rules);
	compare(report, "turn", name, run_turn, rules);
}

int main(int argc, char **argv)
{
	static const unsigned numbers[] = { 1, 8, RULES_MAX };
	static const uint16_t min_len[] = { 60 };
	struct bench_report report;
	char name[48];

	if (bench_report_open(&report, argc, argv, "rules, TSC cycles per packet") != 0)
		return 1;
	bench_eal_init("256", true);
	rig = rig_create(16383);
	rig_routes_set(rig, ROUTES);
	rig_sla_set(rig, true, true);
	rig_pkts_set(rig, PKTS, ROUTES, min_len, 1);
	rig_burst_prepare(rig, &burst);
	report_rules(&report, "main table by a rule", rules_make(false, 0));
	for (unsigned all = 0; all < 2; all++) {
		for (unsigned i = 0; i < RTE_DIM(numbers); i++) {
			snprintf(name, sizeof(name), "%u more %s", numbers[i],
				 all ? "of all fields" : "by source");
			report_rules(&report, name, rules_make(all != 0, numbers[i]));
		}
	}
	return bench_report_close(&report) == 0 ? 0 : 1;
}
