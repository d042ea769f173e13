#ifndef CONTROL_MIRROR_CTL_RIB_AUDIT_H
#define CONTROL_MIRROR_CTL_RIB_AUDIT_H

/**
 * @file
 * The rib compared with what the kernel dumps, and the data path compared with the rib. The rib
 * keeps what it has but for marks of what a reading has shown; differences are in ctl_rib_diffs().
 * An entry that the data path has wrong is written again.
 * Control thread only.
 */

#include "control/mirror/ctl_diff.h"
#include "control/mirror/ctl_rib.h"

/** The differences found; notifications that are applied drop what they touch. */
struct ctl_diffs *ctl_rib_diffs(struct ctl_rib *rib);

/** A reading begins: no object has been shown by the kernel yet. */
void ctl_rib_audit_begin(struct ctl_rib *rib);

/** Compare one message of a dump. @return 0, or -ENOMSG (nothing that the rib follows) */
int ctl_rib_audit_link(struct ctl_rib *rib, const struct ctl_nl_link *msg);
int ctl_rib_audit_addr(struct ctl_rib *rib, const struct ctl_nl_addr *msg);
int ctl_rib_audit_neigh(struct ctl_rib *rib, const struct ctl_nl_neigh *msg);
int ctl_rib_audit_nexthop(struct ctl_rib *rib, const struct ctl_nl_nexthop *msg);
int ctl_rib_audit_rule(struct ctl_rib *rib, const struct ctl_nl_rule *msg);
int ctl_rib_audit_route(struct ctl_rib *rib, const struct ctl_nl_route *msg);

/**
 * Finds links, addresses, neighbours, nexthop objects and rules that the kernel did not show, and
 * whether the data path has as many rules as it should.
 */
void ctl_rib_audit_tables(struct ctl_rib *rib);

/** Where a walk over the prefixes has come to; all zero at its beginning. */
struct ctl_rib_audit_place {
	enum ctl_rib_audit_stage {
		CTL_RIB_AUDIT_ROUTES,
		CTL_RIB_AUDIT_HOSTS,
		CTL_RIB_AUDIT_ROUTES6,
		CTL_RIB_AUDIT_HOSTS6,
		CTL_RIB_AUDIT_END,
	} stage;
	uint64_t table; /**< id of the table whose routes are compared, or the next one */
	bool inside;	/**< prefix and depth are the last one seen */
	struct ctl_addr prefix;
	uint8_t depth;
};

/**
 * Compares the next n prefixes with the data path, and finds their routes that the kernel did not
 * show. Prefixes may come and go between two calls.
 *
 * @return false when that was the last one
 */
bool ctl_rib_audit_walk(struct ctl_rib *rib, struct ctl_rib_audit_place *place, unsigned n);

#endif
