/* Netlink messages, built by libnl, against what they are to mean; cut off and bent ones as well. */

#include "control/mirror/ctl_nl_decode.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>
#include <linux/if_addr.h>
#include <linux/if_link.h>
#include <linux/neighbour.h>
#include <linux/netconf.h>
#include <linux/nexthop.h>
#include <linux/rtnetlink.h>
#include <netlink/msg.h>

static const uint8_t mac_a[6] = { 2, 0, 0, 0, 0, 0xa };

static struct nl_msg *message(int type, int flags, const void *head, size_t len)
{
	struct nl_msg *msg = nlmsg_alloc_simple(type, flags);

	assert_non_null(msg);
	assert_return_code(nlmsg_append(msg, (void *)(uintptr_t)head, len, NLMSG_ALIGNTO), 0);
	return msg;
}

static size_t length(struct nl_msg *msg)
{
	return nlmsg_hdr(msg)->nlmsg_len;
}

static void put_ipv4(struct nl_msg *msg, int type, uint32_t addr)
{
	uint32_t wire = htonl(addr);

	nla_put(msg, type, sizeof(wire), &wire);
}

static struct nl_msg *link_message(int type)
{
	const struct ifinfomsg head = { .ifi_index = 7, .ifi_flags = IFF_UP | IFF_RUNNING };
	struct nl_msg *msg = message(type, 0, &head, sizeof(head));

	nla_put_string(msg, IFLA_IFNAME, "wan0");
	nla_put_u32(msg, IFLA_MTU, 1500);
	nla_put(msg, IFLA_ADDRESS, sizeof(mac_a), mac_a);
	nla_put_u32(msg, IFLA_MASTER, 9);
	return msg;
}

static void test_link(void **state)
{
	struct nl_msg *msg = link_message(RTM_NEWLINK);
	struct ctl_nl_link link;

	(void)state;
	assert_int_equal(ctl_nl_decode_link(nlmsg_hdr(msg), length(msg), &link), 0);
	assert_false(link.removed);
	assert_int_equal(link.ifindex, 7);
	assert_string_equal(link.name, "wan0");
	assert_int_equal(link.flags, IFF_UP | IFF_RUNNING);
	assert_int_equal(link.mtu, 1500);
	assert_int_equal(link.master, 9);
	assert_true(link.has_mac);
	assert_memory_equal(link.mac, mac_a, sizeof(mac_a));
	nlmsg_free(msg);
}

static void test_link_without_name_is_malformed(void **state)
{
	const struct ifinfomsg head = { .ifi_index = 7 };
	struct nl_msg *msg = message(RTM_NEWLINK, 0, &head, sizeof(head));
	struct ctl_nl_link link;

	(void)state;
	assert_int_equal(ctl_nl_decode_link(nlmsg_hdr(msg), length(msg), &link), -EINVAL);
	nla_put(msg, IFLA_IFNAME, 20, "a-name-of-20-bytes!!");
	assert_int_equal(ctl_nl_decode_link(nlmsg_hdr(msg), length(msg), &link), -EINVAL);
	nlmsg_free(msg);
}

static void test_link_of_bridge_family_is_none(void **state)
{
	const struct ifinfomsg head = { .ifi_family = AF_BRIDGE, .ifi_index = 7 };
	struct nl_msg *msg = message(RTM_NEWLINK, 0, &head, sizeof(head));
	struct ctl_nl_link link;

	(void)state;
	nla_put_string(msg, IFLA_IFNAME, "wan0");
	assert_int_equal(ctl_nl_decode_link(nlmsg_hdr(msg), length(msg), &link), -ENOMSG);
	nlmsg_free(msg);
}

static struct nl_msg *addr_message(int type)
{
	const struct ifaddrmsg head = { .ifa_family = AF_INET,
					.ifa_prefixlen = 24,
					.ifa_index = 7 };
	struct nl_msg *msg = message(type, 0, &head, sizeof(head));

	put_ipv4(msg, IFA_ADDRESS, 0x0a000002);
	put_ipv4(msg, IFA_LOCAL, 0x0a000001);
	return msg;
}

