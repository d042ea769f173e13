#include "control/mirror/ctl_mirror_turn.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include <event2/event.h>
#include <linux/rtnetlink.h>

static int events_add(struct ctl_mirror *mirror)
{
	const struct timeval second = { .tv_sec = 1 };
	struct event_base *base = mirror->params.base;

	mirror->readable = event_new(base, ctl_nl_fd(mirror->nl), EV_READ | EV_PERSIST,
				     ctl_mirror_on_readable, mirror);
	mirror->resync = evtimer_new(base, ctl_mirror_on_resync, mirror);
	mirror->requests = evtimer_new(base, ctl_mirror_on_requests, mirror);
	mirror->work = evtimer_new(base, ctl_mirror_on_work, mirror);
	mirror->tick = event_new(base, -1, EV_PERSIST, ctl_mirror_on_tick, mirror);
	if (!mirror->readable || !mirror->resync || !mirror->requests || !mirror->work ||
	    !mirror->tick || event_add(mirror->readable, NULL) < 0 ||
	    event_add(mirror->tick, &second) < 0)
		return -ENOMEM;
	return 0;
}

static int socket_open(struct ctl_mirror *mirror, struct dp_why *why)
{
	static const int groups[] = { RTNLGRP_LINK,	    RTNLGRP_IPV4_NETCONF,
				      RTNLGRP_IPV6_NETCONF, RTNLGRP_IPV4_IFADDR,
				      RTNLGRP_IPV6_IFADDR,  RTNLGRP_NEIGH,
				      RTNLGRP_IPV4_ROUTE,   RTNLGRP_IPV6_ROUTE,
				      RTNLGRP_IPV4_RULE,    RTNLGRP_IPV6_RULE,
				      RTNLGRP_NEXTHOP,	    0 };
	unsigned rcvbuf_bytes = mirror->params.rcvbuf_bytes;
	struct ctl_nl_params params = {
		.netns = mirror->params.netns,
		.groups = groups,
		.rcvbuf_bytes = rcvbuf_bytes ? rcvbuf_bytes : CTL_MIRROR_RCVBUF_BYTES,
	};

	return ctl_nl_open(&params, &mirror->nl, why);
}

static int audit_create(struct ctl_mirror *mirror, struct dp_why *why)
{
	struct ctl_audit_params params = { .netns = mirror->params.netns,
					   .base = mirror->params.base,
					   .rib = mirror->rib,
					   .is_current = ctl_mirror_is_current,
					   .complete = ctl_mirror_on_audit,
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
	event_drop(mirror->work);
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
	stats->syncing = mirror->sync.running || mirror->completing;
	stats->dump_interrupts = mirror->sync.interrupts;
	stats->audits = result->audits;
	stats->audits_failed = result->failed;
	stats->differences = result->differences;
	stats->differences_total = result->total;
	stats->audit_last_ns = result->duration_ns;
	stats->auditing = ctl_audit_is_running(mirror->audit);
	ctl_rib_stats_get(mirror->rib, stats);
}

void ctl_mirror_port_carrier(struct ctl_mirror *mirror, unsigned port, bool up)
{
	ctl_rib_port_carrier(mirror->rib, port, up);
}

uint64_t ctl_mirror_audit(struct ctl_mirror *mirror)
{
	return ctl_audit_request(mirror->audit);
}

const struct ctl_diffs *ctl_mirror_differences(const struct ctl_mirror *mirror)
{
	return &ctl_audit_result(mirror->audit)->diffs;
}

int ctl_mirror_walk_routes(const struct ctl_mirror *mirror, const struct ctl_mirror_route *from,
			   ctl_mirror_route_fn fn, void *arg)
{
	return ctl_rib_walk_routes(mirror->rib, from, fn, arg);
}

int ctl_mirror_walk_rules(const struct ctl_mirror *mirror, ctl_mirror_rule_fn fn, void *arg)
{
	return ctl_rib_walk_rules(mirror->rib, fn, arg);
}

int ctl_mirror_walk_neighbours(const struct ctl_mirror *mirror, ctl_mirror_neighbour_fn fn,
			       void *arg)
{
	return ctl_rib_walk_neighbours(mirror->rib, fn, arg);
}
