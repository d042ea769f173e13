#ifndef CONTROL_PLAN_ADMISSION_H
#define CONTROL_PLAN_ADMISSION_H

/**
 * @file
 * What of a plan does not fit, in sentences: the sums, and the smallest change that would make it
 * fit. Control thread.
 */

#include "control/errors.h"
#include "control/plan/plan.h"

/** What can fail to fit. */
enum ctl_plan_check {
	CTL_PLAN_LINK_IN,  /**< index: of links */
	CTL_PLAN_LINK_OUT, /**< index: of links */
	CTL_PLAN_CORE,	   /**< index: of cores */
	CTL_PLAN_MEMORY,   /**< index: 0; packet buffers of all routers */
	CTL_PLAN_SERVED,   /**< index: of rows; a promise needs a bound */
	CTL_PLAN_DEVICE,   /**< index: of rows; packets that wait in the device */
	CTL_PLAN_QUEUE,	   /**< index: of rows; packets that wait in the shaper */
	CTL_PLAN_BOUND,	   /**< index: of rows; bound within the promise */
	CTL_PLAN_PATH,	   /**< index: of paths */
	CTL_PLAN_CHECKS
};

/** Whether one thing fits. What nobody promised fits, but for the sums of links, cores and buffers. */
bool ctl_plan_fits(const struct ctl_plan *plan, enum ctl_plan_check check, unsigned index);

/**
 * Adds a sentence for everything that does not fit.
 *
 * @return 0; -EINVAL when sentences were added; -ENOMEM
 */
int ctl_plan_admit(const struct ctl_plan_input *input, const struct ctl_plan *plan,
		   struct ctl_errors *errors);

/**
 * The largest value of a field of an SLA, below the one it has and not below least, with which one
 * thing fits.
 *
 * @return 0; -ENOENT when there is none; -ENOMEM
 */
int ctl_plan_largest(const struct ctl_plan_input *input, enum ctl_plan_check check, unsigned index,
		     enum ctl_plan_field field, const struct dp_sla *sla, uint64_t least,
		     uint64_t *value);

#endif