static void test_addr_with_peer(void **state)
{
	struct nl_msg *msg = addr_message(RTM_DELADDR);
	struct ctl_nl_addr addr;

	(void)state;
	assert_int_equal(ctl_nl_decode_addr(nlmsg_hdr(msg), length(msg), &addr), 0);
	assert_true(addr.removed);
	assert_int_equal(addr.ifindex, 7);
	assert_int_equal(addr.depth, 24);
	assert_int_equal(ctl_addr_ipv4(&addr.local), 0x0a000001);
	assert_int_equal(ctl_addr_ipv4(&addr.peer), 0x0a000002);
	nlmsg_free(msg);
}

static void test_addr_without_peer_or_of_ipv6(void **state)
{
	struct ifaddrmsg head = { .ifa_family = AF_INET, .ifa_prefixlen = 24, .ifa_index = 7 };
	struct nl_msg *msg = message(RTM_NEWADDR, 0, &head, sizeof(head));
	struct ctl_nl_addr addr;

	(void)state;
	assert_int_equal(ctl_nl_decode_addr(nlmsg_hdr(msg), length(msg), &addr), -EINVAL);
	put_ipv4(msg, IFA_LOCAL, 0x0a000001);
	assert_int_equal(ctl_nl_decode_addr(nlmsg_hdr(msg), length(msg), &addr), 0);
	assert_int_equal(ctl_addr_ipv4(&addr.peer), 0x0a000001);
	nlmsg_free(msg);
	head.ifa_family = AF_INET6;
	msg = message(RTM_NEWADDR, 0, &head, sizeof(head));
	assert_int_equal(ctl_nl_decode_addr(nlmsg_hdr(msg), length(msg), &addr), -ENOMSG);
	nlmsg_free(msg);
}

static struct nl_msg *neigh_message(int type, uint8_t flags)
{
	const struct ndmsg head = { .ndm_family = AF_INET,
				    .ndm_ifindex = 7,
				    .ndm_state = NUD_REACHABLE,
				    .ndm_flags = flags };
	struct nl_msg *msg = message(type, 0, &head, sizeof(head));

	put_ipv4(msg, NDA_DST, 0x0a000005);
	nla_put(msg, NDA_LLADDR, sizeof(mac_a), mac_a);
	nla_put_u32(msg, NDA_FLAGS_EXT, NTF_EXT_MANAGED);
	return msg;
}

static void test_neigh(void **state)
{
	struct nl_msg *msg = neigh_message(RTM_NEWNEIGH, NTF_EXT_LEARNED);
	struct ctl_nl_neigh neigh;

	(void)state;
	assert_int_equal(ctl_nl_decode_neigh(nlmsg_hdr(msg), length(msg), &neigh), 0);
	assert_int_equal(neigh.ifindex, 7);
	assert_int_equal(ctl_addr_ipv4(&neigh.addr), 0x0a000005);
	assert_int_equal(neigh.state, NUD_REACHABLE);
	assert_int_equal(neigh.flags, NTF_EXT_LEARNED);
	assert_true(neigh.managed);
	assert_true(neigh.has_mac);
	assert_memory_equal(neigh.mac, mac_a, sizeof(mac_a));
	nlmsg_free(msg);
}

static void test_neighs_that_do_not_concern_us(void **state)
{
	struct nl_msg *msg = neigh_message(RTM_NEWNEIGH, NTF_PROXY);
	struct ndmsg head = { .ndm_family = AF_INET, .ndm_ifindex = 7 };
	struct ctl_nl_neigh neigh;

	(void)state;
	assert_int_equal(ctl_nl_decode_neigh(nlmsg_hdr(msg), length(msg), &neigh), -ENOMSG);
	nlmsg_free(msg);
	msg = message(RTM_NEWNEIGH, 0, &head, sizeof(head));
	assert_int_equal(ctl_nl_decode_neigh(nlmsg_hdr(msg), length(msg), &neigh), -EINVAL);
	put_ipv4(msg, NDA_DST, 0xe0000005);
	assert_int_equal(ctl_nl_decode_neigh(nlmsg_hdr(msg), length(msg), &neigh), -ENOMSG);
	nlmsg_free(msg);
	head.ndm_family = AF_BRIDGE;
	msg = message(RTM_NEWNEIGH, 0, &head, sizeof(head));
	assert_int_equal(ctl_nl_decode_neigh(nlmsg_hdr(msg), length(msg), &neigh), -ENOMSG);
	nlmsg_free(msg);
}

