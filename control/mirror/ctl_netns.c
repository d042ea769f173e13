#include "control/mirror/ctl_netns.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

int ctl_netns_enter(const char *name, struct ctl_netns *home, struct dp_why *why)
{
	char path[64];
	int fd;
	int rc = 0;

	if (snprintf(path, sizeof(path), "/run/netns/%s", name) >= (int)sizeof(path) ||
	    strchr(name, '/')) {
		snprintf(why->text, sizeof(why->text), "'%.64s' is no name of a network namespace",
			 name);
		return -EINVAL;
	}
	fd = open(path, O_RDONLY | O_CLOEXEC);
	home->home_fd = open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC);
	if (fd < 0 || home->home_fd < 0 || setns(fd, CLONE_NEWNET) < 0) {
		rc = -errno;
		snprintf(why->text, sizeof(why->text), "cannot enter network namespace %s (%s): %s",
			 name, path, strerror(-rc));
		if (home->home_fd >= 0)
			close(home->home_fd);
	}
	if (fd >= 0)
		close(fd);
	return rc;
}

int ctl_netns_leave(const struct ctl_netns *home, struct dp_why *why)
{
	int rc = 0;

	if (setns(home->home_fd, CLONE_NEWNET) < 0) {
		rc = -errno;
		snprintf(why->text, sizeof(why->text),
			 "cannot return to the daemon's network namespace: %s", strerror(-rc));
	}
	close(home->home_fd);
	return rc;
}
