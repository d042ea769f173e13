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

/** An empty list. @return NULL without memory */
struct ctl_vfs *ctl_vfs_create(void);

/**
 * Sets up the VFs of a configuration that are not in the list yet, and writes the PCI addresses of
 * all its VFs into it. What is in the list is not touched.
 *
 * @param conf outlives the list, or the next ctl_vfs_keep()
 * @return 0, or -errno with a sentence in why; then everything is as before
 */
int ctl_vfs_add(struct ctl_vfs *vfs, struct ctl_conf *conf, struct dp_why *why);

/**
 * Gives VFs of the list the settings that a router asks for.
 *
 * @param router of a configuration that was added; outlives the list, or the next ctl_vfs_keep()
 * @return 0, or -errno with a sentence in why
 */
int ctl_vfs_renew(struct ctl_vfs *vfs, const struct ctl_conf_router *router, struct dp_why *why);

/**
 * Puts back, and takes off the list, what a configuration does not have. No data plane may use
 * that any more.
 *
 * @param conf all of its VFs are in the list; outlives it, or the next ctl_vfs_keep()
 */
void ctl_vfs_keep(struct ctl_vfs *vfs, const struct ctl_conf *conf);

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
