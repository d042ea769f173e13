#include "dataplane/router.h"

#include "dataplane/class_table.h"
#include "dataplane/clock.h"
#include "dataplane/dp_route.h"
#include "dataplane/pool.h"
#include "dataplane/punt.h"
#include "dataplane/routing.h"
#include "dataplane/why.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <rte_cycles.h>
#include <rte_errno.h>
#include <rte_lcore.h>
#include <rte_malloc.h>

#define PUNT_CONTROL_RING_PKTS 1024U
#define PUNT_OTHER_RING_PKTS 512U
#define INJECT_RING_PKTS 512U

static uint16_t config_max_mtu(const struct dp_router_config *config)
{
	uint16_t mtu = DP_MTU_MIN;
	unsigned i;

	for (i = 0; i < config->n_ports; i++)
		mtu = RTE_MAX(mtu, config->ports[i].mtu);
	return mtu;
}

static uint32_t config_pool_pkts(const struct dp_router_config *config)
{
	uint32_t kept_pkts = config->buffers;
	unsigned i;

	for (i = 0; i < config->n_ports; i++)
		kept_pkts += port_queues_quota_pkts(config, i);
	return pool_size_pkts(config->n_ports, kept_pkts);
}

/* Without any listed all packets are of one. */
static unsigned router_class_count(const struct dp_router_config *config)
{
	return config->n_classes != 0 ? config->n_classes : 1;
}

uint64_t dp_router_memory_bytes(const struct dp_router_config *config)
{
	uint64_t rings_bytes = (PUNT_CONTROL_RING_PKTS + PUNT_OTHER_RING_PKTS + INJECT_RING_PKTS) *
			       sizeof(void *);
	uint64_t shapers_bytes = 0;
	unsigned i;

	for (i = 0; i < config->n_ports; i++) {
		static struct port_queues_plan plan; /* control thread only; large */

		if (config->ports[i].has_shape &&
		    port_queues_plan(config, i, RATE_MAX_TICKS_HZ, &plan) == 0)
			shapers_bytes += shaper_mem_bytes(&plan.params);
	}
	return pool_bytes(config_pool_pkts(config), config_max_mtu(config)) + rings_bytes +
	       shapers_bytes + sojourn_bytes(router_class_count(config)) +
	       sizeof(struct dp_router) + config->n_ports * sizeof(struct port);
}

static struct rte_ring *ring_create(const struct dp_router *router, const char *what, unsigned size)
{
	static unsigned serial;
	char name[RTE_RING_NAMESIZE];

	snprintf(name, sizeof(name), "sl%u_%s%u", router->slot, what, serial++);
	return rte_ring_create(name, size, (int)rte_socket_id(), RING_F_SP_ENQ | RING_F_SC_DEQ);
}

static int rings_create(struct dp_router *router)
{
	router->punt_control = ring_create(router, "ctl", PUNT_CONTROL_RING_PKTS);
	router->punt_other = ring_create(router, "punt", PUNT_OTHER_RING_PKTS);
	router->inject = ring_create(router, "inj", INJECT_RING_PKTS);
	return router->punt_control != NULL && router->punt_other != NULL && router->inject != NULL
		       ? 0
		       : -ENOMEM;
}

static void ring_destroy(struct rte_ring *ring)
{
	void *pkt;

	if (ring == NULL)
		return;
	while (rte_ring_dequeue(ring, &pkt) == 0)
		rte_pktmbuf_free(pkt);
	rte_ring_free(ring);
}

int router_base_init(struct dp_router *router, const struct dp_router_config *config,
		     struct dp_why *why)
{
	uint64_t now_tsc = rte_rdtsc();
	int err;

	router->n_ports = config->n_ports;
	router->police_late = config->police_at == DP_POLICE_LATE;
	router->config = *config;
	router->sojourn = sojourn_create(router_class_count(config));
	err = router->sojourn == NULL ? -ENOMEM : punt_init(router, now_tsc);
	if (err == 0 && class_table_is_needed(config))
		err = class_table_create(config, clock_tsc_hz(), now_tsc, &router->classes);
	router->routing = dp_routing_create();
	if (err == 0 && router->routing == NULL)
		err = -ENOMEM;
	if (err == 0)
		err = rings_create(router);
	if (err != 0) {
		why_set(why, "router %s: tables and rings: %s", config->name, strerror(-err));
		return err;
	}
	router->pool = pool_create(config->name, config_pool_pkts(config), config_max_mtu(config));
	if (router->pool == NULL) {
		why_set(why, "router %s: no memory for %u packets (%s)", config->name,
			config_pool_pkts(config), rte_strerror(rte_errno));
		return -ENOMEM;
	}
	return 0;
}

void router_base_fini(struct dp_router *router)
{
	class_table_destroy(router->classes);
	sojourn_destroy(router->sojourn);
	ring_destroy(router->punt_control);
	ring_destroy(router->punt_other);
	ring_destroy(router->inject);
	if (router->pool != NULL)
		pool_retire(router->pool);
	if (router->routing != NULL)
		dp_routing_destroy(router->routing);
}

int router_create(const struct dp_router_config *config, struct dp_router **result,
		  struct dp_why *why)
{
	size_t size = sizeof(struct dp_router) + config->n_ports * sizeof(struct port);
	struct dp_router *router = rte_zmalloc("router", size, RTE_CACHE_LINE_SIZE);
	unsigned n_ready = 0;
	int err;

	if (router == NULL) {
		why_set(why, "router %s: no memory", config->name);
		return -ENOMEM;
	}
	err = router_base_init(router, config, why);
	if (err == 0)
		err = twin_netns_prepare(config->netns, why);
	if (err != 0)
		goto fail;
	for (; n_ready < config->n_ports; n_ready++) {
		struct port *port = &router->ports[n_ready];

		port->index = (uint16_t)n_ready;
		err = port_init(port, &router->config, router->pool, why);
		if (err != 0)
			goto fail;
		err = dp_routing_port_mac_set(router->routing, n_ready, port->mac_bytes);
		if (err != 0) {
			why_set(why, "router %s: no memory for its nexthops", config->name);
			n_ready++;
			goto fail;
		}
	}
	*result = router;
	return 0;

fail:
	while (n_ready-- > 0)
		port_fini(&router->ports[n_ready]);
	router_base_fini(router);
	rte_free(router);
	return err;
}

void router_destroy(struct dp_router *router)
{
	unsigned i;

	for (i = 0; i < router->n_ports; i++)
		port_fini(&router->ports[i]);
	router_base_fini(router);
	rte_free(router);
}
