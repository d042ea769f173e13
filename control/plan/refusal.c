#include "control/plan/refusal.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>

/* ", or lower rate of SLA "gold" to "12345"": the largest that fits, nothing where none does. */
static void lower_text(const struct ctl_refusal *refusal, enum ctl_plan_field field,
		       const struct dp_sla *sla, uint16_t mtu, const char *before, char *text,
		       size_t size)
{
	static const char *const nouns[] = { [CTL_PLAN_RATE] = "rate", [CTL_PLAN_BURST] = "burst" };
	bool pkts = sla != NULL && sla->unit == RATE_PKTS_PER_S;
	const char *unit = !pkts ? "" : field == CTL_PLAN_RATE ? "pps" : "pkts";
	uint64_t least = pkts ? 1 : RATE_MIN_BPS, value = 0;

	text[0] = '\0';
	if (sla == NULL)
		return;
	if (!pkts && field == CTL_PLAN_BURST)
		least = (uint64_t)ctl_frame_max_bytes(sla->layer, mtu);
	if (ctl_plan_largest(refusal->input, refusal->check, refusal->index, field, sla, least,
			     &value) == 0)
		(void)snprintf(text, size, "%slower %s of SLA \"%s\" to \"%" PRIu64 "%s\"", before,
			       nouns[field], sla->name, value, unit);
}

/* The port with the most of what a sum counts, to be lowered first. */
struct candidate {
	const struct ctl_conf_router *router;
	const struct dp_sla *sla;
	uint16_t mtu;
	double share;
};

static void candidate_take(struct candidate *best, const struct ctl_conf_router *router,
			   const struct dp_sla *sla, uint16_t mtu, double share)
{
	if (share > best->share)
		*best = (struct candidate){ router, sla, mtu, share };
}

static struct candidate link_candidate(const struct ctl_refusal *refusal)
{
	const struct ctl_conf *conf = refusal->input->conf;
	const struct ctl_conf_link *link = refusal->plan->links[refusal->index].link;
	struct candidate best = { 0 };

	for (unsigned i = 0; i < conf->n_routers; i++)
		for (unsigned j = 0; j < conf->routers[i].config.n_ports; j++) {
			const struct dp_port_config *port = &conf->routers[i].config.ports[j];
			bool in = refusal->check == CTL_PLAN_LINK_IN;
			const struct dp_sla *sla = in ? &port->police : &port->shape;
			struct ctl_arrival arrival;

			if (!(in ? port->has_police : port->has_shape) ||
			    ctl_conf_link_lookup(conf, conf->routers[i].ports[j].link) != link)
				continue;
			arrival = ctl_arrival_of_sla(sla, port->mtu);
			candidate_take(&best, &conf->routers[i], sla, port->mtu,
				       arrival.rate_bytes_s[RATE_LAYER_L1]);
		}
	return best;
}

static void refuse_link(const struct ctl_refusal *refusal)
{
	const struct ctl_plan_link *link = &refusal->plan->links[refusal->index];
	bool in = refusal->check == CTL_PLAN_LINK_IN;
	double sum_bps = in ? link->in_bps : link->out_bps;
	struct candidate best = link_candidate(refusal);
	char change[160];

	lower_text(refusal, CTL_PLAN_RATE, best.sla, best.mtu, "", change, sizeof(change));
	ctl_errors_add(refusal->errors, link->link->at[CTL_LINK_RATE],
		       "what is sold on link \"%s\" is %.0f bit/s %s in its smallest frames with "
		       "preamble and gap, more than its rate of %" PRIu64 " bit/s; %s",
		       link->link->name, ceil(sum_bps), in ? "received" : "sent",
		       link->link->rate_bps, change[0] != '\0' ? change : "sell fewer SLAs on it");
}

static struct candidate core_candidate(const struct ctl_refusal *refusal)
{
	const struct ctl_conf *conf = refusal->input->conf;
	unsigned core = refusal->plan->cores[refusal->index].core;
	struct candidate best = { 0 };

