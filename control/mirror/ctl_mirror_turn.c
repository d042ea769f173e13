#include "control/mirror/ctl_mirror_turn.h"

#include "control/mirror/ctl_nl_apply.h"
#include "control/mirror/ctl_nl_request.h"

#include <errno.h>
#include <time.h>

#include <event2/event.h>
#include <linux/rtnetlink.h>

#define TURN_NS 1000000ULL	  /* of one turn of the loop; others have their turn meanwhile */
#define TURN_WORK 64U		  /* routes between two looks at the clock */
#define TURN_REQUESTS 64U	  /* likewise */
#define RESYNC_MIN_NS 20000000ULL /* from a suspicion to the synchronisation that settles it */
#define RESYNC_RACED_NS 1000000000ULL
#define RESYNC_MAX_NS 5000000000ULL
#define RETRY_NS 100000000ULL /* after a refused dump */

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

	mirror->completing = false;
	mirror->stats.resyncs++;
	mirror->stats.sync_last_ns = now_ns() - mirror->sync_since_ns;
	mirror->stats.ready = true;
	if (mirror->sync.raced)
		resync_settle(mirror, RESYNC_RACED_NS, 10);
	ctl_audit_allow(mirror->audit, true);
	if (first && mirror->params.ops.ready)
		mirror->params.ops.ready(mirror->params.arg);
}

/* Goes on with what the rib has left to do, for the time of one turn. */
static void work_turn(struct ctl_mirror *mirror)
{
	const struct timeval now = { .tv_usec = 0 };
	uint64_t until_ns = now_ns() + TURN_NS;
	bool more = true;

	while (more && now_ns() < until_ns)
		more = ctl_rib_work(mirror->rib, TURN_WORK);
	if (more)
		event_add(mirror->work, &now);
	if (mirror->completing && !ctl_rib_is_sweeping(mirror->rib))
		sync_completed(mirror);
}

static void sync_advance(struct ctl_mirror *mirror, enum ctl_sync_event event)
{
	switch (event) {
	case CTL_SYNC_RESTART:
		ctl_audit_allow(mirror->audit, false);
		mirror->completing = false;
		mirror->sync_since_ns = now_ns();
		ctl_rib_sync_begin(mirror->rib);
		break;
	case CTL_SYNC_COMPLETE:
		mirror->completing = true;
		ctl_rib_sync_end(mirror->rib);
		work_turn(mirror);
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
	ctl_sync_overrun(&mirror->sync);
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

	/* Before the neighbours are read, everything would look unresolved. */
	if (!mirror->stats.ready && mirror->sync.table <= CTL_NL_NEIGHS)
		return;
	if (ctl_nl_requests_send(mirror->nl, mirror->rib, TURN_REQUESTS,
				 &mirror->stats.request_errors))
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
	uint64_t until_ns = now_ns() + TURN_NS;
	int rc = 1;

	while (rc != 0 && now_ns() < until_ns) {
		rc = ctl_nl_receive(mirror->nl, on_message, mirror);
		mirror->unread_in_sync |= mirror->sync.running;
		if (rc < 0)
			overrun(mirror);
	}
	/* The last one may have been the last: nothing would call again. */
	if (rc != 0 && !ctl_nl_is_empty(mirror->nl))
		return;
	drained(mirror);
	sync_advance(mirror, ctl_sync_drained(&mirror->sync, mirror->nl));
}

void ctl_mirror_on_readable(evutil_socket_t fd, short what, void *arg)
{
	struct ctl_mirror *mirror = arg;

	(void)fd;
	(void)what;
	if (mirror->unread_since_ns == 0)
		mirror->unread_since_ns = now_ns();
	mirror->unread_in_sync |= mirror->sync.running;
	receive_turn(mirror);
	work_turn(mirror);
	if (ctl_rib_is_suspect(mirror->rib))
		resync_settle(mirror, RESYNC_MIN_NS, 2);
	requests_send(mirror);
}

void ctl_mirror_on_work(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	work_turn(arg);
}

void ctl_mirror_on_resync(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	ctl_mirror_resync(arg);
}

void ctl_mirror_on_requests(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	requests_send(arg);
}

void ctl_mirror_on_tick(evutil_socket_t fd, short what, void *arg)
{
	struct ctl_mirror *mirror = arg;

	(void)fd;
	(void)what;
	sync_advance(mirror, ctl_sync_tick(&mirror->sync, mirror->nl));
	if (mirror->stats.ready)
		ctl_rib_tick(mirror->rib);
	requests_send(mirror);
}

/* Everything that the kernel has told is applied. */
bool ctl_mirror_is_current(void *arg)
{
	const struct ctl_mirror *mirror = arg;

	return mirror->unread_since_ns == 0;
}

/* Something was missed after all. */
void ctl_mirror_on_audit(void *arg)
{
	struct ctl_mirror *mirror = arg;

	if (ctl_audit_result(mirror->audit)->differences > 0)
		resync_settle(mirror, RESYNC_MIN_NS, 2);
}
