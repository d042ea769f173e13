#ifndef CONTROL_VF_CTL_VF_BIND_H
#define CONTROL_VF_CTL_VF_BIND_H

/**
 * @file
 * Binding of a PCI device to a kernel driver by driver_override. Control thread only.
 */

#include <stdbool.h>

/** Loads the module vfio-pci unless it is there. @return 0, or -ENOENT when it cannot be loaded */
int ctl_vfio_load(void);

/**
 * Binds a device to a driver, after unbinding it from what it is bound to.
 *
 * @param driver "" for none
 * @return 0 or -errno
 */
int ctl_vf_bind(const char *address, const char *driver);

/** Whether another process has the VFIO group of a device open. */
bool ctl_vf_is_open(const char *address);

#endif
