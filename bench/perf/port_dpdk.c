#include "bench/perf/port.h"
#include "bench/perf/quantity.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <rte_bus.h>
#include <rte_dev.h>
#include <rte_ethdev.h>
#include <rte_mbuf.h>

#define POOL_MBUFS 16383
#define POOL_CACHE 256
#define RING_ENTRIES 1024
#define MEMIF_LOG_RING_ENTRIES 10

struct dpdk_port {
	uint16_t id;
	bool started;
	struct rte_mempool *pool;
	char devargs[PERF_PORT_NAME_BYTES * 2];
};

static uint16_t id_of(const struct perf_port *port)
{
	return ((const struct dpdk_port *)port->priv)->id;
}

static uint32_t tx_reserve(struct perf_port *port, struct perf_slot *slots, uint32_t count)
{
	struct dpdk_port *dpdk = port->priv;
	struct rte_mbuf *mbufs[PERF_PORT_BURST];
	uint32_t i;

	count = RTE_MIN(count, PERF_PORT_BURST);
	if (rte_pktmbuf_alloc_bulk(dpdk->pool, mbufs, count) != 0)
		return 0;
	for (i = 0; i < count; i++) {
		slots[i].handle = mbufs[i];
		slots[i].data = rte_pktmbuf_mtod(mbufs[i], uint8_t *);
	}
	return count;
}

static uint32_t tx_send(struct perf_port *port, struct perf_slot *slots, uint32_t count)
{
	struct rte_mbuf *mbufs[PERF_PORT_BURST];
	uint32_t i;

	for (i = 0; i < count; i++) {
		mbufs[i] = slots[i].handle;
		mbufs[i]->pkt_len = slots[i].bytes;
		mbufs[i]->data_len = (uint16_t)slots[i].bytes;
	}
	return rte_eth_tx_burst(id_of(port), 0, mbufs, (uint16_t)count);
}

static void free_slots(struct perf_port *port, struct perf_slot *slots, uint32_t count)
{
	struct rte_mbuf *mbufs[PERF_PORT_BURST];
	uint32_t i;

	(void)port;
	for (i = 0; i < count; i++)
		mbufs[i] = slots[i].handle;
	rte_pktmbuf_free_bulk(mbufs, count);
}

static uint32_t rx_poll(struct perf_port *port, struct perf_slot *slots, uint32_t count)
{
	struct rte_mbuf *mbufs[PERF_PORT_BURST];
	uint32_t i, got;

	count = RTE_MIN(count, PERF_PORT_BURST);
	got = rte_eth_rx_burst(id_of(port), 0, mbufs, (uint16_t)count);
	for (i = 0; i < got; i++)
		rte_prefetch0(rte_pktmbuf_mtod(mbufs[i], void *));
	for (i = 0; i < got; i++) {
		/* A frame that does not fit one buffer is judged by what its first one holds. */
		if (mbufs[i]->nb_segs > 1)
			(void)rte_pktmbuf_linearize(mbufs[i]);
		slots[i] = (struct perf_slot){
			.handle = mbufs[i],
			.data = rte_pktmbuf_mtod(mbufs[i], uint8_t *),
			.bytes = mbufs[i]->data_len,
		};
	}
	return got;
}

static void get_stats(struct perf_port *port, struct perf_port_stats *stats)
{
	struct rte_eth_stats eth = { 0 };

	(void)rte_eth_stats_get(id_of(port), &eth);
	stats->missed_pkts = eth.imissed + eth.rx_nombuf;
	stats->error_pkts = eth.ierrors + eth.oerrors;
}

