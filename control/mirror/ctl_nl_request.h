#ifndef CONTROL_MIRROR_CTL_NL_REQUEST_H
#define CONTROL_MIRROR_CTL_NL_REQUEST_H

/**
 * @file
 * What the rib wants of the kernel's neighbours, sent to the kernel. Control thread only.
 */

#include "control/mirror/ctl_nl.h"
#include "control/mirror/ctl_rib.h"

/**
 * Sends up to max requests of the rib.
 *
 * @param errors incremented for each that cannot be sent
 * @return true when there may be more
 */
bool ctl_nl_requests_send(struct ctl_nl *nl, struct ctl_rib *rib, unsigned max, uint64_t *errors);

#endif
