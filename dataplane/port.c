#include "dataplane/port.h"

#include "dataplane/clock.h"
#include "dataplane/pool.h"
#include "dataplane/router.h"
#include "dataplane/why.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <rte_cycles.h>
#include <rte_ethdev.h>
#include <rte_lcore.h>
#include <rte_malloc.h>

/* Control packets of one port that are passed although they are beyond its SLA. */
#define RESCUE_PPS 2000
#define RESCUE_BURST_PKTS 64
/* What the kernel sends is little and must not wait behind itself for long. */
#define KERNEL_QUOTA_PKTS 1024U
#define KERNEL_LIMIT_NS 1000000000ULL
/* Queue of a tenant that was sold no delay bound. */
#define TENANT_LIMIT_NS 50000000ULL

const char *port_label(const struct dp_router_config *router, const struct dp_port_config *port)
{
	static char label[DP_NAME_MAX + DP_PORT_NAME_MAX + 1];

	snprintf(label, sizeof(label), "%s/%s", router->name, port->name);
	return label;
}

static uint32_t frame_max_bytes(const struct dp_port_config *port)
{
	return port->mtu + RTE_ETHER_HDR_LEN;
}

void port_policer_params(const struct dp_port_config *port, struct policer_params *params)
{
	*params = (struct policer_params){
		.unit = port->police.unit,
		.rate = port->police.rate,
		.burst = port->police.burst,
		.layer = port->police.layer,
		.mtu_bytes = port->mtu,
	};
}

void port_shaper_params(const struct dp_port_config *port, uint64_t tsc_hz,
			struct shaper_params *params)
{
	const struct dp_sla *sla = &port->shape;

	*params = (struct shaper_params){
		.ticks_hz = tsc_hz,
		.layer = sla->layer,
		.max_frame_bytes = frame_max_bytes(port),
		.aggregate = { .rate_bps = sla->rate, .burst_bytes = (uint32_t)sla->burst },
		.nclasses = PORT_CLASSES,
		.classes = {
			[PORT_CLASS_KERNEL] = { .level = 0,
						.weight = 1,
						.quota_pkts = KERNEL_QUOTA_PKTS,
						.limit_ns = KERNEL_LIMIT_NS },
			[PORT_CLASS_TENANT] = { .level = 1,
						.weight = 1,
						.quota_pkts = POOL_SHAPER_PKTS - KERNEL_QUOTA_PKTS,
						.limit_ns = sla->delay_ns != 0 ? sla->delay_ns :
										 TENANT_LIMIT_NS },
		},
	};
}

static int policers_init(struct port *port, const struct dp_port_config *config)
{
	const struct policer_params rescue = { .unit = RATE_PKTS_PER_S,
					       .rate = RESCUE_PPS,
					       .burst = RESCUE_BURST_PKTS };
	struct policer_params police;
	uint64_t now_tsc = rte_rdtsc();
	int err = policer_profile_init(&port->rescue, &rescue, clock_tsc_hz());

	if (err != 0)
		return err;
	policer_bucket_init(&port->rescue_bucket, &port->rescue, now_tsc);
	if (!config->has_police)
		return 0;
	port_policer_params(config, &police);
	err = policer_profile_init(&port->police, &police, clock_tsc_hz());
	if (err != 0)
		return err;
	policer_bucket_init(&port->police_bucket, &port->police, now_tsc);
	port->has_police = true;
	return 0;
}

static int shaper_build(struct port *port, const struct dp_port_config *config, struct dp_why *why)
{
	static struct shaper_params params; /* control thread only; large */
	uint64_t now_tsc;
	int err;

	port->bound_tsc = UINT64_MAX;
	if (!config->has_shape)
		return 0;
	port_shaper_params(config, clock_tsc_hz(), &params);
	err = shaper_params_check(&params, why->text, sizeof(why->text));
	if (err != 0)
		return err;
	port->shaper_mem = rte_malloc("shaper", shaper_mem_bytes(&params), SHAPER_MEM_ALIGN);
	if (port->shaper_mem == NULL) {
		why_set(why, "no memory for the shaper of port %s", config->name);
		return -ENOMEM;
	}
	now_tsc = rte_rdtsc();
	err = shaper_init(port->shaper_mem, &params, now_tsc, &port->shaper);
	if (err == 0)
		err = rate_init(&port->meter_rate, RATE_BITS_PER_S, config->shape.rate,
				clock_tsc_hz());
	if (err != 0) {
		rte_free(port->shaper_mem);
		why_set(why, "shaper of port %s: %s", config->name, strerror(-err));
		return err;
	}
	shaper_conformance_init(&port->meter, &port->meter_rate, now_tsc);
	port->has_meter = true;
	port->shape_adjust_bytes = rate_layer_adjust_bytes(config->shape.layer);
	port->shape_burst_bytes = config->shape.burst;
	if (config->shape.delay_ns != 0)
		port->bound_tsc = clock_ns_to_tsc(config->shape.delay_ns);
	return 0;
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
	err = policers_init(port, config);
	if (err != 0) {
		why_set(why, "policer of port %s: %s", port_label(router, config), strerror(-err));
		return err;
	}
	err = shaper_build(port, config, why);
	if (err != 0)
		return err;
	err = device_open(&port->device, config, why);
	if (err != 0)
		goto free_shaper;
	port->eth_id = port->device.eth_id;
	err = ethdev_start(port, router, config, pool, why);
	if (err != 0)
		goto close_device;
	err = twin_open(&port->twin, router->netns, config->name, port->mac_bytes, config->mtu,
			why);
	if (err != 0)
		goto stop_device;
	port->carrier = true;
	port->admin_up = true;
	port_state_apply(port);
	return 0;

stop_device:
	rte_eth_dev_stop(port->eth_id);
close_device:
	device_close(&port->device);
free_shaper:
	rte_free(port->shaper_mem);
	port->shaper = NULL;
	return err;
}

static void shaper_empty(struct shaper *shaper)
{
	struct rte_mbuf *drops[256];
	uint64_t left;

	do {
		struct shaper_out out = { .drops = (void **)drops, .max_drops = RTE_DIM(drops) };

		left = shaper_flush_burst(shaper, &out);
		rte_pktmbuf_free_bulk(drops, out.ndrops);
	} while (left != 0);
}

void port_fini(struct port *port)
{
	rte_pktmbuf_free_bulk(port->tx, port->n_tx);
	port->n_tx = 0;
	if (port->shaper != NULL)
		shaper_empty(port->shaper);
	twin_close(&port->twin);
	rte_eth_dev_stop(port->eth_id);
	device_close(&port->device);
	rte_free(port->shaper_mem);
}

void port_state_apply(struct port *port)
{
	__atomic_store_n(&port->tx_up, port->carrier && port->admin_up, __ATOMIC_RELAXED);
	__atomic_store_n(&port->rx_up, port->admin_up, __ATOMIC_RELAXED);
	twin_carrier_set(&port->twin, port->carrier);
}
