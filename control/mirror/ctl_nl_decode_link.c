#include "control/mirror/ctl_nl_decode.h"

#include <errno.h>

#include <linux/if_link.h>
#include <linux/rtnetlink.h>

static int decode_name(const struct nlattr *attr, char *name)
{
	size_t len;

	if (!attr)
		return -EINVAL;
	len = strnlen(nla_data(attr), (size_t)nla_len(attr));
	if (len == 0 || len >= IFNAMSIZ)
		return -EINVAL;
	memcpy(name, nla_data(attr), len);
	name[len] = '\0';
	return 0;
}

int ctl_nl_decode_link(const struct nlmsghdr *msg, size_t len, struct ctl_nl_link *link)
{
	struct nlattr *tb[IFLA_MASTER + 1];
	const struct ifinfomsg *info;
	uint32_t master = 0;

	memset(link, 0, sizeof(*link));
	info = ctl_nl_decode_frame(msg, len, sizeof(*info), tb, IFLA_MASTER);
	if (!info || info->ifi_index <= 0)
		return -EINVAL;
	/* A bridge reports its ports a second time under its own family: not the link's state. */
	if (info->ifi_family != AF_UNSPEC)
		return -ENOMSG;
	link->removed = msg->nlmsg_type == RTM_DELLINK;
	link->ifindex = info->ifi_index;
	link->flags = info->ifi_flags;
	if (decode_name(tb[IFLA_IFNAME], link->name) < 0 ||
	    ctl_nl_decode_u32(tb[IFLA_MTU], &link->mtu) < 0 ||
	    ctl_nl_decode_u32(tb[IFLA_MASTER], &master) < 0)
		return -EINVAL;
	link->master = (int)master;
	if (tb[IFLA_ADDRESS] && nla_len(tb[IFLA_ADDRESS]) == (int)sizeof(link->mac)) {
		link->has_mac = true;
		memcpy(link->mac, nla_data(tb[IFLA_ADDRESS]), sizeof(link->mac));
	}
	return 0;
}
