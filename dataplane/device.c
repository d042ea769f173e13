#include "dataplane/device.h"

#include "dataplane/af_packet_guard.h"
#include "dataplane/device_pci.h"
#include "dataplane/memif_guard.h"
#include "dataplane/pool.h"
#include "dataplane/why.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/queue.h>

#include <rte_bus_vdev.h>
#include <rte_dev.h>
#include <rte_errno.h>
#include <rte_eth_ring.h>
#include <rte_ethdev.h>
#include <rte_lcore.h>
#include <rte_malloc.h>
#include <rte_ring.h>

#define LINK_RING_PKTS 1024
#define AF_PACKET_FRAMES 1024

/*
 * Two ports with one link name are joined by two rings, one for each direction. Each ring has one
 * producer (the worker of one end) and one consumer (the worker of the other).
 */
struct link {
	LIST_ENTRY(link) entry;
	char name[DP_DEVICE_MAX];
	struct rte_ring *rings[2];
	bool used[2];
	unsigned serial;
};

/* Owner of both: the control thread. */
static LIST_HEAD(, link) links = LIST_HEAD_INITIALIZER(links);
static unsigned device_serial;

static int vdev_open(struct device *device, const char *driver, const char *args, const char *what,
		     struct dp_why *why)
{
	int err;

	snprintf(device->name, sizeof(device->name), "%s_sl%u", driver, device_serial++);
	err = rte_vdev_init(device->name, args);
	if (err != 0) {
		why_set(why, "%s: DPDK driver %s refuses \"%s\": %s", what, driver, args,
			strerror(-err));
		return err;
	}
	err = rte_eth_dev_get_port_by_name(device->name, &device->eth_id);
	if (err != 0) {
		why_set(why, "%s: DPDK device %s has no Ethernet port", what, device->name);
		rte_vdev_uninit(device->name);
	}
	return err;
}

/*
 * A frame of af_packet's ring holds its header (66 bytes) and the whole frame; a block holds a
 * power of two of them in whole pages.
 */
static int kernel_open(struct device *device, const struct dp_port_config *port, struct dp_why *why)
{
	unsigned frame_bytes = 2048;
	char args[DP_DEVICE_MAX + 96];
	int err;

	if (af_packet_guard_check() != 0) {
		why_set(why,
			"kernel:%s: this program was linked without what keeps its driver from "
			"putting fragments together; build it with CMake",
			port->device);
		return -ELIBACC;
	}
	while (frame_bytes < port->mtu + 128U)
		frame_bytes *= 2;
	snprintf(args, sizeof(args), "iface=%s,blocksz=%u,framesz=%u,framecnt=%u,qdisc_bypass=1",
		 port->device, frame_bytes * 8, frame_bytes, AF_PACKET_FRAMES);
	err = vdev_open(device, "net_af_packet", args, port->device, why);
	if (err == 0)
		device->socket = af_packet_guard_socket();
	return err;
}

/* One queue: a netdev with several would need its flows steered to the first. */
static int xdp_open(struct device *device, const struct dp_port_config *port, struct dp_why *why)
{
	char args[DP_DEVICE_MAX + 48];

	snprintf(args, sizeof(args), "iface=%s,start_queue=0,queue_count=1", port->device);
	return vdev_open(device, "net_af_xdp", args, port->device, why);
}

/* "ROLE,PATH,ID" */
static int memif_open(struct device *device, const struct dp_port_config *port, struct dp_why *why)
{
	const char *path = strchr(port->device, ',');
	const char *id = path == NULL ? NULL : strchr(path + 1, ',');
	char args[DP_DEVICE_MAX + 64];

	if (id == NULL) {
		why_set(why, "memif:%s: expected memif:server,PATH,ID or memif:client,PATH,ID",
			port->device);
		return -EINVAL;
	}
	if (memif_guard_check() != 0) {
		why_set(why,
			"memif:%s: this program was linked without what keeps memif peers "
			"from ending it; build it with CMake",
			port->device);
		return -ELIBACC;
	}
	snprintf(args, sizeof(args), "role=%.*s,id=%s,socket=%.*s,socket-abstract=no,rsize=10",
		 (int)(path - port->device), port->device, id + 1, (int)(id - path - 1), path + 1);
	return vdev_open(device, "net_memif", args, port->device, why);
}

/* "net_null0,copy=0": the driver is what stands before the digits. */
static int any_vdev_open(struct device *device, const struct dp_port_config *port,
			 struct dp_why *why)
{
	const char *comma = strchrnul(port->device, ',');
	const char *args = *comma == ',' ? comma + 1 : "";
	int driver_len = (int)(comma - port->device);
	char driver[48];

	while (driver_len > 0 && port->device[driver_len - 1] >= '0' &&
	       port->device[driver_len - 1] <= '9')
		driver_len--;
	snprintf(driver, sizeof(driver), "%.*s", driver_len, port->device);
	return vdev_open(device, driver, args, port->device, why);
}

