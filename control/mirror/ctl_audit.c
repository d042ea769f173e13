#include "control/mirror/ctl_audit.h"

#include "control/mirror/ctl_nl_apply.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include <event2/event.h>
#include <linux/rtnetlink.h>

#define RCVBUF_BYTES (1U << 20)
#define SLICE_NS 1000000ULL    /* work of one turn of the loop */
#define PAUSE_NS 4000000ULL    /* between turns when there is no hurry */
#define SETTLE_NS 100000000ULL /* a notification is late by less than this */
#define RETRY_NS 1000000000ULL /* after a refused dump */
#define STALLED_NS 10000000000ULL
#define WALK_PREFIXES 16U /* compared between two looks at the clock */
#define PERIOD_NS 60000000000ULL
#define SHARE 20U /* a pause is at least so many times the duration of an audit */

enum state {
	IDLE,
	DRAINING, /* the dump of an audit that was stopped still comes */
	READING,
	WALKING,
	SETTLING,
};

struct ctl_audit {
	struct ctl_audit_params params;
	struct ctl_nl *nl;
	struct event *turn;
	enum state state;
	bool allowed;
	bool urgent;	  /* somebody waits for it */
	bool refused;	  /* by the kernel, the last time */
	bool dumping;	  /* a dump was asked for and has not ended */
	bool interrupted; /* a table changed while it was read */
	enum ctl_nl_table table;
	uint32_t seq;
	struct ctl_rib_audit_place place;
	uint64_t since_ns;
	uint64_t heard_ns; /* something of the dump came */
	struct ctl_audit_result result;
};

static uint64_t now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000ULL + (uint64_t)now.tv_nsec;
}

static uint64_t turn_delay_ns(const struct ctl_audit *audit)
{
	uint64_t pause_ns = audit->result.duration_ns * SHARE;

	if (audit->state == SETTLING)
		return SETTLE_NS;
	if (audit->refused)
		return RETRY_NS;
	if (audit->urgent)
		return 0;
	if (audit->state != IDLE)
		return PAUSE_NS;
	return pause_ns > PERIOD_NS ? pause_ns : PERIOD_NS;
}

static void turn_schedule(struct ctl_audit *audit)
{
	uint64_t delay_ns = turn_delay_ns(audit);
	struct timeval delay = { .tv_sec = (time_t)(delay_ns / 1000000000ULL),
				 .tv_usec = (suseconds_t)(delay_ns % 1000000000ULL / 1000) };

	if (audit->allowed)
		event_add(audit->turn, &delay);
}

static void audit_stop(struct ctl_audit *audit)
{
	audit->state = IDLE;
	ctl_diffs_clear(ctl_rib_diffs(audit->params.rib));
}

static void audit_fail(struct ctl_audit *audit)
{
	audit->result.failed++;
	audit->refused = true;
	audit_stop(audit);
}

static void table_begin(struct ctl_audit *audit, enum ctl_nl_table table)
{
	audit->state = READING;
	audit->table = table;
	audit->heard_ns = now_ns();
	if (ctl_nl_dump(audit->nl, table, &audit->seq) < 0)
		audit_fail(audit);
	else
		audit->dumping = true;
}

static void reading_begin(struct ctl_audit *audit)
{
	audit->interrupted = false;
	audit->place = (struct ctl_rib_audit_place){ .stage = CTL_RIB_AUDIT_ROUTES };
	ctl_rib_audit_begin(audit->params.rib);
	table_begin(audit, CTL_NL_LINKS);
}

static void table_end(struct ctl_audit *audit)
{
	if (audit->table + 1 < CTL_NL_N_TABLES) {
		table_begin(audit, audit->table + 1);
		return;
	}
	ctl_rib_audit_tables(audit->params.rib);
	audit->state = WALKING;
}

static void dump_end(struct ctl_audit *audit, const struct nlmsghdr *msg, size_t len)
{
	int error = 0;

	if (len >= NLMSG_HDRLEN + sizeof(error) && msg->nlmsg_len >= NLMSG_HDRLEN + sizeof(error))
		memcpy(&error, (const char *)msg + NLMSG_HDRLEN, sizeof(error));
	if (error < 0 && !ctl_nl_table_is_missing(audit->table, error))
		audit_fail(audit);
	else
		table_end(audit);
}

static void on_message(void *arg, const struct nlmsghdr *msg, size_t len)
{
	struct ctl_audit *audit = arg;

	bool ends = msg->nlmsg_type == NLMSG_DONE || msg->nlmsg_type == NLMSG_ERROR;

	if (!audit->dumping || msg->nlmsg_seq != audit->seq)
		return;
	audit->dumping = !ends;
	audit->heard_ns = now_ns();
	if (audit->state == DRAINING) {
		if (ends)
			reading_begin(audit);
		return;
	}
	audit->interrupted |= (msg->nlmsg_flags & NLM_F_DUMP_INTR) != 0;
	if (ends)
		dump_end(audit, msg, len);
	else
		ctl_nl_audit(audit->params.rib, msg, len);
}

