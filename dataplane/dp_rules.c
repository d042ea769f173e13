#include "dataplane/dp_rules.h"

#include "dataplane/dp_publish.h"
#include "dataplane/rules.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <rte_byteorder.h>

#define DSCP_MAX 63U
#define WORD_BITS 32U

static bool rule_is_valid(const struct dp_rule *rule, bool ipv6, unsigned place, unsigned n)
{
	unsigned depth_max = ipv6 ? 128 : 32;

	if (rule->src_depth > depth_max || rule->dst_depth > depth_max || rule->dscp > DSCP_MAX ||
	    rule->dscp_mask > DSCP_MAX ||
	    (rule->flow_label_mask & ~(ipv6 ? DP_RULE_FLOW_LABEL_MASK : 0)) != 0)
		return false;
	switch (rule->action) {
	case DP_RULE_TABLE:
		return rule->table != NULL;
	case DP_RULE_GOTO:
		return rule->target > place && rule->target <= n;
	case DP_RULE_NEXTHOP:
	case DP_RULE_KERNEL:
		return true;
	}
	return false;
}

/* @return the words of 32 bits that a prefix reaches into */
static uint8_t prefix_compile(const struct dp_ip6 *prefix, unsigned depth, uint32_t *value,
			      uint32_t *mask)
{
	uint32_t words[4];
	uint8_t n = 0;

	memcpy(words, prefix->bytes, sizeof(words));
	for (; depth > n * WORD_BITS; n++) {
		unsigned bits = depth - n * WORD_BITS;

		mask[n] = bits >= WORD_BITS ? UINT32_MAX : ~(UINT32_MAX >> bits);
		value[n] = rte_be_to_cpu_32(words[n]) & mask[n];
	}
	return n;
}

/* @return whether ports matter */
static bool ports_compile(const struct dp_rule_ports *ports, struct rules_ports *out)
{
	out->value = ports->min;
	out->mask = ports->mask;
	out->min = ports->min;
	out->span = (uint32_t)ports->max - ports->min;
	return ports->mask != 0 || ports->max != 0;
}

static void rule_compile(const struct dp_rule *rule, struct rules_rule *out)
{
	out->in_ports = rule->in_ports;
	out->invert = rule->invert;
	out->passes_default = rule->passes_default;
	out->action = (uint8_t)rule->action;
	out->table = rule->table;
	out->nexthop = rule->nexthop;
	out->target = rule->target;
	out->src_words = prefix_compile(&rule->src, rule->src_depth, out->src, out->src_mask);
	out->dst_words = prefix_compile(&rule->dst, rule->dst_depth, out->dst, out->dst_mask);
	out->traffic_mask = (uint32_t)rule->dscp_mask << RULES_LABEL_BITS | rule->flow_label_mask;
	out->traffic = (uint32_t)rule->dscp << RULES_LABEL_BITS | rule->flow_label;
	out->protocol = rule->protocol;
	out->fields = (out->src_words != 0 ? RULES_SRC : 0U) |
		      (out->dst_words != 0 ? RULES_DST : 0U) |
		      (out->traffic_mask != 0 ? RULES_TRAFFIC : 0U) |
		      (out->protocol != 0 ? RULES_PROTOCOL : 0U) |
		      (ports_compile(&rule->src_port, &out->src_port) ? RULES_SRC_PORT : 0U) |
		      (ports_compile(&rule->dst_port, &out->dst_port) ? RULES_DST_PORT : 0U);
}

static struct rules *rules_compile(bool ipv6, const struct dp_rule *rules, unsigned n)
{
	struct rules *out = calloc(1, sizeof(*out) + n * sizeof(out->rules[0]));

	if (out == NULL)
		return NULL;
	out->n = n;
	out->ipv6 = ipv6;
	for (unsigned i = 0; i < n; i++) {
		rule_compile(&rules[i], &out->rules[i]);
		out->fields |= out->rules[i].fields;
		out->has_goto |= rules[i].action == DP_RULE_GOTO;
	}
	return out;
}

/* The nexthops of the first n rules are named no more. */
static void nexthops_release(struct dp_routing *routing, const struct rules *rules, unsigned n)
{
	for (unsigned i = 0; i < n; i++) {
		if (rules->rules[i].action == DP_RULE_NEXTHOP)
			dp_nh_release(&routing->nexthops, rules->rules[i].nexthop);
	}
}

static int nexthops_hold(struct dp_routing *routing, const struct rules *rules)
{
	for (unsigned i = 0; i < rules->n; i++) {
		if (rules->rules[i].action == DP_RULE_NEXTHOP &&
		    dp_nh_hold(&routing->nexthops, rules->rules[i].nexthop) != 0) {
			nexthops_release(routing, rules, i);
			return -ENOENT;
		}
	}
	return 0;
}

int dp_rules_set(struct dp_routing *routing, bool ipv6, const struct dp_rule *rules, unsigned n)
{
	struct rules *old = (struct rules *)(uintptr_t)routing->rules[ipv6];
	struct rules *compiled = NULL;

	if (n > DP_RULES_MAX || (rules == NULL && n != 0))
		return -EINVAL;
	for (unsigned i = 0; i < n; i++) {
		if (!rule_is_valid(&rules[i], ipv6, i, n))
			return -EINVAL;
	}
	if (rules != NULL) {
		compiled = rules_compile(ipv6, rules, n);
		if (compiled == NULL)
			return -ENOMEM;
		if (nexthops_hold(routing, compiled) != 0) {
			free(compiled);
			return -ENOENT;
		}
	}
	__atomic_store_n(&routing->rules[ipv6], compiled, __ATOMIC_RELEASE);
	if (old != NULL) {
		nexthops_release(routing, old, old->n);
		dp_publish_defer(free, old);
	}
	return 0;
}

unsigned dp_rules_count(const struct dp_routing *routing, bool ipv6)
{
	return routing->rules[ipv6] != NULL ? routing->rules[ipv6]->n : 0;
}

static void words_set(uint32_t lanes[4][RULES_PKTS], const struct dp_ip6 *addr)
{
	uint32_t words[4];

	memcpy(words, addr->bytes, sizeof(words));
	for (unsigned word = 0; word < 4; word++)
		lanes[word][0] = rte_be_to_cpu_32(words[word]);
}

uint32_t dp_flow_lookup(const struct dp_routing *routing, const struct dp_flow *flow)
{
	const struct rules *rules = routing->rules[flow->ipv6];
	struct rules_key key = { .n = 1, .in_port = flow->in_port };
	const struct dp_nh *nh;

	words_set(key.src, &flow->src);
	words_set(key.dst, &flow->dst);
	if (rules == NULL)
		return flow->ipv6 ? dp_table6_lookup(&routing->main, &flow->dst)
				  : dp_table_lookup(&routing->main, key.dst[0][0]);
	key.traffic[0] = (uint32_t)flow->dscp << RULES_LABEL_BITS | flow->flow_label;
	key.protocol[0] = flow->protocol;
	key.src_port[0] = flow->src_port;
	key.dst_port[0] = flow->dst_port;
	key.addr6[0] = flow->dst;
	rules_lookup_burst(routing, rules, &key, &nh);
	return nh->index;
}
