#include "dataplane/dp_change.h"

#include "dataplane/class_table.h"
#include "dataplane/port_queues.h"
#include "dataplane/sla.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* What has been found so far. */
struct comparison {
	enum dp_change change;
	struct dp_why *what;
};

/* Keeps the first difference of the strongest kind. */
__attribute__((format(printf, 4, 5))) static void
note(struct comparison *comparison, bool differs, enum dp_change change, const char *format, ...)
{
	va_list ap;

	if (!differs || change <= comparison->change)
		return;
	comparison->change = change;
	va_start(ap, format);
	(void)vsnprintf(comparison->what->text, sizeof(comparison->what->text), format, ap);
	va_end(ap);
}

/* What a shaper reads of an SLA, and what users see of it. */
static bool profile_differs(const struct dp_sla *a, const struct dp_sla *b)
{
	return strcmp(a->name, b->name) != 0 || a->unit != b->unit || a->rate != b->rate ||
	       a->burst != b->burst || a->layer != b->layer || a->delay_ns != b->delay_ns;
}

/* Of a setting that may be absent. */
static bool police_differs(bool has_a, const struct dp_sla *a, bool has_b, const struct dp_sla *b)
{
	return sla_policing_differs(has_a, a, has_b, b) || (has_a && profile_differs(a, b));
}

static bool range_differs(const struct dp_port_range *a, const struct dp_port_range *b)
{
	return a->set != b->set || (a->set && (a->min != b->min || a->max != b->max));
}

static bool match_differs(const struct dp_class_match *a, const struct dp_class_match *b)
{
	return a->dscp_mask != b->dscp_mask || a->src != b->src || a->dst != b->dst ||
	       a->src_depth != b->src_depth || a->dst_depth != b->dst_depth ||
	       a->protocol != b->protocol || range_differs(&a->src_port, &b->src_port) ||
	       range_differs(&a->dst_port, &b->dst_port);
}

/* Queues are places in memory: their number, order and room stay. */
static bool class_is_another(const struct dp_class_config *a, const struct dp_class_config *b)
{
	return strcmp(a->name, b->name) != 0 || match_differs(&a->match, &b->match) ||
	       a->has_queue != b->has_queue || a->level != b->level ||
	       a->quota_pkts != b->quota_pkts || a->has_shape != b->has_shape;
}

static void compare_class(struct comparison *comparison, const struct dp_class_config *a,
			  const struct dp_class_config *b)
{
	bool queue = a->weight != b->weight || a->limit_bytes != b->limit_bytes ||
		     a->limit_ns != b->limit_ns || a->ecn_ns != b->ecn_ns;

	note(comparison, class_is_another(a, b), DP_CHANGE_RESTART, "class %s", a->name);
	note(comparison, police_differs(a->has_police, &a->police, b->has_police, &b->police),
	     DP_CHANGE_IN_PLACE, "police of class %s", a->name);
	note(comparison, a->has_shape && b->has_shape && profile_differs(&a->shape, &b->shape),
	     DP_CHANGE_IN_PLACE, "shape of class %s", a->name);
	note(comparison, queue, DP_CHANGE_IN_PLACE, "queue of class %s", a->name);
}

/* A VF is its PF and number; its address may not be known yet. */
static bool device_differs(const struct dp_port_config *a, const struct dp_port_config *b)
{
	if (a->kind == DP_DEVICE_PCI && b->kind == DP_DEVICE_PCI)
		return strcmp(a->pci_address, b->pci_address) != 0;
	return a->kind != b->kind || strcmp(a->device, b->device) != 0;
}

static bool flows_differ(const struct dp_flow_config *a, const struct dp_flow_config *b)
{
	if (a->by == DP_FLOW_NONE && b->by == DP_FLOW_NONE)
		return false;
	return a->by != b->by || a->base != b->base || a->base_depth != b->base_depth ||
	       a->length != b->length || a->count != b->count || a->quota_pkts != b->quota_pkts ||
	       a->class_index != b->class_index;
}

