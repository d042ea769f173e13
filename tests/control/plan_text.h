#ifndef TESTS_CONTROL_PLAN_TEXT_H
#define TESTS_CONTROL_PLAN_TEXT_H

/* Plans of configurations as text, on a host where a cycle is a ns and every packet takes 100. */

#include "control/plan/admission.h"
#include "tests/control/conf_text.h"

#define PLAN_GAP_NS 100000

struct planned {
	struct ctl_conf conf;
	struct ctl_calibration calibration;
	struct ctl_plan_input input;
	struct ctl_plan plan;
	struct ctl_errors refusals;
};

static inline void plan_calibration(struct ctl_calibration *calibration)
{
	*calibration = (struct ctl_calibration){ .hz = 1e9, .n_cores = 1 };
	calibration->cores[0] = (struct ctl_core_gap){ .core = 1, .max_ns = PLAN_GAP_NS };
	for (unsigned i = 0; i < DP_FEATURE_COUNT; i++)
		for (unsigned j = 0; j < DP_COST_SIZES; j++)
			calibration->costs.of[i][j] = (struct dp_cost){ 90, 100 };
}

/* Loads, checks and plans; the text itself has to be good. Ends with plan_end(). */
static inline void plan_begin(struct planned *planned, const char *text)
{
	int err;

	conf_load_good(text, &planned->conf);
	plan_calibration(&planned->calibration);
	planned->input = (struct ctl_plan_input){ .conf = &planned->conf,
						  .calibration = &planned->calibration };
	planned->refusals = (struct ctl_errors){ 0 };
	assert_int_equal(ctl_plan_make(&planned->input, &planned->plan), 0);
	err = ctl_plan_admit(&planned->input, &planned->plan, &planned->refusals);
	assert_int_equal(err, planned->refusals.n != 0 ? -EINVAL : 0);
}

static inline void plan_end(struct planned *planned)
{
	ctl_errors_fini(&planned->refusals);
	ctl_plan_fini(&planned->plan);
	ctl_conf_fini(&planned->conf);
}

/* The row of a router to one of its ports; class NULL for the only one. */
static inline const struct ctl_plan_row *plan_row(const struct planned *planned, unsigned router,
						  unsigned out, const char *class)
{
	const struct dp_router_config *config = &planned->conf.routers[router].config;

	for (unsigned i = 0; i < planned->plan.n_rows; i++) {
		const struct ctl_plan_row *row = &planned->plan.rows[i];

		if (row->router == router && row->out == out &&
		    (class == NULL || strcmp(config->classes[row->class_index].name, class) == 0))
			return row;
	}
	fail_msg("no row for router %u, port %u", router, out);
	return NULL;
}

#endif
