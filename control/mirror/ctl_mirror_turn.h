#ifndef CONTROL_MIRROR_CTL_MIRROR_TURN_H
#define CONTROL_MIRROR_CTL_MIRROR_TURN_H

/*
 * A mirror from inside, and its turns of the event loop; only ctl_mirror*.c include this.
 */

#include "control/mirror/ctl_audit.h"
#include "control/mirror/ctl_mirror.h"
#include "control/mirror/ctl_nl.h"
#include "control/mirror/ctl_rib.h"
#include "control/mirror/ctl_sync.h"

#include <event2/util.h>

struct ctl_mirror {
	struct ctl_mirror_params params;
	struct ctl_nl *nl;
	struct ctl_rib *rib;
	struct ctl_sync sync;
	struct ctl_audit *audit;
	struct event *readable;
	struct event *resync;
	struct event *requests; /* that were too many for one turn */
	struct event *work;	/* of the rib, that is too much for one turn */
	struct event *tick;
	struct ctl_mirror_stats stats;
	bool completing; /* all tables are read; what is gone is being swept */
	uint64_t sync_since_ns;
	uint64_t unread_since_ns; /* 0: everything is applied */
	bool unread_in_sync;	  /* what is being applied came with a synchronisation */
};

/* Functions of its events; arg is the mirror. */
void ctl_mirror_on_readable(evutil_socket_t fd, short what, void *arg);
void ctl_mirror_on_work(evutil_socket_t fd, short what, void *arg);
void ctl_mirror_on_resync(evutil_socket_t fd, short what, void *arg);
void ctl_mirror_on_requests(evutil_socket_t fd, short what, void *arg);
void ctl_mirror_on_tick(evutil_socket_t fd, short what, void *arg);

/* For its audit. */
bool ctl_mirror_is_current(void *arg);
void ctl_mirror_on_audit(void *arg);

#endif
