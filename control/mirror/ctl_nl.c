#include "control/mirror/ctl_nl.h"

#include "dataplane/dp_netns.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <linux/fib_rules.h>
#include <linux/if_link.h>
#include <linux/neighbour.h>
#include <linux/netconf.h>
#include <linux/nexthop.h>
#include <linux/rtnetlink.h>
#include <netlink/msg.h>
#include <netlink/netlink.h>
#include <netlink/socket.h>

#define BUF_BYTES (256U << 10) /* the kernel fills at most 32 KiB of a dump at once */

struct ctl_nl {
	struct nl_sock *sock;
	char *buf;
};

static int nl_errno(int nl_error)
{
	switch (-nl_error) {
	case NLE_NOMEM:
		return -ENOMEM;
	case NLE_PERM:
	case NLE_NOACCESS:
		return -EPERM;
	case NLE_BUSY:
		return -EBUSY;
	case NLE_AGAIN:
		return -EAGAIN;
	default:
		return -EIO;
	}
}

static int set_option(int fd, int level, int option, int value)
{
	return setsockopt(fd, level, option, &value, sizeof(value)) < 0 ? -errno : 0;
}

/*
 * Beyond net.core.rmem_max where the process may; below it otherwise. Strict checking lets the
 * kernel filter dumps; kernels without it send more, which is then ignored.
 */
static int socket_tune(struct nl_sock *sock, unsigned rcvbuf_bytes)
{
	int fd = nl_socket_get_fd(sock);
	int rc = set_option(fd, SOL_SOCKET, SO_RCVBUFFORCE, (int)rcvbuf_bytes);

	if (rc == -EPERM)
		rc = set_option(fd, SOL_SOCKET, SO_RCVBUF, (int)rcvbuf_bytes);
	if (rc < 0)
		return rc;
	set_option(fd, SOL_NETLINK, NETLINK_GET_STRICT_CHK, 1);
	nl_socket_disable_auto_ack(sock);
	rc = nl_socket_set_nonblocking(sock);
	return rc < 0 ? nl_errno(rc) : 0;
}

static int socket_open(struct nl_sock *sock, const struct ctl_nl_params *params)
{
	int rc = nl_connect(sock, NETLINK_ROUTE);

	if (rc < 0)
		return nl_errno(rc);
	rc = socket_tune(sock, params->rcvbuf_bytes);
	if (rc < 0)
		return rc;
	for (const int *group = params->groups; *group; group++) {
		rc = set_option(nl_socket_get_fd(sock), SOL_NETLINK, NETLINK_ADD_MEMBERSHIP,
				*group);
		if (rc < 0)
			return rc;
	}
	return 0;
}

static int socket_open_in(struct ctl_nl *nl, const struct ctl_nl_params *params, struct dp_why *why)
{
	struct dp_netns visit;
	int rc = 0;

	if (params->netns)
		rc = dp_netns_enter(&visit, params->netns, why);
	if (rc < 0)
		return rc;
	rc = socket_open(nl->sock, params);
	if (rc < 0)
		snprintf(why->text, sizeof(why->text),
			 "cannot open a netlink socket in namespace %s: %s",
			 params->netns ? params->netns : "of the daemon", strerror(-rc));
	if (params->netns)
		dp_netns_leave(&visit);
	return rc;
}

int ctl_nl_open(const struct ctl_nl_params *params, struct ctl_nl **out, struct dp_why *why)
{
	struct ctl_nl *nl = calloc(1, sizeof(*nl));
	int rc = -ENOMEM;

	if (!nl)
		goto no_memory;
	nl->buf = malloc(BUF_BYTES);
	nl->sock = nl_socket_alloc();
	if (!nl->buf || !nl->sock)
		goto no_memory;
	rc = socket_open_in(nl, params, why);
	if (rc < 0)
		goto fail;
	*out = nl;
	return 0;

no_memory:
	snprintf(why->text, sizeof(why->text), "no memory for a netlink socket");
fail:
	ctl_nl_close(nl);
	return rc;
}

void ctl_nl_close(struct ctl_nl *nl)
{
	if (!nl)
		return;
	nl_socket_free(nl->sock);
	free(nl->buf);
	free(nl);
}

int ctl_nl_fd(const struct ctl_nl *nl)
{
	return nl_socket_get_fd(nl->sock);
}

