#include "dataplane/port_device.h"

#include "dataplane/device_event.h"
#include "dataplane/device_pci.h"
#include "dataplane/dp_publish.h"
#include "dataplane/pool.h"
#include "dataplane/port_groups.h"
#include "dataplane/router.h"
#include "dataplane/steer.h"
#include "dataplane/why.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <rte_errno.h>
#include <rte_eth_ring.h>
#include <rte_ethdev.h>
#include <rte_lcore.h>
#include <rte_ring.h>

#define ABSENT_RING_PKTS 64

/* One for all ports without a device; nobody sends to it, and nothing comes from it. */
static int absent_eth_id(uint16_t *eth_id, struct rte_mempool *pool)
{
	static const struct rte_eth_conf conf;
	struct rte_ring *ring;
	int id, err;

	if (rte_eth_dev_get_port_by_name("net_ring_sl_absent", eth_id) == 0)
		return 0;
	ring = rte_ring_create("sl_absent", ABSENT_RING_PKTS, (int)rte_socket_id(), 0);
	if (ring == NULL)
		return -ENOMEM;
	id = rte_eth_from_rings("sl_absent", &ring, 1, &ring, 1, rte_socket_id());
	if (id < 0) {
		rte_ring_free(ring);
		return -ENOMEM;
	}
	*eth_id = (uint16_t)id;
	err = rte_eth_dev_configure(*eth_id, 1, 1, &conf);
	err = err != 0 ? err : rte_eth_rx_queue_setup(*eth_id, 0, 0, rte_socket_id(), NULL, pool);
	err = err != 0 ? err : rte_eth_tx_queue_setup(*eth_id, 0, 0, rte_socket_id(), NULL);
	return err != 0 ? err : rte_eth_dev_start(*eth_id);
}

static void limits_learn(struct port *port, const struct rte_eth_dev_info *info,
			 const struct rte_eth_conf *conf, uint16_t rx_desc, uint16_t tx_desc)
{
	port->limits = (struct dp_device_limits){
		.max_rx_queues = info->max_rx_queues,
		.max_tx_queues = info->max_tx_queues,
		.rx_desc = rx_desc,
		.tx_desc = tx_desc,
		.max_rx_desc = info->rx_desc_lim.nb_max,
		.max_tx_desc = info->tx_desc_lim.nb_max,
		.max_mtu = info->max_mtu,
		.link_interrupt = conf->intr_conf.lsc != 0,
		.rx_offloads = info->rx_offload_capa | info->rx_queue_offload_capa,
		.tx_offloads = info->tx_offload_capa | info->tx_queue_offload_capa,
		.rx_offloads_used = conf->rxmode.offloads,
		.tx_offloads_used = conf->txmode.offloads,
	};
}

static int rx_queues_setup(uint16_t eth_id, uint16_t n_queues, uint16_t rx_desc,
			   struct rte_mempool *pool)
{
	uint16_t steer_desc = STEER_QUEUE_DESC;
	int err = rte_eth_rx_queue_setup(eth_id, 0, rx_desc, rte_socket_id(), NULL, pool);

	if (err != 0 || n_queues != STEER_QUEUES)
		return err;
	err = rte_eth_dev_adjust_nb_rx_tx_desc(eth_id, &steer_desc, NULL);
	return err != 0 ? err
			: rte_eth_rx_queue_setup(eth_id, STEER_QUEUE, steer_desc, rte_socket_id(),
						 NULL, pool);
}

static int ethdev_configure(struct port *port, const struct dp_port_config *config,
			    uint16_t n_queues, struct rte_mempool *pool)
{
	struct rte_eth_conf conf = { .rxmode.mtu = config->mtu };
	uint16_t rx_desc = POOL_QUEUE_DESC, tx_desc = POOL_QUEUE_DESC;
	uint16_t eth_id = port->device.eth_id;
	struct rte_eth_dev_info info;
	int err = rte_eth_dev_info_get(eth_id, &info);

	if (err != 0)
		return err;
	snprintf(port->driver, sizeof(port->driver), "%s", info.driver_name);
	/* a driver without an idea of MTU (null, ring) carries any frame that fits a buffer */
	if (info.max_mtu == 0 || info.max_mtu < config->mtu)
		conf.rxmode.mtu = 0;
	conf.intr_conf.lsc = (*info.dev_flags & RTE_ETH_DEV_INTR_LSC) != 0;
	conf.intr_conf.rmv = (*info.dev_flags & RTE_ETH_DEV_INTR_RMV) != 0;
	err = rte_eth_dev_configure(eth_id, n_queues, 1, &conf);
	err = err != 0 ? err : rte_eth_dev_adjust_nb_rx_tx_desc(eth_id, &rx_desc, &tx_desc);
	err = err != 0 ? err : rx_queues_setup(eth_id, n_queues, rx_desc, pool);
	err = err != 0 ? err : rte_eth_tx_queue_setup(eth_id, 0, tx_desc, rte_socket_id(), NULL);
	limits_learn(port, &info, &conf, rx_desc, tx_desc);
	return err;
}

