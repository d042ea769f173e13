/*
 * From the kernel's rules to those of the data path. A packet that is forwarded came in by the twin
 * of its port; it has no mark, no tunnel and no output device yet, and belongs to user 0. Rules that
 * ask for something else never match it and are left out. What only the kernel can decide goes to
 * the kernel: never another way than the kernel's.
 *
 * Without rules of its own the kernel looks up local and then main, and in IPv4 default; before
 * anybody ever changed a rule of IPv4 it looks local and main up as one table. While that comes to
 * the same, the data path has one table with the entries of both, and no rules.
 */

#include "control/mirror/ctl_rib_tables.h"

#include <stdlib.h>

#include <linux/fib_rules.h>
#include <linux/rtnetlink.h>

#define PRIORITY_MAIN 0x7ffeU
#define PRIORITY_DEFAULT 0x7fffU

/* A list on its way to the data path. */
struct list {
	struct dp_rule *rules;
	unsigned n;
	struct ctl_rib_table **tables;
	unsigned n_tables;
};

/* What can be said of the packets that match a rule. */
struct reach {
	uint32_t in_ports; /* it is for packets of these ports at most */
	bool never;
	bool unsure; /* which of them match is not known here */
};

/* Ports whose twin is a slave of a device, or with 0 of any. */
static uint32_t slaves_of(const struct ctl_rib *rib, int ifindex)
{
	struct ctl_hash_node *node = NULL;
	uint32_t ports = 0;

	while ((node = ctl_hash_next(&rib->links, node))) {
		const struct ctl_rib_link *link = CTL_CONTAINER(node, struct ctl_rib_link, node);

		if (link->port != CTL_RIB_NO_PORT && link->master != 0 &&
		    (ifindex == 0 || link->master == ifindex))
			ports |= 1U << link->port;
	}
	return ports;
}

static const struct ctl_rib_link *link_named(const struct ctl_rib *rib, const char *name)
{
	struct ctl_hash_node *node = NULL;

	while ((node = ctl_hash_next(&rib->links, node))) {
		const struct ctl_rib_link *link = CTL_CONTAINER(node, struct ctl_rib_link, node);

		if (strcmp(link->name, name) == 0)
			return link;
	}
	return NULL;
}

/* Only the slaves of a VRF can match its name; whether a master is one is not known here. */
static void reach_by_master(const struct ctl_rib *rib, const struct ctl_rib_link *link,
			    struct reach *reach)
{
	uint32_t ports = link ? slaves_of(rib, link->ifindex) : 0;

	reach->never |= ports == 0;
	reach->unsure |= ports != 0;
	reach->in_ports &= ports;
}

static void reach_by_links(const struct ctl_rib *rib, const struct ctl_nl_rule *spec,
			   struct reach *reach)
{
	const struct ctl_rib_link *link;

	if (spec->iif[0] != '\0') {
		link = link_named(rib, spec->iif);
		if (link && link->port != CTL_RIB_NO_PORT)
			reach->in_ports &= 1U << link->port;
		else
			reach_by_master(rib, link, reach);
	}
	if (spec->oif[0] != '\0')
		reach_by_master(rib, link_named(rib, spec->oif), reach);
	if (spec->l3mdev) {
		reach->in_ports &= slaves_of(rib, 0);
		reach->never |= slaves_of(rib, 0) == 0;
		reach->unsure = true;
	}
}

static struct reach rule_reach(const struct ctl_rib *rib, const struct ctl_nl_rule *spec)
{
	struct reach reach = { .in_ports = DP_RULE_ANY_PORT, .unsure = spec->unknown };

	reach.never = (spec->mark & spec->mark_mask) != 0 || spec->uid_min > 0 || spec->tun_id != 0;
	reach_by_links(rib, spec, &reach);
	return reach;
}

static struct dp_rule_ports ports_of(const struct ctl_nl_ports *ports)
{
	return (struct dp_rule_ports){ .mask = ports->mask, .min = ports->min, .max = ports->max };
}

static void selectors_fill(const struct ctl_nl_rule *spec, uint32_t in_ports, struct dp_rule *out)
{
	memset(out, 0, sizeof(*out));
	out->in_ports = in_ports;
	out->invert = spec->invert;
	out->src_depth = spec->src_depth;
	out->dst_depth = spec->dst_depth;
	memcpy(out->src.bytes, spec->src.bytes, sizeof(out->src.bytes));
	memcpy(out->dst.bytes, spec->dst.bytes, sizeof(out->dst.bytes));
	out->dscp = spec->dscp;
	out->dscp_mask = spec->dscp_mask;
	out->flow_label = spec->flow_label;
	out->flow_label_mask = spec->flow_label_mask;
	out->protocol = spec->ip_proto;
	out->src_port = ports_of(&spec->src_port);
	out->dst_port = ports_of(&spec->dst_port);
}

static void everything_fill(struct dp_rule *out)
{
	memset(out, 0, sizeof(*out));
	out->in_ports = DP_RULE_ANY_PORT;
}

static void nexthop_use(struct dp_rule *out, uint32_t index)
{
	out->action = DP_RULE_NEXTHOP;
	out->nexthop = index;
}

