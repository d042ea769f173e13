#include "bench/perf/netns.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int perf_netns_enter(const char *name, int *back, struct perf_error *error)
{
	char path[256];
	int err, target;

	*back = -1;
	if (!name)
		return 0;
	if (snprintf(path, sizeof(path), "/run/netns/%s", name) >= (int)sizeof(path))
		return perf_error_set(error, -EINVAL, "the name of namespace %.40s... is too long",
				      name);
	target = open(path, O_RDONLY | O_CLOEXEC);
	if (target < 0)
		return perf_error_set(
			error, -ENOENT,
			"there is no namespace %s: 'ip netns list' shows those there are", name);
	*back = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
	err = *back < 0 || setns(target, CLONE_NEWNET) != 0 ? -errno : 0;
	(void)close(target);
	if (!err)
		return 0;
	if (*back >= 0)
		(void)close(*back);
	*back = -1;
	return perf_error_set(error, err, "cannot enter namespace %s: %s", name, strerror(-err));
}

void perf_netns_leave(int back)
{
	if (back < 0)
		return;
	/* Staying in the wrong namespace would open every later socket there. */
	if (setns(back, CLONE_NEWNET) != 0)
		abort();
	(void)close(back);
}
