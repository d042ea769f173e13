/* Messages of routes and nexthop objects against what they are to mean. */

#include "nl_messages.h"

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
	head.rtm_family = RTNL_FAMILY_IPMR;
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

static void test_cut_off_messages_are_never_read_beyond_their_end(void **state)
{
	struct hop hops[2] = { hop(7, 0, 0x0a000005), hop(8, 3, 0x0a010005) };
	struct nl_msg *group = nexthop_message(RTM_NEWNEXTHOP, AF_UNSPEC, 42);
	const struct nexthop_grp members[2] = { { .id = 1 }, { .id = 2 } };

	(void)state;
	nla_put(group, NHA_GROUP, sizeof(members), members);
	cut_everywhere(group);
	cut_everywhere(route_message(RTM_NEWROUTE, 0));
	cut_everywhere(multipath_message(hops, sizeof(hops)));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
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
		cmocka_unit_test(test_cut_off_messages_are_never_read_beyond_their_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
