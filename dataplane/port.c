#include "dataplane/port.h"

#include "dataplane/clock.h"
#include "dataplane/port_device.h"
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

/* Memif peers and links have random addresses or none. */
static void mac_choose(struct port *port, const struct dp_router_config *router,
		       const struct dp_port_config *config)
{
	struct rte_ether_addr addr = { 0 };

	rte_eth_macaddr_get(port->device.eth_id, &addr);
	if (config->kind == DP_DEVICE_MEMIF || config->kind == DP_DEVICE_LINK ||
	    !rte_is_valid_assigned_ether_addr(&addr))
		mac_derive(addr.addr_bytes, port_label(router, config));
	memcpy(port->mac_bytes, addr.addr_bytes, sizeof(port->mac_bytes));
	memcpy(&port->mac, addr.addr_bytes, sizeof(addr.addr_bytes));
}

int port_init(struct port *port, const struct dp_router_config *router, struct rte_mempool *pool,
	      struct dp_why *why)
{
	const struct dp_port_config *config = &router->ports[port->index];
	int err;

	port->mtu = config->mtu;
	port->twin.fd = -1;
	port->twin.groups_fd = -1;
	err = port_sla_init(port, router, why);
	if (err != 0)
		return err;
	err = port_device_open(port, router, pool, why);
	if (err != 0)
		goto sla;
	mac_choose(port, router, config);
	err = twin_open(&port->twin, router->netns, config->name, port->mac_bytes, config->mtu,
			why);
	if (err != 0)
		goto close_device;
	port->backlogs[0].since_tsc = rte_rdtsc();
	port->backlogs[0].half_tsc = port->backlogs[0].empty_tsc = port->backlogs[0].since_tsc;
	port->backlogs[STEER_QUEUE] = port->backlogs[0];
	port->carrier = true;
	port->admin_up = true;
	port_state_apply(port);
	return 0;

close_device:
	port_device_close(port);
sla:
	port_sla_fini(port);
	return err;
}

void port_fini(struct port *port)
{
	tx_queue_flush(&port->tx);
	port_sla_fini(port);
	twin_close(&port->twin);
	port_device_close(port);
}

void port_state_apply(struct port *port)
{
	/* who takes what is for others from a shared device must not take the fast path */
	bool demux = port->trunk != NULL && port->trunk->members[0] == port;
	uint8_t rx_up = demux ? PORT_UP_TAGGED : PORT_UP;
	uint8_t tx_up = port->trunk != NULL ? PORT_UP_TAGGED : PORT_UP;

	__atomic_store_n(&port->tx_up, port->carrier && port->admin_up ? tx_up : PORT_DOWN,
			 __ATOMIC_RELAXED);
	__atomic_store_n(&port->rx_up, port->admin_up ? rx_up : PORT_DOWN, __ATOMIC_RELAXED);
	twin_carrier_set(&port->twin, port->carrier);
}