static bool table_use(struct ctl_rib *rib, struct list *list, uint32_t id, struct dp_rule *out)
{
	struct ctl_rib_table *table = ctl_rib_table_get(rib, id);

	if (!table)
		return false;
	table->n_users++;
	list->tables[list->n_tables++] = table;
	out->action = DP_RULE_TABLE;
	out->table = table->dp;
	return true;
}

/* Routes that do not count by their depth: the default alone, or what only the kernel can tell. */
static bool suppress_use(const struct ctl_nl_rule *spec, struct dp_rule *out)
{
	out->passes_default = spec->suppress_depth == 0;
	return spec->suppress_depth <= 0 && spec->suppress_ifgroup == -1;
}

/* @return whether the data path can do what a rule says */
static bool action_use(struct ctl_rib *rib, struct list *list, const struct ctl_nl_rule *spec,
		       struct dp_rule *out)
{
	switch (spec->action) {
	case FR_ACT_TO_TBL:
		return suppress_use(spec, out) && table_use(rib, list, spec->table, out);
	case FR_ACT_GOTO:
		out->action = DP_RULE_GOTO;
		return true;
	case FR_ACT_BLACKHOLE:
		nexthop_use(out, rib->blackhole_index);
		return true;
	case FR_ACT_UNREACHABLE:
	case FR_ACT_PROHIBIT:
		nexthop_use(out, rib->punt_index);
		return true;
	default:
		return false;
	}
}

/* The place of the rule that a jump leads to: the first of its priority. */
static unsigned jump_target(const struct ctl_rib_rules *rules, const struct ctl_nl_rule *spec)
{
	unsigned at = 0;

	while (at < rules->n && rules->items[at].spec.priority != spec->target)
		at++;
	return at;
}

static enum ctl_rib_rule_use rule_compile(struct ctl_rib *rib, const struct ctl_rib_rules *rules,
					  const struct ctl_nl_rule *spec, struct list *list)
{
	struct dp_rule *out = &list->rules[list->n];
	struct reach reach = rule_reach(rib, spec);

	if ((reach.never && !spec->invert) || spec->action == FR_ACT_NOP ||
	    (spec->action == FR_ACT_GOTO && jump_target(rules, spec) == rules->n))
		return CTL_RIB_RULE_NEVER;
	selectors_fill(spec, reach.never ? 0 : reach.in_ports, out);
	if (reach.unsure && !reach.never && spec->invert)
		everything_fill(out);
	list->n++;
	if ((reach.never || !reach.unsure) && action_use(rib, list, spec, out))
		return CTL_RIB_RULE_FOLLOWED;
	out->action = DP_RULE_KERNEL;
	return CTL_RIB_RULE_KERNEL;
}

/* Jumps name places among the kernel's rules; compiled[i] of them are compiled before rule i. */
static void jumps_aim(const struct ctl_rib_rules *rules, const unsigned *compiled,
		      struct list *list)
{
	for (unsigned i = 0; i < rules->n; i++) {
		struct dp_rule *rule = &list->rules[compiled[i]];

		if (compiled[i] < compiled[i + 1] && rule->action == DP_RULE_GOTO)
			rule->target = compiled[jump_target(rules, &rules->items[i].spec)];
	}
}

static bool list_init(struct list *list, unsigned n)
{
	list->n = list->n_tables = 0;
	list->rules = calloc(n + 1, sizeof(*list->rules));
	list->tables = calloc(n + 1, sizeof(*list->tables));
	return list->rules && list->tables;
}

static void tables_release(struct ctl_rib *rib, struct ctl_rib_table **tables, unsigned n)
{
	for (unsigned i = 0; i < n; i++) {
		tables[i]->n_users--;
		ctl_rib_table_put(rib, tables[i]);
	}
	free(tables);
}

/* @return false without memory, or when there are too many */
static bool list_compile(struct ctl_rib *rib, struct ctl_rib_rules *rules, struct list *list)
{
	unsigned *compiled = calloc(rules->n + 1, sizeof(*compiled));

	if (!compiled)
		return false;
	for (unsigned i = 0; i < rules->n; i++) {
		rules->items[i].use = rule_compile(rib, rules, &rules->items[i].spec, list);
		compiled[i + 1] = list->n;
	}
	jumps_aim(rules, compiled, list);
	free(compiled);
	return list->n <= DP_RULES_MAX;
}

static bool is_lookup(const struct dp_rule *rule, const struct ctl_rib_table *table)
{
	return table && rule->table == table->dp && rule->action == DP_RULE_TABLE &&
	       !rule->invert && !rule->passes_default && rule->in_ports == DP_RULE_ANY_PORT &&
	       (rule->src_depth | rule->dst_depth | rule->dscp_mask | rule->protocol) == 0 &&
	       (rule->src_port.mask | rule->src_port.max) == 0 && rule->flow_label_mask == 0 &&
	       (rule->dst_port.mask | rule->dst_port.max) == 0;
}

