#ifndef TESTS_CONTROL_PARITY_IPV6_ORACLE_H
#define TESTS_CONTROL_PARITY_IPV6_ORACLE_H

/* What the kernel would do with an IPv6 destination, asked as kernel_oracle.h does for IPv4. */

#include "kernel_oracle.h"

#include <arpa/inet.h>

struct answer_path {
	int ifindex;
	bool has_gateway;
	struct dp_ip6 gateway;
	unsigned weight;
	unsigned flags;
};

struct answer {
	int error; /* -errno of the lookup, 0 when there is a route */
	uint8_t type;
	uint8_t depth;
	uint32_t table;
	uint32_t metric;
	uint32_t nexthop_id;
	struct dp_ip6 prefix;
	unsigned n_paths;
	struct answer_path paths[ORACLE_PATHS_MAX];
};

static struct answer_neigh {
	int ifindex;
	struct dp_ip6 addr;
	uint8_t mac[6];
} answer_neighs[ORACLE_NEIGHS_MAX];
static unsigned n_answer_neighs;

static inline void answer_read_gateway(struct nlattr **tb, struct answer_path *path)
{
	path->has_gateway = tb[RTA_GATEWAY] != NULL;
	if (path->has_gateway)
		memcpy(path->gateway.bytes, nla_data(tb[RTA_GATEWAY]), 16);
}

static inline void answer_read_hops(struct nlattr *attr, struct answer *out)
{
	char *at = nla_data(attr);
	int left = nla_len(attr);

	while (left >= (int)sizeof(struct rtnexthop)) {
		struct rtnexthop *hop = (struct rtnexthop *)(void *)at;
		struct answer_path *path = &out->paths[out->n_paths++];
		struct nlattr *tb[RTA_MAX + 1];

		nla_parse(tb, RTA_MAX, (struct nlattr *)(void *)RTNH_DATA(hop),
			  hop->rtnh_len - (int)sizeof(*hop), NULL);
		answer_read_gateway(tb, path);
		path->ifindex = hop->rtnh_ifindex;
		path->weight = hop->rtnh_hops + 1U;
		path->flags = hop->rtnh_flags;
		at += RTNH_ALIGN(hop->rtnh_len);
		left -= (int)RTNH_ALIGN(hop->rtnh_len);
	}
}

static inline void answer_read(struct nlmsghdr *msg, struct answer *out)
{
	struct rtmsg *info = nlmsg_data(msg);
	struct nlattr *tb[RTA_MAX + 1];

	nlmsg_parse(msg, sizeof(*info), tb, RTA_MAX, NULL);
	out->type = info->rtm_type;
	out->depth = info->rtm_dst_len;
	out->table = oracle_u32(tb[RTA_TABLE]);
	out->metric = oracle_u32(tb[RTA_PRIORITY]);
	out->nexthop_id = oracle_u32(tb[RTA_NH_ID]);
	if (tb[RTA_DST])
		memcpy(out->prefix.bytes, nla_data(tb[RTA_DST]), 16);
	if (tb[RTA_MULTIPATH]) {
		answer_read_hops(tb[RTA_MULTIPATH], out);
		return;
	}
	if (!tb[RTA_OIF])
		return;
	out->n_paths = 1;
	out->paths[0].ifindex = (int)oracle_u32(tb[RTA_OIF]);
	answer_read_gateway(tb, &out->paths[0]);
	out->paths[0].weight = 1;
	out->paths[0].flags = info->rtm_flags;
}

/* A question where an address leads to; more can be added to it. */
static inline struct nl_msg *answer_question(const struct dp_ip6 *addr, uint8_t tos)
{
	struct rtmsg head = { .rtm_family = AF_INET6,
			      .rtm_dst_len = 128,
			      .rtm_src_len = 128,
			      .rtm_tos = tos,
			      .rtm_flags = RTM_F_FIB_MATCH };
	struct nl_msg *request = nlmsg_alloc_simple(RTM_GETROUTE, NLM_F_REQUEST);

	nlmsg_append(request, &head, sizeof(head), NLMSG_ALIGNTO);
	nla_put(request, RTA_DST, sizeof(*addr), addr);
	return request;
}

/* The route that the kernel's lookup matches, as it is in the table. */
static inline bool answer_ask(struct oracle *from, struct nl_msg *request, struct answer *out)
{
	struct nlmsghdr *msg = (struct nlmsghdr *)(void *)from->buf;

	memset(out, 0, sizeof(*out));
	nl_send_auto(from->sock, request);
	nlmsg_free(request);
	if (recv(nl_socket_get_fd(from->sock), from->buf, sizeof(from->buf), 0) <
	    (ssize_t)sizeof(*msg))
		return false;
	if (msg->nlmsg_type == NLMSG_ERROR) {
		memcpy(&out->error, nlmsg_data(msg), sizeof(out->error));
		return out->error < 0;
	}
	answer_read(msg, out);
	return true;
}

static inline void answer_add_neigh(struct oracle *from, struct nlmsghdr *msg)
{
	struct ndmsg *info = nlmsg_data(msg);
	struct nlattr *tb[NDA_MAX + 1];
	struct answer_neigh *neigh = &answer_neighs[n_answer_neighs];

	(void)from;
	nlmsg_parse(msg, sizeof(*info), tb, NDA_MAX, NULL);
	if (msg->nlmsg_type != RTM_NEWNEIGH || !tb[NDA_DST] || !tb[NDA_LLADDR] ||
	    n_answer_neighs == ORACLE_NEIGHS_MAX ||
	    !(info->ndm_state &
	      (NUD_REACHABLE | NUD_STALE | NUD_DELAY | NUD_PROBE | NUD_PERMANENT | NUD_NOARP)))
		return;
	neigh->ifindex = info->ndm_ifindex;
	memcpy(neigh->addr.bytes, nla_data(tb[NDA_DST]), 16);
	memcpy(neigh->mac, nla_data(tb[NDA_LLADDR]), sizeof(neigh->mac));
	n_answer_neighs++;
}

/* Reads the kernel's IPv6 neighbours that packets may be sent to. */
static inline bool answer_read_neighs(struct oracle *from)
{
	struct ndmsg head = { .ndm_family = AF_INET6 };

	n_answer_neighs = 0;
	return oracle_dump(from, RTM_GETNEIGH, &head, sizeof(head), answer_add_neigh);
}

static inline const uint8_t *answer_neigh_mac(int ifindex, const struct dp_ip6 *addr)
{
	for (unsigned i = 0; i < n_answer_neighs; i++) {
		if (answer_neighs[i].ifindex == ifindex &&
		    memcmp(&answer_neighs[i].addr, addr, sizeof(*addr)) == 0)
			return answer_neighs[i].mac;
	}
	return NULL;
}

static inline bool answer_path_is_usable(const struct answer_path *path)
{
	const struct oracle_path same = { .ifindex = path->ifindex, .flags = path->flags };

	return oracle_path_is_usable(&oracle, &same);
}

#endif
