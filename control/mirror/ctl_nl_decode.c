#include "control/mirror/ctl_nl_decode.h"

#include <errno.h>

#include <netlink/msg.h>

const void *ctl_nl_decode_frame(const struct nlmsghdr *msg, size_t len, size_t head,
				struct nlattr **tb, int max)
{
	const char *payload = (const char *)msg + NLMSG_HDRLEN;
	size_t skip = NLMSG_ALIGN(head);
	size_t attrs_len;
	char *attrs;

	if (len < NLMSG_HDRLEN || msg->nlmsg_len < NLMSG_HDRLEN + head || msg->nlmsg_len > len)
		return NULL;
	memset(tb, 0, ((size_t)max + 1) * sizeof(void *));
	if (msg->nlmsg_len <= NLMSG_HDRLEN + skip)
		return payload;
	/* libnl only reads the attributes, but takes them without const. */
	memcpy(&attrs, &payload, sizeof(attrs));
	attrs_len = msg->nlmsg_len - NLMSG_HDRLEN - skip;
	if (nla_parse(tb, max, (struct nlattr *)(void *)(attrs + skip), (int)attrs_len, NULL) < 0)
		return NULL;
	return payload;
}

static int decode_bytes(const struct nlattr *attr, void *value, size_t size)
{
	if (!attr)
		return 0;
	if (nla_len(attr) != (int)size)
		return -EINVAL;
	memcpy(value, nla_data(attr), size);
	return 0;
}

int ctl_nl_decode_u8(const struct nlattr *attr, uint8_t *value)
{
	return decode_bytes(attr, value, sizeof(*value));
}

int ctl_nl_decode_u16(const struct nlattr *attr, uint16_t *value)
{
	return decode_bytes(attr, value, sizeof(*value));
}

int ctl_nl_decode_u32(const struct nlattr *attr, uint32_t *value)
{
	return decode_bytes(attr, value, sizeof(*value));
}

int ctl_nl_decode_address(const struct nlattr *attr, uint8_t family, struct ctl_addr *addr)
{
	memset(addr, 0, sizeof(*addr));
	if (!attr)
		return 0;
	if (ctl_addr_len(family) == 0 || (size_t)nla_len(attr) != ctl_addr_len(family))
		return -EINVAL;
	addr->family = family;
	memcpy(addr->bytes, nla_data(attr), ctl_addr_len(family));
	return 0;
}
