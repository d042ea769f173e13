#ifndef CONTROL_MIRROR_CTL_AUDIT_H
#define CONTROL_MIRROR_CTL_AUDIT_H

/**
 * @file
 * The audit of a mirror: reads all of the kernel's tables over a socket of its own, compares them
 * with the rib and the rib with the data path, and repeats the reading where they differ. It works
 * in slices of a millisecond from the event loop. Control thread only.
 */

#include "control/mirror/ctl_nl.h"
#include "control/mirror/ctl_rib_audit.h"

struct ctl_audit;
struct event_base;

/** What an audit works with; all of it outlives the audit. */
struct ctl_audit_params {
	const char *netns; /**< name under /run/netns */
	struct event_base *base;
	struct ctl_rib *rib;
	/** Whether all notifications that have come are applied. */
	bool (*is_current)(void *arg);
	/** An audit is complete: ctl_audit_result() is new. */
	void (*complete)(void *arg);
	void *arg;
};

/** Opens the socket. @return 0, or -errno with a sentence in why, as ctl_nl_open() */
int ctl_audit_create(const struct ctl_audit_params *params, struct ctl_audit **out,
		     struct dp_why *why);
void ctl_audit_destroy(struct ctl_audit *audit);

/**
 * Whether audits may run: not before the first synchronisation, nor during another one. What is
 * stopped by that begins again afterwards. Without being asked one begins about every minute, with
 * pauses between its slices.
 */
void ctl_audit_allow(struct ctl_audit *audit, bool allowed);

/**
 * Begins an audit as soon as they are allowed, without pauses; one that runs begins again.
 *
 * @return what ctl_audit_result.audits will be when it is complete
 */
uint64_t ctl_audit_request(struct ctl_audit *audit);

bool ctl_audit_is_running(const struct ctl_audit *audit);

/** What an audit found. */
struct ctl_audit_result {
	uint64_t audits;	/**< complete ones since start */
	uint64_t differences;	/**< found by the last one */
	uint64_t total;		/**< differences that all of them found */
	uint64_t failed;	/**< that the kernel did not let end */
	uint64_t duration_ns;	/**< of the last one */
	struct ctl_diffs diffs; /**< differences of the last one */
};
const struct ctl_audit_result *ctl_audit_result(const struct ctl_audit *audit);

#endif
