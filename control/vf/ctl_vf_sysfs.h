#ifndef CONTROL_VF_CTL_VF_SYSFS_H
#define CONTROL_VF_CTL_VF_SYSFS_H

/**
 * @file
 * What sysfs tells of an SR-IOV virtual function and of its physical function (PF). Nothing is
 * changed by asking. Control thread only.
 */

#include "dataplane/dp_config.h"

#include <net/if.h>
#include <stdbool.h>
#include <stddef.h>

#define CTL_SYSFS "/sys"       /**< root of this machine's sysfs */
#define CTL_DRIVER_NAME_MAX 32 /**< kernel driver, bytes with the final NUL */
#define CTL_CPU_LIST_MAX 128   /**< "0-3,8", bytes with the final NUL */
#define CTL_VFIO_DRIVER "vfio-pci"

/** A VF as the configuration names it: "PF/INDEX". */
struct ctl_vf_name {
	char pf[IFNAMSIZ]; /**< netdev of the PF in the daemon's namespace */
	unsigned index;
};

/** What there is. Fields are filled as far as there is something to fill them from. */
struct ctl_vf_sysfs {
	struct ctl_vf_name name;
	bool pf_exists;
	bool pf_has_sriov;
	char pf_address[DP_PCI_ADDRESS_MAX];
	bool pf_up;	 /**< administratively */
	unsigned pf_mtu; /**< bytes of IP packet */
	unsigned n_vfs, n_vfs_max;
	int numa_node; /**< of the PF; -1: the machine does not say */
	char numa_cores[CTL_CPU_LIST_MAX];
	bool has_iommu;
	bool vfio_loaded; /**< the driver vfio-pci is there */
	bool exists;	  /**< the VF is; the rest is about it */
	char address[DP_PCI_ADDRESS_MAX];
	char driver[CTL_DRIVER_NAME_MAX]; /**< "" for none */
	char netdev[IFNAMSIZ]; /**< that a kernel driver made of it in this namespace, or "" */
	/** Other devices of its IOMMU group, without bridges, and one of them. */
	unsigned n_group_others;
	char group_other[DP_PCI_ADDRESS_MAX];
};

/** Splits "PF/INDEX"; false when it has another form. */
bool ctl_vf_name_parse(const char *text, struct ctl_vf_name *name);

/** Asks the sysfs that is mounted at root. */
void ctl_vf_sysfs_get(const char *root, const struct ctl_vf_name *name, struct ctl_vf_sysfs *vf);

/** Whether a list of CPUs as the kernel writes it ("0-3,8") has a CPU. */
bool ctl_cpu_list_has(const char *list, unsigned cpu);

/** Whether DPDK drives a VF beside this kernel driver, so that it stays bound to it. */
bool ctl_driver_is_bifurcated(const char *driver);

/** Writes a text to a file of sysfs, the path formatted as by printf. @return 0 or -errno */
int ctl_sysfs_write(const char *text, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/** Reads the first line of a file of sysfs, without its end. @return 0 or -errno */
int ctl_sysfs_read(char *text, size_t size, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/** Reads the last part of where a link of sysfs leads. @return 0 or -errno */
int ctl_sysfs_link(char *text, size_t size, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

#endif
