#include "control/plan/admission.h"

#include "control/plan/refusal.h"

#include <errno.h>

static bool row_fits(const struct ctl_plan_row *row, enum ctl_plan_check check)
{
	if (row->delay_ns == 0 || row->state == CTL_PLAN_OPEN)
		return true;
	if (check == CTL_PLAN_SERVED)
		return row->state == CTL_PLAN_BOUNDED;
	if (row->state != CTL_PLAN_BOUNDED)
		return true; /* said already */
	/* how much the kernel keeps of its own devices' packets is its business */
	if (check == CTL_PLAN_DEVICE)
		return row->by_kernel || row->rx_pkts <= row->rx_room_pkts;
	if (check == CTL_PLAN_QUEUE)
		return row->queue_pkts <= row->queue_room_pkts &&
		       (row->queue_limit_ns == 0 || row->queue_ns <= (double)row->queue_limit_ns);
	return row->bound_ns <= (double)row->delay_ns;
}

static bool memory_fits(const struct ctl_plan *plan)
{
	return plan->room_bytes == 0 || plan->memory_bytes <= plan->room_bytes;
}

static bool path_fits(const struct ctl_plan_path *path)
{
	if (path->broken_a != NULL)
		return false;
	return path->path->delay_ns == 0 || path->state == CTL_PLAN_OPEN ||
	       (path->state == CTL_PLAN_BOUNDED && path->bound_ns <= (double)path->path->delay_ns);
}

bool ctl_plan_fits(const struct ctl_plan *plan, enum ctl_plan_check check, unsigned index)
{
	switch (check) {
	case CTL_PLAN_LINK_IN:
		return plan->links[index].in_bps <= (double)plan->links[index].link->rate_bps;
	case CTL_PLAN_LINK_OUT:
		return plan->links[index].out_bps <= (double)plan->links[index].link->rate_bps;
	case CTL_PLAN_CORE:
		return plan->cores[index].cycles_s <= plan->cores[index].hz;
	case CTL_PLAN_MEMORY:
		return memory_fits(plan);
	case CTL_PLAN_PATH:
		return path_fits(&plan->paths[index]);
	case CTL_PLAN_SERVED:
	case CTL_PLAN_DEVICE:
	case CTL_PLAN_QUEUE:
	case CTL_PLAN_BOUND:
	case CTL_PLAN_CHECKS:
		break;
	}
	return row_fits(&plan->rows[index], check);
}

/* Whether it would fit if the file said so. */
static int fits_with(const struct ctl_plan_input *input, enum ctl_plan_check check, unsigned index,
		     const struct ctl_plan_change *change, bool *fits)
{
	struct ctl_plan_input changed = *input;
	struct ctl_plan plan = { 0 };
	int err;

	changed.change = *change;
	err = ctl_plan_make(&changed, &plan);
	if (err == 0)
		*fits = ctl_plan_fits(&plan, check, index);
	/* what is no longer bounded fits only in name */
	if (err == 0 && check >= CTL_PLAN_SERVED && check <= CTL_PLAN_BOUND)
		*fits = *fits && plan.rows[index].state == CTL_PLAN_BOUNDED;
	ctl_plan_fini(&plan);
	return err;
}

int ctl_plan_largest(const struct ctl_plan_input *input, enum ctl_plan_check check, unsigned index,
		     enum ctl_plan_field field, const struct dp_sla *sla, uint64_t least,
		     uint64_t *value)
{
	struct ctl_plan_change change = { field, sla->name, least };
	uint64_t above = field == CTL_PLAN_RATE ? sla->rate : sla->burst;
	bool fits = false;
	int err = least < above ? fits_with(input, check, index, &change, &fits) : -ENOENT;

	if (err != 0 || !fits)
		return err != 0 ? err : -ENOENT;
	/* least fits, above does not */
	while (above - least > 1) {
		change.value = least + (above - least) / 2;
		err = fits_with(input, check, index, &change, &fits);
		if (err != 0)
			return err;
		*(fits ? &least : &above) = change.value;
	}
	*value = least;
	return 0;
}

static unsigned count(const struct ctl_plan *plan, enum ctl_plan_check check)
{
	if (check <= CTL_PLAN_LINK_OUT)
		return plan->n_links;
	if (check == CTL_PLAN_CORE)
		return plan->n_cores;
	if (check == CTL_PLAN_MEMORY)
		return 1;
	return check == CTL_PLAN_PATH ? plan->n_paths : plan->n_rows;
}

int ctl_plan_admit(const struct ctl_plan_input *input, const struct ctl_plan *plan,
		   struct ctl_errors *errors)
{
	unsigned before = errors->n;

	for (unsigned check = 0; check < CTL_PLAN_CHECKS; check++)
		for (unsigned i = 0; i < count(plan, (enum ctl_plan_check)check); i++) {
			struct ctl_refusal refusal = { input, plan, errors,
						       (enum ctl_plan_check)check, i };

			if (!ctl_plan_fits(plan, refusal.check, i))
				ctl_refusal_say(&refusal);
		}
	if (errors->truncated)
		return -ENOMEM;
	return errors->n != before ? -EINVAL : 0;
}
