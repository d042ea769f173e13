#ifndef CONTROL_VF_CTL_VFS_H
#define CONTROL_VF_CTL_VFS_H

/**
 * @file
 * All VFs of a configuration: made and set up where their router asks for it (provision), found
 * where not, and put back as they were in the end.
 *
 * A VF that somebody uses is never touched: VFs are only made on a PF whose VFs have no driver, and
 * a VF is taken from a kernel driver only while its netdev is down. What already is as it should be
 * is not written, and so not put back either. Control thread only.
 */

#include "control/conf.h"
#include "dataplane/dp.h"

#include <stdbool.h>

struct ctl_vfs;

/**
 * Sets up every VF and writes its PCI address into the configuration.
 *
 * @param vfs result; NULL when no port has a VF
 * @return 0, or -errno with a sentence in why; then everything is as before
 */
int ctl_vfs_open(struct ctl_conf *conf, struct ctl_vfs **vfs, struct dp_why *why);

/**
 * Sets up again what lost its settings or its driver since: a VF that was removed and has come
 * back. Says in the log what it did.
 *
 * @param pci_address of the port's VF
 * @return whether the VF is there and bound
 */
bool ctl_vfs_repair(struct ctl_vfs *vfs, const char *pci_address);

/** Puts back what was changed, last first. No data plane may use a VF any more. */
void ctl_vfs_close(struct ctl_vfs *vfs);

#endif
