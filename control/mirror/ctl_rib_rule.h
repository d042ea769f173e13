#ifndef CONTROL_MIRROR_CTL_RIB_RULE_H
#define CONTROL_MIRROR_CTL_RIB_RULE_H

/* The rules of the rib and what becomes of them; only ctl_rib_tables.h includes this. */

#include "control/mirror/ctl_nl_rule.h"
#include "dataplane/dp_rules.h"

struct ctl_rib;
struct ctl_rib_table;

/* What the data path makes of a rule. */
enum ctl_rib_rule_use {
	CTL_RIB_RULE_FOLLOWED,
	CTL_RIB_RULE_NEVER,  /* no packet that is forwarded matches, or it does nothing */
	CTL_RIB_RULE_KERNEL, /* what may match is left to the kernel */
};

struct ctl_rib_rule {
	struct ctl_nl_rule spec;
	enum ctl_rib_rule_use use; /* when it was published last */
	unsigned gen;
	uint8_t audit;
};

/* What decides, beside the rules, whether the main table alone will do. */
struct ctl_rib_policy_shape {
	bool merged;	  /* by the kernel */
	bool split;	  /* not by the kernel, or not any more; neither: not known */
	bool wide;	  /* local has more than single addresses */
	bool has_default; /* table default has routes */
};

/* The rules of one family, in the kernel's order. */
struct ctl_rib_rules {
	struct ctl_rib_rule *items;
	unsigned n;
	unsigned room;
	unsigned told;	/* rules that the dump that runs has told: the first ones */
	unsigned shown; /* place behind the rule that an audit was shown last */
	bool dirty;
	bool to_kernel;			   /* all packets, for want of room or memory */
	struct ctl_rib_policy_shape shape; /* when it was published last */
	struct ctl_rib_table **tables;	   /* that the published list names, one by one */
	unsigned n_tables;
	unsigned n_published; /* rules of the data path, 0 also without a list */
};

/* ctl_rib_rule.c */
bool ctl_rib_rule_is(const struct ctl_rib_rule *rule, const struct ctl_nl_rule *spec);
void ctl_rib_rule_sweep(struct ctl_rib *rib);
void ctl_rib_rule_clear(struct ctl_rib *rib);
void ctl_rib_rule_touch_all(struct ctl_rib *rib); /* links changed: they may mean others now */

/* ctl_rib_policy.c */
/* Publishes the rules again, where they or what they rest on has changed. */
void ctl_rib_policy_refresh(struct ctl_rib *rib);
void ctl_rib_policy_clear(struct ctl_rib *rib);

/* ctl_rib_audit_rule.c */
void ctl_rib_audit_rules(struct ctl_rib *rib);

#endif