static bool is_reading(const struct ctl_audit *audit)
{
	return audit->state == READING || audit->state == DRAINING;
}

static void read_slice(struct ctl_audit *audit)
{
	uint64_t until_ns = now_ns() + SLICE_NS;
	int rc = 1;

	while (rc > 0 && is_reading(audit) && now_ns() < until_ns)
		rc = ctl_nl_receive(audit->nl, on_message, audit);
	if (rc < 0 || (is_reading(audit) && now_ns() - audit->heard_ns > STALLED_NS))
		audit_fail(audit);
}

static void walk_slice(struct ctl_audit *audit)
{
	uint64_t until_ns = now_ns() + SLICE_NS;

	while (now_ns() < until_ns) {
		if (!ctl_rib_audit_walk(audit->params.rib, &audit->place, WALK_PREFIXES)) {
			audit->state = SETTLING;
			return;
		}
	}
}

static void audit_complete(struct ctl_audit *audit)
{
	struct ctl_diffs *diffs = ctl_rib_diffs(audit->params.rib);

	ctl_diffs_confirm(diffs);
	ctl_diffs_clear(&audit->result.diffs);
	audit->result.diffs = *diffs;
	memset(diffs, 0, sizeof(*diffs));
	audit->result.audits++;
	audit->result.differences = audit->result.diffs.n + audit->result.diffs.n_lost;
	audit->result.total += audit->result.differences;
	audit->result.duration_ns = now_ns() - audit->since_ns;
	audit->state = IDLE;
	audit->urgent = false;
	audit->params.complete(audit->params.arg);
}

/* All notifications of what was read have been applied by now. */
static void settled(struct ctl_audit *audit)
{
	struct ctl_diffs *diffs = ctl_rib_diffs(audit->params.rib);

	if (!audit->params.is_current(audit->params.arg))
		return;
	/* What an interrupted dump left out proves nothing. */
	if (audit->interrupted && diffs->second)
		ctl_diffs_touch_all(diffs);
	if (!diffs->second && ctl_diffs_repeat(diffs))
		reading_begin(audit);
	else
		audit_complete(audit);
}

static void audit_begin(struct ctl_audit *audit)
{
	audit->since_ns = audit->heard_ns = now_ns();
	audit->state = DRAINING;
	audit->refused = false;
	if (!audit->dumping)
		reading_begin(audit);
}

static void on_turn(evutil_socket_t fd, short what, void *arg)
{
	struct ctl_audit *audit = arg;

	(void)fd;
	(void)what;
	if (audit->state == IDLE)
		audit_begin(audit);
	else if (is_reading(audit))
		read_slice(audit);
	else if (audit->state == WALKING)
		walk_slice(audit);
	else if (audit->state == SETTLING)
		settled(audit);
	turn_schedule(audit);
}

int ctl_audit_create(const struct ctl_audit_params *params, struct ctl_audit **out,
		     struct dp_why *why)
{
	static const int groups[] = { 0 };
	const struct ctl_nl_params nl = { .netns = params->netns,
					  .groups = groups,
					  .rcvbuf_bytes = RCVBUF_BYTES };
	struct ctl_audit *audit = calloc(1, sizeof(*audit));
	int rc = -ENOMEM;

	if (!audit)
		goto no_memory;
	audit->params = *params;
	audit->turn = evtimer_new(params->base, on_turn, audit);
	if (!audit->turn)
		goto no_memory;
	rc = ctl_nl_open(&nl, &audit->nl, why);
	if (rc < 0)
		goto fail;
	*out = audit;
	return 0;

no_memory:
	snprintf(why->text, sizeof(why->text), "no memory for the audit of namespace %s",
		 params->netns);
fail:
	ctl_audit_destroy(audit);
	return rc;
}

void ctl_audit_destroy(struct ctl_audit *audit)
{
	if (!audit)
		return;
	if (audit->turn)
		event_free(audit->turn);
	ctl_diffs_clear(&audit->result.diffs);
	ctl_nl_close(audit->nl);
	free(audit);
}

void ctl_audit_allow(struct ctl_audit *audit, bool allowed)
{
	audit->allowed = allowed;
	event_del(audit->turn);
	if (!allowed)
		audit_stop(audit);
	turn_schedule(audit);
}

uint64_t ctl_audit_request(struct ctl_audit *audit)
{
	audit_stop(audit);
	audit->urgent = true;
	turn_schedule(audit);
	return audit->result.audits + 1;
}

bool ctl_audit_is_running(const struct ctl_audit *audit)
{
	return audit->state != IDLE;
}

const struct ctl_audit_result *ctl_audit_result(const struct ctl_audit *audit)
{
	return &audit->result;
}
