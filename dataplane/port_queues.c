#include "dataplane/port_queues.h"

#include "dataplane/dp.h"
#include "dataplane/pool.h"
#include "dataplane/why.h"

#include <errno.h>
#include <limits.h>
#include <string.h>

#include <rte_ether.h>

#define NSEC_PER_S 1000000000ULL
#define KERNEL_QUOTA_PKTS 1024U
/* Longest wait of what the kernel sends, and of a class where no delay bound was sold. */
#define KERNEL_LIMIT_NS 1000000000ULL
#define LIMIT_NS 50000000ULL
/* At low rates these would not hold one packet: then so many packets at the rate. */
#define LIMIT_PKTS 8U

static bool class_has_queue(const struct dp_router_config *router, unsigned index)
{
	return index + 1 == router->n_classes || router->classes[index].has_queue;
}

/* Packets to addresses outside the base of the flows exist only when there is an outside. */
static bool flows_have_outside(const struct dp_flow_config *flows)
{
	return flows->by == DP_FLOW_BY_DST && flows->base_depth != 0;
}

/* Queues of the tenant, the kernel's excluded. */
static unsigned count_queues(const struct dp_router_config *router, unsigned port)
{
	unsigned n = router->n_classes == 0 ? 1 : 0;

	for (unsigned i = 0; i < router->n_classes; i++)
		n += class_has_queue(router, i);
	return n + flows_have_outside(&router->ports[port].flows);
}

static uint64_t limit_at_least_ns(const struct dp_port_config *port, uint64_t rate_bps,
				  uint64_t limit_ns)
{
	int longest_bytes = port->mtu + RTE_ETHER_HDR_LEN +
			    rate_layer_adjust_bytes(port->shape.layer);
	uint64_t pkts_ns = (uint64_t)longest_bytes * CHAR_BIT * LIMIT_PKTS * NSEC_PER_S / rate_bps;

	return pkts_ns > limit_ns ? pkts_ns : limit_ns;
}

static uint64_t limit_default_ns(const struct dp_port_config *port, uint64_t rate_bps)
{
	if (port->shape.delay_ns != 0)
		return port->shape.delay_ns;
	return limit_at_least_ns(port, rate_bps, LIMIT_NS);
}

/* A queue as the port gives it where no class says otherwise. */
static struct shaper_class_params queue_default(const struct dp_router_config *router,
						unsigned port)
{
	return (struct shaper_class_params){
		.level = DP_LEVEL_MIN,
		.weight = 1,
		.quota_pkts = (POOL_SHAPER_PKTS - KERNEL_QUOTA_PKTS) / count_queues(router, port),
		.limit_ns = limit_default_ns(&router->ports[port], router->ports[port].shape.rate),
	};
}

static struct shaper_class_params queue_of_class(const struct dp_router_config *router,
						 unsigned port, unsigned index)
{
	struct shaper_class_params queue = queue_default(router, port);
	const struct dp_class_config *class = &router->classes[index];

	if (router->n_classes == 0 || !class->has_queue)
		return queue;
	queue.level = class->level;
	queue.weight = class->weight;
	queue.limit_bytes = class->limit_bytes;
	queue.ecn_ns = class->ecn_ns;
	if (class->quota_pkts != 0)
		queue.quota_pkts = class->quota_pkts;
	if (class->has_shape) {
		queue.profile.rate_bps = class->shape.rate;
		queue.profile.burst_bytes = (uint32_t) class->shape.burst;
		queue.limit_ns = limit_default_ns(&router->ports[port], class->shape.rate);
	}
	if (class->limit_ns != 0)
		queue.limit_ns = class->limit_ns;
	return queue;
}

static void queue_add(struct port_queues_plan *plan, unsigned class_index,
		      const struct shaper_class_params *queue)
{
	uint32_t place = plan->params.nclasses++;

	plan->params.classes[place] = *queue;
	plan->queues.class_of[place] = (uint8_t)class_index;
	plan->queues.has_ecn |= (uint64_t)(queue->ecn_ns != 0) << place;
}

