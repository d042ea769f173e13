#ifndef TESTS_CONTROL_PARITY_MEMORY_H
#define TESTS_CONTROL_PARITY_MEMORY_H

/*
 * The kernel remembers, with a nexthop object, the last IPv6 route over it that was looked up, and
 * answers for every other route over the object with that one, until any route changes. So does a
 * policy of IPsec: one that is for no packet makes it forget (xfrm_policy_insert()).
 */

#include "kernel_oracle.h"

#include <linux/xfrm.h>

struct memory {
	struct nl_sock *sock;
};

static inline bool memory_open(struct memory *memory, const char *netns)
{
	struct dp_netns visit;
	struct dp_why why;
	bool ok;

	memory->sock = nl_socket_alloc();
	if (!memory->sock || dp_netns_enter(&visit, netns, &why) < 0)
		return false;
	ok = nl_connect(memory->sock, NETLINK_XFRM) == 0;
	dp_netns_leave(&visit);
	return ok;
}

static inline void memory_close(struct memory *memory)
{
	nl_socket_free(memory->sock);
}

/* From the discard prefix (RFC 6666) to itself. */
static inline struct xfrm_userpolicy_info memory_policy(void)
{
	struct xfrm_userpolicy_info policy = {
		.sel = { .family = AF_INET6, .prefixlen_s = 128, .prefixlen_d = 128 },
		.lft = { .soft_byte_limit = XFRM_INF,
			 .hard_byte_limit = XFRM_INF,
			 .soft_packet_limit = XFRM_INF,
			 .hard_packet_limit = XFRM_INF },
		.dir = XFRM_POLICY_FWD,
		.action = XFRM_POLICY_ALLOW,
	};

	policy.sel.saddr.a6[0] = policy.sel.daddr.a6[0] = htonl(0x01000000);
	return policy;
}

static inline void memory_clear(struct memory *memory)
{
	struct xfrm_userpolicy_info policy = memory_policy();
	struct nl_msg *request = nlmsg_alloc_simple(XFRM_MSG_UPDPOLICY, NLM_F_REQUEST | NLM_F_ACK);

	nlmsg_append(request, &policy, sizeof(policy), NLMSG_ALIGNTO);
	assert_int_equal(nl_send_sync(memory->sock, request), 0);
}

#endif
