#include "control/host.h"

#include <errno.h>
#include <net/if.h>
#include <net/if_arp.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

/* As the process was started: the data plane ties this thread to one CPU later. NULL: not told. */
static const cpu_set_t *affinity_get(void)
{
	static cpu_set_t started; /* control thread only */
	static bool known;

	if (!known)
		known = sched_getaffinity(0, sizeof(started), &started) == 0;
	return known ? &started : NULL;
}

/* CPU 0 often has no "online" file because it cannot be taken offline. */
static bool core_online(unsigned core)
{
	char path[64];
	FILE *file;
	int state;

	(void)snprintf(path, sizeof(path), "/sys/devices/system/cpu/cpu%u", core);
	if (access(path, F_OK) != 0)
		return false;
	(void)snprintf(path, sizeof(path), "/sys/devices/system/cpu/cpu%u/online", core);
	file = fopen(path, "re");
	if (file == NULL)
		return true;
	state = fgetc(file);
	(void)fclose(file);
	return state != '0';
}

static enum ctl_host_core system_core(unsigned core)
{
	const cpu_set_t *set = affinity_get();

	if (core < CPU_SETSIZE && set != NULL && CPU_ISSET(core, set))
		return CTL_CORE_USABLE;
	return core_online(core) ? CTL_CORE_FORBIDDEN : CTL_CORE_MISSING;
}

/* "0-3,8" */
static void system_cores(char *text, size_t size)
{
	const cpu_set_t *set = affinity_get();
	size_t used = 0;

	text[0] = '\0';
	if (set == NULL)
		return;
	for (int first = 0; first < CPU_SETSIZE; first++) {
		int last = first, n;

		if (!CPU_ISSET(first, set))
			continue;
		while (last + 1 < CPU_SETSIZE && CPU_ISSET(last + 1, set))
			last++;
		n = snprintf(text + used, size - used, last == first ? "%s%d" : "%s%d-%d",
			     used == 0 ? "" : ",", first, last);
		if (n < 0 || (size_t)n >= size - used)
			return;
		used += (size_t)n;
		first = last;
	}
}

static int netdev_ask(int fd, struct ifreq *request, struct ctl_netdev *netdev)
{
	if (ioctl(fd, SIOCGIFHWADDR, request) != 0)
		return -errno;
	netdev->ethernet = request->ifr_hwaddr.sa_family == ARPHRD_ETHER;
	if (ioctl(fd, SIOCGIFMTU, request) != 0)
		return -errno;
	netdev->mtu = (unsigned)request->ifr_mtu;
	return 0;
}

static int system_netdev(const char *name, struct ctl_netdev *netdev)
{
	struct ifreq request = { 0 };
	int fd, err;

	if (strlen(name) >= sizeof(request.ifr_name))
		return -ENODEV;
	memcpy(request.ifr_name, name, strlen(name) + 1);
	fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -errno;
	err = netdev_ask(fd, &request, netdev);
	(void)close(fd);
	return err;
}

static int system_netns(const char *name)
{
	char path[64];

	(void)snprintf(path, sizeof(path), "/run/netns/%s", name);
	return access(path, F_OK) == 0 ? 0 : -errno;
}

static int system_pci_driver(const char *address, char *driver, size_t size)
{
	char path[128], target[256];
	const char *name;
	ssize_t n;

	(void)snprintf(path, sizeof(path), "/sys/bus/pci/devices/%s", address);
	if (access(path, F_OK) != 0)
		return errno == ENOENT ? -ENODEV : -errno;
	(void)snprintf(path, sizeof(path), "/sys/bus/pci/devices/%s/driver", address);
	n = readlink(path, target, sizeof(target) - 1);
	if (n < 0 && errno != ENOENT)
		return -errno;
	target[n < 0 ? 0 : n] = '\0';
	name = strrchr(target, '/');
	(void)snprintf(driver, size, "%s", name != NULL ? name + 1 : target);
	return 0;
}

static void system_vf(const struct ctl_vf_name *name, struct ctl_vf_sysfs *vf)
{
	ctl_vf_sysfs_get(CTL_SYSFS, name, vf);
}

static int system_folder(const char *path)
{
	struct stat st;

	if (stat(path, &st) != 0)
		return -errno;
	return S_ISDIR(st.st_mode) ? 0 : -ENOTDIR;
}

const struct ctl_host ctl_host_system = {
	.core = system_core,
	.cores = system_cores,
	.netdev = system_netdev,
	.netns = system_netns,
	.pci_driver = system_pci_driver,
	.vf = system_vf,
	.vf_state = ctl_vf_state_get,
	.folder = system_folder,
};
