#include "control/mirror/ctl_nl_apply.h"

#include "control/mirror/ctl_nl_decode.h"
#include "control/mirror/ctl_rib_audit.h"

#include <errno.h>

#include <linux/rtnetlink.h>

static int apply_link(struct ctl_rib *rib, const struct nlmsghdr *msg, size_t len)
{
	struct ctl_nl_link link;
	int rc = ctl_nl_decode_link(msg, len, &link);

	return rc < 0 ? rc : ctl_rib_apply_link(rib, &link);
}

static int apply_netconf(struct ctl_rib *rib, const struct nlmsghdr *msg, size_t len)
{
	struct ctl_nl_netconf netconf;
	int rc = ctl_nl_decode_netconf(msg, len, &netconf);

	return rc < 0 ? rc : ctl_rib_apply_netconf(rib, &netconf);
}

static int apply_addr(struct ctl_rib *rib, const struct nlmsghdr *msg, size_t len)
{
	struct ctl_nl_addr addr;
	int rc = ctl_nl_decode_addr(msg, len, &addr);

	return rc < 0 ? rc : ctl_rib_apply_addr(rib, &addr);
}

static int apply_neigh(struct ctl_rib *rib, const struct nlmsghdr *msg, size_t len)
{
	struct ctl_nl_neigh neigh;
	int rc = ctl_nl_decode_neigh(msg, len, &neigh);

	return rc < 0 ? rc : ctl_rib_apply_neigh(rib, &neigh);
}

static int apply_nexthop(struct ctl_rib *rib, const struct nlmsghdr *msg, size_t len)
{
	struct ctl_nl_nexthop nexthop;
	int rc = ctl_nl_decode_nexthop(msg, len, &nexthop);

	return rc < 0 ? rc : ctl_rib_apply_nexthop(rib, &nexthop);
}

static int apply_route(struct ctl_rib *rib, const struct nlmsghdr *msg, size_t len, bool dump)
{
	struct ctl_nl_route route;
	int rc = ctl_nl_decode_route(msg, len, &route);

	return rc < 0 ? rc : ctl_rib_apply_route(rib, &route, dump);
}

int ctl_nl_apply(struct ctl_rib *rib, const struct nlmsghdr *msg, size_t len, bool dump)
{
	switch (msg->nlmsg_type) {
	case RTM_NEWLINK:
	case RTM_DELLINK:
		return apply_link(rib, msg, len);
	case RTM_NEWNETCONF:
	case RTM_DELNETCONF:
		return apply_netconf(rib, msg, len);
	case RTM_NEWADDR:
	case RTM_DELADDR:
		return apply_addr(rib, msg, len);
	case RTM_NEWNEIGH:
	case RTM_DELNEIGH:
		return apply_neigh(rib, msg, len);
	case RTM_NEWNEXTHOP:
	case RTM_DELNEXTHOP:
		return apply_nexthop(rib, msg, len);
	case RTM_NEWROUTE:
	case RTM_DELROUTE:
		return apply_route(rib, msg, len, dump);
	default:
		return -ENOMSG;
	}
}

static int audit_link(struct ctl_rib *rib, const struct nlmsghdr *msg, size_t len)
{
	struct ctl_nl_link link;
	int rc = ctl_nl_decode_link(msg, len, &link);

	return rc < 0 ? rc : ctl_rib_audit_link(rib, &link);
}

static int audit_addr(struct ctl_rib *rib, const struct nlmsghdr *msg, size_t len)
{
	struct ctl_nl_addr addr;
	int rc = ctl_nl_decode_addr(msg, len, &addr);

	return rc < 0 ? rc : ctl_rib_audit_addr(rib, &addr);
}

static int audit_neigh(struct ctl_rib *rib, const struct nlmsghdr *msg, size_t len)
{
	struct ctl_nl_neigh neigh;
	int rc = ctl_nl_decode_neigh(msg, len, &neigh);

	return rc < 0 ? rc : ctl_rib_audit_neigh(rib, &neigh);
}

static int audit_nexthop(struct ctl_rib *rib, const struct nlmsghdr *msg, size_t len)
{
	struct ctl_nl_nexthop nexthop;
	int rc = ctl_nl_decode_nexthop(msg, len, &nexthop);

	return rc < 0 ? rc : ctl_rib_audit_nexthop(rib, &nexthop);
}

static int audit_route(struct ctl_rib *rib, const struct nlmsghdr *msg, size_t len)
{
	struct ctl_nl_route route;
	int rc = ctl_nl_decode_route(msg, len, &route);

	return rc < 0 ? rc : ctl_rib_audit_route(rib, &route);
}

int ctl_nl_audit(struct ctl_rib *rib, const struct nlmsghdr *msg, size_t len)
{
	switch (msg->nlmsg_type) {
	case RTM_NEWLINK:
		return audit_link(rib, msg, len);
	case RTM_NEWADDR:
		return audit_addr(rib, msg, len);
	case RTM_NEWNEIGH:
		return audit_neigh(rib, msg, len);
	case RTM_NEWNEXTHOP:
		return audit_nexthop(rib, msg, len);
	case RTM_NEWROUTE:
		return audit_route(rib, msg, len);
	default:
		return -ENOMSG;
	}
}
