#include "control/netns_watch.h"

#include <errno.h>
#include <stdio.h>
#include <sys/stat.h>

static int netns_stat(const char *netns, struct stat *status)
{
	char path[64];

	(void)snprintf(path, sizeof(path), "/run/netns/%s", netns);
	return stat(path, status) == 0 ? 0 : -errno;
}

int ctl_netns_watch_init(struct ctl_netns_watch *watch, const char *netns)
{
	struct stat status;
	int err = netns_stat(netns, &status);

	if (err != 0)
		return err;
	*watch = (struct ctl_netns_watch){ .dev = status.st_dev, .ino = status.st_ino };
	return 0;
}

bool ctl_netns_watch_look(struct ctl_netns_watch *watch, const char *netns)
{
	struct stat status;
	bool lost = netns_stat(netns, &status) != 0 || status.st_dev != watch->dev ||
		    status.st_ino != watch->ino;

	if (lost == watch->lost)
		return false;
	watch->lost = lost;
	watch->losses += lost;
	return true;
}
