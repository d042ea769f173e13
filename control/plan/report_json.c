#include "control/plan/report.h"

#include <errno.h>

#include <json-c/json.h>

static void put_text(struct json_object *to, const char *key, const char *value)
{
	(void)json_object_object_add(to, key, json_object_new_string(value));
}

static void put(struct json_object *to, const char *key, double value)
{
	char text[48];

	(void)snprintf(text, sizeof(text), "%.1f", value);
	(void)json_object_object_add(to, key, json_object_new_double_s(value, text));
}

static const char *state_name(enum ctl_plan_state state)
{
	static const char *const names[] = { [CTL_PLAN_BOUNDED] = "bounded",
					     [CTL_PLAN_OPEN] = "open",
					     [CTL_PLAN_OVERLOADED] = "overloaded" };

	return names[state];
}

static struct json_object *row_json(const struct ctl_plan_input *input,
				    const struct ctl_plan_row *row)
{
	const struct dp_router_config *config = &input->conf->routers[row->router].config;
	struct json_object *object = json_object_new_object();

	put_text(object, "router", config->name);
	put_text(object, "in", config->ports[row->in].name);
	put_text(object, "out", config->ports[row->out].name);
	if (row->class_index != CTL_PLAN_NONE)
		put_text(object, "class", config->classes[row->class_index].name);
	put_text(object, "state", state_name(row->state));
	put(object, "delay_ns", (double)row->delay_ns);
	if (row->state != CTL_PLAN_BOUNDED)
		return object;
	put(object, "gap_ns", row->wait.gap_ns);
	put(object, "routers_ns", row->wait.routers_ns);
	put(object, "ports_ns", row->wait.ports_ns);
	put(object, "burst_ns", row->wait.burst_ns);
	put(object, "burst_pkts", row->burst_pkts);
	put(object, "queue_ns", row->queue_ns);
	put(object, "link_ns", row->link_ns);
	put(object, "bound_ns", row->bound_ns);
	put(object, "device_pkts", row->rx_pkts);
	put(object, "queue_pkts", row->queue_pkts);
	(void)json_object_object_add(object, "kernel_device",
				     json_object_new_boolean(row->by_kernel));
	return object;
}

static struct json_object *path_json(const struct ctl_plan_path *path)
{
	struct json_object *object = json_object_new_object();

	put_text(object, "path", path->path->name);
	put_text(object, "state", state_name(path->state));
	put(object, "delay_ns", (double)path->path->delay_ns);
	if (path->state != CTL_PLAN_BOUNDED)
		return object;
	put(object, "latency_ns", path->latency_ns);
	put(object, "burst_ns", path->burst_ns);
	put(object, "bound_ns", path->bound_ns);
	(void)json_object_object_add(object, "burst_once",
				     json_object_new_boolean(path->burst_once));
	return object;
}

static struct json_object *core_json(const struct ctl_plan_core *core)
{
	struct json_object *object = json_object_new_object();

	put(object, "core", core->core);
	put(object, "cycles_s", core->cycles_s);
	put(object, "hz", core->hz);
	put(object, "gap_ns", core->gap_ns);
	return object;
}

static struct json_object *link_json(const struct ctl_plan_link *link)
{
	struct json_object *object = json_object_new_object();

	put_text(object, "link", link->link->name);
	put(object, "in_bps", link->in_bps);
	put(object, "out_bps", link->out_bps);
	put(object, "rate_bps", (double)link->link->rate_bps);
	return object;
}

int ctl_plan_print_json(const struct ctl_plan_input *input, const struct ctl_plan *plan, FILE *out)
{
	struct json_object *root = json_object_new_object();
	struct json_object *rows = json_object_new_array(), *paths = json_object_new_array();
	struct json_object *cores = json_object_new_array(), *links = json_object_new_array();
	int err;

	put_text(root, "calibration", input->calibration->origin);
	put(root, "memory_bytes", (double)plan->memory_bytes);
	put(root, "room_bytes", (double)plan->room_bytes);
	for (unsigned i = 0; i < plan->n_links; i++)
		(void)json_object_array_add(links, link_json(&plan->links[i]));
	for (unsigned i = 0; i < plan->n_cores; i++)
		(void)json_object_array_add(cores, core_json(&plan->cores[i]));
	for (unsigned i = 0; i < plan->n_rows; i++)
		(void)json_object_array_add(rows, row_json(input, &plan->rows[i]));
	for (unsigned i = 0; i < plan->n_paths; i++)
		(void)json_object_array_add(paths, path_json(&plan->paths[i]));
	(void)json_object_object_add(root, "links", links);
	(void)json_object_object_add(root, "cores", cores);
	(void)json_object_object_add(root, "delays", rows);
	(void)json_object_object_add(root, "paths", paths);
	err = fprintf(out, "%s\n",
		      json_object_to_json_string_ext(root, JSON_C_TO_STRING_PRETTY |
								   JSON_C_TO_STRING_SPACED)) < 0
		      ? -ENOMEM
		      : 0;
	json_object_put(root);
	return err;
}
