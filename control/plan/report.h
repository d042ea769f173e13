#ifndef CONTROL_PLAN_REPORT_H
#define CONTROL_PLAN_REPORT_H

/**
 * @file
 * A plan for people, and for programs. Control thread.
 */

#include "control/plan/plan.h"

#include <stdio.h>

/** Writes the sums and every term of every bound as tables; times are in us. */
void ctl_plan_print(const struct ctl_plan_input *input, const struct ctl_plan *plan, FILE *out);

/** Writes the same as one JSON object; times are in ns. @return 0 or -ENOMEM */
int ctl_plan_print_json(const struct ctl_plan_input *input, const struct ctl_plan *plan, FILE *out);

#endif