/* The queue for a class and, where its flows do not take all of it, one for the rest. */
static void class_add(struct port_queues_plan *plan, const struct dp_router_config *router,
		      unsigned port, unsigned class_index)
{
	const struct dp_flow_config *flows = &router->ports[port].flows;
	struct shaper_class_params queue = queue_of_class(router, port, class_index);

	plan->queues.of_class[class_index] = (uint8_t)plan->params.nclasses;
	queue_add(plan, class_index, &queue);
	if (flows->by == DP_FLOW_NONE || flows->class_index != class_index)
		return;
	if (flows_have_outside(flows))
		queue_add(plan, class_index, &queue);
	plan->queues.flows = (struct port_flows){
		.by = (uint8_t)flows->by,
		.class_index = (uint8_t)class_index,
		.queue = (uint8_t)(plan->params.nclasses - 1),
		.shift = (uint8_t)(32 - flows->length),
		.base = flows->base,
		.count = flows->count,
	};
	plan->flow_profile = (struct shaper_profile_params){
		.rate_bps = flows->sla.rate,
		.burst_bytes = (uint32_t)flows->sla.burst,
	};
	plan->params.flows = (struct shaper_flow_params){
		.nflows = flows->count,
		.class_index = plan->params.nclasses - 1,
		.quota_pkts = flows->quota_pkts,
		.profiles = &plan->flow_profile,
		.nprofiles = 1,
	};
}

static void port_add(struct port_queues_plan *plan, const struct dp_router_config *router,
		     unsigned port, uint64_t tsc_hz)
{
	const struct dp_port_config *config = &router->ports[port];
	const struct shaper_class_params kernel = {
		.weight = 1,
		.quota_pkts = KERNEL_QUOTA_PKTS,
		.limit_ns = limit_at_least_ns(config, config->shape.rate, KERNEL_LIMIT_NS),
	};

	plan->queues = (struct port_queues){ 0 };
	plan->params = (struct shaper_params){
		.ticks_hz = tsc_hz,
		.layer = config->shape.layer,
		.max_frame_bytes = (uint32_t)(config->mtu + RTE_ETHER_HDR_LEN),
		.aggregate = { .rate_bps = config->shape.rate,
			       .burst_bytes = (uint32_t)config->shape.burst },
	};
	queue_add(plan, PORT_QUEUE_NO_CLASS, &kernel);
}

int port_queues_plan(const struct dp_router_config *router, unsigned port, uint64_t tsc_hz,
		     struct port_queues_plan *plan)
{
	unsigned last = router->n_classes == 0 ? 0 : router->n_classes - 1;

	if (1 + count_queues(router, port) > SHAPER_MAX_CLASSES)
		return -ERANGE;
	port_add(plan, router, port, tsc_hz);
	for (unsigned i = 0; i <= last; i++)
		if (i == last || class_has_queue(router, i))
			class_add(plan, router, port, i);
	for (unsigned i = 0; i < last; i++)
		if (!class_has_queue(router, i))
			plan->queues.of_class[i] = plan->queues.of_class[last];
	plan->queues.n = (uint8_t)plan->params.nclasses;
	return 0;
}

static bool profiles_differ(const struct shaper_profile_params *a,
			    const struct shaper_profile_params *b)
{
	return a->rate_bps != b->rate_bps || a->burst_bytes != b->burst_bytes;
}

static bool queues_differ(const struct shaper_class_params *a, const struct shaper_class_params *b)
{
	return a->level != b->level || a->weight != b->weight || a->quota_pkts != b->quota_pkts ||
	       a->limit_bytes != b->limit_bytes || a->limit_ns != b->limit_ns ||
	       a->ecn_ns != b->ecn_ns || profiles_differ(&a->profile, &b->profile);
}

static bool plans_differ(const struct port_queues_plan *a, const struct port_queues_plan *b)
{
	const struct shaper_params *x = &a->params, *y = &b->params;

	if (x->layer != y->layer || x->max_frame_bytes != y->max_frame_bytes ||
	    x->nclasses != y->nclasses || profiles_differ(&x->aggregate, &y->aggregate))
		return true;
	for (uint32_t i = 0; i < x->nclasses; i++)
		if (queues_differ(&x->classes[i], &y->classes[i]))
			return true;
	return x->flows.nflows != y->flows.nflows || x->flows.class_index != y->flows.class_index ||
	       x->flows.quota_pkts != y->flows.quota_pkts ||
	       (x->flows.nflows != 0 && profiles_differ(&a->flow_profile, &b->flow_profile));
}

bool port_queues_differ(const struct dp_router_config *from, const struct dp_router_config *to,
			unsigned port)
{
	static struct port_queues_plan a, b; /* control thread only; large */

	return port_queues_plan(from, port, RATE_MAX_TICKS_HZ, &a) != 0 ||
	       port_queues_plan(to, port, RATE_MAX_TICKS_HZ, &b) != 0 || plans_differ(&a, &b);
}

uint32_t port_queues_quota_pkts(const struct dp_router_config *router, unsigned port)
{
	static struct port_queues_plan plan; /* control thread only; large */
	uint32_t sum_pkts = 0;

	if (!router->ports[port].has_shape ||
	    port_queues_plan(router, port, RATE_MAX_TICKS_HZ, &plan) != 0)
		return 0;
	for (uint32_t i = 0; i < plan.params.nclasses; i++)
		sum_pkts += plan.params.classes[i].quota_pkts;
	return sum_pkts;
}

