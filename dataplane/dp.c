#include "dataplane/dp.h"

#include "dataplane/clock.h"
#include "dataplane/device_event.h"
#include "dataplane/dp_publish.h"
#include "dataplane/eal.h"
#include "dataplane/hostpath.h"
#include "dataplane/pool.h"
#include "dataplane/port_device.h"
#include "dataplane/port_groups.h"
#include "dataplane/router.h"
#include "dataplane/routing.h"
#include "dataplane/why.h"
#include "dataplane/worker.h"

#include <errno.h>
#include <string.h>

#include <rte_ethdev.h>
#include <rte_lcore.h>

/* Writer and reader: control. */
static struct dp_router *routers[DP_ROUTERS_MAX];

int dp_init(const struct dp_params *params, struct dp_why *why)
{
	int err = eal_init(params, why);

	if (err != 0)
		return err;
	clock_calibrate();
	err = dp_publish_init(DP_PUBLISH_READERS_MAX);
	if (err != 0) {
		why_set(why, "reclamation does not start: %s", strerror(-err));
		goto fini_eal;
	}
	err = device_event_init();
	if (err != 0) {
		why_set(why, "events of devices cannot be received: %s", strerror(-err));
		goto fini_publish;
	}
	err = hostpath_start(params->control_core, why);
	if (err != 0)
		goto fini_event;
	return 0;

fini_event:
	device_event_fini();
fini_publish:
	dp_publish_fini();
fini_eal:
	eal_fini();
	return err;
}

void dp_fini(void)
{
	unsigned i;

	for (i = 0; i < DP_ROUTERS_MAX; i++) {
		if (routers[i] != NULL)
			dp_router_destroy(routers[i]);
	}
	hostpath_stop();
	device_event_fini();
	dp_publish_fini();
	pool_reclaim();
	eal_fini();
}

bool dp_has_hugepages(void)
{
	return eal_has_hugepages();
}

uint64_t dp_tsc_hz(void)
{
	return clock_tsc_hz();
}

static int slot_find(unsigned *slot)
{
	for (*slot = 0; *slot < DP_ROUTERS_MAX; (*slot)++) {
		if (routers[*slot] == NULL)
			return 0;
	}
	return -ENOSPC;
}

uint64_t dp_core_quantum_ns(unsigned share_percent, unsigned n_routers)
{
	return share_percent == DP_SHARE_EQUAL ? DP_CORE_ROUND_NS / n_routers
					       : DP_CORE_ROUND_NS * share_percent / DP_SHARE_MAX;
}

int dp_core_configure(const struct dp_core_config *config, struct dp_why *why)
{
	return worker_configure(config, why);
}

int dp_router_create(const struct dp_router_config *config, struct dp_router **result,
		     struct dp_why *why)
{
	struct dp_router *router;
	unsigned slot;
	int err = slot_find(&slot);

	if (err != 0) {
		why_set(why, "router %s: %d routers run already, which is the most", config->name,
			DP_ROUTERS_MAX);
		return err;
	}
	err = router_create(config, &router, why);
	if (err != 0)
		return err;
	router->slot = slot;
	err = hostpath_router_add(router, why);
	if (err != 0)
		goto destroy;
	err = worker_router_add(config->core, router, why);
	if (err != 0)
		goto remove;
	routers[slot] = router;
	*result = router;
	return 0;

remove:
	hostpath_router_remove(router);
	dp_publish_synchronize();
destroy:
	router_destroy(router);
	return err;
}

void dp_router_destroy(struct dp_router *router)
{
	routers[router->slot] = NULL;
	worker_router_remove(router->config.core, router);
	hostpath_router_remove(router);
	dp_publish_synchronize();
	router_destroy(router);
}

const struct dp_router_config *dp_router_config(const struct dp_router *router)
{
	return &router->config;
}

struct dp_routing *dp_router_routing(struct dp_router *router)
{
	return router->routing;
}

void dp_reclaim(void)
{
	dp_publish_reclaim();
	pool_reclaim();
}