static struct rtmsg route_head(void)
{
	return (struct rtmsg){ .rtm_family = AF_INET,
			       .rtm_dst_len = 24,
			       .rtm_table = RT_TABLE_MAIN,
			       .rtm_protocol = 188,
			       .rtm_type = RTN_UNICAST };
}

static struct nl_msg *route_message(int type, int flags)
{
	struct rtmsg head = route_head();
	struct nl_msg *msg = message(type, flags, &head, sizeof(head));

	put_ipv4(msg, RTA_DST, 0x14000100);
	nla_put_u32(msg, RTA_TABLE, RT_TABLE_MAIN);
	nla_put_u32(msg, RTA_PRIORITY, 20);
	put_ipv4(msg, RTA_GATEWAY, 0x0a000005);
	nla_put_u32(msg, RTA_OIF, 7);
	return msg;
}

static void test_route_with_gateway(void **state)
{
	struct nl_msg *msg = route_message(RTM_NEWROUTE, NLM_F_REPLACE);
	struct ctl_nl_route route;

	(void)state;
	assert_int_equal(ctl_nl_decode_route(nlmsg_hdr(msg), length(msg), &route), 0);
	assert_true(route.replace);
	assert_false(route.append);
	assert_int_equal(route.depth, 24);
	assert_int_equal(ctl_addr_ipv4(&route.prefix), 0x14000100);
	assert_int_equal(route.protocol, 188);
	assert_int_equal(route.metric, 20);
	assert_int_equal(route.table, RT_TABLE_MAIN);
	assert_int_equal(route.prefsrc.family, AF_UNSPEC);
	assert_int_equal(route.n_paths, 1);
	assert_int_equal(route.paths[0].ifindex, 7);
	assert_int_equal(route.paths[0].weight, 1);
	assert_int_equal(ctl_addr_ipv4(&route.paths[0].gateway), 0x0a000005);
	nlmsg_free(msg);
}

static void test_route_over_ipv6_gateway(void **state)
{
	struct rtmsg head = route_head();
	struct nl_msg *msg = message(RTM_NEWROUTE, 0, &head, sizeof(head));
	uint8_t via[18] = { 0 };
	uint16_t family = AF_INET6;
	struct ctl_nl_route route;

	(void)state;
	memcpy(via, &family, sizeof(family));
	via[2] = 0xfe;
	via[3] = 0x80;
	via[17] = 1;
	put_ipv4(msg, RTA_DST, 0x14000100);
	nla_put_u32(msg, RTA_OIF, 7);
	nla_put(msg, RTA_VIA, sizeof(via), via);
	assert_int_equal(ctl_nl_decode_route(nlmsg_hdr(msg), length(msg), &route), 0);
	assert_int_equal(route.paths[0].gateway.family, AF_INET6);
	assert_int_equal(route.paths[0].gateway.bytes[0], 0xfe);
	assert_int_equal(route.paths[0].gateway.bytes[15], 1);
	nlmsg_free(msg);
}

/* One nexthop of RTA_MULTIPATH with a gateway. */
struct hop {
	struct rtnexthop head;
	struct nlattr gateway;
	uint32_t addr;
};

static struct hop hop(int ifindex, uint8_t hops, uint32_t gateway)
{
	return (struct hop){ .head = { .rtnh_len = sizeof(struct hop),
				       .rtnh_hops = hops,
				       .rtnh_ifindex = ifindex },
			     .gateway = { .nla_len = 8, .nla_type = RTA_GATEWAY },
			     .addr = htonl(gateway) };
}

