#ifndef DATAPLANE_DEVICE_H
#define DATAPLANE_DEVICE_H

/**
 * @file
 * From a port's device argument to a DPDK Ethernet device, for every kind of device.
 *
 * Control thread only.
 */

#include "dataplane/dp.h"

#include <stdint.h>

/** An Ethernet device that a port owns. */
struct device {
	enum dp_device_kind kind;
	uint16_t eth_id;	  /**< DPDK's number of it */
	char name[DP_DEVICE_MAX]; /**< DPDK's name of it */
	char link[DP_DEVICE_MAX]; /**< DP_DEVICE_LINK: the link it is one end of */
	unsigned link_end;	  /**< DP_DEVICE_LINK: 0 or 1 */
	int socket;		  /**< DP_DEVICE_KERNEL: of its receive ring, the driver's own */
};

/**
 * Creates or takes the device of a port; it is not started.
 *
 * @return 0, or -errno with a sentence in why
 */
int device_open(struct device *device, const struct dp_port_config *port, struct dp_why *why);

/** Packets since the last call that found no room, of a device whose driver does not count them. */
uint32_t device_missed_take(const struct device *device);

/** Gives the device back. It must be stopped. */
void device_close(struct device *device);

#endif
