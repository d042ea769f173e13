#ifndef CONTROL_PLAN_JUDGE_H
#define CONTROL_PLAN_JUDGE_H

/**
 * @file
 * Whether a checked configuration is admitted on this host. Control thread.
 */

#include "control/conf.h"
#include "control/errors.h"

#include <stdio.h>

/** How a plan is shown. */
enum ctl_judge_as { CTL_JUDGE_SILENTLY, CTL_JUDGE_AS_TABLE, CTL_JUDGE_AS_JSON };

/**
 * Plans a configuration with the calibration that it names.
 *
 * @param conf checked, without error
 * @param out where the plan is written, unless silently
 * @param errors what does not fit is added; in a file with admission = "report" it goes to notes
 * @param notes what is assumed, where something was promised, is added
 * @return 0, -EINVAL when errors were added, or -ENOMEM
 */
int ctl_judge(const struct ctl_conf *conf, enum ctl_judge_as as, FILE *out,
	      struct ctl_errors *errors, struct ctl_errors *notes);

#endif