static struct nl_msg *multipath_message(const struct hop *hops, size_t len)
{
	struct rtmsg head = route_head();
	struct nl_msg *msg = message(RTM_NEWROUTE, NLM_F_APPEND, &head, sizeof(head));

	put_ipv4(msg, RTA_DST, 0x14000100);
	nla_put(msg, RTA_MULTIPATH, (int)len, hops);
	return msg;
}

static void test_route_with_several_paths(void **state)
{
	struct hop hops[2] = { hop(7, 0, 0x0a000005), hop(8, 3, 0x0a010005) };
	struct nl_msg *msg;
	struct ctl_nl_route route;

	(void)state;
	hops[1].head.rtnh_flags = RTNH_F_DEAD;
	msg = multipath_message(hops, sizeof(hops));
	assert_int_equal(ctl_nl_decode_route(nlmsg_hdr(msg), length(msg), &route), 0);
	assert_true(route.append);
	assert_int_equal(route.n_paths, 2);
	assert_int_equal(route.paths[0].weight, 1);
	assert_int_equal(route.paths[1].weight, 4);
	assert_int_equal(route.paths[1].ifindex, 8);
	assert_int_equal(route.paths[1].flags, RTNH_F_DEAD);
	assert_int_equal(ctl_addr_ipv4(&route.paths[1].gateway), 0x0a010005);
	nlmsg_free(msg);
}

static void test_route_with_more_paths_than_the_data_path_takes(void **state)
{
	struct hop hops[CTL_NL_PATHS_MAX + 1];
	struct nl_msg *msg;
	struct ctl_nl_route route;

	(void)state;
	for (unsigned i = 0; i <= CTL_NL_PATHS_MAX; i++)
		hops[i] = hop(7, 0, 0x0a000005 + i);
	msg = multipath_message(hops, sizeof(hops));
	assert_int_equal(ctl_nl_decode_route(nlmsg_hdr(msg), length(msg), &route), 0);
	assert_int_equal(route.n_paths, CTL_NL_PATHS_MAX);
	assert_true(route.unsupported);
	nlmsg_free(msg);
}

static void test_bent_paths_are_malformed(void **state)
{
	static const uint16_t lens[] = { 0, 4, 7, 17, 1000 };
	struct ctl_nl_route route;

	(void)state;
	for (size_t i = 0; i < sizeof(lens) / sizeof(lens[0]); i++) {
		struct hop bent = hop(7, 0, 0x0a000005);
		struct nl_msg *msg;

		bent.head.rtnh_len = lens[i];
		msg = multipath_message(&bent, sizeof(bent));
		assert_int_equal(ctl_nl_decode_route(nlmsg_hdr(msg), length(msg), &route), -EINVAL);
		nlmsg_free(msg);
	}
}

static void test_route_over_nexthop_object(void **state)
{
	struct nl_msg *msg = route_message(RTM_NEWROUTE, 0);
	struct ctl_nl_route route;

	(void)state;
	nla_put_u32(msg, RTA_NH_ID, 42);
	assert_int_equal(ctl_nl_decode_route(nlmsg_hdr(msg), length(msg), &route), 0);
	assert_int_equal(route.nexthop_id, 42);
	assert_int_equal(route.n_paths, 0);
	nlmsg_free(msg);
}

static void test_routes_that_only_the_kernel_can_forward(void **state)
{
	struct nl_msg *msg = route_message(RTM_NEWROUTE, 0);
	struct ctl_nl_route route;

	(void)state;
	nla_put_u32(msg, RTA_ENCAP, 0);
	assert_int_equal(ctl_nl_decode_route(nlmsg_hdr(msg), length(msg), &route), 0);
	assert_true(route.unsupported);
	nlmsg_free(msg);
}

