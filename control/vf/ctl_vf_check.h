#ifndef CONTROL_VF_CTL_VF_CHECK_H
#define CONTROL_VF_CTL_VF_CHECK_H

/**
 * @file
 * What a port's VF lacks, one sentence per point with what mends it. Pure: facts in, sentences
 * out. Control thread only.
 */

#include "control/vf/ctl_vf_state.h"

/** A port with its VF. */
struct ctl_vf_port {
	const struct ctl_conf_router *router;
	unsigned port;
	struct ctl_src src;		  /**< of the device */
	const struct ctl_vf_sysfs *vf;	  /**< of this port's VF */
	const struct ctl_vf_state *state; /**< known 0: could not be asked */
};

/**
 * With provision only what provisioning cannot mend.
 *
 * @param errors what keeps the port from working
 * @param notes what costs speed or comes and goes
 */
void ctl_vf_check(const struct ctl_vf_port *port, struct ctl_errors *errors,
		  struct ctl_errors *notes);

#endif
