#include "dataplane/port.h"

#include "dataplane/clock.h"
#include "dataplane/pool.h"
#include "dataplane/port_sla.h"
#include "dataplane/router.h"
#include "dataplane/why.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <rte_cycles.h>
#include <rte_ethdev.h>
#include <rte_lcore.h>
#include <rte_malloc.h>

const char *port_label(const struct dp_router_config *router, const struct dp_port_config *port)
{
	static char label[DP_NAME_MAX + DP_PORT_NAME_MAX + 1];

	snprintf(label, sizeof(label), "%s/%s", router->name, port->name);
	return label;
}

/* A device without an address of its own gets one that stays the same across restarts. */
static void mac_derive(uint8_t mac[RTE_ETHER_ADDR_LEN], const char *label)
{
	uint64_t hash = 0xcbf29ce484222325ULL; /* FNV-1a */

	for (; *label != '\0'; label++)
		hash = (hash ^ (uint8_t)*label) * 0x100000001b3ULL;
	memcpy(mac, &hash, RTE_ETHER_ADDR_LEN);
	mac[0] = (uint8_t)((mac[0] & ~RTE_ETHER_GROUP_ADDR) | RTE_ETHER_LOCAL_ADMIN_ADDR);
}

static void mac_choose(struct port *port, const struct dp_router_config *router,
		       const struct dp_port_config *config)
{
	struct rte_ether_addr addr = { 0 };

	rte_eth_macaddr_get(port->eth_id, &addr);
	if (config->kind == DP_DEVICE_MEMIF || config->kind == DP_DEVICE_LINK ||
	    !rte_is_valid_assigned_ether_addr(&addr))
		mac_derive(addr.addr_bytes, port_label(router, config));
	memcpy(port->mac_bytes, addr.addr_bytes, sizeof(port->mac_bytes));
	memcpy(&port->mac, addr.addr_bytes, sizeof(addr.addr_bytes));
}

static int ethdev_configure(struct port *port, const struct dp_port_config *config,
			    struct rte_mempool *pool)
{
	struct rte_eth_conf conf = { .rxmode.mtu = config->mtu };
	uint16_t rx_desc = POOL_QUEUE_DESC, tx_desc = POOL_QUEUE_DESC;
	struct rte_eth_dev_info info;
	int err = rte_eth_dev_info_get(port->eth_id, &info);

	if (err != 0)
		return err;
	snprintf(port->driver, sizeof(port->driver), "%s", info.driver_name);
	/* a driver without an idea of MTU (null, ring) carries any frame that fits a buffer */
	if (info.max_mtu == 0 || info.max_mtu < config->mtu)
		conf.rxmode.mtu = 0;
	err = rte_eth_dev_configure(port->eth_id, 1, 1, &conf);
	err = err != 0 ? err : rte_eth_dev_adjust_nb_rx_tx_desc(port->eth_id, &rx_desc, &tx_desc);
	err = err != 0 ? err
		       : rte_eth_rx_queue_setup(port->eth_id, 0, rx_desc, rte_socket_id(), NULL,
						pool);
	return err != 0 ? err
			: rte_eth_tx_queue_setup(port->eth_id, 0, tx_desc, rte_socket_id(), NULL);
}

static int ethdev_start(struct port *port, const struct dp_router_config *router,
			const struct dp_port_config *config, struct rte_mempool *pool,
			struct dp_why *why)
{
	int err = ethdev_configure(port, config, pool);

	err = err != 0 ? err : rte_eth_dev_start(port->eth_id);
	if (err != 0) {
		why_set(why, "port %s: its device does not start: %s", port_label(router, config),
			rte_strerror(-err));
		return err;
	}
	/* OSPF's groups and a derived MAC address need all frames; drivers without filters say so */
	rte_eth_promiscuous_enable(port->eth_id);
	rte_eth_allmulticast_enable(port->eth_id);
	mac_choose(port, router, config);
	return 0;
}

int port_init(struct port *port, const struct dp_router_config *router, struct rte_mempool *pool,
	      struct dp_why *why)
{
	const struct dp_port_config *config = &router->ports[port->index];
	int err;

	port->mtu = config->mtu;
	port->twin.fd = -1;
	err = port_sla_init(port, router, why);
	if (err != 0)
		return err;
	err = device_open(&port->device, config, why);
	if (err != 0)
		goto sla;
	port->eth_id = port->device.eth_id;
	err = ethdev_start(port, router, config, pool, why);
	if (err != 0)
		goto close_device;
	err = twin_open(&port->twin, router->netns, config->name, port->mac_bytes, config->mtu,
			why);
	if (err != 0)
		goto stop_device;
	port->backlog.since_tsc = port->backlog.half_tsc = rte_rdtsc();
	port->carrier = true;
	port->admin_up = true;
	port_state_apply(port);
	return 0;

stop_device:
	rte_eth_dev_stop(port->eth_id);
close_device:
	device_close(&port->device);
sla:
	port_sla_fini(port);
	return err;
}

void port_fini(struct port *port)
{
	tx_queue_flush(&port->tx);
	port_sla_fini(port);
	twin_close(&port->twin);
	rte_eth_dev_stop(port->eth_id);
	device_close(&port->device);
}

void port_state_apply(struct port *port)
{
	__atomic_store_n(&port->tx_up, port->carrier && port->admin_up, __ATOMIC_RELAXED);
	__atomic_store_n(&port->rx_up, port->admin_up, __ATOMIC_RELAXED);
	twin_carrier_set(&port->twin, port->carrier);
}