/* What only makes sense between an SLA and the profile of its port. */
static int shape_check(const struct dp_port_config *port, const struct dp_sla *sla,
		       struct dp_why *why)
{
	static const char *const layers[] = { "L1", "L2", "L3" };

	if (sla->unit != RATE_BITS_PER_S) {
		why_set(why,
			"SLA %s counts packets and can only police; to shape, give a rate in "
			"bit/s",
			sla->name);
		return -EINVAL;
	}
	if (sla->layer != port->shape.layer) {
		why_set(why,
			"SLA %s counts bytes of %s, but port %s is shaped in %s: both must count "
			"the same",
			sla->name, layers[sla->layer], port->name, layers[port->shape.layer]);
		return -EINVAL;
	}
	return 0;
}

/* Takes "class 1: " off: the caller knows the class by its name. */
static void why_unprefix(struct dp_why *why)
{
	const char *rest = strstr(why->text, ": ");

	if (strncmp(why->text, "class ", 6) == 0 && rest != NULL)
		memmove(why->text, rest + 2, strlen(rest + 2) + 1);
}

int dp_port_shape_check(const struct dp_port_config *port, struct dp_why *why)
{
	static struct dp_router_config router; /* control thread only; large */
	static struct port_queues_plan plan;
	int err = shape_check(port, &port->shape, why);

	if (err != 0)
		return err;
	router.ports[0] = *port;
	router.ports[0].flows.by = DP_FLOW_NONE;
	(void)port_queues_plan(&router, 0, RATE_MAX_TICKS_HZ, &plan);
	err = shaper_params_check(&plan.params, why->text, sizeof(why->text));
	why_unprefix(why);
	return err;
}

int dp_class_queue_check(const struct dp_router_config *router, unsigned port, unsigned class_index,
			 struct dp_why *why)
{
	static struct port_queues_plan plan; /* control thread only; large */
	const struct dp_port_config *config = &router->ports[port];
	const struct dp_class_config *class = &router->classes[class_index];
	int err = class->has_shape ? shape_check(config, &class->shape, why) : 0;

	if (err != 0)
		return err;
	port_add(&plan, router, port, RATE_MAX_TICKS_HZ);
	plan.params.classes[1] = queue_of_class(router, port, class_index);
	plan.params.nclasses = 2;
	err = shaper_params_check(&plan.params, why->text, sizeof(why->text));
	why_unprefix(why);
	return err;
}

int dp_port_queues_check(const struct dp_router_config *router, unsigned port, struct dp_why *why)
{
	static struct port_queues_plan plan; /* control thread only; large */
	const struct dp_port_config *config = &router->ports[port];
	unsigned n = count_queues(router, port);
	int err = 0;

	if (1 + n > SHAPER_MAX_CLASSES) {
		why_set(why,
			"%u queues and the kernel's are %u, but a port has %u: let more classes "
			"share the default queue",
			n, n + 1, SHAPER_MAX_CLASSES);
		return -ERANGE;
	}
	if (config->flows.by != DP_FLOW_NONE)
		err = shape_check(config, &config->flows.sla, why);
	if (err != 0)
		return err;
	(void)port_queues_plan(router, port, RATE_MAX_TICKS_HZ, &plan);
	return shaper_params_check(&plan.params, why->text, sizeof(why->text));
}

/* As shaper_sched_init() has it: the lightest class gets one longest packet in a round. */
static uint32_t quantum_bytes(const struct dp_router_config *router, unsigned port,
			      const struct shaper_class_params *queue)
{
	const struct dp_port_config *config = &router->ports[port];
	int longest_bytes = config->mtu + RTE_ETHER_HDR_LEN +
			    rate_layer_adjust_bytes(config->shape.layer);
	uint32_t lightest = queue->weight;

	for (unsigned i = 0; i < router->n_classes; i++) {
		struct shaper_class_params other = queue_of_class(router, port, i);

		if (class_has_queue(router, i) && other.level == queue->level &&
		    other.weight < lightest)
			lightest = other.weight;
	}
	if (lightest == 0) /* a queue without a weight has no part in rounds */
		return 0;
	return queue->weight * (((uint32_t)longest_bytes + lightest - 1) / lightest);
}

void dp_queue_room_get(const struct dp_router_config *router, unsigned port, unsigned class_index,
		       struct dp_queue_room *room)
{
	struct shaper_class_params queue = queue_of_class(router, port, class_index);

	*room = (struct dp_queue_room){ queue.quota_pkts, queue.limit_ns,
					quantum_bytes(router, port, &queue) };
}
