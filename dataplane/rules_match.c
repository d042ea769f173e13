#include "dataplane/rules.h"

#include <string.h>

const struct dp_nh rules_kernel = { .kind = DP_NH_UNREACHABLE, .index = DP_NH_NONE };

/* Packets of a burst, one bit each. */
typedef uint32_t pkts_t;

/* What a walk of one burst through the rules needs. */
struct walk {
	const struct dp_routing *routing;
	const struct rules_key *key;
	const struct dp_nh **nh;
};

/* Fixed length: the compiler makes vectors of it. What is behind the last packet means nothing. */
static inline pkts_t lanes_agree(const uint32_t *lanes, uint32_t value, uint32_t mask)
{
	pkts_t agree = 0;

	for (unsigned i = 0; i < RULES_PKTS; i++)
		agree |= (pkts_t)(((lanes[i] ^ value) & mask) == 0) << i;
	return agree;
}

static inline pkts_t lanes_within(const uint32_t *lanes, uint32_t min, uint32_t span)
{
	pkts_t within = 0;

	for (unsigned i = 0; i < RULES_PKTS; i++)
		within |= (pkts_t)(lanes[i] - min <= span) << i;
	return within;
}

static inline pkts_t words_agree(const uint32_t lanes[4][RULES_PKTS], const uint32_t *value,
				 const uint32_t *mask, unsigned words)
{
	pkts_t agree = UINT32_MAX;

	for (unsigned word = 0; word < words && agree != 0; word++)
		agree &= lanes_agree(lanes[word], value[word], mask[word]);
	return agree;
}

static inline pkts_t ports_agree(const uint32_t *lanes, const struct rules_ports *ports)
{
	return ports->mask != 0 ? lanes_agree(lanes, ports->value, ports->mask)
				: lanes_within(lanes, ports->min, ports->span);
}

static pkts_t fields_agree(const struct rules_rule *rule, const struct rules_key *key)
{
	pkts_t agree = UINT32_MAX;

	if ((rule->fields & RULES_SRC) != 0)
		agree &= words_agree(key->src, rule->src, rule->src_mask, rule->src_words);
	if ((rule->fields & RULES_DST) != 0)
		agree &= words_agree(key->dst, rule->dst, rule->dst_mask, rule->dst_words);
	if ((rule->fields & RULES_TRAFFIC) != 0)
		agree &= lanes_agree(key->traffic, rule->traffic, rule->traffic_mask);
	if ((rule->fields & RULES_PROTOCOL) != 0)
		agree &= lanes_agree(key->protocol, rule->protocol, UINT32_MAX);
	if ((rule->fields & RULES_SRC_PORT) != 0)
		agree &= ports_agree(key->src_port, &rule->src_port);
	if ((rule->fields & RULES_DST_PORT) != 0)
		agree &= ports_agree(key->dst_port, &rule->dst_port);
	return agree;
}

static inline pkts_t rule_match(const struct rules_rule *rule, const struct rules_key *key)
{
	pkts_t match = 0;

	if ((rule->in_ports >> key->in_port & 1) != 0)
		match = rule->fields != 0 ? fields_agree(rule, key) : UINT32_MAX;
	return rule->invert ? ~match : match;
}

/* Packets of a burst side by side, as a table takes them. */
struct gathered {
	unsigned n;
	uint8_t at[RULES_PKTS];
	uint32_t index[RULES_PKTS];
};

static void gather_places(struct gathered *gathered, pkts_t pkts)
{
	gathered->n = 0;
	for (; pkts != 0; pkts &= pkts - 1)
		gathered->at[gathered->n++] = (uint8_t)__builtin_ctz(pkts);
}

/* @return the table's default route */
static uint32_t lookup_ipv4(const struct rules_rule *rule, const struct rules_key *key,
			    struct gathered *gathered)
{
	const struct dp_fib *fib = __atomic_load_n(&rule->table->fib, __ATOMIC_ACQUIRE);
	uint32_t addr[RULES_PKTS];

	if (fib == NULL) {
		gathered->n = 0;
		return DP_NH_NONE;
	}
	for (unsigned i = 0; i < gathered->n; i++)
		addr[i] = key->dst[0][gathered->at[i]];
	if (!rule->passes_default) {
		dp_fib_lookup_burst(fib, addr, gathered->index, gathered->n);
		return DP_NH_NONE;
	}
	dp_fib_lookup_longer_burst(fib, addr, gathered->index, gathered->n);
	return dp_fib_default(fib);
}

