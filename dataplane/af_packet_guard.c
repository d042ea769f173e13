#include "dataplane/af_packet_guard.h"

#include <dlfcn.h>
#include <errno.h>
#include <stdint.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <linux/if_packet.h>

/* Written by whoever opens a device: the control thread. */
static int ring_socket = -1;

/* Takes the C library's place, in which there is nothing but this system call. */
int setsockopt(int fd, int level, int optname, const void *optval, socklen_t optlen)
{
	if (level == SOL_PACKET && optname == PACKET_FANOUT)
		return 0;
	if (level == SOL_PACKET && optname == PACKET_RX_RING)
		ring_socket = fd;
	return (int)syscall(SYS_setsockopt, fd, level, optname, optval, optlen);
}

int af_packet_guard_check(void)
{
	void *first = dlsym(RTLD_DEFAULT, "setsockopt");

	return first == (void *)(uintptr_t)setsockopt ? 0 : -ELIBACC;
}

int af_packet_guard_socket(void)
{
	return ring_socket;
}

uint32_t af_packet_guard_missed(int fd)
{
	struct tpacket_stats stats = { 0 };
	socklen_t len = sizeof(stats);

	if (getsockopt(fd, SOL_PACKET, PACKET_STATISTICS, &stats, &len) != 0)
		return 0;
	return stats.tp_drops;
}
