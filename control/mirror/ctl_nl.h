#ifndef CONTROL_MIRROR_CTL_NL_H
#define CONTROL_MIRROR_CTL_NL_H

/**
 * @file
 * A route netlink socket in some network namespace, non-blocking. Control thread only.
 */

#include "control/mirror/ctl_addr.h"
#include "dataplane/dp.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <linux/netlink.h>

struct ctl_nl;
struct nl_msg;

/** What to listen to. */
struct ctl_nl_params {
	const char *netns;     /**< name under /run/netns, NULL: where the thread is */
	const int *groups;     /**< RTNLGRP_*, ending with 0 */
	unsigned rcvbuf_bytes; /**< receive buffer, before the kernel's own doubling */
};

/**
 * Opens a socket. The thread is in its own namespace again afterwards.
 *
 * @param out the socket
 * @return 0, or -errno with a sentence in why: -ENOENT (no such namespace), -EPERM, -ENOMEM, ...
 */
int ctl_nl_open(const struct ctl_nl_params *params, struct ctl_nl **out, struct dp_why *why);
void ctl_nl_close(struct ctl_nl *nl);

/** File descriptor, to wait for. */
int ctl_nl_fd(const struct ctl_nl *nl);

/** Called for one message; len bytes are readable from its start. */
typedef void (*ctl_nl_fn)(void *arg, const struct nlmsghdr *msg, size_t len);

/**
 * Reads one datagram and hands its messages to fn. Datagrams that are not the kernel's are skipped.
 *
 * @return 1 when there was one, 0 when there is none now, -ENOBUFS when messages were lost, or
 *	   another -errno
 */
int ctl_nl_receive(struct ctl_nl *nl, ctl_nl_fn fn, void *arg);

/** True when nothing has come that was not received. */
bool ctl_nl_is_empty(const struct ctl_nl *nl);

/** The tables of the kernel, in the order in which they are to be read. */
enum ctl_nl_table {
	CTL_NL_LINKS,
	CTL_NL_NETCONF,
	CTL_NL_NETCONF6,
	CTL_NL_ADDRS,
	CTL_NL_ADDRS6,
	CTL_NL_NEXTHOPS,
	CTL_NL_NEIGHS,
	CTL_NL_RULES,
	CTL_NL_RULES6,
	CTL_NL_MERGE, /**< no table: whether IPv4's local and main are one, see ctl_nl_rule.h */
	CTL_NL_ROUTES,
	CTL_NL_ROUTES6,
	CTL_NL_N_TABLES,
};

/** True when an error says that there is nothing to dump: a kernel without such a table, say. */
bool ctl_nl_table_is_missing(enum ctl_nl_table table, int error);

/**
 * Asks for all of a table. One dump at a time.
 *
 * @param seq the sequence number of the answer
 * @return 0 or -errno
 */
int ctl_nl_dump(struct ctl_nl *nl, enum ctl_nl_table table, uint32_t *seq);

/**
 * Asks for an answer that says nothing. The kernel fills one further part of a dump whenever
 * something is received: with the answer a dump goes on that an overrun had suspended, and when
 * nothing of it follows the answer there is no dump any more.
 *
 * @param seq the sequence number of the answer
 * @return 0 or -errno
 */
int ctl_nl_probe(struct ctl_nl *nl, uint32_t *seq);

/** A neighbour that the kernel is asked to use. */
struct ctl_nl_use {
	int ifindex;
	struct ctl_addr addr;
	uint8_t flags; /**< further NTF_* */
	bool create;   /**< make it when it does not exist */
	bool manage;   /**< keep it resolved from now on (NTF_EXT_MANAGED), or no longer */
};

/** Resolves or confirms a neighbour. Errors come back as messages. @return 0 or -errno */
int ctl_nl_neigh_use(struct ctl_nl *nl, const struct ctl_nl_use *use);

/** Asks for one neighbour; the answer is a RTM_NEWNEIGH message. @return 0 or -errno */
int ctl_nl_neigh_get(struct ctl_nl *nl, int ifindex, const struct ctl_addr *addr);

#endif
