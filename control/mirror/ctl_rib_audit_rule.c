#include "control/mirror/ctl_rib_audit.h"
#include "control/mirror/ctl_rib_tables.h"

#include <stdio.h>

static void rule_differs(struct ctl_rib *rib, const struct ctl_nl_rule *spec, const char *text)
{
	struct ctl_diff_key key = { .kind = CTL_DIFF_RULE,
				    .number = spec->priority,
				    .addr = { .family = spec->family } };
	char object[CTL_DIFF_OBJECT_MAX];

	snprintf(object, sizeof(object), "IPv%u priority %u action %u table %u",
		 spec->family == AF_INET6 ? 6U : 4U, spec->priority, spec->action, spec->table);
	ctl_diffs_add(&rib->diffs, &key, object, text);
}

/* The kernel shows them in order: each comes behind the one shown before. */
int ctl_rib_audit_rule(struct ctl_rib *rib, const struct ctl_nl_rule *msg)
{
	struct ctl_rib_rules *rules = &rib->rules[msg->family == AF_INET6];
	unsigned at = 0;

	while (at < rules->n &&
	       (rules->items[at].audit == rib->audit || !ctl_rib_rule_is(&rules->items[at], msg)))
		at++;
	if (at == rules->n) {
		rule_differs(rib, msg, "only in the kernel");
		return 0;
	}
	if (at < rules->shown)
		rule_differs(rib, msg, "comes later in the kernel");
	rules->items[at].audit = rib->audit;
	rules->shown = at + 1;
	return 0;
}

void ctl_rib_audit_rules(struct ctl_rib *rib)
{
	for (unsigned i = 0; i < 2; i++) {
		struct ctl_rib_rules *rules = &rib->rules[i];
		struct ctl_diff_key key = { .kind = CTL_DIFF_FIB,
					    .addr = { .family = i == 1 ? AF_INET6 : AF_INET } };

		for (unsigned at = 0; at < rules->n; at++) {
			if (rules->items[at].audit != rib->audit)
				rule_differs(rib, &rules->items[at].spec, "only in the mirror");
		}
		rules->shown = 0;
		if (dp_rules_count(rib->params.routing, i == 1) == rules->n_published)
			continue;
		ctl_diffs_add(&rib->diffs, &key, i == 1 ? "rules of IPv6" : "rules of IPv4",
			      "the data path has not as many as it should");
		rules->dirty = true;
	}
	ctl_rib_policy_refresh(rib);
}
