#include "control/mirror/ctl_mirror.h"

#include "control/mirror/ctl_audit.h"
#include "control/mirror/ctl_nl.h"
#include "control/mirror/ctl_nl_apply.h"
#include "control/mirror/ctl_rib.h"
#include "control/mirror/ctl_sync.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include <event2/event.h>
#include <linux/rtnetlink.h>

#define TURN_DATAGRAMS 64U	  /* of one turn of the loop; others have their turn meanwhile */
#define TURN_REQUESTS 64U	  /* likewise */
#define RESYNC_MIN_NS 20000000ULL /* from a suspicion to the synchronisation that settles it */
#define RESYNC_RACED_NS 1000000000ULL
#define RESYNC_MAX_NS 5000000000ULL
#define RETRY_NS 100000000ULL /* after a refused dump */

struct ctl_mirror {
	struct ctl_mirror_params params;
	struct ctl_nl *nl;
	struct ctl_rib *rib;
	struct ctl_sync sync;
	struct ctl_audit *audit;
	struct event *readable;
	struct event *resync;
	struct event *requests; /* that were too many for one turn */
	struct event *tick;
	struct ctl_mirror_stats stats;
	uint64_t sync_since_ns;
	uint64_t unread_since_ns; /* 0: everything is applied */
	bool unread_in_sync;	  /* what is being applied came with a synchronisation */
};

static uint64_t now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000ULL + (uint64_t)now.tv_nsec;
}

static void resync_schedule(struct ctl_mirror *mirror, uint64_t delay_ns)
{
	struct timeval delay = { .tv_sec = (time_t)(delay_ns / 1000000000ULL),
				 .tv_usec = (suseconds_t)(delay_ns % 1000000000ULL / 1000) };

	if (!event_pending(mirror->resync, EV_TIMEOUT, NULL))
		event_add(mirror->resync, &delay);
}

/* Leaves time to the rest of the process when the tables are large. */
static void resync_settle(struct ctl_mirror *mirror, uint64_t min_ns, unsigned factor)
{
	uint64_t delay_ns = mirror->stats.sync_last_ns * factor;

	if (delay_ns < min_ns)
		delay_ns = min_ns;
	resync_schedule(mirror, delay_ns < RESYNC_MAX_NS ? delay_ns : RESYNC_MAX_NS);
}

static void sync_completed(struct ctl_mirror *mirror)
{
	bool first = !mirror->stats.ready;

	ctl_rib_sync_end(mirror->rib);
	mirror->stats.resyncs++;
	mirror->stats.sync_last_ns = now_ns() - mirror->sync_since_ns;
	mirror->stats.ready = true;
	if (mirror->sync.raced)
		resync_settle(mirror, RESYNC_RACED_NS, 10);
	ctl_audit_allow(mirror->audit, true);
	if (first && mirror->params.ops.ready)
		mirror->params.ops.ready(mirror->params.arg);
}

static void sync_advance(struct ctl_mirror *mirror, enum ctl_sync_event event)
{
	switch (event) {
	case CTL_SYNC_RESTART:
		ctl_audit_allow(mirror->audit, false);
		mirror->sync_since_ns = now_ns();
		ctl_rib_sync_begin(mirror->rib);
		break;
	case CTL_SYNC_COMPLETE:
		sync_completed(mirror);
		break;
	case CTL_SYNC_FAILED:
		resync_schedule(mirror, RETRY_NS);
		break;
	case CTL_SYNC_NONE:
		break;
	}
}

void ctl_mirror_resync(struct ctl_mirror *mirror)
{
	sync_advance(mirror, ctl_sync_begin(&mirror->sync, mirror->nl));
}

/* A request was refused. That a neighbour is gone meanwhile is no failure. */
static void request_failed(struct ctl_mirror *mirror, const struct nlmsghdr *msg, size_t len)
{
	int error = 0;

	if (ctl_sync_is_dump(&mirror->sync, msg) || len < NLMSG_HDRLEN + sizeof(error))
		return;
	memcpy(&error, (const char *)msg + NLMSG_HDRLEN, sizeof(error));
	if (error < 0 && error != -ENOENT && error != -ENODEV && error != -ENETDOWN)
		mirror->stats.request_errors++;
}

static void overrun(struct ctl_mirror *mirror)
{
	mirror->stats.overruns++;
	ctl_mirror_resync(mirror);
}