static int wait_for_link(struct perf_port *port, uint64_t wait_ns, struct perf_error *error)
{
	const uint32_t step_us = 10000;
	struct rte_eth_link link = { 0 };
	uint64_t waited_ns = 0;

	for (;;) {
		if (rte_eth_link_get_nowait(id_of(port), &link) != 0 || link.link_status)
			break;
		if (waited_ns >= wait_ns)
			return perf_error_set(error, -ENOTCONN,
					      "%s: nobody at the other end within %.1f s (--wait)",
					      port->name, (double)wait_ns / 1e9);
		(void)usleep(step_us);
		waited_ns += step_us * 1000ULL;
	}
	if (link.link_speed != RTE_ETH_SPEED_NUM_UNKNOWN)
		port->line_bps = (uint64_t)link.link_speed * 1000000;
	return 0;
}

static void destroy(struct perf_port *port)
{
	struct dpdk_port *dpdk = port->priv;

	if (dpdk->started)
		(void)rte_eth_dev_stop(dpdk->id);
	if (dpdk->id != RTE_MAX_ETHPORTS)
		(void)rte_eth_dev_close(dpdk->id);
	/* The pool stays until the EAL ends: packets of it may wait in another port's rings. */
	free(dpdk);
}

static const struct perf_port_ops dpdk_ops = {
	.tx_reserve = tx_reserve,
	.tx_send = tx_send,
	.tx_drop = free_slots,
	.rx_poll = rx_poll,
	.rx_release = free_slots,
	.wait = wait_for_link,
	.get_stats = get_stats,
	.destroy = destroy,
};

static int create_pool(struct dpdk_port *dpdk, uint32_t max_frame_bytes, struct perf_error *error)
{
	uint32_t room = RTE_MAX(max_frame_bytes, 2048U) + RTE_PKTMBUF_HEADROOM;
	char name[RTE_MEMPOOL_NAMESIZE];

	(void)snprintf(name, sizeof(name), "perf-%u", dpdk->id);
	dpdk->pool = rte_pktmbuf_pool_create(name, POOL_MBUFS, POOL_CACHE, 0, (uint16_t)room,
					     SOCKET_ID_ANY);
	if (!dpdk->pool)
		return perf_error_set(error, -ENOMEM,
				      "no memory for %d packets: free hugepages or memory",
				      POOL_MBUFS);
	return 0;
}

static int probe(struct dpdk_port *dpdk, struct perf_error *error)
{
	size_t name_bytes = strcspn(dpdk->devargs, ",");
	char name[RTE_ETH_NAME_MAX_LEN];
	int err = rte_dev_probe(dpdk->devargs);

	dpdk->id = RTE_MAX_ETHPORTS;
	if (err)
		return perf_error_set(error, err, "DPDK cannot make a port of '%s': %s",
				      dpdk->devargs, strerror(-err));
	if (name_bytes >= sizeof(name))
		return perf_error_set(error, -EINVAL, "'%s': the device's name is too long",
				      dpdk->devargs);
	memcpy(name, dpdk->devargs, name_bytes);
	name[name_bytes] = '\0';
	if (rte_eth_dev_get_port_by_name(name, &dpdk->id) != 0)
		return perf_error_set(error, -ENODEV, "device '%s' has no Ethernet port", name);
	return 0;
}

static int start(struct dpdk_port *dpdk, uint32_t max_frame_bytes, struct perf_error *error)
{
	struct rte_eth_conf conf = { 0 };
	uint16_t rx_entries = RING_ENTRIES, tx_entries = RING_ENTRIES;
	int err = create_pool(dpdk, max_frame_bytes, error);

	if (err)
		return err;
	err = rte_eth_dev_configure(dpdk->id, 1, 1, &conf);
	if (!err)
		err = rte_eth_dev_adjust_nb_rx_tx_desc(dpdk->id, &rx_entries, &tx_entries);
	if (!err)
		err = rte_eth_rx_queue_setup(dpdk->id, 0, rx_entries, SOCKET_ID_ANY, NULL,
					     dpdk->pool);
	if (!err)
		err = rte_eth_tx_queue_setup(dpdk->id, 0, tx_entries, SOCKET_ID_ANY, NULL);
	if (!err)
		err = rte_eth_dev_start(dpdk->id);
	if (err)
		return perf_error_set(error, err, "cannot start '%s': %s", dpdk->devargs,
				      strerror(-err));
	dpdk->started = true;
	/* Not every driver has a promiscuous mode; those that lack it take every frame anyway. */
	(void)rte_eth_promiscuous_enable(dpdk->id);
	return 0;
}