static void test_routes_that_do_not_concern_us(void **state)
{
	struct rtmsg head = route_head();
	struct ctl_nl_route route;
	struct nl_msg *msg;

	(void)state;
	head.rtm_flags = RTM_F_CLONED;
	msg = message(RTM_NEWROUTE, 0, &head, sizeof(head));
	assert_int_equal(ctl_nl_decode_route(nlmsg_hdr(msg), length(msg), &route), -ENOMSG);
	nlmsg_free(msg);
	head = route_head();
	head.rtm_family = AF_INET6;
	msg = message(RTM_NEWROUTE, 0, &head, sizeof(head));
	assert_int_equal(ctl_nl_decode_route(nlmsg_hdr(msg), length(msg), &route), -ENOMSG);
	nlmsg_free(msg);
}

static void test_bent_prefixes_are_malformed(void **state)
{
	struct rtmsg head = route_head();
	struct ctl_nl_route route;
	struct nl_msg *msg = message(RTM_NEWROUTE, 0, &head, sizeof(head));

	(void)state;
	/* No destination is 0.0.0.0/0 only. */
	assert_int_equal(ctl_nl_decode_route(nlmsg_hdr(msg), length(msg), &route), -EINVAL);
	put_ipv4(msg, RTA_DST, 0x14000101);
	assert_int_equal(ctl_nl_decode_route(nlmsg_hdr(msg), length(msg), &route), -EINVAL);
	nlmsg_free(msg);
	head.rtm_dst_len = 33;
	msg = message(RTM_NEWROUTE, 0, &head, sizeof(head));
	put_ipv4(msg, RTA_DST, 0x14000100);
	assert_int_equal(ctl_nl_decode_route(nlmsg_hdr(msg), length(msg), &route), -EINVAL);
	nlmsg_free(msg);
	head.rtm_dst_len = 24;
	msg = message(RTM_NEWROUTE, 0, &head, sizeof(head));
	nla_put(msg, RTA_DST, 3, "abc");
	assert_int_equal(ctl_nl_decode_route(nlmsg_hdr(msg), length(msg), &route), -EINVAL);
	nlmsg_free(msg);
}

static struct nl_msg *nexthop_message(int type, uint8_t family, uint32_t id)
{
	const struct nhmsg head = { .nh_family = family };
	struct nl_msg *msg = message(type, 0, &head, sizeof(head));

	nla_put_u32(msg, NHA_ID, id);
	return msg;
}

static void test_nexthop_with_gateway(void **state)
{
	struct nl_msg *msg = nexthop_message(RTM_NEWNEXTHOP, AF_INET, 42);
	struct ctl_nl_nexthop nexthop;

	(void)state;
	nla_put_u32(msg, NHA_OIF, 7);
	put_ipv4(msg, NHA_GATEWAY, 0x0a000005);
	assert_int_equal(ctl_nl_decode_nexthop(nlmsg_hdr(msg), length(msg), &nexthop), 0);
	assert_int_equal(nexthop.id, 42);
	assert_int_equal(nexthop.n_members, 0);
	assert_false(nexthop.blackhole);
	assert_int_equal(nexthop.path.ifindex, 7);
	assert_int_equal(ctl_addr_ipv4(&nexthop.path.gateway), 0x0a000005);
	nlmsg_free(msg);
}

static void test_nexthop_group_with_weights(void **state)
{
	struct nexthop_grp members[3] = { { .id = 1, .weight = 0 },
					  { .id = 2, .weight = 255 },
					  { .id = 3, .weight = 4 } };
	struct nl_msg *msg = nexthop_message(RTM_NEWNEXTHOP, AF_UNSPEC, 42);
	struct ctl_nl_nexthop nexthop;

	(void)state;
	nla_put(msg, NHA_GROUP, sizeof(members), members);
	assert_int_equal(ctl_nl_decode_nexthop(nlmsg_hdr(msg), length(msg), &nexthop), 0);
	assert_int_equal(nexthop.n_members, 3);
	assert_int_equal(nexthop.members[1], 2);
	assert_int_equal(nexthop.weights[0], 1);
	assert_int_equal(nexthop.weights[1], 256);
	assert_int_equal(nexthop.weights[2], 5);
	assert_false(nexthop.unsupported);
	nlmsg_free(msg);
}

