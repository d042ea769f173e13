#include "control/mirror/ctl_carrier.h"

#include "control/mirror/ctl_nl.h"
#include "control/mirror/ctl_nl_decode.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/queue.h>

#include <event2/event.h>
#include <linux/rtnetlink.h>

#define RCVBUF_BYTES (1U << 20)
#define TURN_DATAGRAMS 64U
#define RETRY_US 100000 /* after a refused dump */

/* IFF_LOWER_UP: <linux/if.h>, which has it, cannot be included beside <net/if.h>. */
#define LINK_LOWER_UP (1U << 16)

struct watch {
	LIST_ENTRY(watch) list;
	char device[IFNAMSIZ];
	ctl_carrier_fn fn;
	void *arg;
	unsigned port;
	int ifindex; /* 0: there is no such device */
	bool up;
	bool told;    /* fn knows up */
	bool awaited; /* was there when the dump began, and is not told by it yet */
};

struct ctl_carrier {
	struct ctl_nl *nl;
	struct event *readable;
	struct event *retry;
	LIST_HEAD(, watch) watches;
	bool dumping;
	bool again; /* dump once more after the one that runs */
	uint32_t seq;
};

static void watch_set(struct watch *watch, int ifindex, bool up)
{
	bool changed = !watch->told || watch->up != up;

	watch->ifindex = ifindex;
	watch->up = up;
	watch->told = true;
	watch->awaited = false;
	if (changed)
		watch->fn(watch->arg, watch->port, up);
}

static void dump_retry(struct ctl_carrier *carrier)
{
	const struct timeval delay = { .tv_usec = RETRY_US };

	event_add(carrier->retry, &delay);
}

static void dump_begin(struct ctl_carrier *carrier)
{
	struct watch *watch;

	if (carrier->dumping) {
		carrier->again = true;
		return;
	}
	carrier->again = false;
	LIST_FOREACH(watch, &carrier->watches, list)
		watch->awaited = true;
	if (ctl_nl_dump(carrier->nl, CTL_NL_LINKS, &carrier->seq) < 0)
		dump_retry(carrier);
	else
		carrier->dumping = true;
}

/* What the dump did not tell does not exist. */
static void dump_end(struct ctl_carrier *carrier, bool valid)
{
	struct watch *watch;

	carrier->dumping = false;
	LIST_FOREACH(watch, &carrier->watches, list) {
		if (valid && watch->awaited)
			watch_set(watch, 0, false);
	}
	if (!valid)
		dump_retry(carrier);
	else if (carrier->again)
		dump_begin(carrier);
}

static void link_apply(struct ctl_carrier *carrier, const struct nlmsghdr *msg, size_t len)
{
	struct ctl_nl_link link;
	struct watch *watch;

	if (ctl_nl_decode_link(msg, len, &link) < 0)
		return;
	LIST_FOREACH(watch, &carrier->watches, list) {
		if (!link.removed && strcmp(watch->device, link.name) == 0)
			watch_set(watch, link.ifindex,
				  (link.flags & IFF_UP) && (link.flags & LINK_LOWER_UP));
		else if (watch->ifindex == link.ifindex)
			watch_set(watch, 0, false);
	}
}

static void on_message(void *arg, const struct nlmsghdr *msg, size_t len)
{
	struct ctl_carrier *carrier = arg;

	switch (msg->nlmsg_type) {
	case RTM_NEWLINK:
	case RTM_DELLINK:
		link_apply(carrier, msg, len);
		break;
	case NLMSG_DONE:
	case NLMSG_ERROR:
		if (carrier->dumping && msg->nlmsg_seq == carrier->seq)
			dump_end(carrier, msg->nlmsg_type == NLMSG_DONE &&
						  !(msg->nlmsg_flags & NLM_F_DUMP_INTR));
		break;
	default:
		break;
	}
}

static void on_readable(evutil_socket_t fd, short what, void *arg)
{
	struct ctl_carrier *carrier = arg;
	int rc = 1;

	(void)fd;
	(void)what;
	for (unsigned n = 0; n < TURN_DATAGRAMS && rc > 0; n++)
		rc = ctl_nl_receive(carrier->nl, on_message, carrier);
	if (rc < 0)
		dump_begin(carrier);
}

static void on_retry(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	dump_begin(arg);
}

int ctl_carrier_create(struct event_base *base, struct ctl_carrier **out, struct dp_why *why)
{
	static const int groups[] = { RTNLGRP_LINK, 0 };
	const struct ctl_nl_params params = { .groups = groups, .rcvbuf_bytes = RCVBUF_BYTES };
	struct ctl_carrier *carrier = calloc(1, sizeof(*carrier));
	int rc = -ENOMEM;

	if (!carrier)
		goto no_memory;
	LIST_INIT(&carrier->watches);
	rc = ctl_nl_open(&params, &carrier->nl, why);
	if (rc < 0)
		goto fail;
	carrier->readable = event_new(base, ctl_nl_fd(carrier->nl), EV_READ | EV_PERSIST,
				      on_readable, carrier);
	carrier->retry = evtimer_new(base, on_retry, carrier);
	if (!carrier->readable || !carrier->retry || event_add(carrier->readable, NULL) < 0)
		goto no_memory;
	*out = carrier;
	return 0;

no_memory:
	rc = -ENOMEM;
	snprintf(why->text, sizeof(why->text), "no memory to watch the carrier of kernel devices");
fail:
	ctl_carrier_destroy(carrier);
	return rc;
}

void ctl_carrier_destroy(struct ctl_carrier *carrier)
{
	if (!carrier)
		return;
	if (carrier->readable)
		event_free(carrier->readable);
	if (carrier->retry)
		event_free(carrier->retry);
	while (!LIST_EMPTY(&carrier->watches)) {
		struct watch *watch = LIST_FIRST(&carrier->watches);

		LIST_REMOVE(watch, list);
		free(watch);
	}
	ctl_nl_close(carrier->nl);
	free(carrier);
}

int ctl_carrier_add(struct ctl_carrier *carrier, const char *device, ctl_carrier_fn fn, void *arg,
		    unsigned port)
{
	size_t len = strlen(device);
	struct watch *watch;

	if (len == 0 || len >= IFNAMSIZ)
		return -EINVAL;
	watch = calloc(1, sizeof(*watch));
	if (!watch)
		return -ENOMEM;
	memcpy(watch->device, device, len);
	watch->fn = fn;
	watch->arg = arg;
	watch->port = port;
	LIST_INSERT_HEAD(&carrier->watches, watch, list);
	dump_begin(carrier);
	return 0;
}

void ctl_carrier_remove(struct ctl_carrier *carrier, const void *arg)
{
	struct watch *watch = LIST_FIRST(&carrier->watches);

	while (watch) {
		struct watch *next = LIST_NEXT(watch, list);

		if (watch->arg == arg) {
			LIST_REMOVE(watch, list);
			free(watch);
		}
		watch = next;
	}
}
