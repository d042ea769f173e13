#include "control/preflight.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <linux/capability.h>

#define TUN_PATH "/dev/net/tun"

/* CAP_SYS_ADMIN to enter namespaces, CAP_NET_RAW for packet sockets. */
static const struct {
	unsigned number;
	const char *name;
} needed[] = {
	{ CAP_NET_ADMIN, "CAP_NET_ADMIN" },
	{ CAP_SYS_ADMIN, "CAP_SYS_ADMIN" },
	{ CAP_NET_RAW, "CAP_NET_RAW" },
};

static int check_rights(struct dp_why *why)
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3] = { 0 };

	if (syscall(SYS_capget, &header, data) != 0) {
		(void)snprintf(why->text, sizeof(why->text), "capabilities cannot be read: %s",
			       strerror(errno));
		return -EPERM;
	}
	for (unsigned i = 0; i < sizeof(needed) / sizeof(needed[0]); i++) {
		if ((data[needed[i].number / 32].effective >> needed[i].number % 32 & 1U) != 0)
			continue;
		(void)snprintf(why->text, sizeof(why->text),
			       "not permitted: %s is missing; run sluiced as root", needed[i].name);
		return -EPERM;
	}
	return 0;
}

static int check_tun(struct dp_why *why)
{
	int fd = open(TUN_PATH, O_RDWR | O_CLOEXEC);

	if (fd >= 0) {
		(void)close(fd);
		return 0;
	}
	(void)snprintf(why->text, sizeof(why->text),
		       "no TUN device: %s: %s; load the module with: modprobe tun", TUN_PATH,
		       strerror(errno));
	return -ENODEV;
}

int ctl_preflight(struct dp_why *why)
{
	int err = check_rights(why);

	return err != 0 ? err : check_tun(why);
}
