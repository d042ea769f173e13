/*
 * A router's service levels change while it forwards. Control prepares everything that can fail or
 * takes time, then the worker, who owns buckets and queues, puts it in their place between two
 * turns, port by port: a turn is never longer for it than for a burst or two.
 */

#include "dataplane/class_table.h"
#include "dataplane/clock.h"
#include "dataplane/dp_change.h"
#include "dataplane/port_sla.h"
#include "dataplane/router.h"
#include "dataplane/sla.h"
#include "dataplane/why.h"
#include "dataplane/worker.h"

#include <errno.h>
#include <string.h>

#include <rte_malloc.h>

/* What a worker puts in the place of what polices and shapes a port. */
struct port_change {
	struct port *port;
	bool polices; /* what enters has another SLA */
	bool shapes;  /* the shaper is built of other parameters */
	bool meters;  /* what leaves has another SLA */
	struct port_police police;
	struct rate meter_rate;
	struct port_queues_plan plan;
	uint64_t bound_tsc[DP_CLASSES_ALL];
	int err; /* of the worker's part */
};

/* The same for the classes. */
struct class_change {
	struct class_table *table;
	bool polices[DP_CLASSES_ALL]; /* it has another SLA */
	struct policer policers[DP_CLASSES_ALL];
	bool bucket_only[DP_CLASSES_ALL];
};

struct change {
	struct class_change classes;
	struct port_change ports[DP_ROUTER_PORTS_MAX];
};

static int shape_prepare(struct port_change *change, const struct dp_router_config *to,
			 unsigned index, struct dp_why *why)
{
	const struct dp_sla *shape = &to->ports[index].shape;
	int err = dp_port_queues_check(to, index, why);

	if (err == 0)
		err = port_queues_plan(to, index, clock_tsc_hz(), &change->plan);
	if (err == 0)
		err = rate_init(&change->meter_rate, RATE_BITS_PER_S, shape->rate, clock_tsc_hz());
	return err;
}

static int port_prepare(struct port_change *change, struct dp_router *router, unsigned index,
			const struct dp_router_config *to, struct dp_why *why)
{
	const struct dp_port_config *was = &router->config.ports[index];
	const struct dp_port_config *wanted = &to->ports[index];
	int err;

	change->port = &router->ports[index];
	change->polices = sla_policing_differs(was->has_police, &was->police, wanted->has_police,
					       &wanted->police);
	change->shapes = wanted->has_shape && port_queues_differ(&router->config, to, index);
	change->meters = wanted->has_shape && (was->shape.rate != wanted->shape.rate ||
					       was->shape.burst != wanted->shape.burst);
	port_bounds_get(to, index, change->bound_tsc);
	err = port_police_prepare(wanted, &change->police);
	if (err == 0 && change->shapes)
		err = shape_prepare(change, to, index, why);
	if (err != 0 && why->text[0] == '\0')
		why_set(why, "SLAs of port %s: %s", port_label(to, wanted), strerror(-err));
	return err;
}

static int prepare(struct change *change, struct dp_router *router,
		   const struct dp_router_config *to, struct dp_why *why)
{
	struct class_change *classes = &change->classes;
	int err = 0;

	why->text[0] = '\0';
	classes->table = router->classes;
	for (unsigned i = 0; i < to->n_classes && err == 0; i++) {
		const struct dp_class_config *was = &router->config.classes[i];
		const struct dp_class_config *wanted = &to->classes[i];

		classes->polices[i] = sla_policing_differs(was->has_police, &was->police,
							   wanted->has_police, &wanted->police);
		err = class_policer_make(to, i, clock_tsc_hz(), &classes->policers[i],
					 &classes->bucket_only[i]);
	}
	if (err != 0)
		why_set(why, "classes of router %s: %s", to->name, strerror(-err));
	for (unsigned i = 0; i < router->n_ports && err == 0; i++)
		err = port_prepare(&change->ports[i], router, i, to, why);
	return err;
}

/* Worker. */
static void police_apply(const struct port_change *change, uint64_t now_tsc)
{
	struct port *port = change->port;
	union policer_state state = port->marker_state;

	if (port->has_police)
		state.single = port->police_bucket;
	policer_state_convert(&state, &port->marker, &change->police.policer, now_tsc);
	port_police_set(port, &change->police, &state, now_tsc);
}

/* Worker. What queues without a threshold dropped for one is not theirs to tell any more. */
static void ecn_restart(struct port *port)
{
	struct shaper_class_stats stats;

	port->ecn_drops = 0;
	for (uint64_t left = port->queues.has_ecn; left != 0; left &= left - 1) {
		(void)shaper_class_stats_get(port->shaper, (uint32_t)__builtin_ctzll(left), &stats);
		port->ecn_drops += stats.drop_pkts[SHAPER_DROP_ECN];
	}
}

/* Worker. */
static void shape_apply(struct port_change *change, uint64_t now_tsc)
{
	struct port *port = change->port;

	change->err = shaper_retune(port->shaper, &change->plan.params, now_tsc, NULL, 0);
	if (change->err != 0)
		return;
	port->queues = change->plan.queues;
	ecn_restart(port);
	if (!change->meters)
		return;
	port->meter_rate = change->meter_rate;
	shaper_conformance_init(&port->meter, &port->meter_rate, now_tsc);
}

/* Worker. */
static void port_apply(void *arg, uint64_t now_tsc)
{
	struct port_change *change = arg;

	if (change->polices)
		police_apply(change, now_tsc);
	if (change->shapes)
		shape_apply(change, now_tsc);
	memcpy(change->port->bound_tsc, change->bound_tsc, sizeof(change->bound_tsc));
}

/* Worker. */
static void classes_apply(void *arg, uint64_t now_tsc)
{
	struct class_change *change = arg;

	for (unsigned i = 0; i < change->table->n; i++) {
		struct class_state *class = &change->table->classes[i];

		if (!change->polices[i])
			continue;
		policer_state_convert(&class->state, &class->policer, &change->policers[i],
				      now_tsc);
		class->policer = change->policers[i];
		class->bucket_only = change->bucket_only[i];
	}
}

static int apply(struct change *change, struct dp_router *router, const struct dp_router_config *to,
		 struct dp_why *why)
{
	int err = 0;

	if (change->classes.table != NULL)
		worker_call(router, classes_apply, &change->classes);
	for (unsigned i = 0; i < router->n_ports; i++) {
		worker_call(router, port_apply, &change->ports[i]);
		router->ports[i].shape_burst_bytes = to->ports[i].shape.burst;
		err = err != 0 ? err : change->ports[i].err;
	}
	router->config = *to;
	worker_share_set(router);
	if (err == 0)
		return 0;
	why_set(why, "router %s: a shaper cannot be changed while it holds packets: %s", to->name,
		strerror(-err));
	return -EIO;
}

int dp_router_retune(struct dp_router *router, const struct dp_router_config *to,
		     struct dp_why *why)
{
	struct change *change = rte_zmalloc("retune", sizeof(*change), 0);
	int err;

	if (change == NULL) {
		why_set(why, "router %s: no memory to change its SLAs", to->name);
		return -ENOMEM;
	}
	err = prepare(change, router, to, why);
	if (err == 0)
		err = apply(change, router, to, why);
	rte_free(change);
	return err;
}
