#include "control/plan/judge.h"

#include "control/plan/admission.h"
#include "control/plan/report.h"

#include <errno.h>
#include <unistd.h>

static bool anything_promised(const struct ctl_conf *conf, const struct ctl_plan *plan)
{
	for (unsigned i = 0; i < plan->n_rows; i++)
		if (plan->rows[i].delay_ns != 0)
			return true;
	for (unsigned i = 0; i < conf->n_paths; i++)
		if (conf->paths[i].delay_ns != 0)
			return true;
	return false;
}

static void show(const struct ctl_plan_input *input, const struct ctl_plan *plan,
		 enum ctl_judge_as as, FILE *out)
{
	if (as == CTL_JUDGE_AS_TABLE)
		ctl_plan_print(input, plan, out);
	else if (as == CTL_JUDGE_AS_JSON)
		(void)ctl_plan_print_json(input, plan, out);
}

/* All of it, because hugepages are a part of it and a running daemon's routers are in the plan. */
static uint64_t memory_bytes(void)
{
	long pages = sysconf(_SC_PHYS_PAGES), page_bytes = sysconf(_SC_PAGESIZE);

	return pages > 0 && page_bytes > 0 ? (uint64_t)pages * (uint64_t)page_bytes : 0;
}

int ctl_judge(const struct ctl_conf *conf, enum ctl_judge_as as, FILE *out,
	      struct ctl_errors *errors, struct ctl_errors *notes)
{
	static struct ctl_calibration calibration; /* control thread only; large */
	struct ctl_plan_input input = { .conf = conf,
					.calibration = &calibration,
					.memory_bytes = memory_bytes() };
	struct ctl_plan plan = { 0 };
	struct ctl_host_id here;
	bool measured;
	int err;

	ctl_host_id_get(&here);
	measured = ctl_calibration_load(conf->control.calibration, &here, &calibration);
	err = ctl_plan_make(&input, &plan);
	if (err == 0) {
		show(&input, &plan, as, out);
		err = ctl_plan_admit(&input, &plan, conf->control.overcommit ? notes : errors);
	}
	if (err == 0 || err == -EINVAL) {
		if (!measured && as == CTL_JUDGE_SILENTLY && anything_promised(conf, &plan))
			ctl_errors_add(notes, (struct ctl_src){ NULL, 0 }, "%s",
				       calibration.origin);
		if (conf->control.overcommit)
			err = 0;
	}
	ctl_plan_fini(&plan);
	return err;
}
