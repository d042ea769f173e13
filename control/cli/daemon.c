#include "control/cli/daemon.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

int cli_daemon_exec(const char *const args[])
{
	char self[PATH_MAX - sizeof("sluiced")];
	ssize_t len = readlink("/proc/self/exe", self, sizeof(self) - 1);
	/* execv() does not write to what it is given, but its type cannot say so */
	char *const *argv = (char *const *)(const void *)args;
	char *folder_end;

	if (len > 0) {
		char path[PATH_MAX];

		self[len] = '\0';
		folder_end = strrchr(self, '/');
		if (folder_end != NULL)
			*folder_end = '\0';
		(void)snprintf(path, sizeof(path), "%s/sluiced", self);
		(void)execv(path, argv);
	}
	(void)execvp("sluiced", argv);
	return -errno;
}
