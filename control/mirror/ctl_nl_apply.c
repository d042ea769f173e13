#include "control/mirror/ctl_nl_apply.h"

#include "control/mirror/ctl_nl_decode.h"
#include "control/mirror/ctl_rib_audit.h"

#include <errno.h>

#include <linux/rtnetlink.h>

/* What a message is about. */
union object {
	struct ctl_nl_link link;
	struct ctl_nl_netconf netconf;
	struct ctl_nl_addr addr;
	struct ctl_nl_neigh neigh;
	struct ctl_nl_nexthop nexthop;
	struct ctl_nl_rule rule;
	struct ctl_nl_route route;
};

static int decode(const struct nlmsghdr *msg, size_t len, union object *object)
{
	switch (msg->nlmsg_type) {
	case RTM_NEWLINK:
	case RTM_DELLINK:
		return ctl_nl_decode_link(msg, len, &object->link);
	case RTM_NEWNETCONF:
	case RTM_DELNETCONF:
		return ctl_nl_decode_netconf(msg, len, &object->netconf);
	case RTM_NEWADDR:
	case RTM_DELADDR:
		return ctl_nl_decode_addr(msg, len, &object->addr);
	case RTM_NEWNEIGH:
	case RTM_DELNEIGH:
		return ctl_nl_decode_neigh(msg, len, &object->neigh);
	case RTM_NEWNEXTHOP:
	case RTM_DELNEXTHOP:
		return ctl_nl_decode_nexthop(msg, len, &object->nexthop);
	case RTM_NEWRULE:
	case RTM_DELRULE:
		return ctl_nl_decode_rule(msg, len, &object->rule);
	case RTM_NEWROUTE:
	case RTM_DELROUTE:
		return ctl_nl_decode_route(msg, len, &object->route);
	default:
		return -ENOMSG;
	}
}

int ctl_nl_apply(struct ctl_rib *rib, const struct nlmsghdr *msg, size_t len, bool dump)
{
	union object object;
	bool merged;
	int rc;

	if (dump && ctl_nl_decode_merge(msg, len, &merged) == 0) {
		ctl_rib_apply_merge(rib, merged);
		return 0;
	}
	rc = decode(msg, len, &object);
	if (rc < 0)
		return rc;
	switch (msg->nlmsg_type) {
	case RTM_NEWLINK:
	case RTM_DELLINK:
		return ctl_rib_apply_link(rib, &object.link, dump);
	case RTM_NEWNETCONF:
	case RTM_DELNETCONF:
		return ctl_rib_apply_netconf(rib, &object.netconf);
	case RTM_NEWADDR:
	case RTM_DELADDR:
		return ctl_rib_apply_addr(rib, &object.addr);
	case RTM_NEWNEIGH:
	case RTM_DELNEIGH:
		return ctl_rib_apply_neigh(rib, &object.neigh);
	case RTM_NEWNEXTHOP:
	case RTM_DELNEXTHOP:
		return ctl_rib_apply_nexthop(rib, &object.nexthop);
	case RTM_NEWRULE:
	case RTM_DELRULE:
		return ctl_rib_apply_rule(rib, &object.rule, dump);
	default:
		return ctl_rib_apply_route(rib, &object.route, dump);
	}
}

int ctl_nl_audit(struct ctl_rib *rib, const struct nlmsghdr *msg, size_t len)
{
	union object object;
	int rc = decode(msg, len, &object);

	if (rc < 0)
		return rc;
	switch (msg->nlmsg_type) {
	case RTM_NEWLINK:
		return ctl_rib_audit_link(rib, &object.link);
	case RTM_NEWADDR:
		return ctl_rib_audit_addr(rib, &object.addr);
	case RTM_NEWNEIGH:
		return ctl_rib_audit_neigh(rib, &object.neigh);
	case RTM_NEWNEXTHOP:
		return ctl_rib_audit_nexthop(rib, &object.nexthop);
	case RTM_NEWRULE:
		return ctl_rib_audit_rule(rib, &object.rule);
	case RTM_NEWROUTE:
		return ctl_rib_audit_route(rib, &object.route);
	default:
		return -ENOMSG;
	}
}
