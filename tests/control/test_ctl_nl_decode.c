/* Messages of links, settings, addresses and neighbours against what they are to mean. */

#include "nl_messages.h"

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

static void test_addr_without_peer_or_of_no_family(void **state)
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
	head.ifa_family = AF_UNSPEC;
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

static struct nl_msg *netconf_of(int32_t ifindex, int attribute, int32_t value)
{
	const struct netconfmsg head = { .ncm_family = AF_INET };
	struct nl_msg *msg = message(RTM_NEWNETCONF, 0, &head, sizeof(head));

	nla_put(msg, NETCONFA_IFINDEX, sizeof(ifindex), &ifindex);
	nla_put(msg, attribute, sizeof(value), &value);
	return msg;
}

static struct nl_msg *netconf_message(int32_t ifindex, int32_t value)
{
	return netconf_of(ifindex, NETCONFA_IGNORE_ROUTES_WITH_LINKDOWN, value);
}

static void test_netconf(void **state)
{
	struct nl_msg *msg = netconf_message(7, 1);
	struct ctl_nl_netconf netconf;

	(void)state;
	assert_int_equal(ctl_nl_decode_netconf(nlmsg_hdr(msg), length(msg), &netconf), 0);
	assert_int_equal(netconf.ifindex, 7);
	assert_true(netconf.has_linkdown);
	assert_false(netconf.has_rp_filter);
	assert_true(netconf.ignores_linkdown);
	nlmsg_free(msg);
	msg = netconf_message(NETCONFA_IFINDEX_ALL, 0);
	assert_int_equal(ctl_nl_decode_netconf(nlmsg_hdr(msg), length(msg), &netconf), 0);
	assert_int_equal(netconf.ifindex, CTL_NL_NETCONF_ALL);
	assert_false(netconf.ignores_linkdown);
	nlmsg_free(msg);
	msg = netconf_of(7, NETCONFA_RP_FILTER, 2);
	assert_int_equal(ctl_nl_decode_netconf(nlmsg_hdr(msg), length(msg), &netconf), 0);
	assert_true(netconf.has_rp_filter);
	assert_false(netconf.has_linkdown);
	assert_int_equal(netconf.rp_filter, 2);
	nlmsg_free(msg);
	msg = netconf_of(7, NETCONFA_FORWARDING, 1);
	assert_int_equal(ctl_nl_decode_netconf(nlmsg_hdr(msg), length(msg), &netconf), -ENOMSG);
	nlmsg_free(msg);
	msg = netconf_message(NETCONFA_IFINDEX_DEFAULT, 1);
	assert_int_equal(ctl_nl_decode_netconf(nlmsg_hdr(msg), length(msg), &netconf), -ENOMSG);
	nlmsg_free(msg);
}

static void test_cut_off_messages_are_never_read_beyond_their_end(void **state)
{
	(void)state;
	cut_everywhere(link_message(RTM_NEWLINK));
	cut_everywhere(addr_message(RTM_NEWADDR));
	cut_everywhere(neigh_message(RTM_NEWNEIGH, 0));
	cut_everywhere(netconf_message(7, 1));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_link),
		cmocka_unit_test(test_link_without_name_is_malformed),
		cmocka_unit_test(test_link_of_bridge_family_is_none),
		cmocka_unit_test(test_addr_with_peer),
		cmocka_unit_test(test_addr_without_peer_or_of_no_family),
		cmocka_unit_test(test_neigh),
		cmocka_unit_test(test_neighs_that_do_not_concern_us),
		cmocka_unit_test(test_netconf),
		cmocka_unit_test(test_cut_off_messages_are_never_read_beyond_their_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