/* OSPF's groups and a derived MAC address need all frames; drivers without filters say so. */
static void filters_open(struct port *port)
{
	port->n_groups = 0;
	if (port->device.kind == DP_DEVICE_VF && port_groups_follow(port))
		return;
	rte_eth_promiscuous_enable(port->device.eth_id);
	rte_eth_allmulticast_enable(port->device.eth_id);
}

/*
 * Starts a device that has offered to steer with a queue for that; with one it starts again if it
 * then does not.
 *
 * @return whether it is started, and steers
 */
static bool device_start_steered(struct port *port, const struct dp_port_config *config,
				 struct rte_mempool *pool)
{
	uint16_t eth_id = port->device.eth_id;

	if (ethdev_configure(port, config, STEER_QUEUES, pool) != 0 ||
	    rte_eth_dev_start(eth_id) != 0)
		return false;
	if (steer_start(eth_id) == 0)
		return true;
	rte_eth_dev_stop(eth_id);
	return false;
}

/* Frames of a shared device have tags, by which no rule goes. */
static int device_start(struct port *port, const struct dp_port_config *config,
			struct rte_mempool *pool)
{
	uint16_t eth_id = port->device.eth_id;
	bool tagged = config->vlan != 0 && config->kind != DP_DEVICE_VF;
	int err = ethdev_configure(port, config, 1, pool);

	port->device_steers = false;
	if (err != 0)
		return err;
	if (!tagged && port->limits.max_rx_queues >= STEER_QUEUES && steer_is_offered(eth_id)) {
		port->device_steers = device_start_steered(port, config, pool);
		if (!port->device_steers)
			err = ethdev_configure(port, config, 1, pool);
	}
	if (err == 0 && !port->device_steers)
		err = rte_eth_dev_start(eth_id);
	port->limits.control_steered = port->device_steers;
	if (err == 0)
		filters_open(port);
	return err;
}

/* The port before this one that has the same device. */
static struct port *sharer_find(struct port *port, const struct dp_router_config *router)
{
	const struct dp_port_config *config = &router->ports[port->index];
	struct port *ports = port - port->index;

	for (unsigned i = 0; i < port->index; i++)
		if (ports[i].trunk != NULL && ports[i].trunk->members[0] == &ports[i] &&
		    router->ports[i].kind == config->kind &&
		    strcmp(router->ports[i].device, config->device) == 0)
			return &ports[i];
	return NULL;
}

int port_device_open(struct port *port, const struct dp_router_config *router,
		     struct rte_mempool *pool, struct dp_why *why)
{
	const struct dp_port_config *config = &router->ports[port->index];
	/* what a VF sends is tagged by its PF */
	bool tagged = config->vlan != 0 && config->kind != DP_DEVICE_VF;
	struct port *owner = tagged ? sharer_find(port, router) : NULL;
	int err;

	if (owner != NULL) {
		port->device = owner->device;
		memcpy(port->driver, owner->driver, sizeof(port->driver));
		port->limits = owner->limits;
		err = trunk_join(owner->trunk, port, config->vlan, pool);
		if (err != 0)
			why_set(why, "port %s: no memory to share its device",
				port_label(router, config));
		return err;
	}
	err = device_open(&port->device, config, why);
	if (err != 0)
		return err;
	err = device_start(port, config, pool);
	if (err == 0 && tagged)
		err = trunk_create(port, config->vlan);
	if (err != 0) {
		why_set(why, "port %s: its device does not start: %s", port_label(router, config),
			rte_strerror(-err));
		device_close(&port->device);
	}
	port->eth_id = port->device.eth_id;
	port->steered = port->device_steers;
	return err;
}

static bool owns_device(const struct port *port)
{
	return port->trunk == NULL || port->trunk->members[0] == port;
}

void port_device_close(struct port *port)
{
	bool owner = owns_device(port);

	if (port->trunk != NULL)
		trunk_leave(port);
	if (!owner || port->device_state == DP_PORT_DEVICE_GONE)
		return;
	rte_eth_dev_stop(port->device.eth_id);
	device_close(&port->device);
}

static void carrier_lose(struct port *port)
{
	unsigned n = port->trunk != NULL ? port->trunk->n_members : 0;

	port->carrier = false;
	port_state_apply(port);
	for (unsigned i = 1; i < n; i++) {
		port->trunk->members[i]->carrier = false;
		port_state_apply(port->trunk->members[i]);
	}
}

