#include "control/plan/report.h"

#include <inttypes.h>
#include <string.h>

#define WHERE_MAX 96

static void sums_print(const struct ctl_plan *plan, FILE *out)
{
	for (unsigned i = 0; i < plan->n_links; i++) {
		const struct ctl_plan_link *link = &plan->links[i];
		double rate = (double)link->link->rate_bps;

		(void)fprintf(
			out,
			"link %s: %.1f Mbit/s in (%.1f %%), %.1f Mbit/s out (%.1f %%) of %.1f "
			"Mbit/s",
			link->link->name, link->in_bps / 1e6, 100 * link->in_bps / rate,
			link->out_bps / 1e6, 100 * link->out_bps / rate, rate / 1e6);
		(void)fprintf(out, link->n_open != 0 ? "; ports without a profile: %u\n" : "\n",
			      link->n_open);
	}
	for (unsigned i = 0; i < plan->n_cores; i++) {
		const struct ctl_plan_core *core = &plan->cores[i];

		(void)fprintf(out,
			      "core %u: %.1f of %.1f Mcycles/s (%.1f %%), routers: %u, largest gap "
			      "%.1f us",
			      core->core, core->cycles_s / 1e6, core->hz / 1e6,
			      100 * core->cycles_s / core->hz, core->n_routers, core->gap_ns / 1e3);
		(void)fprintf(out, core->n_open != 0 ? "; ports without a profile: %u\n" : "\n",
			      core->n_open);
	}
	(void)fprintf(out, "packet buffers: %.1f MiB", (double)plan->memory_bytes / (1024 * 1024));
	if (plan->room_bytes != 0)
		(void)fprintf(out, " of %.1f MiB", (double)plan->room_bytes / (1024 * 1024));
	(void)fputc('\n', out);
}

static void row_where(const struct ctl_plan_input *input, const struct ctl_plan_row *row,
		      char text[WHERE_MAX])
{
	const struct dp_router_config *config = &input->conf->routers[row->router].config;

	(void)snprintf(text, WHERE_MAX, "%.31s %.15s>%.15s%s%.31s", config->name,
		       config->ports[row->in].name, config->ports[row->out].name,
		       row->class_index != CTL_PLAN_NONE ? " " : "",
		       row->class_index != CTL_PLAN_NONE ? config->classes[row->class_index].name
							 : "");
}

static void sold_print(uint64_t delay_ns, FILE *out)
{
	if (delay_ns == 0)
		(void)fprintf(out, " %9s", "-");
	else
		(void)fprintf(out, " %9.1f", (double)delay_ns / 1e3);
}

static const char *open_reason(const struct ctl_plan_input *input, const struct ctl_plan_row *row)
{
	const struct dp_router_config *config = &input->conf->routers[row->router].config;

	if (row->culprit != CTL_PLAN_NONE)
		return config->ports[row->culprit].name;
	return config->ports[row->out].flows.by != DP_FLOW_NONE ? "its flows"
								: "another port of its link";
}

static void row_print(const struct ctl_plan_input *input, const struct ctl_plan_row *row, FILE *out)
{
	char where[WHERE_MAX];

	row_where(input, row, where);
	(void)fprintf(out, "%-36s", where);
	if (row->state == CTL_PLAN_BOUNDED)
		(void)fprintf(out, " %9.1f %9.1f %9.1f %9.1f %7.0f %9.1f %9.1f %10.1f",
			      row->wait.gap_ns / 1e3, row->wait.routers_ns / 1e3,
			      row->wait.ports_ns / 1e3, row->wait.burst_ns / 1e3, row->burst_pkts,
			      row->queue_ns / 1e3, row->link_ns / 1e3, row->bound_ns / 1e3);
	else
		(void)fprintf(out, " %9s %9s %9s %9s %7s %9s %9s %10s", "-", "-", "-", "-", "-",
			      "-", "-", "none");
	sold_print(row->delay_ns, out);
	if (row->state == CTL_PLAN_OPEN)
		(void)fprintf(out, "  nothing limits what comes from %s: no bound can be promised",
			      open_reason(input, row));
	else if (row->state == CTL_PLAN_OVERLOADED)
		(void)fprintf(out, "  more comes in than leaves: no bound can be promised");
	else if (row->by_kernel)
		(void)fprintf(out, "  and what the kernel takes for its devices");
	(void)fputc('\n', out);
}

static void path_print(const struct ctl_plan_path *path, FILE *out)
{
	(void)fprintf(out, "path %s: ", path->path->name);
	if (path->broken_a != NULL)
		(void)fprintf(out, "no cable joins %s and %s", path->broken_a, path->broken_b);
	else if (path->state != CTL_PLAN_BOUNDED)
		(void)fprintf(out, "no bound, because one of its routers has none");
	else if (path->burst_once)
		(void)fprintf(out, "latencies %.1f + burst %.1f (once) = %.1f us",
			      path->latency_ns / 1e3, path->burst_ns / 1e3, path->bound_ns / 1e3);
	else
		(void)fprintf(out, "sum of the bounds of %u routers = %.1f us", path->n_hops,
			      path->bound_ns / 1e3);
	if (path->path->delay_ns != 0)
		(void)fprintf(out, "; sold %.1f us", (double)path->path->delay_ns / 1e3);
	(void)fputc('\n', out);
}

void ctl_plan_print(const struct ctl_plan_input *input, const struct ctl_plan *plan, FILE *out)
{
	(void)fprintf(out, "calibration: %s\n", input->calibration->origin);
	sums_print(plan, out);
	(void)fprintf(out, "%-36s %9s %9s %9s %9s %7s %9s %9s %10s %9s\n", "delay, us", "gap",
		      "routers", "ports", "burst", "packets", "queue", "link", "bound", "sold");
	for (unsigned i = 0; i < plan->n_rows; i++)
		row_print(input, &plan->rows[i], out);
	for (unsigned i = 0; i < plan->n_paths; i++)
		path_print(&plan->paths[i], out);
}