	for (unsigned i = 0; i < conf->n_routers; i++)
		for (unsigned j = 0; j < conf->routers[i].config.n_ports; j++) {
			const struct dp_port_config *port = &conf->routers[i].config.ports[j];
			const struct ctl_plan_port *load = ctl_plan_port_get(refusal->plan, i, j);

			if (conf->routers[i].config.core == core && port->has_police)
				candidate_take(&best, &conf->routers[i], &port->police, port->mtu,
					       load->in.rate_pps * load->pkt_cycles);
		}
	return best;
}

static struct ctl_src core_src(const struct ctl_conf *conf, unsigned core)
{
	for (unsigned i = 0; i < conf->n_routers; i++)
		if (conf->routers[i].config.core == core)
			return conf->routers[i].at[CTL_ROUTER_CORE];
	return (struct ctl_src){ NULL, 0 };
}

static void refuse_core(const struct ctl_refusal *refusal)
{
	const struct ctl_plan_core *core = &refusal->plan->cores[refusal->index];
	struct candidate best = core_candidate(refusal);
	char change[160];

	lower_text(refusal, CTL_PLAN_RATE, best.sla, best.mtu, "", change, sizeof(change));
	ctl_errors_add(refusal->errors,
		       best.router != NULL ? best.router->at[CTL_ROUTER_CORE]
					   : core_src(refusal->input->conf, core->core),
		       "what is sold on core %u takes %.0f cycles/s in its smallest packets, more "
		       "than the %.0f that there are (%.1f %%); %s%sgive a router another core",
		       core->core, ceil(core->cycles_s), core->hz, 100 * core->cycles_s / core->hz,
		       change, change[0] != '\0' ? ", or " : "");
}

/* The largest number of a router's own buffers that leaves its memory within room_bytes. */
static int largest_buffers(const struct dp_router_config *config, uint64_t room_bytes,
			   unsigned *buffers)
{
	static struct dp_router_config changed; /* control thread only; large */
	unsigned least = 0, above = config->buffers;

	changed = *config;
	changed.buffers = 0;
	if (above == 0 || dp_router_memory_bytes(&changed) > room_bytes)
		return -ENOENT;
	while (above - least > 1) {
		changed.buffers = least + (above - least) / 2;
		*(dp_router_memory_bytes(&changed) <= room_bytes ? &least
								 : &above) = changed.buffers;
	}
	*buffers = least;
	return 0;
}

/* The router with the most memory is the first to give some up. There is one. */
static const struct ctl_conf_router *largest_router(const struct ctl_conf *conf, uint64_t *bytes)
{
	const struct ctl_conf_router *largest = &conf->routers[0];

	*bytes = 0;
	for (unsigned i = 0; i < conf->n_routers; i++) {
		uint64_t this_bytes = dp_router_memory_bytes(&conf->routers[i].config);

		if (this_bytes > *bytes) {
			*bytes = this_bytes;
			largest = &conf->routers[i];
		}
	}
	return largest;
}

static void refuse_memory(const struct ctl_refusal *refusal)
{
	const struct ctl_plan *plan = refusal->plan;
	uint64_t bytes, over_bytes = plan->memory_bytes - plan->room_bytes;
	const struct ctl_conf_router *router = largest_router(refusal->input->conf, &bytes);
	const double mib = 1024 * 1024;
	char change[96] = "run fewer routers on it";
	unsigned buffers;

	if (bytes > over_bytes &&
	    largest_buffers(&router->config, bytes - over_bytes, &buffers) == 0)
		(void)snprintf(change, sizeof(change), "lower buffers of router \"%s\" to %u",
			       router->config.name, buffers);
	ctl_errors_add(
		refusal->errors,
		router->at[router->config.buffers != 0 ? CTL_ROUTER_BUFFERS : CTL_ROUTER_NAME],
		"packet buffers of all routers take %.1f MiB, more than the %.1f MiB of "
		"memory that the machine has; %s",
		(double)plan->memory_bytes / mib, (double)plan->room_bytes / mib, change);
}

