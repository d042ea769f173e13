#ifndef CONTROL_PLAN_SPOILERS_H
#define CONTROL_PLAN_SPOILERS_H

/**
 * @file
 * What takes a core from its worker, or makes it slower than it was measured: one sentence each,
 * with the remedy. Control thread.
 */

#include "control/errors.h"

/**
 * Adds a sentence for everything found.
 *
 * @param root folder that holds sys and proc, "" for this machine
 * @param core the worker's CPU
 */
void ctl_spoilers_find(const char *root, unsigned core, struct ctl_errors *found);

/** The same for what concerns all cores. */
void ctl_spoilers_find_common(const char *root, struct ctl_errors *found);

#endif