void dp_port_state_get(struct dp_router *router, unsigned index, struct dp_port_state *state)
{
	struct port *port = &router->ports[index];

	*state = (struct dp_port_state){
		.carrier = port->carrier,
		.admin_up = port->admin_up,
		.mtu = port->mtu,
		.rpf = (enum dp_rpf)port->rpf,
		.twin_ifindex = port->twin.ifindex,
		.device = port->device_state,
	};
	memcpy(state->mac, port->mac_bytes, sizeof(state->mac));
	memcpy(state->driver, port->driver, sizeof(state->driver));
	port_device_stats_get(port, &state->missed_pkts, &state->rx_error_pkts);
	state->limits = port->limits;
}

void dp_port_carrier_set(struct dp_router *router, unsigned index, bool up)
{
	struct port *port = &router->ports[index];

	if (port->carrier == up)
		return;
	if (up && !port_device_link_returns(port, router))
		return;
	if (!up)
		port_device_link_lost(port);
	port->carrier = up;
	port_state_apply(port);
}

void dp_port_pf_set(struct dp_router *router, unsigned index, bool up)
{
	router->ports[index].pf_down = !up;
	if (!up) {
		port_device_link_lost(&router->ports[index]);
		dp_port_carrier_set(router, index, false);
	}
}

void dp_port_admin_set(struct dp_router *router, unsigned index, bool up)
{
	struct port *port = &router->ports[index];

	if (port->admin_up == up)
		return;
	port->admin_up = up;
	port_state_apply(port);
}

void dp_port_rpf_set(struct dp_router *router, unsigned index, enum dp_rpf rpf)
{
	__atomic_store_n(&router->ports[index].rpf, (uint8_t)rpf, __ATOMIC_RELAXED);
}

const char *dp_rpf_name(enum dp_rpf rpf)
{
	static const char *const names[] = {
		[DP_RPF_OFF] = "off",
		[DP_RPF_STRICT] = "strict",
		[DP_RPF_LOOSE] = "loose",
	};

	return names[rpf];
}

void dp_port_mtu_set(struct dp_router *router, unsigned index, uint16_t mtu)
{
	__atomic_store_n(&router->ports[index].mtu, mtu, __ATOMIC_RELAXED);
}

int dp_port_mac_set(struct dp_router *router, unsigned index, const uint8_t mac[6])
{
	struct port *port = &router->ports[index];
	struct rte_ether_addr addr;
	uint64_t word = 0;
	int err;

	if (memcmp(port->mac_bytes, mac, sizeof(port->mac_bytes)) == 0)
		return 0;
	err = dp_routing_port_mac_set(router->routing, index, mac);
	if (err != 0)
		return err;
	memcpy(port->mac_bytes, mac, sizeof(port->mac_bytes));
	memcpy(&word, mac, sizeof(port->mac_bytes));
	__atomic_store_n(&port->mac, word, __ATOMIC_RELAXED);
	/* a device with a filter follows; the others are promiscuous and say so */
	memcpy(addr.addr_bytes, mac, sizeof(addr.addr_bytes));
	if (port->device_state == DP_PORT_DEVICE_RUNS)
		rte_eth_dev_default_mac_addr_set(port->device.eth_id, &addr);
	return 0;
}

bool dp_port_link_changed(const struct dp_router *router, unsigned index, bool *up)
{
	const struct port *port = &router->ports[index];
	enum dp_device_kind kind = router->config.ports[index].kind;
	struct rte_eth_link link;

	/* a lost device was told as such */
	if (kind == DP_DEVICE_KERNEL || kind == DP_DEVICE_XDP ||
	    port->device_state != DP_PORT_DEVICE_RUNS ||
	    rte_eth_link_get_nowait(port->device.eth_id, &link) != 0)
		return false;
	*up = link.link_status == RTE_ETH_LINK_UP && !port->pf_down;
	return *up != port->carrier;
}

void dp_ports_poll(struct dp_router *router)
{
	device_event_clear();
	for (unsigned i = 0; i < router->n_ports; i++)
		port_device_poll(&router->ports[i], router);
}

void dp_ports_follow_groups(struct dp_router *router)
{
	for (unsigned i = 0; i < router->n_ports; i++)
		if (router->ports[i].n_groups != 0 &&
		    router->ports[i].device_state == DP_PORT_DEVICE_RUNS)
			(void)port_groups_follow(&router->ports[i]);
}

int dp_event_fd(void)
{
	return device_event_fd();
}

void dp_port_device_retry(struct dp_router *router, unsigned index)
{
	port_device_retry(&router->ports[index], router);
}
