#include "control/mirror/ctl_nl_decode.h"
#include "control/mirror/ctl_nl_rule.h"

#include <errno.h>

#include <linux/fib_rules.h>
#include <linux/rtnetlink.h>

/* Of <linux/fib_rules.h>; those from FRA_DSCP on are younger than the headers may be. */
enum {
	ATTR_DSCP = 25,
	ATTR_FLOW_LABEL,
	ATTR_FLOW_LABEL_MASK,
	ATTR_SRC_PORT_MASK,
	ATTR_DST_PORT_MASK,
	ATTR_DSCP_MASK,
	ATTR_UNKNOWN, /* the first that nothing here knows */
	ATTR_MAX = 63,
};

#define DSCP_SHIFT 2
#define DSCP_ALL 0x3f
/* IPv4 has of a TOS without DSCP the lower three bits of what is the DSCP now (IPTOS_TOS_MASK). */
#define TOS_DSCP_MASK 0x07

static int decode_signed(const struct nlattr *attr, int32_t *value)
{
	uint32_t bits = (uint32_t)*value;
	int rc = ctl_nl_decode_u32(attr, &bits);

	memcpy(value, &bits, sizeof(bits));
	return rc;
}

/* Network byte order. */
static int decode_label(const struct nlattr *attr, uint32_t *value)
{
	int rc = ctl_nl_decode_u32(attr, value);

	*value = ntohl(*value);
	return rc;
}

static int decode_name(const struct nlattr *attr, char name[IFNAMSIZ])
{
	size_t len;

	if (!attr)
		return 0;
	len = strnlen(nla_data(attr), (size_t)nla_len(attr));
	if (len >= IFNAMSIZ)
		return -EINVAL;
	memcpy(name, nla_data(attr), len);
	return 0;
}

static int decode_ports(const struct nlattr *range, const struct nlattr *mask,
			struct ctl_nl_ports *ports)
{
	struct fib_rule_port_range value;

	if (!range)
		return mask ? -EINVAL : 0;
	if (nla_len(range) != (int)sizeof(value))
		return -EINVAL;
	memcpy(&value, nla_data(range), sizeof(value));
	ports->min = value.start;
	ports->max = value.end;
	return value.start > value.end ? -EINVAL : ctl_nl_decode_u16(mask, &ports->mask);
}

static int decode_prefix(const struct nlattr *attr, uint8_t depth, uint8_t family,
			 struct ctl_addr *prefix)
{
	if (depth > ctl_addr_bits(family) || (depth > 0 && !attr) ||
	    ctl_nl_decode_address(attr, family, prefix) < 0)
		return -EINVAL;
	/* the kernel compares the first bits alone, and keeps what it was given */
	for (size_t i = 0; i < ctl_addr_len(family); i++) {
		unsigned bits = depth > i * 8 ? depth - (unsigned)i * 8 : 0;

		prefix->bytes[i] &= (uint8_t)(bits >= 8 ? 0xff : ~(0xff >> bits));
	}
	prefix->family = family;
	return 0;
}

static int decode_dscp(const struct fib_rule_hdr *head, struct nlattr **tb,
		       struct ctl_nl_rule *rule)
{
	if (!tb[ATTR_DSCP]) {
		rule->dscp = head->tos >> DSCP_SHIFT;
		rule->dscp_mask = head->family == AF_INET6 ? DSCP_ALL : TOS_DSCP_MASK;
		if (head->tos == 0)
			rule->dscp_mask = 0;
		return 0;
	}
	rule->dscp_mask = DSCP_ALL;
	if (ctl_nl_decode_u8(tb[ATTR_DSCP], &rule->dscp) < 0 ||
	    ctl_nl_decode_u8(tb[ATTR_DSCP_MASK], &rule->dscp_mask) < 0)
		return -EINVAL;
	return rule->dscp > DSCP_ALL || rule->dscp_mask > DSCP_ALL ? -EINVAL : 0;
}

static int decode_uids(const struct nlattr *attr, struct ctl_nl_rule *rule)
{
	struct fib_rule_uid_range range;

	rule->uid_max = UINT32_MAX;
	if (!attr)
		return 0;
	if (nla_len(attr) != (int)sizeof(range))
		return -EINVAL;
	memcpy(&range, nla_data(attr), sizeof(range));
	rule->uid_min = range.start;
	rule->uid_max = range.end;
	return 0;
}

static int decode_selectors(const struct fib_rule_hdr *head, struct nlattr **tb,
			    struct ctl_nl_rule *rule)
{
	uint8_t l3mdev = 0;

