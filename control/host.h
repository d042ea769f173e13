#ifndef CONTROL_HOST_H
#define CONTROL_HOST_H

/**
 * @file
 * What the checks of a configuration ask the machine. A table of functions, so that tests can
 * describe a machine; ctl_host_system asks the real one. Nothing is changed by asking, and
 * nothing here needs root. Control thread only.
 */

#include "control/vf/ctl_vf_state.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** What a CPU number is. */
enum ctl_host_core {
	CTL_CORE_USABLE,
	CTL_CORE_MISSING,   /**< not online, or no such CPU */
	CTL_CORE_FORBIDDEN, /**< online, but not in this process's affinity mask */
};

/** A network device of the daemon's namespace. */
struct ctl_netdev {
	bool ethernet; /**< link layer is Ethernet, and it is no loopback */
	unsigned mtu;  /**< bytes of IP packet */
};

/** A machine. */
struct ctl_host {
	enum ctl_host_core (*core)(unsigned core);
	/** Writes the usable cores, such as "0-3,8". */
	void (*cores)(char *text, size_t size);
	/** @return 0, -ENODEV, or another -errno when it cannot be asked */
	int (*netdev)(const char *name, struct ctl_netdev *netdev);
	/** @param name under /run/netns @return 0, -ENOENT, or another -errno */
	int (*netns)(const char *name);
	/**
	 * Name of the driver that a PCI device is bound to, "" for none.
	 * @param address with domain, such as "0000:03:10.1" @return 0, -ENODEV, or another -errno
	 */
	int (*pci_driver)(const char *address, char *driver, size_t size);
	/** Fills in all that it can; see ctl_vf_sysfs_get(). */
	void (*vf)(const struct ctl_vf_name *name, struct ctl_vf_sysfs *vf);
	/** See ctl_vf_state_get(). */
	int (*vf_state)(const struct ctl_vf_name *name, struct ctl_vf_state *state);
	/** @return 0 when path is a folder, -ENOENT, -ENOTDIR, or another -errno */
	int (*folder)(const char *path);
};

/** This machine. */
extern const struct ctl_host ctl_host_system;

#endif
