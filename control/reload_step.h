#ifndef CONTROL_RELOAD_STEP_H
#define CONTROL_RELOAD_STEP_H

/**
 * @file
 * The steps of a reload that has begun. Control thread only.
 */

#include "control/reload.h"

/**
 * Changes one router. After the last call one of the two configurations is in force: the new one, or
 * the old one without routers that are lost.
 *
 * @return whether another call has to follow
 */
bool ctl_reload_step(struct ctl_reload *reload);

#endif
