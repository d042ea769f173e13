/* DPDK 22.11 has no other way to hear that the kernel wants a device back. */
#define ALLOW_EXPERIMENTAL_API

#include "dataplane/device_event.h"

#include <errno.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <rte_common.h>
#include <rte_dev.h>
#include <rte_ethdev.h>

static const struct {
	enum rte_eth_event_type type;
	uint8_t bit;
} events[] = {
	{ RTE_ETH_EVENT_INTR_LSC, DEVICE_EVENT_LINK },
	{ RTE_ETH_EVENT_INTR_RESET, DEVICE_EVENT_RESET },
	{ RTE_ETH_EVENT_INTR_RMV, DEVICE_EVENT_REMOVE },
};

/* Writer: DPDK's interrupt thread sets bits; control takes them. */
static uint8_t pending[RTE_MAX_ETHPORTS];
/* Written by control while no device exists. */
static int fd = -1;

static void event_add(uint16_t eth_id, uint8_t bit)
{
	const uint64_t one = 1;

	__atomic_fetch_or(&pending[eth_id], bit, __ATOMIC_RELEASE);
	/* it only fails when the descriptor is readable anyway */
	if (write(fd, &one, sizeof(one)) < 0)
		return;
}

static int on_ethdev(uint16_t eth_id, enum rte_eth_event_type type, void *arg, void *ret)
{
	RTE_SET_USED(arg);
	RTE_SET_USED(ret);
	for (unsigned i = 0; i < RTE_DIM(events); i++)
		if (events[i].type == type)
			event_add(eth_id, events[i].bit);
	return 0;
}

static void on_bus(const char *name, enum rte_dev_event_type type, void *arg)
{
	uint16_t eth_id;

	RTE_SET_USED(arg);
	if (type == RTE_DEV_EVENT_REMOVE && rte_eth_dev_get_port_by_name(name, &eth_id) == 0)
		event_add(eth_id, DEVICE_EVENT_REMOVE);
}

static void ethdev_unregister(unsigned n)
{
	while (n-- > 0)
		rte_eth_dev_callback_unregister(RTE_ETH_ALL, events[n].type, on_ethdev, NULL);
}

int device_event_init(void)
{
	unsigned n = 0;
	int err;

	fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	if (fd < 0)
		return -errno;
	err = rte_dev_event_callback_register(NULL, on_bus, NULL);
	if (err != 0)
		goto close;
	for (; n < RTE_DIM(events); n++) {
		err = rte_eth_dev_callback_register(RTE_ETH_ALL, events[n].type, on_ethdev, NULL);
		if (err != 0)
			goto unregister;
	}
	return 0;

unregister:
	ethdev_unregister(n);
	rte_dev_event_callback_unregister(NULL, on_bus, NULL);
close:
	close(fd);
	fd = -1;
	return err;
}

void device_event_fini(void)
{
	ethdev_unregister(RTE_DIM(events));
	rte_dev_event_callback_unregister(NULL, on_bus, NULL);
	close(fd);
	fd = -1;
}

int device_event_fd(void)
{
	return fd;
}

void device_event_clear(void)
{
	uint64_t count;

	if (read(fd, &count, sizeof(count)) < 0)
		return;
}

uint8_t device_event_take(uint16_t eth_id)
{
	return __atomic_exchange_n(&pending[eth_id], 0, __ATOMIC_ACQUIRE);
}
