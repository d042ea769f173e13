#ifndef CONTROL_NETNS_WATCH_H
#define CONTROL_NETNS_WATCH_H

/**
 * @file
 * Whether a name under /run/netns still leads to the namespace that it led to. A namespace lives on
 * without its name as long as somebody has a socket or device in it, as a router has: its packets
 * are forwarded as before, but nobody can enter it any more. Control thread only.
 */

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/** One name. */
struct ctl_netns_watch {
	dev_t dev; /**< of the namespace, as stat(2) tells; so is ino */
	ino_t ino;
	bool lost;	 /**< the name is gone, or another namespace's */
	uint64_t losses; /**< how often that happened */
};

/** Remembers the namespace of a name. @return 0 or -errno of stat(2) */
int ctl_netns_watch_init(struct ctl_netns_watch *watch, const char *netns);

/** Looks again. @return whether lost has changed */
bool ctl_netns_watch_look(struct ctl_netns_watch *watch, const char *netns);

#endif