static const char *class_name(const struct ctl_plan_input *input, const struct ctl_plan_row *row)
{
	return row->class_index == CTL_PLAN_NONE
		       ? ""
		       : input->conf->routers[row->router].config.classes[row->class_index].name;
}

/* router "a" from "wan0" to "lan0", class "voice" */
static void row_text(const struct ctl_plan_input *input, const struct ctl_plan_row *row, char *text,
		     size_t size)
{
	const struct dp_router_config *config = &input->conf->routers[row->router].config;
	const char *class = class_name(input, row);

	(void)snprintf(text, size, "router \"%s\" from \"%s\" to \"%s\"%s%s%s", config->name,
		       config->ports[row->in].name, config->ports[row->out].name,
		       class[0] != '\0' ? ", class \"" : "", class, class[0] != '\0' ? "\"" : "");
}

/* What polices the input of a row; NULL where nothing does. */
static const struct dp_sla *row_police(const struct ctl_plan_input *input,
				       const struct ctl_plan_row *row)
{
	const struct dp_port_config *port = &input->conf->routers[row->router]
						     .config.ports[row->in];

	return port->has_police ? &port->police : NULL;
}

static void row_lower(const struct ctl_refusal *refusal, enum ctl_plan_field field,
		      const char *before, char *text, size_t size)
{
	const struct ctl_plan_row *row = &refusal->plan->rows[refusal->index];
	const struct dp_sla *sla = row_police(refusal->input, row);

	lower_text(refusal, field, sla,
		   refusal->input->conf->routers[row->router].config.ports[row->in].mtu, before,
		   text, size);
}

static void refuse_served(const struct ctl_refusal *refusal)
{
	const struct ctl_plan_row *row = &refusal->plan->rows[refusal->index];
	const struct dp_router_config *config = &refusal->input->conf->routers[row->router].config;
	char where[160], change[160];
	double in_bps = 0;

	for (unsigned i = 0; i < config->n_ports; i++)
		if (i != row->out)
			in_bps += 8 *
				  ctl_plan_port_get(refusal->plan, row->router, i)
					  ->in.rate_bytes_s[config->ports[row->out].shape.layer];
	row_text(refusal->input, row, where, sizeof(where));
	row_lower(refusal, CTL_PLAN_RATE, "", change, sizeof(change));
	if (!row->wait.stable)
		ctl_errors_add(refusal->errors, row->src,
			       "%s: no delay can be promised, because the core serves this port "
			       "slower than its SLA lets packets in; %s",
			       where, change[0] != '\0' ? change : "give the router another core");
	else
		ctl_errors_add(refusal->errors, row->src,
			       "%s: no delay can be promised, because up to %.0f bit/s come in for "
			       "a queue that is sold less (the port has %" PRIu64 " bit/s); %s",
			       where, ceil(in_bps), config->ports[row->out].shape.rate,
			       change[0] != '\0' ? change
						 : "raise what leaves, or police what goes before");
}

static void refuse_device(const struct ctl_refusal *refusal)
{
	const struct ctl_plan_row *row = &refusal->plan->rows[refusal->index];
	char where[160], change[160];

	row_text(refusal->input, row, where, sizeof(where));
	row_lower(refusal, CTL_PLAN_BURST, "; ", change, sizeof(change));
	ctl_errors_add(refusal->errors, row->src,
		       "%s: up to %.0f packets wait in the device before they are polled, which "
		       "has buffers for %u%s",
		       where, row->rx_pkts, row->rx_room_pkts,
		       change[0] != '\0'
			       ? change
			       : "; a core with smaller gaps or a link with a rate is needed");
}

