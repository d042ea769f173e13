#ifndef CONTROL_MIRROR_CTL_NETNS_H
#define CONTROL_MIRROR_CTL_NETNS_H

/**
 * @file
 * Steps of the calling thread into a named network namespace and back.
 */

#include "dataplane/dp.h"

/** Where the thread came from. */
struct ctl_netns {
	int home_fd;
};

/**
 * Moves the calling thread into /run/netns/NAME.
 *
 * @return 0, or -errno with a sentence in why (-ENOENT: no such namespace, -EPERM); then the thread
 *	   has not moved
 */
int ctl_netns_enter(const char *name, struct ctl_netns *home, struct dp_why *why);

/** Moves it back. @return 0, or -errno with a sentence in why: the thread is where it must not be */
int ctl_netns_leave(const struct ctl_netns *home, struct dp_why *why);

#endif
