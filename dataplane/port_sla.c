#include "dataplane/port_sla.h"

#include "dataplane/clock.h"
#include "dataplane/dp_sojourn.h"
#include "dataplane/router.h"
#include "dataplane/sla.h"
#include "dataplane/why.h"

#include <errno.h>
#include <string.h>

#include <rte_cycles.h>
#include <rte_malloc.h>

/* Where the configuration does not say. */
#define RESCUE_PPS 2000
#define RESCUE_BURST_PKTS 64
#define FLUSH_PKTS 256U

int port_police_prepare(const struct dp_port_config *config, struct port_police *police)
{
	struct policer_spec spec = { .kind = POLICER_NONE, .layer = RATE_LAYER_L2 };
	bool has = config->has_police;
	int err = 0;

	*police = (struct port_police){
		.has_bucket = has && sla_needs_length_only(&config->police),
		.has_marker = has && !sla_needs_length_only(&config->police),
		.has_rx_meter = has && config->police.unit == RATE_BITS_PER_S,
	};
	if (has)
		sla_policer_spec(&config->police, config->mtu, &spec);
	police->adjust_bytes = rate_layer_adjust_bytes(spec.layer);
	if (police->has_rx_meter)
		err = rate_init(&police->rx_meter_rate, RATE_BITS_PER_S, config->police.rate,
				clock_tsc_hz());
	return err != 0 ? err : policer_init(&police->policer, &spec, clock_tsc_hz());
}

void port_police_set(struct port *port, const struct port_police *police,
		     const union policer_state *state, uint64_t now_tsc)
{
	port->has_police = police->has_bucket;
	port->has_marker = police->has_marker;
	port->has_rx_meter = police->has_rx_meter;
	port->police_adjust_bytes = police->adjust_bytes;
	port->marker = police->policer;
	port->marker_state = *state;
	if (police->has_bucket) {
		port->police = police->policer.single;
		port->police_bucket = state->single;
	}
	port->rx_meter_rate = police->rx_meter_rate;
	if (police->has_rx_meter)
		shaper_conformance_init(&port->rx_meter, &port->rx_meter_rate, now_tsc);
}

static int police_init(struct port *port, const struct dp_port_config *config, uint64_t now_tsc)
{
	union policer_state state;
	struct port_police police;
	int err = port_police_prepare(config, &police);

	if (err != 0)
		return err;
	policer_state_init(&state, &police.policer, now_tsc);
	port_police_set(port, &police, &state, now_tsc);
	return 0;
}

static int rescue_init(struct port *port, uint64_t rescue_pps, uint64_t now_tsc)
{
	const bool given = rescue_pps != 0 && rescue_pps != DP_RESCUE_NONE;
	const struct policer_params params = { .unit = RATE_PKTS_PER_S,
					       .rate = given ? rescue_pps : RESCUE_PPS,
					       .burst = RESCUE_BURST_PKTS };
	int err = policer_profile_init(&port->rescue, &params, clock_tsc_hz());

	if (err != 0)
		return err;
	if (rescue_pps == DP_RESCUE_NONE)
		port->rescue.limit = 0; /* no packet fits */
	policer_bucket_init(&port->rescue_bucket, &port->rescue, now_tsc);
	policer_bucket_init(&port->rescue_neigh_bucket, &port->rescue, now_tsc);
	return 0;
}

static int policers_init(struct port *port, const struct dp_router_config *router)
{
	const struct dp_port_config *config = &router->ports[port->index];
	uint64_t now_tsc = rte_rdtsc();
	int err = rescue_init(port, router->rescue_pps, now_tsc);

	if (err != 0)
		return err;
	return police_init(port, config, now_tsc);
}

static int meter_init(struct port *port, const struct dp_sla *sla, uint64_t now_tsc)
{
	int err = rate_init(&port->meter_rate, RATE_BITS_PER_S, sla->rate, clock_tsc_hz());

	if (err != 0)
		return err;
	shaper_conformance_init(&port->meter, &port->meter_rate, now_tsc);
	port->has_meter = true;
	port->shape_adjust_bytes = rate_layer_adjust_bytes(sla->layer);
	port->shape_burst_bytes = sla->burst;
	return 0;
}

static int shaper_build(struct port *port, const struct dp_router_config *router,
			struct dp_why *why)
{
	static struct port_queues_plan plan; /* control thread only; large */
	const struct dp_port_config *config = &router->ports[port->index];
	uint64_t now_tsc = rte_rdtsc();
	int err = dp_port_queues_check(router, port->index, why);

	if (err != 0)
		return err;
	(void)port_queues_plan(router, port->index, clock_tsc_hz(), &plan);
	port->shaper_mem = rte_malloc("shaper", shaper_mem_bytes(&plan.params), SHAPER_MEM_ALIGN);
	if (port->shaper_mem == NULL) {
		why_set(why, "no memory for the shaper of port %s", config->name);
		return -ENOMEM;
	}
	err = shaper_init(port->shaper_mem, &plan.params, now_tsc, &port->shaper);
	if (err == 0)
		err = meter_init(port, &config->shape, now_tsc);
	if (err == 0) {
		port->queues = plan.queues;
		return 0;
	}
	why_set(why, "shaper of port %s: %s", port_label(router, config), strerror(-err));
	rte_free(port->shaper_mem);
	port->shaper = NULL;
	return err;
}

void port_bounds_get(const struct dp_router_config *router, unsigned index,
		     uint64_t bound_tsc[DP_CLASSES_ALL])
{
	unsigned i;

	for (i = 0; i < DP_CLASSES_ALL; i++) {
		uint64_t delay_ns = dp_class_delay_ns(router, i, index);

		bound_tsc[i] = delay_ns != 0 ? clock_ns_to_tsc(delay_ns) : UINT64_MAX;
	}
}

int port_sla_init(struct port *port, const struct dp_router_config *router, struct dp_why *why)
{
	const struct dp_port_config *config = &router->ports[port->index];
	int err = policers_init(port, router);

	port_bounds_get(router, port->index, port->bound_tsc);
	if (err != 0) {
		why_set(why, "policer of port %s: %s", port_label(router, config), strerror(-err));
		return err;
	}
	return config->has_shape ? shaper_build(port, router, why) : 0;
}

void port_sla_fini(struct port *port)
{
	struct rte_mbuf *drops[FLUSH_PKTS];
	uint64_t left = port->shaper != NULL;

	while (left != 0) {
		struct shaper_out out = { .drops = (void **)drops, .max_drops = FLUSH_PKTS };

		left = shaper_flush_burst(port->shaper, &out);
		rte_pktmbuf_free_bulk(drops, out.ndrops);
	}
	rte_free(port->shaper_mem);
	port->shaper = NULL;
}
