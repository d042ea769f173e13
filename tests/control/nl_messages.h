#ifndef TESTS_CONTROL_NL_MESSAGES_H
#define TESTS_CONTROL_NL_MESSAGES_H

/* Netlink messages, built by libnl. */

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

static inline struct nl_msg *message(int type, int flags, const void *head, size_t len)
{
	struct nl_msg *msg = nlmsg_alloc_simple(type, flags);

	assert_non_null(msg);
	assert_return_code(nlmsg_append(msg, (void *)(uintptr_t)head, len, NLMSG_ALIGNTO), 0);
	return msg;
}

static inline size_t length(struct nl_msg *msg)
{
	return nlmsg_hdr(msg)->nlmsg_len;
}

static inline void put_ipv4(struct nl_msg *msg, int type, uint32_t addr)
{
	uint32_t wire = htonl(addr);

	nla_put(msg, type, sizeof(wire), &wire);
}

/* @return how many of the decoders accept a message */
static inline int accepted(const struct nlmsghdr *msg, size_t len)
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

static inline void cut_everywhere(struct nl_msg *msg)
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

#endif