static void test_nexthop_weight_beyond_the_data_path(void **state)
{
	/* Weight 257: the byte behind the low one is 1. */
	const uint8_t member[8] = { 1, 0, 0, 0, 0, 1, 0, 0 };
	struct nl_msg *msg = nexthop_message(RTM_NEWNEXTHOP, AF_UNSPEC, 42);
	struct ctl_nl_nexthop nexthop;

	(void)state;
	nla_put(msg, NHA_GROUP, sizeof(member), member);
	assert_int_equal(ctl_nl_decode_nexthop(nlmsg_hdr(msg), length(msg), &nexthop), 0);
	assert_true(nexthop.unsupported);
	nlmsg_free(msg);
}

static void test_nexthop_blackhole_and_removal(void **state)
{
	struct nl_msg *msg = nexthop_message(RTM_NEWNEXTHOP, AF_INET, 42);
	struct ctl_nl_nexthop nexthop;

	(void)state;
	nla_put_flag(msg, NHA_BLACKHOLE);
	assert_int_equal(ctl_nl_decode_nexthop(nlmsg_hdr(msg), length(msg), &nexthop), 0);
	assert_true(nexthop.blackhole);
	nlmsg_free(msg);
	msg = nexthop_message(RTM_DELNEXTHOP, AF_INET, 42);
	assert_int_equal(ctl_nl_decode_nexthop(nlmsg_hdr(msg), length(msg), &nexthop), 0);
	assert_true(nexthop.removed);
	nlmsg_free(msg);
}

static void test_bent_nexthops_are_malformed(void **state)
{
	const struct nexthop_grp nobody = { .id = 0 };
	struct nl_msg *msg = nexthop_message(RTM_NEWNEXTHOP, AF_UNSPEC, 0);
	struct ctl_nl_nexthop nexthop;

	(void)state;
	assert_int_equal(ctl_nl_decode_nexthop(nlmsg_hdr(msg), length(msg), &nexthop), -EINVAL);
	nlmsg_free(msg);
	msg = nexthop_message(RTM_NEWNEXTHOP, AF_UNSPEC, 42);
	nla_put(msg, NHA_GROUP, sizeof(nobody), &nobody);
	assert_int_equal(ctl_nl_decode_nexthop(nlmsg_hdr(msg), length(msg), &nexthop), -EINVAL);
	nlmsg_free(msg);
	msg = nexthop_message(RTM_NEWNEXTHOP, AF_UNSPEC, 42);
	nla_put(msg, NHA_GROUP, 7, "1234567");
	assert_int_equal(ctl_nl_decode_nexthop(nlmsg_hdr(msg), length(msg), &nexthop), -EINVAL);
	nlmsg_free(msg);
}

static struct nl_msg *netconf_message(int32_t ifindex, int32_t value)
{
	const struct netconfmsg head = { .ncm_family = AF_INET };
	struct nl_msg *msg = message(RTM_NEWNETCONF, 0, &head, sizeof(head));

	nla_put(msg, NETCONFA_IFINDEX, sizeof(ifindex), &ifindex);
	nla_put(msg, NETCONFA_IGNORE_ROUTES_WITH_LINKDOWN, sizeof(value), &value);
	return msg;
}

static void test_netconf(void **state)
{
	struct nl_msg *msg = netconf_message(7, 1);
	struct ctl_nl_netconf netconf;

	(void)state;
	assert_int_equal(ctl_nl_decode_netconf(nlmsg_hdr(msg), length(msg), &netconf), 0);
	assert_int_equal(netconf.ifindex, 7);
	assert_true(netconf.ignores_linkdown);
	nlmsg_free(msg);
	msg = netconf_message(NETCONFA_IFINDEX_ALL, 0);
	assert_int_equal(ctl_nl_decode_netconf(nlmsg_hdr(msg), length(msg), &netconf), 0);
	assert_int_equal(netconf.ifindex, CTL_NL_NETCONF_ALL);
	assert_false(netconf.ignores_linkdown);
	nlmsg_free(msg);
	msg = netconf_message(NETCONFA_IFINDEX_DEFAULT, 1);
	assert_int_equal(ctl_nl_decode_netconf(nlmsg_hdr(msg), length(msg), &netconf), -ENOMSG);
	nlmsg_free(msg);
}

