#ifndef DATAPLANE_NETNS_H
#define DATAPLANE_NETNS_H

/**
 * @file
 * Visiting a network namespace with the calling thread. Control thread.
 */

/** File descriptors of a visit. */
struct netns_visit {
	int home_fd;
};

/**
 * Moves the calling thread into a namespace.
 *
 * @param netns name under /run/netns
 * @return 0, or -errno and the thread stays where it was
 */
int netns_enter(struct netns_visit *visit, const char *netns);

/** Moves the thread back. */
void netns_leave(struct netns_visit *visit);

#endif
