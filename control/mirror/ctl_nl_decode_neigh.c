#include "control/mirror/ctl_nl_decode.h"

#include <errno.h>

#include <linux/neighbour.h>
#include <linux/rtnetlink.h>

int ctl_nl_decode_neigh(const struct nlmsghdr *msg, size_t len, struct ctl_nl_neigh *neigh)
{
	struct nlattr *tb[NDA_FLAGS_EXT + 1];
	const struct ndmsg *info;
	uint32_t flags_ext = 0;

	memset(neigh, 0, sizeof(*neigh));
	info = ctl_nl_decode_frame(msg, len, sizeof(*info), tb, NDA_FLAGS_EXT);
	if (!info)
		return -EINVAL;
	if (ctl_addr_len(info->ndm_family) == 0 || (info->ndm_flags & NTF_PROXY))
		return -ENOMSG;
	if (info->ndm_ifindex <= 0 || !tb[NDA_DST] ||
	    ctl_nl_decode_address(tb[NDA_DST], info->ndm_family, &neigh->addr) < 0 ||
	    ctl_nl_decode_u32(tb[NDA_FLAGS_EXT], &flags_ext) < 0)
		return -EINVAL;
	if (ctl_addr_is_multicast(&neigh->addr))
		return -ENOMSG;
	neigh->removed = msg->nlmsg_type == RTM_DELNEIGH;
	neigh->ifindex = info->ndm_ifindex;
	neigh->state = info->ndm_state;
	neigh->flags = info->ndm_flags & (NTF_EXT_LEARNED | NTF_ROUTER);
	neigh->managed = flags_ext & NTF_EXT_MANAGED;
	if (tb[NDA_LLADDR] && nla_len(tb[NDA_LLADDR]) == (int)sizeof(neigh->mac)) {
		neigh->has_mac = true;
		memcpy(neigh->mac, nla_data(tb[NDA_LLADDR]), sizeof(neigh->mac));
	}
	return 0;
}
