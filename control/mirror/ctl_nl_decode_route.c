#include "control/mirror/ctl_nl_decode.h"

#include <errno.h>

#include <linux/icmpv6.h>
#include <linux/rtnetlink.h>

/* Gateway of a route or of one of its paths: of the route's family, or of another in RTA_VIA. */
static int decode_gateway(struct nlattr **tb, uint8_t family, struct ctl_addr *gateway)
{
	const struct rtvia *via;
	size_t len;

	if (!tb[RTA_VIA])
		return ctl_nl_decode_address(tb[RTA_GATEWAY], family, gateway);
	if (nla_len(tb[RTA_VIA]) < (int)sizeof(*via))
		return -EINVAL;
	via = nla_data(tb[RTA_VIA]);
	len = (size_t)nla_len(tb[RTA_VIA]) - sizeof(*via);
	memset(gateway, 0, sizeof(*gateway));
	if (via->rtvia_family > UINT8_MAX || len == 0 ||
	    len != ctl_addr_len((uint8_t)via->rtvia_family))
		return -EINVAL;
	gateway->family = (uint8_t)via->rtvia_family;
	memcpy(gateway->bytes, via->rtvia_addr, len);
	return 0;
}

static int decode_hop(const struct rtnexthop *hop, struct ctl_nl_route *route)
{
	struct ctl_nl_path *path = &route->paths[route->n_paths];
	struct nlattr *tb[RTA_MAX + 1];
	char *attrs = (char *)(uintptr_t)hop + RTNH_LENGTH(0);

	if (hop->rtnh_ifindex < 0 || nla_parse(tb, RTA_MAX, (struct nlattr *)(void *)attrs,
					       hop->rtnh_len - (int)RTNH_LENGTH(0), NULL) < 0)
		return -EINVAL;
	path->ifindex = hop->rtnh_ifindex;
	path->weight = (uint16_t)(hop->rtnh_hops + 1);
	path->flags = hop->rtnh_flags;
	if (tb[RTA_ENCAP])
		route->unsupported = true;
	if (decode_gateway(tb, route->prefix.family, &path->gateway) < 0)
		return -EINVAL;
	route->n_paths++;
	return 0;
}

static int decode_multipath(const struct nlattr *attr, struct ctl_nl_route *route)
{
	const char *at = nla_data(attr);
	size_t left = (size_t)nla_len(attr);

	while (left >= sizeof(struct rtnexthop)) {
		const struct rtnexthop *hop = (const struct rtnexthop *)(const void *)at;
		size_t step;

		if (hop->rtnh_len < sizeof(*hop) || hop->rtnh_len > left)
			return -EINVAL;
		if (route->n_paths == CTL_NL_PATHS_MAX) {
			route->unsupported = true;
			return 0;
		}
		if (decode_hop(hop, route) < 0)
			return -EINVAL;
		step = RTNH_ALIGN(hop->rtnh_len);
		step = step < left ? step : left;
		at += step;
		left -= step;
	}
	return left == 0 ? 0 : -EINVAL;
}

/* The route's own output device and gateway are its only path. */
static int decode_single(struct nlattr **tb, uint8_t flags, struct ctl_nl_route *route)
{
	struct ctl_nl_path *path = &route->paths[0];
	uint32_t ifindex = 0;

	if (ctl_nl_decode_u32(tb[RTA_OIF], &ifindex) < 0 || ifindex > INT32_MAX ||
	    decode_gateway(tb, route->prefix.family, &path->gateway) < 0)
		return -EINVAL;
	if (ifindex == 0 && path->gateway.family == AF_UNSPEC)
		return 0;
	path->ifindex = (int)ifindex;
	path->weight = 1;
	path->flags = flags;
	route->n_paths = 1;
	return 0;
}

static int decode_paths(struct nlattr **tb, uint8_t flags, struct ctl_nl_route *route)
{
	if (tb[RTA_ENCAP])
		route->unsupported = true;
	if (ctl_nl_decode_u32(tb[RTA_NH_ID], &route->nexthop_id) < 0)
		return -EINVAL;
	/* What an object means is told by its own message; here it is only expanded for readers
	 * that know no objects (net.ipv4.nexthop_compat_mode).
	 */
	if (route->nexthop_id != 0) {
		route->unsupported = false;
		return 0;
	}
	if (tb[RTA_MULTIPATH])
		return decode_multipath(tb[RTA_MULTIPATH], route);
	return decode_single(tb, flags, route);
}

