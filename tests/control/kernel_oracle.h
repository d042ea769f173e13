#ifndef TESTS_CONTROL_KERNEL_ORACLE_H
#define TESTS_CONTROL_KERNEL_ORACLE_H

/*
 * What the kernel itself would do with a destination, asked over netlink and read with code that
 * shares nothing with the mirror's.
 */

#include "dataplane/dp_netns.h"

#include <errno.h>
#include <net/if.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <linux/neighbour.h>
#include <linux/rtnetlink.h>
#include <netlink/attr.h>
#include <netlink/msg.h>
#include <netlink/netlink.h>
#include <netlink/socket.h>

#define ORACLE_PATHS_MAX 64
#define ORACLE_NEIGHS_MAX 512
#define ORACLE_ROUTES_MAX 2048
#define ORACLE_LINKS_MAX 64
#define ORACLE_LOWER_UP (1U << 16) /* IFF_LOWER_UP of <linux/if.h> */

struct oracle_path {
	int ifindex;
	uint32_t gateway; /* host byte order, 0: on the link */
	unsigned weight;
	unsigned flags;
};

struct oracle_route {
	int error; /* -errno of the lookup, 0 when there is a route */
	uint8_t type;
	uint8_t depth;
	uint8_t protocol;
	uint32_t table;
	uint32_t prefix;
	uint32_t metric;
	uint32_t source;
	uint32_t nexthop_id;
	unsigned n_paths;
	struct oracle_path paths[ORACLE_PATHS_MAX];
};

struct oracle_neigh {
	int ifindex;
	uint32_t addr;
	uint16_t state;
	bool has_mac;
	uint8_t mac[6];
};

struct oracle {
	struct nl_sock *sock;
	char buf[65536];
	unsigned n_neighs;
	struct oracle_neigh neighs[ORACLE_NEIGHS_MAX];
	unsigned n_links;
	struct oracle_link {
		int ifindex;
		bool carrier;
	} links[ORACLE_LINKS_MAX];
	unsigned n_routes;
	struct oracle_route routes[ORACLE_ROUTES_MAX];
};

static inline bool oracle_open(struct oracle *oracle, const char *netns)
{
	struct dp_netns visit;
	struct dp_why why;
	bool ok;

	oracle->sock = nl_socket_alloc();
	if (!oracle->sock || dp_netns_enter(&visit, netns, &why) < 0)
		return false;
	ok = nl_connect(oracle->sock, NETLINK_ROUTE) == 0;
	nl_socket_disable_auto_ack(oracle->sock);
	dp_netns_leave(&visit);
	return ok;
}

static inline void oracle_close(struct oracle *oracle)
{
	nl_socket_free(oracle->sock);
}

static inline uint32_t oracle_u32(const struct nlattr *attr)
{
	uint32_t value = 0;

	if (attr)
		memcpy(&value, nla_data(attr), sizeof(value));
	return value;
}

static inline void oracle_read_hops(struct nlattr *attr, struct oracle_route *out)
{
	char *at = nla_data(attr);
	int left = nla_len(attr);

	while (left >= (int)sizeof(struct rtnexthop)) {
		struct rtnexthop *hop = (struct rtnexthop *)(void *)at;
		struct oracle_path *path = &out->paths[out->n_paths++];
		struct nlattr *tb[RTA_MAX + 1];

		nla_parse(tb, RTA_MAX, (struct nlattr *)(void *)RTNH_DATA(hop),
			  hop->rtnh_len - (int)sizeof(*hop), NULL);
		path->ifindex = hop->rtnh_ifindex;
		path->gateway = ntohl(oracle_u32(tb[RTA_GATEWAY]));
		path->weight = hop->rtnh_hops + 1U;
		path->flags = hop->rtnh_flags;
		at += RTNH_ALIGN(hop->rtnh_len);
		left -= (int)RTNH_ALIGN(hop->rtnh_len);
	}
}

