#include "control/mirror/ctl_nl_decode.h"

#include <errno.h>

#include <linux/netconf.h>
#include <linux/rtnetlink.h>

int ctl_nl_decode_netconf(const struct nlmsghdr *msg, size_t len, struct ctl_nl_netconf *netconf)
{
	struct nlattr *tb[NETCONFA_IGNORE_ROUTES_WITH_LINKDOWN + 1];
	const struct netconfmsg *info;
	uint32_t ifindex = 0;
	uint32_t ignores = 0;

	memset(netconf, 0, sizeof(*netconf));
	info = ctl_nl_decode_frame(msg, len, sizeof(*info), tb,
				   NETCONFA_IGNORE_ROUTES_WITH_LINKDOWN);
	if (!info)
		return -EINVAL;
	/* A notification tells what changed; most changes are of other settings. */
	if (ctl_addr_len(info->ncm_family) == 0 || msg->nlmsg_type != RTM_NEWNETCONF ||
	    !tb[NETCONFA_IGNORE_ROUTES_WITH_LINKDOWN])
		return -ENOMSG;
	if (!tb[NETCONFA_IFINDEX] || ctl_nl_decode_u32(tb[NETCONFA_IFINDEX], &ifindex) < 0 ||
	    ctl_nl_decode_u32(tb[NETCONFA_IGNORE_ROUTES_WITH_LINKDOWN], &ignores) < 0)
		return -EINVAL;
	netconf->family = info->ncm_family;
	netconf->ifindex = (int)ifindex;
	netconf->ignores_linkdown = ignores != 0;
	/* What new links will have concerns none yet. */
	return netconf->ifindex == NETCONFA_IFINDEX_DEFAULT ? -ENOMSG : 0;
}
