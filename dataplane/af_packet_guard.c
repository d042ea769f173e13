#include "dataplane/af_packet_guard.h"

#include <dlfcn.h>
#include <errno.h>
#include <stdint.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <linux/if_packet.h>

/* Takes the C library's place, in which there is nothing but this system call. */
int setsockopt(int fd, int level, int optname, const void *optval, socklen_t optlen)
{
	if (level == SOL_PACKET && optname == PACKET_FANOUT)
		return 0;
	return (int)syscall(SYS_setsockopt, fd, level, optname, optval, optlen);
}

int af_packet_guard_check(void)
{
	void *first = dlsym(RTLD_DEFAULT, "setsockopt");

	return first == (void *)(uintptr_t)setsockopt ? 0 : -ELIBACC;
}
