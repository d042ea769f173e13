#include "dataplane/class_table.h"
#include "dataplane/clock.h"
#include "dataplane/dp_stats.h"
#include "dataplane/router.h"

#include <errno.h>

/* Counters are 64-bit words with one writer: copied one by one, each value is whole. */
_Static_assert(sizeof(struct dp_class_counters) % sizeof(uint64_t) == 0, "only 64-bit counters");

unsigned dp_class_count(const struct dp_router *router)
{
	return router->classes != NULL ? router->classes->n : 0;
}

int dp_class_counters_get(const struct dp_router *router, unsigned class_index,
			  struct dp_class_counters *counters)
{
	const uint64_t *from;
	uint64_t *to = (uint64_t *)counters;

	if (class_index >= dp_class_count(router))
		return -ERANGE;
	from = (const uint64_t *)&router->classes->classes[class_index].counters;
	for (size_t i = 0; i < sizeof(*counters) / sizeof(*to); i++)
		to[i] = __atomic_load_n(&from[i], __ATOMIC_RELAXED);
	return 0;
}

unsigned dp_queue_count(const struct dp_router *router, unsigned index)
{
	return router->ports[index].queues.n;
}

static const char *class_name(const struct dp_router_config *config, uint8_t class_index)
{
	if (class_index == PORT_QUEUE_NO_CLASS)
		return "kernel";
	return config->n_classes != 0 ? config->classes[class_index].name : DP_CLASS_DEFAULT;
}

int dp_queue_stats_get(const struct dp_router *router, unsigned index, unsigned queue,
		       struct dp_queue_stats *stats)
{
	static struct port_queues_plan plan; /* control thread only; large */
	const struct port *port = &router->ports[index];
	const struct shaper_class_params *params = &plan.params.classes[queue];

	if (queue >= dp_queue_count(router, index))
		return -ERANGE;
	(void)port_queues_plan(&router->config, index, clock_tsc_hz(), &plan);
	*stats = (struct dp_queue_stats){
		.class_name = class_name(&router->config, port->queues.class_of[queue]),
		.has_flows = port->queues.flows.by != DP_FLOW_NONE &&
			     port->queues.flows.queue == queue,
		.level = params->level,
		.weight = params->weight,
		.quota_pkts = params->quota_pkts,
		.limit_ns = params->limit_ns != 0 ? params->limit_ns : UINT64_MAX,
		.ecn_ns = params->ecn_ns != 0 ? params->ecn_ns : UINT64_MAX,
	};
	(void)shaper_class_effective_get(port->shaper, queue, &stats->effective);
	return shaper_class_stats_get(port->shaper, queue, &stats->stats);
}

const char *dp_queue_drop_name(enum shaper_drop cause)
{
	static const char *const names[SHAPER_DROP_CAUSES] = {
		[SHAPER_DROP_LIMIT] = "limit",
		[SHAPER_DROP_QUOTA] = "quota",
		[SHAPER_DROP_FLOW_QUOTA] = "flow-quota",
		[SHAPER_DROP_LENGTH] = "length",
		[SHAPER_DROP_LATE] = "late",
		[SHAPER_DROP_ECN] = "ecn",
		[SHAPER_DROP_FLUSH] = "flush",
	};

	return names[cause];
}