static void on_message(void *arg, const struct nlmsghdr *msg, size_t len)
{
	struct ctl_mirror *mirror = arg;
	int rc;

	mirror->stats.messages++;
	if (msg->nlmsg_type == NLMSG_OVERRUN) {
		overrun(mirror);
		return;
	}
	rc = 0;
	if (msg->nlmsg_type == NLMSG_ERROR)
		request_failed(mirror, msg, len);
	else if (msg->nlmsg_type != NLMSG_DONE)
		rc = ctl_nl_apply(mirror->rib, msg, len, ctl_sync_is_dump(&mirror->sync, msg));
	if (rc == -EINVAL) {
		mirror->stats.malformed++;
		resync_settle(mirror, RESYNC_MAX_NS, 1);
	} else if (rc == -ENOMSG) {
		mirror->stats.ignored++;
	}
	sync_advance(mirror, ctl_sync_message(&mirror->sync, mirror->nl, msg, len));
}

static void requests_send(struct ctl_mirror *mirror)
{
	const struct timeval soon = { .tv_usec = 1000 };
	struct ctl_rib_request request;
	unsigned n;

	/* Before the neighbours are read, everything would look unresolved. */
	if (!mirror->stats.ready && mirror->sync.table <= CTL_NL_NEIGHS)
		return;
	for (n = 0; n < TURN_REQUESTS && ctl_rib_request_take(mirror->rib, &request); n++) {
		struct ctl_nl_use use = { .ifindex = request.ifindex,
					  .addr = request.addr,
					  .flags = request.flags,
					  .create = request.kind == CTL_RIB_MANAGE,
					  .manage = request.kind == CTL_RIB_MANAGE };

		if (ctl_nl_neigh_use(mirror->nl, &use) < 0)
			mirror->stats.request_errors++;
		/* In case that the entry was there and only its message was missed. */
		if (request.kind == CTL_RIB_MANAGE)
			ctl_nl_neigh_get(mirror->nl, request.ifindex, &request.addr);
	}
	if (n == TURN_REQUESTS)
		event_add(mirror->requests, &soon);
}

/* Everything that was there when the socket became readable is applied. */
static void drained(struct ctl_mirror *mirror)
{
	uint64_t lag_ns;

	if (mirror->unread_since_ns == 0)
		return;
	lag_ns = now_ns() - mirror->unread_since_ns;
	if (!mirror->unread_in_sync) {
		mirror->stats.lag_last_ns = lag_ns;
		if (lag_ns > mirror->stats.lag_max_ns)
			mirror->stats.lag_max_ns = lag_ns;
	}
	mirror->unread_since_ns = 0;
	mirror->unread_in_sync = false;
}

static void receive_turn(struct ctl_mirror *mirror)
{
	for (unsigned n = 0; n < TURN_DATAGRAMS; n++) {
		int rc = ctl_nl_receive(mirror->nl, on_message, mirror);

		mirror->unread_in_sync |= mirror->sync.running;
		if (rc == 0) {
			drained(mirror);
			return;
		}
		if (rc < 0) {
			overrun(mirror);
			return;
		}
	}
}

static void on_readable(evutil_socket_t fd, short what, void *arg)
{
	struct ctl_mirror *mirror = arg;

	(void)fd;
	(void)what;
	if (mirror->unread_since_ns == 0)
		mirror->unread_since_ns = now_ns();
	mirror->unread_in_sync |= mirror->sync.running;
	receive_turn(mirror);
	if (ctl_rib_is_suspect(mirror->rib))
		resync_settle(mirror, RESYNC_MIN_NS, 2);
	requests_send(mirror);
}

static void on_resync(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	ctl_mirror_resync(arg);
}

static void on_requests(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	requests_send(arg);
}

static void on_tick(evutil_socket_t fd, short what, void *arg)
{
	struct ctl_mirror *mirror = arg;

	(void)fd;
	(void)what;
	sync_advance(mirror, ctl_sync_tick(&mirror->sync));
	if (mirror->stats.ready)
		ctl_rib_tick(mirror->rib);
	requests_send(mirror);
}

static int events_add(struct ctl_mirror *mirror)
{
	const struct timeval second = { .tv_sec = 1 };
	struct event_base *base = mirror->params.base;

	mirror->readable = event_new(base, ctl_nl_fd(mirror->nl), EV_READ | EV_PERSIST, on_readable,
				     mirror);
	mirror->resync = evtimer_new(base, on_resync, mirror);
	mirror->requests = evtimer_new(base, on_requests, mirror);
	mirror->tick = event_new(base, -1, EV_PERSIST, on_tick, mirror);
	if (!mirror->readable || !mirror->resync || !mirror->requests || !mirror->tick ||
	    event_add(mirror->readable, NULL) < 0 || event_add(mirror->tick, &second) < 0)
		return -ENOMEM;
	return 0;
}

