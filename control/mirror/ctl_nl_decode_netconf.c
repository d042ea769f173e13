#include "control/mirror/ctl_nl_decode.h"

#include <errno.h>

#include <linux/netconf.h>
#include <linux/rtnetlink.h>

/* A notification tells what changed; most changes are of other settings. */
static int settings_decode(struct nlattr **tb, struct ctl_nl_netconf *netconf)
{
	uint32_t ignores = 0;

	netconf->has_linkdown = tb[NETCONFA_IGNORE_ROUTES_WITH_LINKDOWN] != NULL;
	netconf->has_rp_filter = tb[NETCONFA_RP_FILTER] != NULL;
	if (!netconf->has_linkdown && !netconf->has_rp_filter)
		return -ENOMSG;
	if (ctl_nl_decode_u32(tb[NETCONFA_IGNORE_ROUTES_WITH_LINKDOWN], &ignores) < 0 ||
	    ctl_nl_decode_u32(tb[NETCONFA_RP_FILTER], &netconf->rp_filter) < 0)
		return -EINVAL;
	netconf->ignores_linkdown = ignores != 0;
	return 0;
}

int ctl_nl_decode_netconf(const struct nlmsghdr *msg, size_t len, struct ctl_nl_netconf *netconf)
{
	struct nlattr *tb[NETCONFA_IGNORE_ROUTES_WITH_LINKDOWN + 1];
	const struct netconfmsg *info;
	uint32_t ifindex = 0;
	int rc;

	memset(netconf, 0, sizeof(*netconf));
	info = ctl_nl_decode_frame(msg, len, sizeof(*info), tb,
				   NETCONFA_IGNORE_ROUTES_WITH_LINKDOWN);
	if (!info)
		return -EINVAL;
	if (ctl_addr_len(info->ncm_family) == 0 || msg->nlmsg_type != RTM_NEWNETCONF)
		return -ENOMSG;
	rc = settings_decode(tb, netconf);
	if (rc < 0)
		return rc;
	if (!tb[NETCONFA_IFINDEX] || ctl_nl_decode_u32(tb[NETCONFA_IFINDEX], &ifindex) < 0)
		return -EINVAL;
	netconf->family = info->ncm_family;
	netconf->ifindex = (int)ifindex;
	/* What new links will have concerns none yet. */
	return netconf->ifindex == NETCONFA_IFINDEX_DEFAULT ? -ENOMSG : 0;
}