static void datagram_split(const char *buf, size_t len, ctl_nl_fn fn, void *arg)
{
	while (len >= NLMSG_HDRLEN) {
		const struct nlmsghdr *msg = (const struct nlmsghdr *)(const void *)buf;
		size_t step = NLMSG_ALIGN((size_t)msg->nlmsg_len);

		if (msg->nlmsg_len < NLMSG_HDRLEN || msg->nlmsg_len > len)
			return;
		fn(arg, msg, len);
		step = step < len ? step : len;
		buf += step;
		len -= step;
	}
}

/* libnl's own receive allocates for each datagram and hides which error was an overrun. */
int ctl_nl_receive(struct ctl_nl *nl, ctl_nl_fn fn, void *arg)
{
	struct sockaddr_nl from = { 0 };
	struct iovec iov = { .iov_base = nl->buf, .iov_len = BUF_BYTES };
	struct msghdr header = {
		.msg_name = &from, .msg_namelen = sizeof(from), .msg_iov = &iov, .msg_iovlen = 1
	};
	ssize_t len = recvmsg(nl_socket_get_fd(nl->sock), &header, MSG_DONTWAIT);

	if (len < 0)
		return errno == EAGAIN || errno == EINTR ? 0 : -errno;
	if (header.msg_flags & MSG_TRUNC)
		return -ENOBUFS;
	if (from.nl_pid == 0)
		datagram_split(nl->buf, (size_t)len, fn, arg);
	return 1;
}

bool ctl_nl_is_empty(const struct ctl_nl *nl)
{
	struct pollfd poll_fd = { .fd = nl_socket_get_fd(nl->sock), .events = POLLIN };

	return poll(&poll_fd, 1, 0) == 0;
}

/* What a request is made of: a netlink header, the header of its family, attributes. */
static struct nl_msg *request_create(int type, int flags, const void *head, size_t len)
{
	struct nl_msg *msg = nlmsg_alloc_simple(type, NLM_F_REQUEST | flags);
	void *at = msg ? nlmsg_reserve(msg, len, NLMSG_ALIGNTO) : NULL;

	if (!at) {
		nlmsg_free(msg);
		return NULL;
	}
	memcpy(at, head, len);
	return msg;
}

static int request_send(struct ctl_nl *nl, struct nl_msg *msg, uint32_t *seq)
{
	int rc = nl_send_auto(nl->sock, msg);

	if (seq)
		*seq = nlmsg_hdr(msg)->nlmsg_seq;
	nlmsg_free(msg);
	return rc < 0 ? nl_errno(rc) : 0;
}

/*
 * The kernel tells the table that a lookup was made in: of an address of its own it is main as long
 * as local is a part of it (fib_unmerge()).
 */
static struct nl_msg *merge_create(void)
{
	const struct rtmsg lookup = { .rtm_family = AF_INET,
				      .rtm_dst_len = 32,
				      .rtm_flags = RTM_F_LOOKUP_TABLE };
	const uint32_t loopback = htonl(INADDR_LOOPBACK);
	struct nl_msg *msg = request_create(RTM_GETROUTE, NLM_F_ACK, &lookup, sizeof(lookup));

	if (msg && nla_put(msg, RTA_DST, sizeof(loopback), &loopback) < 0) {
		nlmsg_free(msg);
		return NULL;
	}
	return msg;
}

static struct nl_msg *dump_create(enum ctl_nl_table table)
{
	bool is_ipv6 = table == CTL_NL_NETCONF6 || table == CTL_NL_ADDRS6 ||
		       table == CTL_NL_ROUTES6 || table == CTL_NL_RULES6;
	uint8_t family = is_ipv6 ? AF_INET6 : AF_INET;
	const struct ifinfomsg link = { .ifi_family = AF_UNSPEC };
	const struct netconfmsg netconf = { .ncm_family = family };
	const struct ifaddrmsg addr = { .ifa_family = family };
	const struct nhmsg nexthop = { .nh_family = AF_UNSPEC };
	const struct ndmsg neigh = { .ndm_family = AF_UNSPEC };
	const struct fib_rule_hdr rule = { .family = family };
	const struct rtmsg route = { .rtm_family = family };