static inline void oracle_read_route(struct nlmsghdr *msg, struct oracle_route *out)
{
	struct rtmsg *info = nlmsg_data(msg);
	struct nlattr *tb[RTA_MAX + 1];

	nlmsg_parse(msg, sizeof(*info), tb, RTA_MAX, NULL);
	out->type = info->rtm_type;
	out->depth = info->rtm_dst_len;
	out->protocol = info->rtm_protocol;
	out->table = oracle_u32(tb[RTA_TABLE]);
	out->prefix = ntohl(oracle_u32(tb[RTA_DST]));
	out->metric = oracle_u32(tb[RTA_PRIORITY]);
	out->source = ntohl(oracle_u32(tb[RTA_PREFSRC]));
	out->nexthop_id = oracle_u32(tb[RTA_NH_ID]);
	if (tb[RTA_MULTIPATH]) {
		oracle_read_hops(tb[RTA_MULTIPATH], out);
		return;
	}
	if (!tb[RTA_OIF])
		return;
	out->n_paths = 1;
	out->paths[0].ifindex = (int)oracle_u32(tb[RTA_OIF]);
	out->paths[0].gateway = ntohl(oracle_u32(tb[RTA_GATEWAY]));
	out->paths[0].weight = 1;
	out->paths[0].flags = info->rtm_flags;
}

/* A question where an address leads to; more can be added to it. */
static inline struct nl_msg *oracle_question(uint32_t addr, uint8_t tos)
{
	struct rtmsg head = { .rtm_family = AF_INET,
			      .rtm_dst_len = 32,
			      .rtm_src_len = 32,
			      .rtm_tos = tos,
			      .rtm_flags = RTM_F_FIB_MATCH };
	struct nl_msg *request = nlmsg_alloc_simple(RTM_GETROUTE, NLM_F_REQUEST);
	uint32_t wire = htonl(addr);

	nlmsg_append(request, &head, sizeof(head), NLMSG_ALIGNTO);
	nla_put(request, RTA_DST, sizeof(wire), &wire);
	return request;
}

/* The route that the kernel's lookup matches, as it is in the table. */
static inline bool oracle_ask(struct oracle *oracle, struct nl_msg *request,
			      struct oracle_route *out)
{
	ssize_t len;
	struct nlmsghdr *msg = (struct nlmsghdr *)(void *)oracle->buf;

	memset(out, 0, sizeof(*out));
	nl_send_auto(oracle->sock, request);
	nlmsg_free(request);
	len = recv(nl_socket_get_fd(oracle->sock), oracle->buf, sizeof(oracle->buf), 0);
	if (len < (ssize_t)sizeof(*msg))
		return false;
	if (msg->nlmsg_type == NLMSG_ERROR) {
		memcpy(&out->error, nlmsg_data(msg), sizeof(out->error));
		return out->error < 0;
	}
	oracle_read_route(msg, out);
	return true;
}

static inline void oracle_read_neigh(struct oracle *oracle, struct nlmsghdr *msg)
{
	struct ndmsg *info = nlmsg_data(msg);
	struct nlattr *tb[NDA_MAX + 1];
	struct oracle_neigh *neigh = &oracle->neighs[oracle->n_neighs];

	nlmsg_parse(msg, sizeof(*info), tb, NDA_MAX, NULL);
	if (msg->nlmsg_type != RTM_NEWNEIGH || !tb[NDA_DST] ||
	    oracle->n_neighs == ORACLE_NEIGHS_MAX)
		return;
	neigh->ifindex = info->ndm_ifindex;
	neigh->addr = ntohl(oracle_u32(tb[NDA_DST]));
	neigh->state = info->ndm_state;
	neigh->has_mac = tb[NDA_LLADDR] != NULL;
	if (neigh->has_mac)
		memcpy(neigh->mac, nla_data(tb[NDA_LLADDR]), sizeof(neigh->mac));
	oracle->n_neighs++;
}

