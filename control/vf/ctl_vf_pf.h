#ifndef CONTROL_VF_CTL_VF_PF_H
#define CONTROL_VF_CTL_VF_PF_H

/**
 * @file
 * A PF that VFs are provisioned on, with what it was like before. Control thread only.
 */

#include "control/vf/ctl_vf_sysfs.h"
#include "dataplane/dp.h"

#include <stdbool.h>

/** A PF. Of each change the state before is kept while it stands. */
struct ctl_vf_pf {
	char name[IFNAMSIZ];
	char address[DP_PCI_ADDRESS_MAX];
	unsigned n_vfs; /**< that the configuration needs */
	unsigned mtu;	/**< that it needs, bytes of IP packet */
	bool made_vfs, set_up, set_mtu;
	unsigned n_vfs_before, mtu_before;
};

/**
 * Makes the VFs that are missing, sets the PF up, raises its MTU; again when more is needed.
 *
 * @return 0, or -errno with a sentence in why; what was changed until then is noted in pf
 */
int ctl_vf_pf_setup(struct ctl_vf_pf *pf, struct dp_why *why);

/**
 * Puts back what was changed since pf was as before.
 *
 * @param before a copy from then; all zero for a PF that was new
 */
void ctl_vf_pf_restore(struct ctl_vf_pf *pf, const struct ctl_vf_pf *before);

#endif