	switch (table) {
	case CTL_NL_LINKS:
		return request_create(RTM_GETLINK, NLM_F_DUMP, &link, sizeof(link));
	case CTL_NL_NETCONF:
	case CTL_NL_NETCONF6:
		return request_create(RTM_GETNETCONF, NLM_F_DUMP, &netconf, sizeof(netconf));
	case CTL_NL_ADDRS:
	case CTL_NL_ADDRS6:
		return request_create(RTM_GETADDR, NLM_F_DUMP, &addr, sizeof(addr));
	case CTL_NL_NEXTHOPS:
		return request_create(RTM_GETNEXTHOP, NLM_F_DUMP, &nexthop, sizeof(nexthop));
	case CTL_NL_NEIGHS:
		return request_create(RTM_GETNEIGH, NLM_F_DUMP, &neigh, sizeof(neigh));
	case CTL_NL_RULES:
	case CTL_NL_RULES6:
		return request_create(RTM_GETRULE, NLM_F_DUMP, &rule, sizeof(rule));
	case CTL_NL_MERGE:
		return merge_create();
	case CTL_NL_ROUTES:
	case CTL_NL_ROUTES6:
	case CTL_NL_N_TABLES:
		break;
	}
	return request_create(RTM_GETROUTE, NLM_F_DUMP, &route, sizeof(route));
}

bool ctl_nl_table_is_missing(enum ctl_nl_table table, int error)
{
	bool optional = table == CTL_NL_NEXTHOPS || table == CTL_NL_NETCONF6 ||
			table == CTL_NL_ADDRS6 || table == CTL_NL_ROUTES6 ||
			table == CTL_NL_RULES || table == CTL_NL_RULES6;

	/* without the loopback link there is no address to look up, and no answer */
	return table == CTL_NL_MERGE || (optional && error == -EOPNOTSUPP);
}

int ctl_nl_dump(struct ctl_nl *nl, enum ctl_nl_table table, uint32_t *seq)
{
	struct nl_msg *msg = dump_create(table);

	if (!msg)
		return -ENOMEM;
	if (table == CTL_NL_LINKS && nla_put_u32(msg, IFLA_EXT_MASK, RTEXT_FILTER_SKIP_STATS) < 0) {
		nlmsg_free(msg);
		return -ENOMEM;
	}
	return request_send(nl, msg, seq);
}

int ctl_nl_probe(struct ctl_nl *nl, uint32_t *seq)
{
	struct nl_msg *msg = nlmsg_alloc_simple(NLMSG_NOOP, NLM_F_REQUEST | NLM_F_ACK);

	return msg ? request_send(nl, msg, seq) : -ENOMEM;
}

/*
 * NTF_USE makes the kernel resolve or confirm a neighbour as if it had a packet for it, and leaves
 * its state alone. Kernels before 5.16 do not know the extended flag and ignore it.
 */
int ctl_nl_neigh_use(struct ctl_nl *nl, const struct ctl_nl_use *use)
{
	const struct ndmsg neigh = { .ndm_family = use->addr.family,
				     .ndm_ifindex = use->ifindex,
				     .ndm_state = NUD_NONE,
				     .ndm_flags = (uint8_t)(NTF_USE | use->flags) };
	int flags = NLM_F_REPLACE | (use->create ? NLM_F_CREATE : 0);
	struct nl_msg *msg = request_create(RTM_NEWNEIGH, flags, &neigh, sizeof(neigh));

	if (!msg)
		return -ENOMEM;
	if (nla_put(msg, NDA_DST, (int)ctl_addr_len(use->addr.family), use->addr.bytes) < 0 ||
	    (use->manage && nla_put_u32(msg, NDA_FLAGS_EXT, NTF_EXT_MANAGED) < 0)) {
		nlmsg_free(msg);
		return -ENOMEM;
	}
	return request_send(nl, msg, NULL);
}

int ctl_nl_neigh_get(struct ctl_nl *nl, int ifindex, const struct ctl_addr *addr)
{
	const struct ndmsg neigh = { .ndm_family = addr->family, .ndm_ifindex = ifindex };
	struct nl_msg *msg = request_create(RTM_GETNEIGH, 0, &neigh, sizeof(neigh));

	if (!msg)
		return -ENOMEM;
	if (nla_put(msg, NDA_DST, (int)ctl_addr_len(addr->family), addr->bytes) < 0) {
		nlmsg_free(msg);
		return -ENOMEM;
	}
	return request_send(nl, msg, NULL);
}
