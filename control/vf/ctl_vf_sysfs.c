#include "control/vf/ctl_vf_sysfs.h"

#include <ctype.h>
#include <dirent.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define VF_INDEX_MAX 65535UL /* of a 16-bit register */
#define PCI_CLASS_BRIDGE 0x06U

bool ctl_vf_name_parse(const char *text, struct ctl_vf_name *name)
{
	const char *slash = strrchr(text, '/');
	size_t len = slash != NULL ? (size_t)(slash - text) : 0;
	char *end = NULL;
	unsigned long index;

	if (len == 0 || len >= sizeof(name->pf) || memchr(text, '/', len) != NULL ||
	    !isdigit((unsigned char)slash[1]))
		return false;
	index = strtoul(slash + 1, &end, 10);
	if (*end != '\0' || index > VF_INDEX_MAX)
		return false;
	memcpy(name->pf, text, len);
	name->pf[len] = '\0';
	name->index = (unsigned)index;
	return strcmp(name->pf, ".") != 0 && strcmp(name->pf, "..") != 0;
}

bool ctl_cpu_list_has(const char *list, unsigned cpu)
{
	while (isdigit((unsigned char)*list)) {
		char *end;
		unsigned long first = strtoul(list, &end, 10), last = first;

		if (*end == '-')
			last = strtoul(end + 1, &end, 10);
		if (cpu >= first && cpu <= last)
			return true;
		list = *end == ',' ? end + 1 : end;
	}
	return false;
}

bool ctl_driver_is_bifurcated(const char *driver)
{
	return strcmp(driver, "mlx5_core") == 0 || strcmp(driver, "mlx4_core") == 0;
}

static unsigned number_read(const char *root, const char *device, const char *name, int base)
{
	char text[32];

	if (ctl_sysfs_read(text, sizeof(text), "%s/bus/pci/devices/%s/%s", root, device, name) != 0)
		return 0;
	return (unsigned)strtoul(text, NULL, base);
}

static bool path_exists(const char *root, const char *path)
{
	char full[PATH_MAX];
	DIR *dir;

	(void)snprintf(full, sizeof(full), "%s/%s", root, path);
	dir = opendir(full);
	if (dir != NULL)
		(void)closedir(dir);
	return dir != NULL;
}

static void numa_get(const char *root, struct ctl_vf_sysfs *vf)
{
	char text[16];

	vf->numa_node = -1;
	if (ctl_sysfs_read(text, sizeof(text), "%s/bus/pci/devices/%s/numa_node", root,
			   vf->pf_address) == 0)
		vf->numa_node = (int)strtol(text, NULL, 10);
	if (vf->numa_node >= 0)
		(void)ctl_sysfs_read(vf->numa_cores, sizeof(vf->numa_cores),
				     "%s/devices/system/node/node%d/cpulist", root, vf->numa_node);
}

static void pf_get(const char *root, struct ctl_vf_sysfs *vf)
{
	const char *pf = vf->name.pf;
	char text[32];

	vf->pf_exists = ctl_sysfs_read(text, sizeof(text), "%s/class/net/%s/mtu", root, pf) == 0;
	vf->pf_mtu = (unsigned)strtoul(text, NULL, 10);
	(void)ctl_sysfs_read(text, sizeof(text), "%s/class/net/%s/flags", root, pf);
	vf->pf_up = (strtoul(text, NULL, 16) & IFF_UP) != 0;
	if (ctl_sysfs_link(vf->pf_address, sizeof(vf->pf_address), "%s/class/net/%s/device", root,
			   pf) != 0)
		return;
	vf->n_vfs_max = number_read(root, vf->pf_address, "sriov_totalvfs", 10);
	vf->n_vfs = number_read(root, vf->pf_address, "sriov_numvfs", 10);
	vf->pf_has_sriov = vf->n_vfs_max != 0;
	vf->has_iommu = ctl_sysfs_link(text, sizeof(text), "%s/bus/pci/devices/%s/iommu_group",
				       root, vf->pf_address) == 0;
	numa_get(root, vf);
}

/* The one directory of a VF's "net", where a kernel driver has made a netdev of it. */
static void netdev_get(const char *root, struct ctl_vf_sysfs *vf)
{
	char path[PATH_MAX];
	struct dirent *entry;
	DIR *dir;

	(void)snprintf(path, sizeof(path), "%s/bus/pci/devices/%s/net", root, vf->address);
	dir = opendir(path);
	while (dir != NULL && (entry = readdir(dir)) != NULL)
		if (entry->d_name[0] != '.')
			(void)snprintf(vf->netdev, sizeof(vf->netdev), "%.15s", entry->d_name);
	if (dir != NULL)
		(void)closedir(dir);
}

static void group_get(const char *root, struct ctl_vf_sysfs *vf)
{
	char path[PATH_MAX];
	struct dirent *entry;
	DIR *dir;

	(void)snprintf(path, sizeof(path), "%s/bus/pci/devices/%s/iommu_group/devices", root,
		       vf->address);
	dir = opendir(path);
	while (dir != NULL && (entry = readdir(dir)) != NULL) {
		if (entry->d_name[0] == '.' || strcmp(entry->d_name, vf->address) == 0 ||
		    number_read(root, entry->d_name, "class", 16) >> 16 == PCI_CLASS_BRIDGE)
			continue;
		vf->n_group_others++;
		(void)snprintf(vf->group_other, sizeof(vf->group_other), "%.15s", entry->d_name);
	}
	if (dir != NULL)
		(void)closedir(dir);
}

void ctl_vf_sysfs_get(const char *root, const struct ctl_vf_name *name, struct ctl_vf_sysfs *vf)
{
	*vf = (struct ctl_vf_sysfs){ .name = *name, .numa_node = -1 };
	pf_get(root, vf);
	vf->vfio_loaded = path_exists(root, "bus/pci/drivers/" CTL_VFIO_DRIVER);
	if (ctl_sysfs_link(vf->address, sizeof(vf->address), "%s/bus/pci/devices/%s/virtfn%u", root,
			   vf->pf_address, name->index) != 0)
		return;
	vf->exists = true;
	(void)ctl_sysfs_link(vf->driver, sizeof(vf->driver), "%s/bus/pci/devices/%s/driver", root,
			     vf->address);
	netdev_get(root, vf);
	group_get(root, vf);
}