static struct link *link_find(const char *name)
{
	struct link *link;

	LIST_FOREACH(link, &links, entry) {
		if (strcmp(link->name, name) == 0)
			return link;
	}
	return NULL;
}

static struct rte_ring *link_ring_create(unsigned serial, char direction)
{
	char name[RTE_RING_NAMESIZE];

	snprintf(name, sizeof(name), "sl_link%u%c", serial, direction);
	return rte_ring_create(name, LINK_RING_PKTS, (int)rte_socket_id(),
			       RING_F_SP_ENQ | RING_F_SC_DEQ);
}

static struct link *link_create(const char *name)
{
	struct link *link = rte_zmalloc("link", sizeof(*link), 0);

	if (link == NULL)
		return NULL;
	snprintf(link->name, sizeof(link->name), "%s", name);
	link->serial = device_serial++;
	link->rings[0] = link_ring_create(link->serial, 'a');
	link->rings[1] = link_ring_create(link->serial, 'b');
	if (link->rings[0] == NULL || link->rings[1] == NULL) {
		rte_ring_free(link->rings[0]);
		rte_ring_free(link->rings[1]);
		rte_free(link);
		return NULL;
	}
	LIST_INSERT_HEAD(&links, link, entry);
	return link;
}

static void ring_drain(struct rte_ring *ring)
{
	void *pkt;

	while (rte_ring_dequeue(ring, &pkt) == 0)
		rte_pktmbuf_free(pkt);
}

static void link_release(struct link *link, unsigned end)
{
	link->used[end] = false;
	if (link->used[0] || link->used[1])
		return;
	LIST_REMOVE(link, entry);
	ring_drain(link->rings[0]);
	ring_drain(link->rings[1]);
	rte_ring_free(link->rings[0]);
	rte_ring_free(link->rings[1]);
	rte_free(link);
}

static int link_open(struct device *device, const struct dp_port_config *port, struct dp_why *why)
{
	struct link *link = link_find(port->device);
	unsigned end;
	int eth_id;

	if (link == NULL)
		link = link_create(port->device);
	if (link == NULL) {
		why_set(why, "link:%s: no memory for its rings", port->device);
		return -ENOMEM;
	}
	end = link->used[0] ? 1 : 0;
	if (link->used[end]) {
		why_set(why, "link:%s joins two ports; this is a third one", port->device);
		return -EBUSY;
	}
	snprintf(device->name, sizeof(device->name), "sl_link%u_%u", link->serial, end);
	snprintf(device->link, sizeof(device->link), "%s", port->device);
	eth_id = rte_eth_from_rings(device->name, &link->rings[end], 1, &link->rings[1 - end], 1,
				    rte_socket_id());
	if (eth_id < 0) {
		why_set(why, "link:%s: DPDK makes no ring device: %s", port->device,
			rte_strerror(rte_errno));
		link->used[end] = false;
		if (!link->used[1 - end])
			link_release(link, end);
		return rte_errno != 0 ? -rte_errno : -EIO;
	}
	link->used[end] = true;
	device->link_end = end;
	device->eth_id = (uint16_t)eth_id;
	return 0;
}

int device_open(struct device *device, const struct dp_port_config *port, struct dp_why *why)
{
	*device = (struct device){ .kind = port->kind };
	switch (port->kind) {
	case DP_DEVICE_KERNEL:
		return kernel_open(device, port, why);
	case DP_DEVICE_XDP:
		return xdp_open(device, port, why);
	case DP_DEVICE_PCI:
	case DP_DEVICE_VF:
		return device_pci_open(device, port, why);
	case DP_DEVICE_MEMIF:
		return memif_open(device, port, why);
	case DP_DEVICE_VDEV:
		return any_vdev_open(device, port, why);
	case DP_DEVICE_LINK:
		return link_open(device, port, why);
	}
	why_set(why, "port %s: unknown kind of device", port->name);
	return -EINVAL;
}

uint32_t device_missed_take(const struct device *device)
{
	return device->kind == DP_DEVICE_KERNEL ? af_packet_guard_missed(device->socket) : 0;
}

void device_close(struct device *device)
{
	struct link *link;

	rte_eth_dev_close(device->eth_id);
	switch (device->kind) {
	case DP_DEVICE_KERNEL:
	case DP_DEVICE_XDP:
	case DP_DEVICE_MEMIF:
	case DP_DEVICE_VDEV:
		rte_vdev_uninit(device->name);
		break;
	case DP_DEVICE_LINK:
		rte_vdev_uninit(device->name);
		link = link_find(device->link);
		if (link != NULL)
			link_release(link, device->link_end);
		break;
	case DP_DEVICE_PCI:
	case DP_DEVICE_VF:
		device_pci_release(device);
		break;
	}
}

uint32_t dp_port_rx_pkts(const struct dp_port_config *port)
{
	return port->kind == DP_DEVICE_LINK ? LINK_RING_PKTS - 1 : POOL_QUEUE_DESC;
}
