#include "dataplane/netns.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

int netns_enter(struct netns_visit *visit, const char *netns)
{
	char path[PATH_MAX];
	int fd, err;

	visit->home_fd = open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC);
	if (visit->home_fd < 0)
		return -errno;
	snprintf(path, sizeof(path), "/run/netns/%s", netns);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0 || setns(fd, CLONE_NEWNET) != 0) {
		err = -errno;
		close(visit->home_fd);
		if (fd >= 0)
			close(fd);
		return err;
	}
	close(fd);
	return 0;
}

void netns_leave(struct netns_visit *visit)
{
	/* A thread that cannot go home would configure the wrong namespace from now on. */
	if (setns(visit->home_fd, CLONE_NEWNET) != 0)
		abort();
	close(visit->home_fd);
}