static uint32_t lookup_ipv6(const struct rules_rule *rule, const struct rules_key *key,
			    struct gathered *gathered)
{
	const struct dp_fib6 *fib = __atomic_load_n(&rule->table->fib6, __ATOMIC_ACQUIRE);
	struct dp_ip6 addr[RULES_PKTS];

	if (fib == NULL) {
		gathered->n = 0;
		return DP_NH_NONE;
	}
	for (unsigned i = 0; i < gathered->n; i++)
		addr[i] = key->addr6[gathered->at[i]];
	if (!rule->passes_default) {
		dp_fib6_lookup_burst(fib, addr, gathered->index, gathered->n);
		return DP_NH_NONE;
	}
	dp_fib6_lookup_longer_burst(fib, addr, gathered->index, gathered->n);
	return dp_fib6_default(fib);
}

static bool leads_somewhere(const struct dp_nh *nh)
{
	return nh->by_kernel || (nh->kind != DP_NH_UNREACHABLE && nh->kind != DP_NH_BLACKHOLE &&
				 nh->kind != DP_NH_THROW);
}

/*
 * A rule that passes over default routes does so only where they lead somewhere, as Linux has it
 * (fib_rules_lookup() suppresses what was found, not what was refused).
 */
static const struct dp_nh *default_kept(const struct walk *walk, uint32_t index)
{
	const struct dp_nh *nh = dp_nh_get(&walk->routing->nexthops, index);

	return index != DP_NH_NONE && !leads_somewhere(nh) ? nh : NULL;
}

/* @return the packets that found a route */
static pkts_t table_lookup(const struct walk *walk, const struct rules *rules,
			   const struct rules_rule *rule, pkts_t pkts)
{
	const struct dp_nh_table *nexthops = &walk->routing->nexthops;
	struct gathered gathered;
	uint32_t fallback;
	pkts_t found = 0;

	gather_places(&gathered, pkts);
	fallback = rules->ipv6 ? lookup_ipv6(rule, walk->key, &gathered)
			       : lookup_ipv4(rule, walk->key, &gathered);
	for (unsigned i = 0; i < gathered.n; i++) {
		const struct dp_nh *nh = dp_nh_get(nexthops, gathered.index[i]);

		if (gathered.index[i] == DP_NH_NONE)
			nh = default_kept(walk, fallback);
		if (nh == NULL || nh->kind == DP_NH_THROW)
			continue;
		walk->nh[gathered.at[i]] = nh;
		found |= (pkts_t)1 << gathered.at[i];
	}
	return found;
}

static void nexthop_give(const struct walk *walk, pkts_t pkts, const struct dp_nh *nh)
{
	for (; pkts != 0; pkts &= pkts - 1)
		walk->nh[__builtin_ctz(pkts)] = nh;
}

/* One rule. @return the packets that go on with the next one */
static inline pkts_t rule_apply(const struct walk *walk, const struct rules *rules,
				const struct rules_rule *rule, pkts_t pkts, pkts_t *waiting)
{
	pkts_t match = pkts & rule_match(rule, walk->key);

	if (match == 0)
		return pkts;
	switch ((enum dp_rule_action)rule->action) {
	case DP_RULE_TABLE:
		return pkts & ~table_lookup(walk, rules, rule, match);
	case DP_RULE_GOTO:
		waiting[rule->target] |= match;
		return pkts & ~match;
	case DP_RULE_NEXTHOP:
		nexthop_give(walk, match, dp_nh_get(&walk->routing->nexthops, rule->nexthop));
		return pkts & ~match;
	case DP_RULE_KERNEL:
		nexthop_give(walk, match, &rules_kernel);
		return pkts & ~match;
	}
	return pkts;
}

void rules_lookup_burst(const struct dp_routing *routing, const struct rules *rules,
			const struct rules_key *key, const struct dp_nh **nh)
{
	const struct walk walk = { routing, key, nh };
	pkts_t pkts = (pkts_t)((1ULL << key->n) - 1);
	pkts_t waiting[DP_RULES_MAX + 1];

	if (rules->has_goto)
		memset(waiting, 0, (rules->n + 1) * sizeof(waiting[0]));
	for (uint32_t i = 0; i < rules->n; i++) {
		if (rules->has_goto)
			pkts |= waiting[i];
		else if (pkts == 0)
			return;
		pkts = rule_apply(&walk, rules, &rules->rules[i], pkts, waiting);
	}
	if (rules->has_goto)
		pkts |= waiting[rules->n];
	nexthop_give(&walk, pkts, dp_nh_get(&routing->nexthops, DP_NH_NONE));
}
