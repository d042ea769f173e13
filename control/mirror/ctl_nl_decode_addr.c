#include "control/mirror/ctl_nl_decode.h"

#include <errno.h>

#include <linux/if_addr.h>
#include <linux/rtnetlink.h>

int ctl_nl_decode_addr(const struct nlmsghdr *msg, size_t len, struct ctl_nl_addr *addr)
{
	struct nlattr *tb[IFA_FLAGS + 1];
	const struct ifaddrmsg *info;
	uint32_t flags;

	memset(addr, 0, sizeof(*addr));
	info = ctl_nl_decode_frame(msg, len, sizeof(*info), tb, IFA_FLAGS);
	if (!info)
		return -EINVAL;
	if (ctl_addr_len(info->ifa_family) == 0)
		return -ENOMSG;
	if (info->ifa_index == 0 || info->ifa_index > INT32_MAX ||
	    info->ifa_prefixlen > ctl_addr_bits(info->ifa_family))
		return -EINVAL;
	addr->removed = msg->nlmsg_type == RTM_DELADDR;
	addr->ifindex = (int)info->ifa_index;
	addr->depth = info->ifa_prefixlen;
	flags = info->ifa_flags;
	if (ctl_nl_decode_address(tb[IFA_ADDRESS], info->ifa_family, &addr->peer) < 0 ||
	    ctl_nl_decode_address(tb[IFA_LOCAL], info->ifa_family, &addr->local) < 0 ||
	    ctl_nl_decode_u32(tb[IFA_FLAGS], &flags) < 0)
		return -EINVAL;
	addr->tentative = flags & IFA_F_TENTATIVE;
	if (addr->local.family == AF_UNSPEC)
		addr->local = addr->peer;
	if (addr->peer.family == AF_UNSPEC)
		addr->peer = addr->local;
	return addr->local.family == AF_UNSPEC ? -EINVAL : 0;
}
