#ifndef CONTROL_PLAN_REFUSAL_H
#define CONTROL_PLAN_REFUSAL_H

/**
 * @file
 * The sentences of ctl_plan_admit(): what does not fit, where, with which terms, and the smallest
 * change that would make it fit. Control thread.
 */

#include "control/plan/admission.h"

/** One sentence while it is made. */
struct ctl_refusal {
	const struct ctl_plan_input *input;
	const struct ctl_plan *plan;
	struct ctl_errors *errors;
	enum ctl_plan_check check;
	unsigned index;
};

/** Adds the sentence for what does not fit. */
void ctl_refusal_say(const struct ctl_refusal *refusal);

#endif
