#ifndef DATAPLANE_DP_NETNS_H
#define DATAPLANE_DP_NETNS_H

/**
 * @file
 * Visiting a network namespace with the calling thread. Control thread.
 */

#include "dataplane/dp.h"

/** Where the thread came from. */
struct dp_netns {
	int home_fd;
};

/**
 * Moves the calling thread into /run/netns/NAME.
 *
 * @return 0, or -errno with a sentence in why (-EINVAL: no name of a namespace, -ENOENT: no such
 *	   namespace, -EPERM); then the thread has not moved
 */
int dp_netns_enter(struct dp_netns *visit, const char *name, struct dp_why *why);

/** Moves it back. Ends the process when that fails: it would configure the wrong namespace. */
void dp_netns_leave(const struct dp_netns *visit);

#endif