/* @return how many of the decoders accept a message */
static int accepted(const struct nlmsghdr *msg, size_t len)
{
	union {
		struct ctl_nl_link link;
		struct ctl_nl_netconf netconf;
		struct ctl_nl_addr addr;
		struct ctl_nl_neigh neigh;
		struct ctl_nl_route route;
		struct ctl_nl_nexthop nexthop;
	} out;

	return (ctl_nl_decode_link(msg, len, &out.link) == 0) +
	       (ctl_nl_decode_netconf(msg, len, &out.netconf) == 0) +
	       (ctl_nl_decode_addr(msg, len, &out.addr) == 0) +
	       (ctl_nl_decode_neigh(msg, len, &out.neigh) == 0) +
	       (ctl_nl_decode_route(msg, len, &out.route) == 0) +
	       (ctl_nl_decode_nexthop(msg, len, &out.nexthop) == 0);
}

static void cut_everywhere(struct nl_msg *msg)
{
	size_t whole = length(msg);

	for (size_t len = 0; len < whole; len++) {
		struct nlmsghdr *copy = malloc(len ? len : 1);

		assert_non_null(copy);
		memcpy(copy, nlmsg_hdr(msg), len);
		/* The header promises more than there is. */
		assert_int_equal(accepted(copy, len), 0);
		/* The header knows that it is short. */
		if (len >= NLMSG_HDRLEN) {
			copy->nlmsg_len = (uint32_t)len;
			accepted(copy, len);
		}
		free(copy);
	}
	nlmsg_free(msg);
}

static void test_cut_off_messages_are_never_read_beyond_their_end(void **state)
{
	struct hop hops[2] = { hop(7, 0, 0x0a000005), hop(8, 3, 0x0a010005) };
	struct nl_msg *group = nexthop_message(RTM_NEWNEXTHOP, AF_UNSPEC, 42);
	const struct nexthop_grp members[2] = { { .id = 1 }, { .id = 2 } };

	(void)state;
	nla_put(group, NHA_GROUP, sizeof(members), members);
	cut_everywhere(group);
	cut_everywhere(link_message(RTM_NEWLINK));
	cut_everywhere(addr_message(RTM_NEWADDR));
	cut_everywhere(neigh_message(RTM_NEWNEIGH, 0));
	cut_everywhere(route_message(RTM_NEWROUTE, 0));
	cut_everywhere(multipath_message(hops, sizeof(hops)));
	cut_everywhere(netconf_message(7, 1));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_link),
		cmocka_unit_test(test_link_without_name_is_malformed),
		cmocka_unit_test(test_link_of_bridge_family_is_none),
		cmocka_unit_test(test_addr_with_peer),
		cmocka_unit_test(test_addr_without_peer_or_of_ipv6),
		cmocka_unit_test(test_neigh),
		cmocka_unit_test(test_neighs_that_do_not_concern_us),
		cmocka_unit_test(test_route_with_gateway),
		cmocka_unit_test(test_route_over_ipv6_gateway),
		cmocka_unit_test(test_route_with_several_paths),
		cmocka_unit_test(test_route_with_more_paths_than_the_data_path_takes),
		cmocka_unit_test(test_bent_paths_are_malformed),
		cmocka_unit_test(test_route_over_nexthop_object),
		cmocka_unit_test(test_routes_that_only_the_kernel_can_forward),
		cmocka_unit_test(test_routes_that_do_not_concern_us),
		cmocka_unit_test(test_bent_prefixes_are_malformed),
		cmocka_unit_test(test_nexthop_with_gateway),
		cmocka_unit_test(test_nexthop_group_with_weights),
		cmocka_unit_test(test_nexthop_weight_beyond_the_data_path),
		cmocka_unit_test(test_nexthop_blackhole_and_removal),
		cmocka_unit_test(test_bent_nexthops_are_malformed),
		cmocka_unit_test(test_netconf),
		cmocka_unit_test(test_cut_off_messages_are_never_read_beyond_their_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
