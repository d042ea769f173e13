/* Rules as the kernel tells them. */

#include "control/mirror/ctl_nl_rule.h"

#include <arpa/inet.h>
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>
#include <linux/fib_rules.h>
#include <linux/rtnetlink.h>

static union {
	struct nlmsghdr head;
	char bytes[1024];
} msg;

static void begin(uint8_t family, uint8_t action, uint32_t table)
{
	struct fib_rule_hdr head = { .family = family, .action = action };

	memset(&msg, 0, sizeof(msg));
	msg.head.nlmsg_type = RTM_NEWRULE;
	msg.head.nlmsg_len = NLMSG_LENGTH(sizeof(head));
	memcpy(NLMSG_DATA(&msg.head), &head, sizeof(head));
	if (table != 0) {
		struct rtattr attr = { .rta_type = FRA_TABLE, .rta_len = RTA_LENGTH(4) };

		memcpy(msg.bytes + msg.head.nlmsg_len, &attr, sizeof(attr));
		memcpy(msg.bytes + msg.head.nlmsg_len + sizeof(attr), &table, sizeof(table));
		msg.head.nlmsg_len += RTA_SPACE(4);
	}
}

static struct fib_rule_hdr *head_of(void)
{
	return NLMSG_DATA(&msg.head);
}

static void add(uint16_t type, const void *data, size_t len)
{
	struct rtattr attr = { .rta_type = type, .rta_len = (uint16_t)RTA_LENGTH(len) };

	memcpy(msg.bytes + msg.head.nlmsg_len, &attr, sizeof(attr));
	memcpy(msg.bytes + msg.head.nlmsg_len + sizeof(attr), data, len);
	msg.head.nlmsg_len += (uint32_t)RTA_SPACE(len);
}

static void add_u32(uint16_t type, uint32_t value)
{
	add(type, &value, sizeof(value));
}

static void add_u8(uint16_t type, uint8_t value)
{
	add(type, &value, sizeof(value));
}

static int decode(struct ctl_nl_rule *rule)
{
	return ctl_nl_decode_rule(&msg.head, msg.head.nlmsg_len, rule);
}

static void test_everything_of_ipv4(void **state)
{
	const uint8_t source[4] = { 10, 1, 2, 3 }, destination[4] = { 20, 0, 0, 0 };
	const struct fib_rule_port_range ports = { 5000, 5999 };
	struct ctl_nl_rule rule;

	(void)state;
	begin(AF_INET, FR_ACT_TO_TBL, 10001);
	head_of()->src_len = 24;
	head_of()->dst_len = 8;
	head_of()->tos = 0x10;
	head_of()->flags = FIB_RULE_INVERT;
	add(FRA_SRC, source, sizeof(source));
	add(FRA_DST, destination, sizeof(destination));
	add(FRA_IIFNAME, "wan0", 5);
	add_u32(FRA_PRIORITY, 100);
	add_u8(FRA_IP_PROTO, 17);
	add(FRA_DPORT_RANGE, &ports, sizeof(ports));
	add_u32(FRA_SUPPRESS_PREFIXLEN, 0);
	assert_int_equal(decode(&rule), 0);
	assert_int_equal(rule.table, 10001);
	assert_int_equal(rule.priority, 100);
	assert_true(rule.invert);
	assert_int_equal(rule.src_depth, 24);
	assert_int_equal(rule.dst_depth, 8);
	/* the kernel compares the first bits and keeps what it was given */
	assert_int_equal(ctl_addr_ipv4(&rule.src), 0x0a010200);
	assert_int_equal(ctl_addr_ipv4(&rule.dst), 0x14000000);
	assert_int_equal(rule.dscp, 4);
	assert_int_equal(rule.dscp_mask, 7);
	assert_string_equal(rule.iif, "wan0");
	assert_int_equal(rule.ip_proto, 17);
	assert_int_equal(rule.dst_port.min, 5000);
	assert_int_equal(rule.dst_port.max, 5999);
	assert_int_equal(rule.suppress_depth, 0);
	assert_int_equal(rule.suppress_ifgroup, -1);
	assert_int_equal(rule.uid_max, UINT32_MAX);
	assert_false(rule.unknown);
}

static void test_what_is_young_in_the_kernel(void **state)
{
	const struct fib_rule_port_range port = { 53, 53 };
	const uint16_t mask = 0xff;
	struct ctl_nl_rule rule;

	(void)state;
	begin(AF_INET6, FR_ACT_TO_TBL, 100);
	add_u8(25, 46);	  /* FRA_DSCP */
	add_u8(30, 0x3e); /* FRA_DSCP_MASK */
	add_u32(26, htonl(0x12345));
	add_u32(27, htonl(0xfffff));
	add(FRA_SPORT_RANGE, &port, sizeof(port));
	add(28, &mask, sizeof(mask)); /* FRA_SPORT_MASK */
	assert_int_equal(decode(&rule), 0);
	assert_int_equal(rule.dscp, 46);
	assert_int_equal(rule.dscp_mask, 0x3e);
	assert_int_equal(rule.flow_label, 0x12345);
	assert_int_equal(rule.flow_label_mask, 0xfffff);
	assert_int_equal(rule.src_port.mask, 0xff);
	assert_false(rule.unknown);
	add_u8(31, 1);
	assert_int_equal(decode(&rule), 0);
	assert_true(rule.unknown);
}

static void test_marks_have_a_mask_when_they_are_there(void **state)
{
	struct ctl_nl_rule rule;

	(void)state;
	begin(AF_INET, FR_ACT_NOP, 0);
	assert_int_equal(decode(&rule), 0);
	assert_int_equal(rule.mark_mask, 0);
	add_u32(FRA_FWMARK, 1);
	assert_int_equal(decode(&rule), 0);
	assert_int_equal(rule.mark_mask, UINT32_MAX);
	add_u32(FRA_FWMASK, 0xff);
	assert_int_equal(decode(&rule), 0);
	assert_int_equal(rule.mark_mask, 0xff);
}

static void test_malformed_rules(void **state)
{
	const struct fib_rule_port_range ports = { 2, 1 };
	struct ctl_nl_rule rule;

	(void)state;
	begin(AF_INET, FR_ACT_NOP, 0);
	head_of()->src_len = 33;
	assert_int_equal(decode(&rule), -EINVAL);
	head_of()->src_len = 8;
	assert_int_equal(decode(&rule), -EINVAL);
	begin(AF_INET, FR_ACT_NOP, 0);
	add(FRA_SPORT_RANGE, &ports, sizeof(ports));
	assert_int_equal(decode(&rule), -EINVAL);
	begin(AF_INET, FR_ACT_NOP, 0);
	add(FRA_IIFNAME, "a-name-that-is-too-long", 24);
	assert_int_equal(decode(&rule), -EINVAL);
	begin(AF_INET, FR_ACT_NOP, 0);
	add_u8(FRA_PRIORITY, 1);
	assert_int_equal(decode(&rule), -EINVAL);
	begin(AF_INET, FR_ACT_NOP, 0);
	add_u8(25, 64);
	assert_int_equal(decode(&rule), -EINVAL);
	begin(AF_UNIX, FR_ACT_NOP, 0);
	assert_int_equal(decode(&rule), -ENOMSG);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_everything_of_ipv4),
		cmocka_unit_test(test_what_is_young_in_the_kernel),
		cmocka_unit_test(test_marks_have_a_mask_when_they_are_there),
		cmocka_unit_test(test_malformed_rules),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
