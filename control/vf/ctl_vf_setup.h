#ifndef CONTROL_VF_CTL_VF_SETUP_H
#define CONTROL_VF_CTL_VF_SETUP_H

/**
 * @file
 * The VF of one port: set up as the port says, and put back. Control thread only.
 */

#include "control/vf/ctl_vf_state.h"
#include "dataplane/dp.h"

/** A port's VF. Of each change the state before is kept while it stands. */
struct ctl_vf {
	const struct ctl_conf_router *router; /**< as it is set up */
	unsigned port;
	struct ctl_vf_name name;
	char address[DP_PCI_ADDRESS_MAX];
	struct ctl_vf_state before; /**< valid where changed has a bit */
	uint32_t changed, refused;  /**< bits of enum ctl_vf_setting */
	bool bound;
	char driver_before[CTL_DRIVER_NAME_MAX];
};

/**
 * Finds a VF and, where its router asks for it, sets it up; who uses it is left alone.
 *
 * @return 0, or -errno with a sentence in why; what was changed until then is noted in vf
 */
int ctl_vf_setup(struct ctl_vf *vf, struct dp_why *why);

/** Sets up again a VF that is the caller's own; as ctl_vf_setup(). */
int ctl_vf_renew(struct ctl_vf *vf, struct dp_why *why);

/** Puts back what was changed. */
void ctl_vf_restore(struct ctl_vf *vf);

#endif
