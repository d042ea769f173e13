#ifndef CONTROL_MIRROR_CTL_SYNC_H
#define CONTROL_MIRROR_CTL_SYNC_H

/**
 * @file
 * Order of a synchronisation: the kernel's tables are dumped one after the other, an interrupted
 * dump is repeated, and messages lost meanwhile make it start again. It holds no data of the
 * tables. Control thread only.
 */

#include "control/mirror/ctl_nl.h"

#include <stdbool.h>
#include <stdint.h>

/** What a message means for the synchronisation. */
enum ctl_sync_event {
	CTL_SYNC_NONE,	   /**< not of a dump, or nothing special */
	CTL_SYNC_RESTART,  /**< it starts again: forget what was seen */
	CTL_SYNC_COMPLETE, /**< the last table is read: sweep */
	CTL_SYNC_FAILED,   /**< the kernel refused a dump; try again later */
};

/** All zero when idle. The mirror reads it; only the functions below write it. */
struct ctl_sync {
	bool running;
	bool again;	  /**< start again after the dump that runs */
	bool interrupted; /**< the dump that runs has changed under way */
	bool raced;	  /**< a notification came while its own table was being read */
	bool doubtful;	  /**< the dump that runs may have been suspended, or its end lost */
	bool answered;	  /**< a probe was, and nothing of the dump has come since */
	enum ctl_nl_table table;
	uint32_t seq;	     /**< of the dump that runs */
	uint32_t probe_seq;  /**< of the probe that was sent last */
	unsigned idle_s;     /**< seconds without a message of the dump */
	uint64_t interrupts; /**< dumps that were repeated, since start */
};

/**
 * Begins a synchronisation, or marks the running one to start again.
 *
 * @return CTL_SYNC_RESTART when it has begun, CTL_SYNC_NONE when that has to wait, CTL_SYNC_FAILED
 */
enum ctl_sync_event ctl_sync_begin(struct ctl_sync *sync, struct ctl_nl *nl);

/** Looks at a message that was received. */
enum ctl_sync_event ctl_sync_message(struct ctl_sync *sync, struct ctl_nl *nl,
				     const struct nlmsghdr *msg, size_t len);

/** Messages were lost, which may have been the end of the dump. */
void ctl_sync_overrun(struct ctl_sync *sync);

/** All that has come is received: finds out whether a doubtful dump still goes on. */
enum ctl_sync_event ctl_sync_drained(struct ctl_sync *sync, struct ctl_nl *nl);

/** Called every second: probes a dump of which nothing came, and gives it up after ten. */
enum ctl_sync_event ctl_sync_tick(struct ctl_sync *sync, struct ctl_nl *nl);

/** True when the message is part of the dump that runs. */
bool ctl_sync_is_dump(const struct ctl_sync *sync, const struct nlmsghdr *msg);

#endif
