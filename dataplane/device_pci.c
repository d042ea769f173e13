#include "dataplane/device_pci.h"

#include "dataplane/why.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <rte_dev.h>
#include <rte_ethdev.h>

int device_pci_open(struct device *device, const struct dp_port_config *port, struct dp_why *why)
{
	int err;

	snprintf(device->name, sizeof(device->name), "%s", port->pci_address);
	err = rte_eth_dev_get_port_by_name(device->name, &device->eth_id);
	if (err != 0) {
		err = rte_eal_hotplug_add("pci", device->name, "");
		err = err != 0 ? err : rte_eth_dev_get_port_by_name(device->name, &device->eth_id);
	}
	if (err != 0)
		why_set(why,
			"%s: DPDK finds no NIC at %s (is it bound to vfio-pci, and unused?): %s",
			port->device, device->name, strerror(-err));
	return err;
}

void device_pci_release(const struct device *device)
{
	rte_eal_hotplug_remove("pci", device->name);
}

bool device_pci_present(const struct dp_port_config *port)
{
	static const char *const drivers[] = { "vfio-pci", "mlx5_core", "mlx4_core" };
	char path[64], target[256];
	const char *driver;
	ssize_t len;

	snprintf(path, sizeof(path), "/sys/bus/pci/devices/%s/driver", port->pci_address);
	len = readlink(path, target, sizeof(target) - 1);
	if (len < 0)
		return false;
	target[len] = '\0';
	driver = strrchr(target, '/');
	for (unsigned i = 0; driver != NULL && i < sizeof(drivers) / sizeof(drivers[0]); i++)
		if (strcmp(driver + 1, drivers[i]) == 0)
			return true;
	return false;
}