/* One by one, what the kernel dumps when it is asked with a message of this type. */
static inline bool oracle_dump(struct oracle *oracle, int type, void *head, size_t head_bytes,
			       void (*read)(struct oracle *oracle, struct nlmsghdr *msg))
{
	struct nl_msg *request = nlmsg_alloc_simple(type, NLM_F_REQUEST | NLM_F_DUMP);

	nlmsg_append(request, head, head_bytes, NLMSG_ALIGNTO);
	nl_send_auto(oracle->sock, request);
	nlmsg_free(request);
	for (;;) {
		ssize_t got = recv(nl_socket_get_fd(oracle->sock), oracle->buf, sizeof(oracle->buf),
				   0);
		struct nlmsghdr *msg = (struct nlmsghdr *)(void *)oracle->buf;
		int len = (int)got;

		if (got < 0)
			return false;
		for (; nlmsg_ok(msg, len); msg = nlmsg_next(msg, &len)) {
			if (msg->nlmsg_type == NLMSG_DONE)
				return true;
			read(oracle, msg);
		}
	}
}

/* Reads the kernel's IPv4 neighbours. */
static inline bool oracle_read_neighs(struct oracle *oracle)
{
	struct ndmsg head = { .ndm_family = AF_INET };

	oracle->n_neighs = 0;
	return oracle_dump(oracle, RTM_GETNEIGH, &head, sizeof(head), oracle_read_neigh);
}

static inline void oracle_add_link(struct oracle *oracle, struct nlmsghdr *msg)
{
	struct ifinfomsg *info = nlmsg_data(msg);

	if (msg->nlmsg_type != RTM_NEWLINK || oracle->n_links == ORACLE_LINKS_MAX)
		return;
	oracle->links[oracle->n_links].ifindex = info->ifi_index;
	oracle->links[oracle->n_links++].carrier = (info->ifi_flags & IFF_UP) &&
						   (info->ifi_flags &
						    (IFF_RUNNING | ORACLE_LOWER_UP));
}

/* Reads which links have a carrier. */
static inline bool oracle_read_links(struct oracle *oracle)
{
	struct ifinfomsg head = { .ifi_family = AF_UNSPEC };

	oracle->n_links = 0;
	return oracle_dump(oracle, RTM_GETLINK, &head, sizeof(head), oracle_add_link);
}

/*
 * The kernel forgets that a path has no carrier when it revives a dead one; the link itself knows.
 */
static inline bool oracle_path_is_usable(const struct oracle *oracle,
					 const struct oracle_path *path)
{
	for (unsigned i = 0; i < oracle->n_links; i++) {
		if (oracle->links[i].ifindex == path->ifindex)
			return oracle->links[i].carrier &&
			       !(path->flags & (RTNH_F_DEAD | RTNH_F_LINKDOWN));
	}
	return false;
}

/* A path without carrier that the kernel takes for one with. */
static inline bool oracle_path_is_mistaken(const struct oracle *oracle,
					   const struct oracle_path *path)
{
	return !oracle_path_is_usable(oracle, path) &&
	       !(path->flags & (RTNH_F_DEAD | RTNH_F_LINKDOWN));
}

static inline void oracle_add_route(struct oracle *oracle, struct nlmsghdr *msg)
{
	struct rtmsg *info = nlmsg_data(msg);

	if (msg->nlmsg_type != RTM_NEWROUTE || oracle->n_routes == ORACLE_ROUTES_MAX ||
	    (info->rtm_flags & RTM_F_CLONED))
		return;
	memset(&oracle->routes[oracle->n_routes], 0, sizeof(oracle->routes[0]));
	oracle_read_route(msg, &oracle->routes[oracle->n_routes++]);
}

/* Reads the kernel's IPv4 routes of all tables. */
static inline bool oracle_read_routes(struct oracle *oracle)
{
	struct rtmsg head = { .rtm_family = AF_INET };

	oracle->n_routes = 0;
	return oracle_dump(oracle, RTM_GETROUTE, &head, sizeof(head), oracle_add_route);
}

static inline const struct oracle_neigh *oracle_neigh(const struct oracle *oracle, int ifindex,
						      uint32_t addr)
{
	for (unsigned i = 0; i < oracle->n_neighs; i++) {
		if (oracle->neighs[i].ifindex == ifindex && oracle->neighs[i].addr == addr)
			return &oracle->neighs[i];
	}
	return NULL;
}

#endif
