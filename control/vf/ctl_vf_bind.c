#include "control/vf/ctl_vf_bind.h"

#include "control/vf/ctl_vf_sysfs.h"

#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define DEVICE CTL_SYSFS "/bus/pci/devices/%s"

static bool vfio_is_loaded(void)
{
	return access(CTL_SYSFS "/bus/pci/drivers/" CTL_VFIO_DRIVER, F_OK) == 0;
}

int ctl_vfio_load(void)
{
	static char name[] = "modprobe", module[] = CTL_VFIO_DRIVER;
	static char *const argv[] = { name, module, NULL };
	static char *const environment[] = { NULL };
	int status;
	pid_t pid;

	if (vfio_is_loaded())
		return 0;
	if (posix_spawn(&pid, "/sbin/modprobe", NULL, NULL, argv, environment) != 0)
		return -ENOENT;
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	return vfio_is_loaded() ? 0 : -ENOENT;
}

int ctl_vf_bind(const char *address, const char *driver)
{
	char bound[CTL_DRIVER_NAME_MAX];
	int err;

	(void)ctl_sysfs_link(bound, sizeof(bound), DEVICE "/driver", address);
	if (strcmp(bound, driver) == 0)
		return 0;
	/* a newline takes an override away */
	err = ctl_sysfs_write(strcmp(driver, CTL_VFIO_DRIVER) == 0 ? driver : "\n",
			      DEVICE "/driver_override", address);
	if (err == 0 && bound[0] != '\0')
		err = ctl_sysfs_write(address, DEVICE "/driver/unbind", address);
	if (err == 0 && driver[0] != '\0')
		err = ctl_sysfs_write(address, CTL_SYSFS "/bus/pci/drivers_probe");
	if (err != 0)
		return err;
	(void)ctl_sysfs_link(bound, sizeof(bound), DEVICE "/driver", address);
	return strcmp(bound, driver) == 0 ? 0 : -ENODEV;
}

/* A group of VFIO can be open once only. */
bool ctl_vf_is_open(const char *address)
{
	char group[16], path[64];
	int fd;

	if (ctl_sysfs_link(group, sizeof(group), DEVICE "/iommu_group", address) != 0)
		return false;
	(void)snprintf(path, sizeof(path), "/dev/vfio/%s", group);
	fd = open(path, O_RDWR | O_CLOEXEC);
	if (fd < 0)
		return errno == EBUSY;
	(void)close(fd);
	return false;
}
