#ifndef DATAPLANE_DEVICE_PCI_H
#define DATAPLANE_DEVICE_PCI_H

/**
 * @file
 * Devices on the PCI bus: whole NICs and virtual functions. Control thread only.
 */

#include "dataplane/device.h"

#include <stdbool.h>

/** Takes the device at the port's PCI address. See device_open(). */
int device_pci_open(struct device *device, const struct dp_port_config *port, struct dp_why *why);

/** Lets the kernel have the device back, after it was closed. */
void device_pci_release(const struct device *device);

/** Whether the kernel has the device, bound to a driver beside which DPDK can work. */
bool device_pci_present(const struct dp_port_config *port);

#endif