static int open_devargs(struct perf_port *port, const char *devargs,
			const struct perf_port_env *env, struct perf_error *error)
{
	struct dpdk_port *dpdk = calloc(1, sizeof(*dpdk));
	struct rte_ether_addr mac;
	int err;

	if (!dpdk)
		return perf_error_set(error, -ENOMEM, "port %s: out of memory", devargs);
	(void)snprintf(dpdk->devargs, sizeof(dpdk->devargs), "%s", devargs);
	port->priv = dpdk;
	port->ops = &dpdk_ops;
	port->answers_arp = true;
	err = probe(dpdk, error);
	if (!err)
		err = start(dpdk, env->max_frame_bytes, error);
	if (!err && rte_eth_macaddr_get(dpdk->id, &mac) == 0)
		memcpy(port->mac, mac.addr_bytes, sizeof(port->mac));
	if (err)
		destroy(port);
	return err;
}

int perf_port_open_dpdk(struct perf_port *port, const char *text, const struct perf_port_env *env,
			struct perf_error *error)
{
	if (*text == '\0' || strlen(text) >= PERF_PORT_NAME_BYTES)
		return perf_error_set(error, -EINVAL,
				      "dpdk:%.40s: expected DEVARGS of 1 to %d letters", text,
				      PERF_PORT_NAME_BYTES - 1);
	return open_devargs(port, text, env, error);
}

/* "ROLE,PATH,ID": the socket's path may hold anything but a comma. */
static int parse_memif(const char *text, char *copy, size_t size, char **path, uint64_t *id)
{
	char *role_end, *path_end;

	if (strlen(text) >= size)
		return -EINVAL;
	memcpy(copy, text, strlen(text) + 1);
	role_end = strchr(copy, ',');
	path_end = role_end ? strchr(role_end + 1, ',') : NULL;
	if (!path_end || path_end == role_end + 1)
		return -EINVAL;
	*role_end = '\0';
	*path_end = '\0';
	*path = role_end + 1;
	if (strcmp(copy, "server") != 0 && strcmp(copy, "client") != 0)
		return -EINVAL;
	return perf_quantity_count(path_end + 1, id) || *id > UINT32_MAX ? -EINVAL : 0;
}

bool perf_port_memif_is_same(const char *a, const char *b)
{
	char role[PERF_PORT_NAME_BYTES], other_role[PERF_PORT_NAME_BYTES];
	char *path, *other_path;
	uint64_t id, other_id;

	return parse_memif(a, role, sizeof(role), &path, &id) == 0 &&
	       parse_memif(b, other_role, sizeof(other_role), &other_path, &other_id) == 0 &&
	       strcmp(role, other_role) == 0 && strcmp(path, other_path) == 0 && id == other_id;
}

int perf_port_open_memif(struct perf_port *port, const char *text, const struct perf_port_env *env,
			 struct perf_error *error)
{
	static unsigned int opened;
	char devargs[PERF_PORT_NAME_BYTES * 2];
	char role[PERF_PORT_NAME_BYTES], *path;
	uint64_t id;
	int err = parse_memif(text, role, sizeof(role), &path, &id);

	if (err)
		return perf_error_set(
			error, err,
			"memif:%.60s: expected memif:ROLE,PATH,ID with the role server or "
			"client",
			text);
	(void)snprintf(devargs, sizeof(devargs),
		       "net_memif%u,role=%s,socket=%s,socket-abstract=no,id=%lu,rsize=%d", opened++,
		       role, path, id, MEMIF_LOG_RING_ENTRIES);
	return open_devargs(port, devargs, env, error);
}
