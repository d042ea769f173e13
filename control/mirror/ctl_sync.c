#include "control/mirror/ctl_sync.h"

#include <errno.h>

#include <linux/rtnetlink.h>

#define STALLED_S 10

static enum ctl_sync_event sync_fail(struct ctl_sync *sync)
{
	sync->running = false;
	return CTL_SYNC_FAILED;
}

static enum ctl_sync_event table_begin(struct ctl_sync *sync, struct ctl_nl *nl,
				       enum ctl_nl_table table, enum ctl_sync_event event)
{
	sync->table = table;
	sync->interrupted = false;
	sync->answered = false;
	sync->idle_s = 0;
	return ctl_nl_dump(nl, table, &sync->seq) < 0 ? sync_fail(sync) : event;
}

enum ctl_sync_event ctl_sync_begin(struct ctl_sync *sync, struct ctl_nl *nl)
{
	if (sync->running) {
		sync->again = true;
		return CTL_SYNC_NONE;
	}
	sync->running = true;
	sync->again = false;
	sync->raced = false;
	return table_begin(sync, nl, CTL_NL_LINKS, CTL_SYNC_RESTART);
}

/* A table that changed while it was read is read again; what was seen of it stays seen. */
static enum ctl_sync_event table_end(struct ctl_sync *sync, struct ctl_nl *nl)
{
	if (sync->again) {
		sync->running = false;
		return ctl_sync_begin(sync, nl);
	}
	if (sync->interrupted) {
		sync->interrupts++;
		return table_begin(sync, nl, sync->table, CTL_SYNC_NONE);
	}
	if (sync->table + 1 < CTL_NL_N_TABLES)
		return table_begin(sync, nl, sync->table + 1, CTL_SYNC_NONE);
	sync->running = false;
	return CTL_SYNC_COMPLETE;
}

/* The error of an answer: of NLMSG_ERROR always, of NLMSG_DONE where the kernel gives one. */
static int answer_errno(const struct nlmsghdr *msg, size_t len)
{
	int error = 0;

	if (len < NLMSG_HDRLEN + sizeof(error) || msg->nlmsg_len < NLMSG_HDRLEN + sizeof(error))
		return msg->nlmsg_type == NLMSG_ERROR ? -EINVAL : 0;
	memcpy(&error, (const char *)msg + NLMSG_HDRLEN, sizeof(error));
	return error < 0 ? error : 0;
}

static bool notifies_of(const struct nlmsghdr *msg, size_t len, enum ctl_nl_table table)
{
	/* Every header of a family begins with it. */
	bool is_ipv6 = len > NLMSG_HDRLEN && *((const uint8_t *)msg + NLMSG_HDRLEN) == AF_INET6;

	switch (msg->nlmsg_type) {
	case RTM_NEWLINK:
	case RTM_DELLINK:
		return table == CTL_NL_LINKS;
	case RTM_NEWNETCONF:
		return table == (is_ipv6 ? CTL_NL_NETCONF6 : CTL_NL_NETCONF);
	case RTM_NEWADDR:
	case RTM_DELADDR:
		return table == (is_ipv6 ? CTL_NL_ADDRS6 : CTL_NL_ADDRS);
	case RTM_NEWNEXTHOP:
	case RTM_DELNEXTHOP:
		return table == CTL_NL_NEXTHOPS;
	case RTM_NEWNEIGH:
	case RTM_DELNEIGH:
		return table == CTL_NL_NEIGHS;
	case RTM_NEWRULE:
	case RTM_DELRULE:
		return table == (is_ipv6 ? CTL_NL_RULES6 : CTL_NL_RULES);
	case RTM_NEWROUTE:
	case RTM_DELROUTE:
		return table == (is_ipv6 ? CTL_NL_ROUTES6 : CTL_NL_ROUTES);
	default:
		return false;
	}
}

bool ctl_sync_is_dump(const struct ctl_sync *sync, const struct nlmsghdr *msg)
{
	return sync->running && msg->nlmsg_seq == sync->seq;
}

enum ctl_sync_event ctl_sync_message(struct ctl_sync *sync, struct ctl_nl *nl,
				     const struct nlmsghdr *msg, size_t len)
{
	int error;

	if (!sync->running)
		return CTL_SYNC_NONE;
	/*
	 * The kernel fills a dump without lock and then queues it: a notification may overtake it
	 * and be undone by it. The next synchronisation puts that right.
	 */
	if (msg->nlmsg_seq != sync->seq) {
		sync->answered |= msg->nlmsg_type == NLMSG_ERROR &&
				  msg->nlmsg_seq == sync->probe_seq;
		sync->raced |= notifies_of(msg, len, sync->table);
		return CTL_SYNC_NONE;
	}
	sync->idle_s = 0;
	sync->answered = false;
	if (msg->nlmsg_flags & NLM_F_DUMP_INTR)
		sync->interrupted = true;
	if (msg->nlmsg_type != NLMSG_ERROR && msg->nlmsg_type != NLMSG_DONE)
		return CTL_SYNC_NONE;
	error = answer_errno(msg, len);
	if (ctl_nl_table_is_missing(sync->table, error))
		error = 0;
	return error < 0 ? sync_fail(sync) : table_end(sync, nl);
}

void ctl_sync_overrun(struct ctl_sync *sync)
{
	sync->doubtful = true;
}

enum ctl_sync_event ctl_sync_drained(struct ctl_sync *sync, struct ctl_nl *nl)
{
	if (!sync->running)
		return CTL_SYNC_NONE;
	if (sync->answered)
		return sync_fail(sync);
	if (sync->doubtful)
		sync->doubtful = ctl_nl_probe(nl, &sync->probe_seq) < 0;
	return CTL_SYNC_NONE;
}

enum ctl_sync_event ctl_sync_tick(struct ctl_sync *sync, struct ctl_nl *nl)
{
	if (!sync->running)
		return CTL_SYNC_NONE;
	if (++sync->idle_s >= STALLED_S)
		return sync_fail(sync);
	if (sync->idle_s > 1)
		sync->doubtful = ctl_nl_probe(nl, &sync->probe_seq) < 0;
	return CTL_SYNC_NONE;
}
