/* The rules as the kernel has them, in its order. */

#include "control/mirror/ctl_rib_tables.h"

#include <errno.h>
#include <stdlib.h>

static bool spec_equal(const struct ctl_nl_rule *a, const struct ctl_nl_rule *b)
{
	const size_t from = offsetof(struct ctl_nl_rule, family);

	return memcmp((const char *)a + from, (const char *)b + from, sizeof(*a) - from) == 0;
}

bool ctl_rib_rule_is(const struct ctl_rib_rule *rule, const struct ctl_nl_rule *spec)
{
	return spec_equal(&rule->spec, spec);
}

/* @return the place of a rule from one on, the number of rules without */
static unsigned rule_find(const struct ctl_rib_rules *rules, const struct ctl_nl_rule *spec,
			  unsigned from)
{
	while (from < rules->n && !spec_equal(&rules->items[from].spec, spec))
		from++;
	return from;
}

static bool rules_grow(struct ctl_rib_rules *rules)
{
	unsigned room = rules->room ? rules->room * 2 : 16;
	struct ctl_rib_rule *items;

	if (rules->n < rules->room)
		return true;
	items = reallocarray(rules->items, room, sizeof(*items));
	if (!items)
		return false;
	rules->items = items;
	rules->room = room;
	return true;
}

static int rule_insert(struct ctl_rib_rules *rules, unsigned at, const struct ctl_rib_rule *rule)
{
	if (!rules_grow(rules))
		return -ENOMEM;
	memmove(&rules->items[at + 1], &rules->items[at],
		(rules->n - at) * sizeof(rules->items[0]));
	rules->items[at] = *rule;
	rules->n++;
	rules->told += at < rules->told;
	rules->dirty = true;
	return 0;
}

static void rule_remove(struct ctl_rib_rules *rules, unsigned at)
{
	rules->n--;
	memmove(&rules->items[at], &rules->items[at + 1],
		(rules->n - at) * sizeof(rules->items[0]));
	rules->told -= at < rules->told;
	rules->dirty = true;
}

/* A dump tells all of them in order: each has its place behind the one told before. */
static int rule_tell(struct ctl_rib *rib, struct ctl_rib_rules *rules,
		     const struct ctl_rib_rule *rule)
{
	unsigned at = rule_find(rules, &rule->spec, rules->told);
	bool is_new = at == rules->n;

	/* told already, by a reading that was interrupted */
	if (is_new && rule_find(rules, &rule->spec, 0) < rules->told)
		return 0;
	if (!is_new && at > rules->told)
		rule_remove(rules, at);
	if ((is_new || at > rules->told) && rule_insert(rules, rules->told, rule) < 0)
		return -ENOMEM;
	rules->items[rules->told].gen = rib->gen;
	rules->items[rules->told++].audit = rib->audit;
	return 0;
}

/* Behind those of its priority, as the kernel puts it. */
static int rule_learn(struct ctl_rib_rules *rules, const struct ctl_rib_rule *rule)
{
	unsigned at = 0;

	while (at < rules->n && rules->items[at].spec.priority <= rule->spec.priority)
		at++;
	return rule_insert(rules, at, rule);
}

int ctl_rib_apply_rule(struct ctl_rib *rib, const struct ctl_nl_rule *msg, bool dump)
{
	const struct ctl_diff_key key = { .kind = CTL_DIFF_RULE,
					  .number = msg->priority,
					  .addr = { .family = msg->family } };
	struct ctl_rib_rules *rules = &rib->rules[msg->family == AF_INET6];
	struct ctl_rib_rule rule = { .spec = *msg, .gen = rib->gen, .audit = rib->audit };
	unsigned at;
	int rc = 0;

	ctl_diffs_touch(&rib->diffs, &key);
	if (dump) {
		rc = rule_tell(rib, rules, &rule);
	} else if (msg->removed) {
		at = rule_find(rules, msg, 0);
		if (at < rules->n)
			rule_remove(rules, at);
		else
			rib->suspect = true;
	} else {
		rc = rule_learn(rules, &rule);
	}
	/* The first rule that somebody adds or removes makes the kernel split its tables. */
	if (!dump && msg->family == AF_INET)
		rib->merge = CTL_RIB_SPLIT;
	rib->suspect |= rc < 0;
	/* A dump is complete when the synchronisation is: no part of a list is ever in force. */
	if (!dump)
		ctl_rib_policy_refresh(rib);
	return rc;
}

void ctl_rib_apply_merge(struct ctl_rib *rib, bool merged)
{
	rib->merge = merged ? CTL_RIB_MERGED : CTL_RIB_SPLIT;
}

void ctl_rib_rule_sweep(struct ctl_rib *rib)
{
	for (unsigned i = 0; i < 2; i++) {
		struct ctl_rib_rules *rules = &rib->rules[i];

		for (unsigned at = rules->n; at-- > 0;) {
			if (rules->items[at].gen == rib->gen)
				continue;
			rule_remove(rules, at);
			rib->swept++;
		}
	}
}

void ctl_rib_rule_clear(struct ctl_rib *rib)
{
	for (unsigned i = 0; i < 2; i++)
		free(rib->rules[i].items);
}

void ctl_rib_rule_touch_all(struct ctl_rib *rib)
{
	rib->rules[0].dirty = true;
	rib->rules[1].dirty = true;
	ctl_rib_policy_refresh(rib);
}

int ctl_rib_walk_rules(const struct ctl_rib *rib, ctl_mirror_rule_fn fn, void *arg)
{
	int rc = 0;

	for (unsigned i = 0; i < 2; i++) {
		const struct ctl_rib_rules *rules = &rib->rules[i];

		for (unsigned at = 0; at < rules->n && rc == 0; at++) {
			bool to_kernel = rules->to_kernel ||
					 rules->items[at].use == CTL_RIB_RULE_KERNEL;
			bool never = rules->items[at].use == CTL_RIB_RULE_NEVER;
			const struct ctl_mirror_rule out = {
				.spec = rules->items[at].spec,
				.use = to_kernel ? CTL_MIRROR_RULE_KERNEL
				       : never	 ? CTL_MIRROR_RULE_NEVER
						 : CTL_MIRROR_RULE_FOLLOWED,
			};

			rc = fn(&out, arg);
		}
	}
	return rc;
}