static void compare_shape(struct comparison *comparison, const struct dp_port_config *a,
			  const struct dp_port_config *b)
{
	bool has = a->has_shape && b->has_shape;
	bool flows = has && a->flows.by != DP_FLOW_NONE;

	note(comparison, a->has_shape != b->has_shape || flows_differ(&a->flows, &b->flows),
	     DP_CHANGE_RESTART, "%s of port %s", a->has_shape != b->has_shape ? "shape" : "flows",
	     a->name);
	note(comparison, has && a->shape.layer != b->shape.layer, DP_CHANGE_RESTART,
	     "layer of port %s", a->name);
	note(comparison, has && profile_differs(&a->shape, &b->shape), DP_CHANGE_IN_PLACE,
	     "shape of port %s", a->name);
	note(comparison, flows && profile_differs(&a->flows.sla, &b->flows.sla), DP_CHANGE_IN_PLACE,
	     "flows of port %s", a->name);
}

static void compare_port(struct comparison *comparison, const struct dp_port_config *a,
			 const struct dp_port_config *b)
{
	note(comparison, strcmp(a->name, b->name) != 0, DP_CHANGE_RESTART, "name of port %s",
	     a->name);
	note(comparison, device_differs(a, b), DP_CHANGE_RESTART, "device of port %s", a->name);
	note(comparison, a->mtu != b->mtu, DP_CHANGE_RESTART, "mtu of port %s", a->name);
	note(comparison, a->vlan != b->vlan, DP_CHANGE_RESTART, "vlan of port %s", a->name);
	note(comparison, police_differs(a->has_police, &a->police, b->has_police, &b->police),
	     DP_CHANGE_IN_PLACE, "police of port %s", a->name);
	compare_shape(comparison, a, b);
}

static void compare_router(struct comparison *comparison, const struct dp_router_config *a,
			   const struct dp_router_config *b)
{
	note(comparison, strcmp(a->netns, b->netns) != 0, DP_CHANGE_RESTART, "netns");
	note(comparison, a->core != b->core, DP_CHANGE_RESTART, "core");
	note(comparison, a->police_at != b->police_at, DP_CHANGE_RESTART, "police_at");
	note(comparison, a->buffers != b->buffers, DP_CHANGE_RESTART, "buffers");
	note(comparison, memcmp(a->punt_pps, b->punt_pps, sizeof(a->punt_pps)) != 0,
	     DP_CHANGE_RESTART, "punt");
	note(comparison, a->rescue_pps != b->rescue_pps, DP_CHANGE_RESTART, "rescue");
	note(comparison, a->n_ports != b->n_ports, DP_CHANGE_RESTART, "number of ports");
	note(comparison, a->n_classes != b->n_classes, DP_CHANGE_RESTART, "number of classes");
	note(comparison, a->share_percent != b->share_percent, DP_CHANGE_IN_PLACE, "share");
}

/* All flows of a shaper are visited when anything of it changes. */
static bool takes_long(const struct dp_router_config *from, const struct dp_router_config *to)
{
	for (unsigned i = 0; i < from->n_ports; i++)
		if (from->ports[i].has_shape && from->ports[i].flows.by != DP_FLOW_NONE &&
		    from->ports[i].flows.count > DP_CHANGE_FLOWS_MAX &&
		    port_queues_differ(from, to, i))
			return true;
	return false;
}

enum dp_change dp_router_change(const struct dp_router_config *from,
				const struct dp_router_config *to, struct dp_why *what)
{
	struct comparison comparison = { DP_CHANGE_NONE, what };

	what->text[0] = '\0';
	compare_router(&comparison, from, to);
	if (from->n_ports == to->n_ports)
		for (unsigned i = 0; i < from->n_ports; i++)
			compare_port(&comparison, &from->ports[i], &to->ports[i]);
	if (from->n_classes == to->n_classes)
		for (unsigned i = 0; i < from->n_classes; i++)
			compare_class(&comparison, &from->classes[i], &to->classes[i]);
	if (comparison.change == DP_CHANGE_IN_PLACE &&
	    (takes_long(from, to) || class_table_is_needed(from) != class_table_is_needed(to)))
		comparison.change = DP_CHANGE_RESTART;
	return comparison.change;
}