static void refuse_queue(const struct ctl_refusal *refusal)
{
	const struct ctl_plan_row *row = &refusal->plan->rows[refusal->index];
	char where[160], change[160];

	row_text(refusal->input, row, where, sizeof(where));
	row_lower(refusal, CTL_PLAN_BURST, "; ", change, sizeof(change));
	ctl_errors_add(
		refusal->errors, row->src,
		"%s: up to %.0f packets wait in the shaper for up to %.1f us, which keeps %u "
		"for %.1f us and drops the others%s",
		where, row->queue_pkts, row->queue_ns / 1e3, row->queue_room_pkts,
		(double)row->queue_limit_ns / 1e3, change);
}

/* In whole us, and in the unit of the file. */
static uint64_t us_up(double ns)
{
	return (uint64_t)ceil(ns / 1e3);
}

static void refuse_bound(const struct ctl_refusal *refusal)
{
	const struct ctl_plan_row *row = &refusal->plan->rows[refusal->index];
	const struct ctl_core_wait *wait = &row->wait;
	char where[160], change[160], sold[96];

	row_text(refusal->input, row, where, sizeof(where));
	row_lower(refusal, CTL_PLAN_BURST, ", or ", change, sizeof(change));
	(void)snprintf(sold, sizeof(sold), row->delay_sla != NULL ? "SLA \"%s\"" : "class \"%s\"",
		       row->delay_sla != NULL ? row->delay_sla : class_name(refusal->input, row));
	ctl_errors_add(refusal->errors, row->src,
		       "%s: gap %.1f + other routers %.1f + other ports %.1f + burst %.1f (%.0f "
		       "packets) + queue %.1f + link %.1f = %.1f us%s, more than the delay of %.1f "
		       "us of %s; raise delay to \"%" PRIu64 "us\"%s",
		       where, wait->gap_ns / 1e3, wait->routers_ns / 1e3, wait->ports_ns / 1e3,
		       wait->burst_ns / 1e3, row->burst_pkts, row->queue_ns / 1e3,
		       row->link_ns / 1e3, row->bound_ns / 1e3,
		       row->by_kernel ? " and what the kernel takes" : "",
		       (double)row->delay_ns / 1e3, sold, us_up(row->bound_ns), change);
}

static void refuse_path(const struct ctl_refusal *refusal)
{
	const struct ctl_plan_path *path = &refusal->plan->paths[refusal->index];
	const struct ctl_conf_path *declared = path->path;

	if (path->broken_a != NULL)
		ctl_errors_add(
			refusal->errors, declared->at[CTL_PATH_ROUTERS],
			"path \"%s\": no cable joins routers \"%s\" and \"%s\"; give each of "
			"them a port with device = \"link:NAME\" and the same name",
			declared->name, path->broken_a, path->broken_b);
	else if (path->state == CTL_PLAN_OVERLOADED)
		ctl_errors_add(refusal->errors, declared->at[CTL_PATH_DELAY],
			       "path \"%s\": no delay can be promised, because one of its routers "
			       "is sent more than it serves; see sluice plan for which, or leave "
			       "delay out",
			       declared->name);
	else
		ctl_errors_add(refusal->errors, declared->at[CTL_PATH_DELAY],
			       "path \"%s\": %s of %u routers is %.1f us, more than its delay of "
			       "%.1f us; raise delay to \"%" PRIu64 "us\"",
			       declared->name,
			       path->burst_once ? "the sum of the latencies and one burst"
						: "the sum of the bounds",
			       path->n_hops, path->bound_ns / 1e3, (double)declared->delay_ns / 1e3,
			       us_up(path->bound_ns));
}

void ctl_refusal_say(const struct ctl_refusal *refusal)
{
	static void (*const say[CTL_PLAN_CHECKS])(const struct ctl_refusal *refusal) = {
		refuse_link,   refuse_link,  refuse_core,  refuse_memory, refuse_served,
		refuse_device, refuse_queue, refuse_bound, refuse_path,
	};

	say[refusal->check](refusal);
}
