/* IPv6 messages against what they are to mean. */

#include "nl_messages.h"

static const uint8_t net[16] = { 0xfd, 0x20, 0, 1 };
static const uint8_t gateway[16] = { 0xfe, 0x80, [15] = 5 };
static const uint8_t host[16] = { 0xfd, 0x00, [15] = 1 };

static struct rtmsg route_head(void)
{
	return (struct rtmsg){ .rtm_family = AF_INET6,
			       .rtm_dst_len = 48,
			       .rtm_table = RT_TABLE_MAIN,
			       .rtm_protocol = RTPROT_OSPF,
			       .rtm_type = RTN_UNICAST };
}

static struct nl_msg *route_message(struct rtmsg head)
{
	struct nl_msg *msg = message(RTM_NEWROUTE, 0, &head, sizeof(head));

	nla_put(msg, RTA_DST, sizeof(net), net);
	nla_put_u32(msg, RTA_PRIORITY, 1024);
	nla_put(msg, RTA_GATEWAY, sizeof(gateway), gateway);
	nla_put_u32(msg, RTA_OIF, 7);
	return msg;
}

static int decode(struct nl_msg *msg, struct ctl_nl_route *route)
{
	int rc = ctl_nl_decode_route(nlmsg_hdr(msg), length(msg), route);

	nlmsg_free(msg);
	return rc;
}

static void test_route_with_gateway(void **state)
{
	struct ctl_nl_route route;

	(void)state;
	assert_int_equal(decode(route_message(route_head()), &route), 0);
	assert_int_equal(route.prefix.family, AF_INET6);
	assert_memory_equal(route.prefix.bytes, net, sizeof(net));
	assert_int_equal(route.depth, 48);
	assert_int_equal(route.metric, 1024);
	assert_int_equal(route.tos, 0);
	assert_false(route.unsupported);
	assert_int_equal(route.n_paths, 1);
	assert_int_equal(route.paths[0].ifindex, 7);
	assert_int_equal(route.paths[0].gateway.family, AF_INET6);
	assert_memory_equal(route.paths[0].gateway.bytes, gateway, sizeof(gateway));
}

static void test_prefixes_that_cannot_be(void **state)
{
	struct rtmsg head = route_head();
	struct ctl_nl_route route;

	(void)state;
	head.rtm_dst_len = 129;
	assert_int_equal(decode(route_message(head), &route), -EINVAL);
	head.rtm_dst_len = 31; /* the prefix has a bit behind it */
	assert_int_equal(decode(route_message(head), &route), -EINVAL);
	head.rtm_dst_len = 32;
	assert_int_equal(decode(route_message(head), &route), 0);
	head.rtm_src_len = 64; /* of what? */
	assert_int_equal(decode(route_message(head), &route), -EINVAL);
}

static void test_routes_that_are_not_for_all_packets_differ(void **state)
{
	struct rtmsg head = route_head();
	struct ctl_nl_route by_source, by_other, preferred;
	struct nl_msg *msg;

	(void)state;
	head.rtm_src_len = 64;
	msg = route_message(head);
	nla_put(msg, RTA_SRC, sizeof(net), net);
	assert_int_equal(decode(msg, &by_source), 0);
	msg = route_message(head);
	nla_put(msg, RTA_SRC, sizeof(host), host);
	assert_int_equal(decode(msg, &by_other), 0);
	head.rtm_src_len = 0;
	msg = route_message(head);
	nla_put_u8(msg, RTA_PREF, 1);
	assert_int_equal(decode(msg, &preferred), 0);
	assert_int_not_equal(by_source.tos, 0);
	assert_int_not_equal(by_other.tos, 0);
	assert_int_not_equal(by_source.tos, by_other.tos);
	assert_int_not_equal(preferred.tos, 0);
}

static void test_route_that_expires_is_the_kernels(void **state)
{
	struct rta_cacheinfo cache = { .rta_expires = 0 };
	struct nl_msg *msg = route_message(route_head());
	struct ctl_nl_route route;

	(void)state;
	nla_put(msg, RTA_CACHEINFO, sizeof(cache), &cache);
	assert_int_equal(decode(msg, &route), 0);
	assert_false(route.unsupported);
	msg = route_message(route_head());
	cache.rta_expires = 6000;
	nla_put(msg, RTA_CACHEINFO, sizeof(cache), &cache);
	assert_int_equal(decode(msg, &route), 0);
	assert_true(route.unsupported);
}

static void test_address(void **state)
{
	struct ifaddrmsg head = { .ifa_family = AF_INET6, .ifa_prefixlen = 64, .ifa_index = 7 };
	struct nl_msg *msg = message(RTM_NEWADDR, 0, &head, sizeof(head));
	struct ctl_nl_addr addr;

	(void)state;
	nla_put(msg, IFA_ADDRESS, sizeof(host), host);
	assert_int_equal(ctl_nl_decode_addr(nlmsg_hdr(msg), length(msg), &addr), 0);
	assert_memory_equal(addr.local.bytes, host, sizeof(host));
	assert_true(ctl_addr_equal(&addr.local, &addr.peer));
	assert_false(addr.tentative);
	nla_put_u32(msg, IFA_FLAGS, IFA_F_TENTATIVE | IFA_F_PERMANENT);
	assert_int_equal(ctl_nl_decode_addr(nlmsg_hdr(msg), length(msg), &addr), 0);
	assert_true(addr.tentative);
	nlmsg_free(msg);
	head.ifa_prefixlen = 129;
	msg = message(RTM_NEWADDR, 0, &head, sizeof(head));
	nla_put(msg, IFA_ADDRESS, sizeof(host), host);
	assert_int_equal(ctl_nl_decode_addr(nlmsg_hdr(msg), length(msg), &addr), -EINVAL);
	nlmsg_free(msg);
}

static void test_netconf_tells_its_family(void **state)
{
	const struct netconfmsg head = { .ncm_family = AF_INET6 };
	struct nl_msg *msg = message(RTM_NEWNETCONF, 0, &head, sizeof(head));
	struct ctl_nl_netconf netconf;

	(void)state;
	nla_put_u32(msg, NETCONFA_IFINDEX, 7);
	nla_put_u32(msg, NETCONFA_IGNORE_ROUTES_WITH_LINKDOWN, 1);
	assert_int_equal(ctl_nl_decode_netconf(nlmsg_hdr(msg), length(msg), &netconf), 0);
	assert_int_equal(netconf.family, AF_INET6);
	assert_true(netconf.ignores_linkdown);
	nlmsg_free(msg);
}

static void test_cut_messages(void **state)
{
	struct rta_cacheinfo cache = { .rta_expires = 1 };
	struct nl_msg *msg = route_message(route_head());

	(void)state;
	nla_put_u8(msg, RTA_PREF, 0);
	nla_put(msg, RTA_CACHEINFO, sizeof(cache), &cache);
	cut_everywhere(msg);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_route_with_gateway),
		cmocka_unit_test(test_prefixes_that_cannot_be),
		cmocka_unit_test(test_routes_that_are_not_for_all_packets_differ),
		cmocka_unit_test(test_route_that_expires_is_the_kernels),
		cmocka_unit_test(test_address),
		cmocka_unit_test(test_netconf_tells_its_family),
		cmocka_unit_test(test_cut_messages),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
