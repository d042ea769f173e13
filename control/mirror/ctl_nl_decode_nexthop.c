#include "control/mirror/ctl_nl_decode.h"

#include <errno.h>

#include <linux/nexthop.h>
#include <linux/rtnetlink.h>

#define WEIGHT_MAX 256 /* of a member, as the data path takes it */

/*
 * Newer kernels carry the high bits of the weight in the byte behind it, whose name depends on the
 * age of the headers.
 */
static unsigned member_weight(const struct nexthop_grp *member)
{
	const uint8_t *low = (const uint8_t *)member + offsetof(struct nexthop_grp, weight);

	return (low[0] | (unsigned)low[1] << 8) + 1;
}

static int decode_group(const struct nlattr *attr, struct ctl_nl_nexthop *nexthop)
{
	const struct nexthop_grp *member = nla_data(attr);
	size_t n = (size_t)nla_len(attr) / sizeof(*member);

	if (n == 0 || (size_t)nla_len(attr) % sizeof(*member) != 0)
		return -EINVAL;
	if (n > CTL_NL_PATHS_MAX) {
		nexthop->unsupported = true;
		n = CTL_NL_PATHS_MAX;
	}
	for (size_t i = 0; i < n; i++, member++) {
		unsigned weight = member_weight(member);

		if (member->id == 0)
			return -EINVAL;
		if (weight > WEIGHT_MAX)
			nexthop->unsupported = true;
		nexthop->members[i] = member->id;
		nexthop->weights[i] = (uint16_t)(weight > WEIGHT_MAX ? WEIGHT_MAX : weight);
	}
	nexthop->n_members = (unsigned)n;
	return 0;
}

static int decode_single(struct nlattr **tb, const struct nhmsg *info,
			 struct ctl_nl_nexthop *nexthop)
{
	uint32_t ifindex = 0;

	if (ctl_nl_decode_u32(tb[NHA_OIF], &ifindex) < 0 || ifindex > INT32_MAX ||
	    ctl_nl_decode_address(tb[NHA_GATEWAY], info->nh_family, &nexthop->path.gateway) < 0)
		return -EINVAL;
	nexthop->path.ifindex = (int)ifindex;
	nexthop->path.weight = 1;
	nexthop->path.flags = (uint8_t)info->nh_flags;
	if (tb[NHA_ENCAP] || tb[NHA_FDB])
		nexthop->unsupported = true;
	return 0;
}

int ctl_nl_decode_nexthop(const struct nlmsghdr *msg, size_t len, struct ctl_nl_nexthop *nexthop)
{
	struct nlattr *tb[NHA_MAX + 1];
	const struct nhmsg *info;

	memset(nexthop, 0, sizeof(*nexthop));
	info = ctl_nl_decode_frame(msg, len, sizeof(*info), tb, NHA_MAX);
	if (!info || ctl_nl_decode_u32(tb[NHA_ID], &nexthop->id) < 0 || nexthop->id == 0)
		return -EINVAL;
	nexthop->removed = msg->nlmsg_type == RTM_DELNEXTHOP;
	if (nexthop->removed)
		return 0;
	nexthop->family = info->nh_family;
	if (tb[NHA_GROUP])
		return decode_group(tb[NHA_GROUP], nexthop);
	if (tb[NHA_BLACKHOLE]) {
		nexthop->blackhole = true;
		return 0;
	}
	return decode_single(tb, info, nexthop);
}
