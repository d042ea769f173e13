#ifndef DATAPLANE_TWIN_H
#define DATAPLANE_TWIN_H

/**
 * @file
 * Twin of a port: a TAP of the same name, MAC address and MTU in the router's network namespace.
 *
 * The TAP lives as long as its file descriptor: a crash leaves none behind. Created and changed by
 * the control thread; read and written by the host-path thread.
 */

#include "dataplane/dp.h"

#include <stdbool.h>
#include <stdint.h>

/** A twin. */
struct twin {
	int fd;	       /**< non-blocking; -1 when closed */
	int link_fd;   /**< rtnetlink socket of the router's namespace; -1 when closed */
	int ifindex;   /**< in the router's namespace */
	int groups_fd; /**< the namespace's list of link-layer groups */
};

/**
 * Creates the TAP, or attaches to a persistent one of that name, and sets it up.
 *
 * @param netns name under /run/netns
 * @return 0, or -errno with a sentence in why
 */
int twin_open(struct twin *twin, const char *netns, const char *name, const uint8_t mac[6],
	      uint16_t mtu, struct dp_why *why);

/** Removes the TAP. */
void twin_close(struct twin *twin);

/**
 * Makes the TAP's carrier that of the device, and lets everybody in the namespace know at once.
 *
 * @return 0 or -errno
 */
int twin_carrier_set(const struct twin *twin, bool up);

/**
 * Lets the kernel of a namespace forward, so that it can answer and deliver what the data path
 * hands to it (TTL, fragmentation, unresolved neighbours).
 *
 * @return 0, or -errno with a sentence in why
 */
int twin_netns_prepare(const char *netns, struct dp_why *why);

/**
 * Reads the multicast groups that the twin's kernel listens to.
 *
 * @param groups result, at most max MAC addresses
 * @return their number
 */
unsigned twin_groups_get(const struct twin *twin, uint8_t (*groups)[6], unsigned max);

#endif
