#ifndef CONTROL_PREFLIGHT_H
#define CONTROL_PREFLIGHT_H

/**
 * @file
 * What must be true before anything is started: rights and the TUN device. Changes nothing.
 */

#include "dataplane/dp.h"

/** @return 0, or -EPERM or -ENODEV with a sentence in why */
int ctl_preflight(struct dp_why *why);

#endif