/* Local, then main, then nothing that has routes. */
static bool list_is_plain(const struct ctl_rib *rib, const struct list *list,
			  const struct ctl_rib_policy_shape *shape)
{
	const struct ctl_rib_table *last = ctl_rib_table_find(rib, RT_TABLE_DEFAULT);

	return list->n >= 2 && is_lookup(&list->rules[0], rib->local) &&
	       is_lookup(&list->rules[1], rib->main) &&
	       (list->n == 2 ||
		(list->n == 3 && is_lookup(&list->rules[2], last) && !shape->has_default));
}

/* The kernel's one table of local and main, which is the main one here, and then default. */
static void list_merge(struct list *list)
{
	list->n--;
	memmove(&list->rules[0], &list->rules[1], list->n * sizeof(list->rules[0]));
}

static void list_to_kernel(struct list *list)
{
	everything_fill(&list->rules[0]);
	list->rules[0].action = DP_RULE_KERNEL;
	list->n = 1;
}

/*
 * The new list first, then what the tables of the old one are not needed for any more.
 *
 * @return false when the old one is still in force
 */
static bool list_publish(struct ctl_rib *rib, bool ipv6, const struct list *list, bool plain)
{
	struct ctl_rib_rules *rules = &rib->rules[ipv6];
	struct ctl_rib_table **old = rules->tables;
	unsigned n_old = rules->n_tables;

	if (dp_rules_set(rib->params.routing, ipv6, plain ? NULL : list->rules,
			 plain ? 0 : list->n) < 0) {
		rib->fib_errors++;
		rib->suspect = true;
		tables_release(rib, list->tables, list->n_tables);
		return false;
	}
	rules->n_published = plain ? 0 : list->n;
	rules->tables = list->tables;
	rules->n_tables = list->n_tables;
	tables_release(rib, old, n_old);
	return true;
}

static void family_publish(struct ctl_rib *rib, bool ipv6, const struct ctl_rib_policy_shape *shape)
{
	struct ctl_rib_rules *rules = &rib->rules[ipv6];
	uint8_t family = ipv6 ? AF_INET6 : AF_INET;
	bool plain, merged;
	struct list list;

	if (!list_init(&list, rules->n)) {
		free(list.rules);
		free(list.tables);
		rib->suspect = true;
		return;
	}
	rules->to_kernel = !list_compile(rib, rules, &list);
	plain = list_is_plain(rib, &list, shape) && (shape->merged || !shape->wide);
	merged = shape->merged || plain;
	/* Of one table or two: where it makes a difference and is not known the kernel decides. */
	rules->to_kernel |= !ipv6 && !shape->merged && !shape->split && shape->wide;
	if (rules->to_kernel)
		list_to_kernel(&list);
	else if (shape->merged && list.n > 0)
		list_merge(&list);
	/* With rules before it is split, without after it is merged: local packets stay local. */
	if (merged)
		ctl_rib_fib_merge(rib, family, true);
	if (list_publish(rib, ipv6, &list, plain && !rules->to_kernel)) {
		if (!merged)
			ctl_rib_fib_merge(rib, family, false);
		rules->shape = *shape;
		rules->dirty = false;
	}
	free(list.rules);
}

/* Nobody has touched the kernel's own rules, as far as they tell. */
static bool rules_are_default(const struct ctl_rib_rules *rules)
{
	return rules->n == 3 && rules->items[0].spec.priority == 0 &&
	       rules->items[0].spec.table == RT_TABLE_LOCAL &&
	       rules->items[1].spec.priority == PRIORITY_MAIN &&
	       rules->items[1].spec.table == RT_TABLE_MAIN &&
	       rules->items[2].spec.priority == PRIORITY_DEFAULT &&
	       rules->items[2].spec.table == RT_TABLE_DEFAULT;
}

static struct ctl_rib_policy_shape shape_now(const struct ctl_rib *rib, bool ipv6)
{
	const struct ctl_rib_table *last = ctl_rib_table_find(rib, RT_TABLE_DEFAULT);
	bool is_default = rules_are_default(&rib->rules[0]);

	return (struct ctl_rib_policy_shape){
		.merged = !ipv6 && is_default && rib->merge == CTL_RIB_MERGED,
		.split = ipv6 || !is_default || rib->merge == CTL_RIB_SPLIT,
		.wide = rib->local->n_wide[ipv6] > 0,
		.has_default = last && last->routes[ipv6].n_prefixes > 0,
	};
}

void ctl_rib_policy_refresh(struct ctl_rib *rib)
{
	if (!rib->rules_known)
		return;
	for (unsigned i = 0; i < 2; i++) {
		struct ctl_rib_policy_shape shape = shape_now(rib, i == 1);

		if (rib->rules[i].dirty || memcmp(&shape, &rib->rules[i].shape, sizeof(shape)) != 0)
			family_publish(rib, i == 1, &shape);
	}
}

void ctl_rib_policy_clear(struct ctl_rib *rib)
{
	for (unsigned i = 0; i < 2; i++) {
		struct ctl_rib_rules *rules = &rib->rules[i];

		dp_rules_set(rib->params.routing, i == 1, NULL, 0);
		tables_release(rib, rules->tables, rules->n_tables);
		rules->tables = NULL;
		rules->n_tables = 0;
	}
}
