#ifndef CONTROL_CONF_READ_H
#define CONTROL_CONF_READ_H

/**
 * @file
 * Everything that a configuration has to pass before it may run: form, sense, admission. The same
 * at start and whenever the file is read again. Control thread only.
 */

#include "control/conf.h"
#include "control/plan/judge.h"

/**
 * Loads, checks and plans a file; the plan is written to standard output if it is to be shown.
 *
 * @param conf result, to be freed with ctl_conf_fini() also after an error
 * @param errors every error found is added, in the order of the file
 * @param notes what costs speed, could not be checked or is assumed is added
 * @return 0, or -errno when errors were added
 */
int ctl_conf_read(const char *path, enum ctl_judge_as as, struct ctl_conf *conf,
		  struct ctl_errors *errors, struct ctl_errors *notes);

#endif
