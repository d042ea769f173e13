#include "dataplane/dp_netns.h"

#include "dataplane/why.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define PATH_BYTES 64

static bool path_make(const char *name, char path[PATH_BYTES])
{
	return name[0] != '\0' && strchr(name, '/') == NULL && strcmp(name, ".") != 0 &&
	       strcmp(name, "..") != 0 &&
	       snprintf(path, PATH_BYTES, "/run/netns/%s", name) < PATH_BYTES;
}

int dp_netns_enter(struct dp_netns *visit, const char *name, struct dp_why *why)
{
	char path[PATH_BYTES];
	int fd, err = 0;

	if (!path_make(name, path)) {
		why_set(why, "'%.64s' is no name of a network namespace", name);
		return -EINVAL;
	}
	visit->home_fd = open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC);
	if (visit->home_fd < 0) {
		err = -errno;
		why_set(why, "cannot open the daemon's own network namespace: %s", strerror(-err));
		return err;
	}
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0 || setns(fd, CLONE_NEWNET) != 0) {
		err = -errno;
		why_set(why, "cannot enter network namespace %s: %s%s%s", name, strerror(-err),
			err == -ENOENT ? "; create it with: ip netns add " : "",
			err == -ENOENT ? name : "");
		close(visit->home_fd);
	}
	if (fd >= 0)
		close(fd);
	return err;
}

void dp_netns_leave(const struct dp_netns *visit)
{
	if (setns(visit->home_fd, CLONE_NEWNET) != 0)
		abort();
	close(visit->home_fd);
}
