#ifndef CONTROL_RELOAD_STEP_H
#define CONTROL_RELOAD_STEP_H

/**
 * @file
 * The steps of a reload that has begun. Control thread only.
 */

#include "control/reload.h"

/**
 * Changes one router. The last call puts the configuration in force: what runs now is what it
 * says, but for routers that could not be created.
 *
 * @return whether another call has to follow
 */
bool ctl_reload_step(struct ctl_reload *reload);

#endif
