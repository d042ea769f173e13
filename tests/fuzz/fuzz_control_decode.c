/* Any bytes as a netlink message, through every decoder and on into a rib. */

#include "control/mirror/ctl_nl_decode.h"
#include "control/mirror/ctl_rib.h"

#include <stdlib.h>
#include <string.h>

#include <linux/rtnetlink.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct dp_routing *routing;
static struct ctl_rib *rib;

static void rib_make(void)
{
	struct ctl_rib_params params = { .n_ports = 2, .port_names = { "wan0", "lan0" } };

	routing = dp_routing_create();
	params.routing = routing;
	if (!routing || ctl_rib_create(&params, &rib) < 0)
		abort();
}

static void rib_drop(void)
{
	ctl_rib_destroy(rib);
	dp_routing_destroy(routing);
}

/* The type that the header names decides nothing: every decoder must stand every message. */
static void apply(const struct nlmsghdr *msg, size_t len)
{
	static union {
		struct ctl_nl_link link;
		struct ctl_nl_netconf netconf;
		struct ctl_nl_addr addr;
		struct ctl_nl_neigh neigh;
		struct ctl_nl_nexthop nexthop;
		struct ctl_nl_route route;
	} out;
	bool dump = msg->nlmsg_flags & NLM_F_MULTI;

	if (ctl_nl_decode_link(msg, len, &out.link) == 0 && msg->nlmsg_type <= RTM_DELLINK)
		ctl_rib_apply_link(rib, &out.link, false);
	if (ctl_nl_decode_netconf(msg, len, &out.netconf) == 0)
		ctl_rib_apply_netconf(rib, &out.netconf);
	if (ctl_nl_decode_addr(msg, len, &out.addr) == 0 && msg->nlmsg_type <= RTM_DELADDR)
		ctl_rib_apply_addr(rib, &out.addr);
	if (ctl_nl_decode_neigh(msg, len, &out.neigh) == 0)
		ctl_rib_apply_neigh(rib, &out.neigh);
	if (ctl_nl_decode_nexthop(msg, len, &out.nexthop) == 0)
		ctl_rib_apply_nexthop(rib, &out.nexthop);
	if (ctl_nl_decode_route(msg, len, &out.route) == 0)
		ctl_rib_apply_route(rib, &out.route, dump);
}

/* The input is a row of messages; each is copied to where its last byte is the last of a block. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	rib_make();
	while (size >= NLMSG_HDRLEN) {
		struct nlmsghdr head;
		struct nlmsghdr *msg;
		size_t len;

		memcpy(&head, data, sizeof(head));
		len = head.nlmsg_len < NLMSG_HDRLEN || head.nlmsg_len > size ? size
									     : head.nlmsg_len;
		msg = malloc(len);
		if (!msg)
			abort();
		memcpy(msg, data, len);
		apply(msg, len);
		free(msg);
		data += len;
		size -= len;
	}
	ctl_rib_sync_begin(rib);
	ctl_rib_sync_end(rib);
	rib_drop();
	return 0;
}
