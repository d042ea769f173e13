#ifndef CONTROL_MIRROR_CTL_CARRIER_H
#define CONTROL_MIRROR_CTL_CARRIER_H

/**
 * @file
 * Watches the carrier of netdevs in the daemon's own namespace: the devices of kernel: ports,
 * whose drivers report no link. Everything runs in the control thread.
 */

#include "dataplane/dp.h"

#include <stdbool.h>
#include <stdint.h>

struct ctl_carrier;
struct event_base;

/**
 * The device named at ctl_carrier_add() gained (up) or lost its link, or is gone (not up). It adds
 * and removes no devices.
 */
typedef void (*ctl_carrier_fn)(void *arg, unsigned port, bool up);

/**
 * Opens the watcher in the namespace of the calling thread.
 *
 * @param out the watcher
 * @return 0, or -errno with a sentence in why
 */
int ctl_carrier_create(struct event_base *base, struct ctl_carrier **out, struct dp_why *why);

/** Closes the watcher; no callback comes any more. */
void ctl_carrier_destroy(struct ctl_carrier *carrier);

/**
 * Watches one device. fn is called with its present state from the event loop soon after, and
 * then on every change. Up means administratively up with a link.
 *
 * @param port handed to fn
 * @return 0, -EINVAL (name empty or too long), -ENOMEM
 */
int ctl_carrier_add(struct ctl_carrier *carrier, const char *device, ctl_carrier_fn fn, void *arg,
		    unsigned port);

/** Forgets every device that was added with this arg (a router that goes away). */
void ctl_carrier_remove(struct ctl_carrier *carrier, const void *arg);

#endif