/* Who shares the device is told what became of it. */
static void device_state_set(struct port *port, enum dp_port_device state)
{
	unsigned n = port->trunk != NULL ? port->trunk->n_members : 0;

	port->device_state = state;
	for (unsigned i = 1; i < n; i++) {
		port->trunk->members[i]->device_state = state;
		port->trunk->members[i]->device = port->device;
	}
	if (port->trunk != NULL)
		port->trunk->eth_id = port->device.eth_id;
}

/* From here on the worker does not touch the device. @return false: it cannot be kept off it */
static bool worker_withdraw(struct port *port, struct rte_mempool *pool)
{
	uint16_t absent;

	if (absent_eth_id(&absent, pool) != 0)
		return false;
	carrier_lose(port);
	__atomic_store_n(&port->steered, false, __ATOMIC_RELAXED);
	dp_publish_wait();
	__atomic_store_n(&port->eth_id, absent, __ATOMIC_RELAXED);
	dp_publish_wait();
	return true;
}

/* A driver counts anew when its device starts again. */
static void stats_keep(struct port *port)
{
	struct rte_eth_stats stats = { 0 };

	if (rte_eth_stats_get(port->device.eth_id, &stats) != 0)
		return;
	port->missed_before_pkts += stats.imissed;
	port->errors_before_pkts += stats.ierrors;
	rte_eth_stats_reset(port->device.eth_id);
}

static void device_resume(struct port *port, const struct dp_router *router)
{
	struct rte_ether_addr addr;

	if (device_start(port, &router->config.ports[port->index], router->pool) != 0) {
		rte_eth_dev_stop(port->device.eth_id);
		device_state_set(port, DP_PORT_DEVICE_STOPPED);
		return;
	}
	memcpy(addr.addr_bytes, port->mac_bytes, sizeof(addr.addr_bytes));
	rte_eth_dev_default_mac_addr_set(port->device.eth_id, &addr);
	device_state_set(port, DP_PORT_DEVICE_RUNS);
	__atomic_store_n(&port->eth_id, port->device.eth_id, __ATOMIC_RELAXED);
	__atomic_store_n(&port->steered, port->device_steers, __ATOMIC_RELEASE);
}

static void on_reset(struct port *port, const struct dp_router *router)
{
	if (port->device_state == DP_PORT_DEVICE_RUNS && !worker_withdraw(port, router->pool))
		return;
	stats_keep(port);
	rte_eth_dev_stop(port->device.eth_id);
	device_resume(port, router);
}

void port_device_link_lost(struct port *port)
{
	port->restart_due = port->device.kind == DP_DEVICE_VF;
}

bool port_device_link_returns(struct port *port, const struct dp_router *router)
{
	if (!port->restart_due)
		return true;
	port->restart_due = false;
	on_reset(port, router);
	return port->device_state == DP_PORT_DEVICE_RUNS;
}

static void on_remove(struct port *port, const struct dp_router *router)
{
	if (port->device_state == DP_PORT_DEVICE_RUNS && !worker_withdraw(port, router->pool))
		return;
	stats_keep(port);
	rte_eth_dev_stop(port->device.eth_id);
	device_close(&port->device);
	device_state_set(port, DP_PORT_DEVICE_GONE);
}

void port_device_poll(struct port *port, const struct dp_router *router)
{
	uint8_t events;

	if (port->device_state == DP_PORT_DEVICE_GONE || !owns_device(port))
		return;
	events = device_event_take(port->device.eth_id);
	if ((events & DEVICE_EVENT_REMOVE) != 0)
		on_remove(port, router);
	else if ((events & DEVICE_EVENT_RESET) != 0)
		on_reset(port, router);
}

void port_device_retry(struct port *port, const struct dp_router *router)
{
	const struct dp_port_config *config = &router->config.ports[port->index];
	struct dp_why why;

	if (!owns_device(port))
		return;
	switch (port->device_state) {
	case DP_PORT_DEVICE_RUNS:
		return;
	case DP_PORT_DEVICE_STOPPED:
		device_resume(port, router);
		return;
	case DP_PORT_DEVICE_GONE:
		if (device_pci_present(config) && device_open(&port->device, config, &why) == 0) {
			device_event_take(port->device.eth_id);
			device_resume(port, router);
		}
		return;
	}
}

void port_device_stats_get(struct port *port, uint64_t *missed_pkts, uint64_t *error_pkts)
{
	struct rte_eth_stats stats = { 0 };

	*missed_pkts = *error_pkts = 0;
	if (!owns_device(port))
		return;
	port->missed_before_pkts += device_missed_take(&port->device);
	*missed_pkts = port->missed_before_pkts;
	*error_pkts = port->errors_before_pkts;
	if (port->device_state == DP_PORT_DEVICE_GONE ||
	    rte_eth_stats_get(port->device.eth_id, &stats) != 0)
		return;
	*missed_pkts += stats.imissed;
	*error_pkts += stats.ierrors;
}