	if (decode_prefix(tb[FRA_SRC], head->src_len, head->family, &rule->src) < 0 ||
	    decode_prefix(tb[FRA_DST], head->dst_len, head->family, &rule->dst) < 0 ||
	    decode_dscp(head, tb, rule) < 0 || decode_name(tb[FRA_IIFNAME], rule->iif) < 0 ||
	    decode_name(tb[FRA_OIFNAME], rule->oif) < 0 ||
	    decode_uids(tb[FRA_UID_RANGE], rule) < 0 ||
	    ctl_nl_decode_u8(tb[FRA_L3MDEV], &l3mdev) < 0 ||
	    ctl_nl_decode_u8(tb[FRA_IP_PROTO], &rule->ip_proto) < 0 ||
	    decode_ports(tb[FRA_SPORT_RANGE], tb[ATTR_SRC_PORT_MASK], &rule->src_port) < 0 ||
	    decode_ports(tb[FRA_DPORT_RANGE], tb[ATTR_DST_PORT_MASK], &rule->dst_port) < 0 ||
	    decode_label(tb[ATTR_FLOW_LABEL], &rule->flow_label) < 0 ||
	    decode_label(tb[ATTR_FLOW_LABEL_MASK], &rule->flow_label_mask) < 0)
		return -EINVAL;
	rule->l3mdev = l3mdev != 0;
	rule->src_depth = head->src_len;
	rule->dst_depth = head->dst_len;
	if (ctl_nl_decode_u32(tb[FRA_FWMARK], &rule->mark) < 0)
		return -EINVAL;
	rule->mark_mask = rule->mark != 0 ? UINT32_MAX : 0;
	if (ctl_nl_decode_u32(tb[FRA_FWMASK], &rule->mark_mask) < 0)
		return -EINVAL;
	if (tb[FRA_TUN_ID] && nla_len(tb[FRA_TUN_ID]) != (int)sizeof(rule->tun_id))
		return -EINVAL;
	if (tb[FRA_TUN_ID])
		memcpy(&rule->tun_id, nla_data(tb[FRA_TUN_ID]), sizeof(rule->tun_id));
	for (unsigned i = ATTR_UNKNOWN; i <= ATTR_MAX; i++)
		rule->unknown |= tb[i] != NULL;
	return 0;
}

int ctl_nl_decode_rule(const struct nlmsghdr *msg, size_t len, struct ctl_nl_rule *rule)
{
	struct nlattr *tb[ATTR_MAX + 1];
	const struct fib_rule_hdr *head;

	memset(rule, 0, sizeof(*rule));
	head = ctl_nl_decode_frame(msg, len, sizeof(*head), tb, ATTR_MAX);
	if (!head)
		return -EINVAL;
	if (ctl_addr_len(head->family) == 0)
		return -ENOMSG;
	rule->removed = msg->nlmsg_type == RTM_DELRULE;
	rule->family = head->family;
	rule->action = head->action;
	rule->invert = (head->flags & FIB_RULE_INVERT) != 0;
	rule->table = head->table;
	rule->suppress_depth = -1;
	rule->suppress_ifgroup = -1;
	if (ctl_nl_decode_u32(tb[FRA_TABLE], &rule->table) < 0 ||
	    ctl_nl_decode_u32(tb[FRA_PRIORITY], &rule->priority) < 0 ||
	    ctl_nl_decode_u32(tb[FRA_GOTO], &rule->target) < 0 ||
	    ctl_nl_decode_u8(tb[FRA_PROTOCOL], &rule->protocol) < 0 ||
	    decode_signed(tb[FRA_SUPPRESS_PREFIXLEN], &rule->suppress_depth) < 0 ||
	    decode_signed(tb[FRA_SUPPRESS_IFGROUP], &rule->suppress_ifgroup) < 0)
		return -EINVAL;
	return decode_selectors(head, tb, rule);
}

int ctl_nl_decode_merge(const struct nlmsghdr *msg, size_t len, bool *merged)
{
	struct nlattr *tb[RTA_MAX + 1];
	const struct rtmsg *info = ctl_nl_decode_frame(msg, len, sizeof(*info), tb, RTA_MAX);
	uint32_t table;

	if (!info)
		return -EINVAL;
	if (msg->nlmsg_type != RTM_NEWROUTE || !(info->rtm_flags & RTM_F_CLONED) ||
	    info->rtm_family != AF_INET || info->rtm_type != RTN_LOCAL)
		return -ENOMSG;
	table = info->rtm_table;
	if (ctl_nl_decode_u32(tb[RTA_TABLE], &table) < 0)
		return -EINVAL;
	*merged = table == RT_TABLE_MAIN;
	return 0;
}
