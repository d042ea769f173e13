#include "control/mirror/ctl_nl_decode.h"

#include <errno.h>

#include <linux/if_addr.h>
#include <linux/rtnetlink.h>

int ctl_nl_decode_addr(const struct nlmsghdr *msg, size_t len, struct ctl_nl_addr *addr)
{
	struct nlattr *tb[IFA_LOCAL + 1];
	const struct ifaddrmsg *info;

	memset(addr, 0, sizeof(*addr));
	info = ctl_nl_decode_frame(msg, len, sizeof(*info), tb, IFA_LOCAL);
	if (!info)
		return -EINVAL;
	if (info->ifa_family != AF_INET)
		return -ENOMSG;
	if (info->ifa_index == 0 || info->ifa_index > INT32_MAX || info->ifa_prefixlen > 32)
		return -EINVAL;
	addr->removed = msg->nlmsg_type == RTM_DELADDR;
	addr->ifindex = (int)info->ifa_index;
	addr->depth = info->ifa_prefixlen;
	if (ctl_nl_decode_address(tb[IFA_ADDRESS], AF_INET, &addr->peer) < 0 ||
	    ctl_nl_decode_address(tb[IFA_LOCAL], AF_INET, &addr->local) < 0)
		return -EINVAL;
	if (addr->local.family == AF_UNSPEC)
		addr->local = addr->peer;
	if (addr->peer.family == AF_UNSPEC)
		addr->peer = addr->local;
	return addr->local.family == AF_UNSPEC ? -EINVAL : 0;
}