static int socket_open(struct ctl_mirror *mirror, struct dp_why *why)
{
	static const int groups[] = { RTNLGRP_LINK,
				      RTNLGRP_IPV4_NETCONF,
				      RTNLGRP_IPV4_IFADDR,
				      RTNLGRP_NEIGH,
				      RTNLGRP_IPV4_ROUTE,
				      RTNLGRP_NEXTHOP,
				      0 };
	unsigned rcvbuf_bytes = mirror->params.rcvbuf_bytes;
	struct ctl_nl_params params = {
		.netns = mirror->params.netns,
		.groups = groups,
		.rcvbuf_bytes = rcvbuf_bytes ? rcvbuf_bytes : CTL_MIRROR_RCVBUF_BYTES,
	};

	return ctl_nl_open(&params, &mirror->nl, why);
}

/* Everything that the kernel has told is applied. */
static bool is_current(void *arg)
{
	const struct ctl_mirror *mirror = arg;

	return mirror->unread_since_ns == 0;
}

/* Something was missed after all. */
static void on_audit_complete(void *arg)
{
	struct ctl_mirror *mirror = arg;

	if (ctl_audit_result(mirror->audit)->differences > 0)
		resync_settle(mirror, RESYNC_MIN_NS, 2);
}

static int audit_create(struct ctl_mirror *mirror, struct dp_why *why)
{
	struct ctl_audit_params params = { .netns = mirror->params.netns,
					   .base = mirror->params.base,
					   .rib = mirror->rib,
					   .is_current = is_current,
					   .complete = on_audit_complete,
					   .arg = mirror };

	return ctl_audit_create(&params, &mirror->audit, why);
}

static int rib_create(struct ctl_mirror *mirror)
{
	struct ctl_rib_params params = { .routing = mirror->params.routing,
					 .n_ports = mirror->params.n_ports,
					 .ops = mirror->params.ops,
					 .arg = mirror->params.arg };

	memcpy(params.port_names, mirror->params.port_names, sizeof(params.port_names));
	return ctl_rib_create(&params, &mirror->rib);
}

int ctl_mirror_create(const struct ctl_mirror_params *params, struct ctl_mirror **out,
		      struct dp_why *why)
{
	struct ctl_mirror *mirror = calloc(1, sizeof(*mirror));
	int rc = -ENOMEM;

	if (!mirror)
		goto fail;
	mirror->params = *params;
	rc = rib_create(mirror);
	if (rc < 0)
		goto fail;
	rc = socket_open(mirror, why);
	if (rc < 0)
		goto fail_explained;
	rc = audit_create(mirror, why);
	if (rc < 0)
		goto fail_explained;
	rc = events_add(mirror);
	if (rc < 0)
		goto fail;
	ctl_mirror_resync(mirror);
	*out = mirror;
	return 0;

fail:
	snprintf(why->text, sizeof(why->text), "cannot mirror namespace %s: %s", params->netns,
		 strerror(-rc));
fail_explained:
	ctl_mirror_destroy(mirror);
	return rc;
}

static void event_drop(struct event *event)
{
	if (event)
		event_free(event);
}

void ctl_mirror_destroy(struct ctl_mirror *mirror)
{
	if (!mirror)
		return;
	event_drop(mirror->readable);
	event_drop(mirror->resync);
	event_drop(mirror->requests);
	event_drop(mirror->tick);
	ctl_audit_destroy(mirror->audit);
	ctl_rib_destroy(mirror->rib);
	ctl_nl_close(mirror->nl);
	free(mirror);
}

void ctl_mirror_stats_get(const struct ctl_mirror *mirror, struct ctl_mirror_stats *stats)
{
	const struct ctl_audit_result *result = ctl_audit_result(mirror->audit);

	*stats = mirror->stats;
	stats->syncing = mirror->sync.running;
	stats->dump_interrupts = mirror->sync.interrupts;
	stats->audits = result->audits;
	stats->audits_failed = result->failed;
	stats->differences = result->differences;
	stats->differences_total = result->total;
	stats->audit_last_ns = result->duration_ns;
	stats->auditing = ctl_audit_is_running(mirror->audit);
	ctl_rib_stats_get(mirror->rib, stats);
}

uint64_t ctl_mirror_audit(struct ctl_mirror *mirror)
{
	return ctl_audit_request(mirror->audit);
}

const struct ctl_diffs *ctl_mirror_differences(const struct ctl_mirror *mirror)
{
	return &ctl_audit_result(mirror->audit)->diffs;
}

int ctl_mirror_walk_routes(const struct ctl_mirror *mirror, ctl_mirror_route_fn fn, void *arg)
{
	return ctl_rib_walk_routes(mirror->rib, fn, arg);
}

int ctl_mirror_walk_neighbours(const struct ctl_mirror *mirror, ctl_mirror_neighbour_fn fn,
			       void *arg)
{
	return ctl_rib_walk_neighbours(mirror->rib, fn, arg);
}