/* Never 0. Two routes of a prefix that share it are told apart by their paths. */
static uint8_t digest(const struct rtmsg *info, const struct ctl_addr *source, uint8_t preference)
{
	uint32_t hash = 17U * preference + info->rtm_src_len;

	for (size_t i = 0; i < sizeof(source->bytes); i++)
		hash = hash * 31 + source->bytes[i];
	return (uint8_t)(hash % UINT8_MAX + 1);
}

/* What IPv6 has besides: source prefixes, preferences of routers, and routes that expire. */
static int decode_ipv6(const struct rtmsg *info, struct nlattr **tb, struct ctl_nl_route *route)
{
	struct rta_cacheinfo cache = { .rta_expires = 0 };
	struct ctl_addr source;
	uint8_t preference = 0;

	if (info->rtm_src_len > 128 || (info->rtm_src_len > 0 && !tb[RTA_SRC]) ||
	    ctl_nl_decode_address(tb[RTA_SRC], AF_INET6, &source) < 0 ||
	    (tb[RTA_PREF] && nla_len(tb[RTA_PREF]) != (int)sizeof(preference)) ||
	    (tb[RTA_CACHEINFO] && nla_len(tb[RTA_CACHEINFO]) < (int)sizeof(cache)))
		return -EINVAL;
	if (tb[RTA_PREF])
		preference = nla_get_u8(tb[RTA_PREF]);
	if (tb[RTA_CACHEINFO])
		memcpy(&cache, nla_data(tb[RTA_CACHEINFO]), sizeof(cache));
	route->tos = 0;
	if (info->rtm_src_len > 0 || preference != ICMPV6_ROUTER_PREF_MEDIUM)
		route->tos = digest(info, &source, preference);
	/* From its end until the kernel removes it lookups pass over it. */
	if (cache.rta_expires != 0)
		route->unsupported = true;
	return 0;
}

static int decode_key(const struct rtmsg *info, struct nlattr **tb, struct ctl_nl_route *route)
{
	route->type = info->rtm_type;
	route->depth = info->rtm_dst_len;
	route->tos = info->rtm_tos;
	route->protocol = info->rtm_protocol;
	route->scope = info->rtm_scope;
	route->table = info->rtm_table;
	if (route->depth > ctl_addr_bits(info->rtm_family) ||
	    ctl_nl_decode_u32(tb[RTA_TABLE], &route->table) < 0 ||
	    ctl_nl_decode_u32(tb[RTA_PRIORITY], &route->metric) < 0 ||
	    ctl_nl_decode_address(tb[RTA_DST], info->rtm_family, &route->prefix) < 0 ||
	    ctl_nl_decode_address(tb[RTA_PREFSRC], info->rtm_family, &route->prefsrc) < 0)
		return -EINVAL;
	if (route->prefix.family == AF_UNSPEC && route->depth > 0)
		return -EINVAL;
	route->prefix.family = info->rtm_family;
	if (ctl_addr_has_host_bits(&route->prefix, route->depth))
		return -EINVAL;
	return info->rtm_family == AF_INET6 ? decode_ipv6(info, tb, route) : 0;
}

int ctl_nl_decode_route(const struct nlmsghdr *msg, size_t len, struct ctl_nl_route *route)
{
	struct nlattr *tb[RTA_MAX + 1];
	const struct rtmsg *info;

	memset(route, 0, sizeof(*route));
	info = ctl_nl_decode_frame(msg, len, sizeof(*info), tb, RTA_MAX);
	if (!info)
		return -EINVAL;
	/* Cloned: an entry of the kernel's route cache, no route. */
	if (ctl_addr_len(info->rtm_family) == 0 || (info->rtm_flags & RTM_F_CLONED))
		return -ENOMSG;
	route->removed = msg->nlmsg_type == RTM_DELROUTE;
	route->replace = msg->nlmsg_flags & NLM_F_REPLACE;
	route->append = msg->nlmsg_flags & NLM_F_APPEND;
	if (decode_key(info, tb, route) < 0)
		return -EINVAL;
	return decode_paths(tb, (uint8_t)info->rtm_flags, route);
}
