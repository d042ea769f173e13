#include "dataplane/twin.h"

#include "dataplane/dp_netns.h"
#include "dataplane/why.h"

#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <net/if_arp.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <rte_common.h>

#include <linux/if.h>
#include <linux/if_tun.h>
#include <linux/rtnetlink.h>

static void ifreq_init(struct ifreq *request, const char *name)
{
	memset(request, 0, sizeof(*request));
	snprintf(request->ifr_name, sizeof(request->ifr_name), "%s", name);
}

static const char *tap_error(int err)
{
	switch (err) {
	case -EBUSY:
		return "a TAP of that name is in use by another process";
	case -EINVAL:
		return "a device of that name exists and is no TAP; rename the port or the device";
	default:
		return strerror(-err);
	}
}

static int tap_open(const char *name, struct dp_why *why)
{
	struct ifreq request;
	int fd = open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC);
	int err;

	if (fd < 0) {
		err = -errno;
		why_set(why, "port %s: /dev/net/tun: %s (is the tun module loaded?)", name,
			strerror(-err));
		return err;
	}
	ifreq_init(&request, name);
	request.ifr_flags = IFF_TAP | IFF_NO_PI;
	if (ioctl(fd, TUNSETIFF, &request) != 0) {
		err = -errno;
		why_set(why, "port %s: cannot create its TAP: %s", name, tap_error(err));
		close(fd);
		return err;
	}
	return fd;
}

/* Runs inside the namespace, on a socket of it. */
static int tap_configure(int sock, const char *name, const uint8_t mac[6], uint16_t mtu)
{
	struct ifreq request;

	ifreq_init(&request, name);
	request.ifr_hwaddr.sa_family = ARPHRD_ETHER;
	memcpy(request.ifr_hwaddr.sa_data, mac, 6);
	if (ioctl(sock, SIOCSIFHWADDR, &request) != 0)
		return -errno;
	ifreq_init(&request, name);
	request.ifr_mtu = mtu;
	if (ioctl(sock, SIOCSIFMTU, &request) != 0)
		return -errno;
	ifreq_init(&request, name);
	if (ioctl(sock, SIOCGIFFLAGS, &request) != 0)
		return -errno;
	request.ifr_flags |= IFF_UP;
	if (ioctl(sock, SIOCSIFFLAGS, &request) != 0)
		return -errno;
	return 0;
}

static int twin_open_here(struct twin *twin, const char *name, const uint8_t mac[6], uint16_t mtu,
			  struct dp_why *why)
{
	int fd, sock, err;

	fd = tap_open(name, why);
	if (fd < 0)
		return fd;
	sock = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	err = sock < 0 ? -errno : tap_configure(sock, name, mac, mtu);
	if (sock >= 0)
		close(sock);
	if (err != 0) {
		why_set(why, "port %s: cannot set MAC address and MTU of its TAP: %s", name,
			strerror(-err));
		close(fd);
		return err;
	}
	*twin = (struct twin){ .fd = fd, .ifindex = (int)if_nametoindex(name) };
	twin->link_fd = socket(AF_NETLINK, SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC, NETLINK_ROUTE);
	if (twin->link_fd < 0) {
		err = -errno;
		why_set(why, "port %s: cannot open a netlink socket: %s", name, strerror(-err));
		close(fd);
		twin->fd = -1;
	}
	/* without it the port hears the groups of routing protocols only */
	twin->groups_fd = open("/proc/thread-self/net/dev_mcast", O_RDONLY | O_CLOEXEC);
	return err;
}

int twin_open(struct twin *twin, const char *netns, const char *name, const uint8_t mac[6],
	      uint16_t mtu, struct dp_why *why)
{
	struct dp_netns visit;
	int err = dp_netns_enter(&visit, netns, why);

	twin->fd = -1;
	twin->link_fd = -1;
	twin->groups_fd = -1;
	if (err != 0)
		return err;
	err = twin_open_here(twin, name, mac, mtu, why);
	dp_netns_leave(&visit);
	return err;
}

void twin_close(struct twin *twin)
{
	if (twin->fd >= 0)
		close(twin->fd);
	if (twin->link_fd >= 0)
		close(twin->link_fd);
	if (twin->groups_fd >= 0)
		close(twin->groups_fd);
	twin->groups_fd = -1;
	twin->fd = -1;
	twin->link_fd = -1;
}

/*
 * The kernel tells of a TAP's lost carrier at most once per second (linkwatch), so that routing
 * would notice up to a second late. A change of the operational state (RFC 2863) is told at once,
 * and the kernel looks at the carrier again while it does.
 */
static int operstate_set(const struct twin *twin, uint8_t state)
{
	struct {
		struct nlmsghdr header;
		struct ifinfomsg link;
		struct rtattr attr;
		uint8_t state;
	} request = {
		.header = { .nlmsg_len = sizeof(request),
			    .nlmsg_type = RTM_SETLINK,
			    .nlmsg_flags = NLM_F_REQUEST },
		.link = { .ifi_family = AF_UNSPEC, .ifi_index = twin->ifindex },
		.attr = { .rta_len = RTA_LENGTH(sizeof(state)), .rta_type = IFLA_OPERSTATE },
		.state = state,
	};

	return send(twin->link_fd, &request, sizeof(request), 0) < 0 ? -errno : 0;
}

int twin_carrier_set(const struct twin *twin, bool up)
{
	int carrier = up;

	if (ioctl(twin->fd, TUNSETCARRIER, &carrier) != 0)
		return -errno;
	return operstate_set(twin, up ? IF_OPER_UP : IF_OPER_DORMANT);
}

static int sysctl_write(const char *path, const char *value)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	int err = 0;

	if (fd < 0)
		return -errno;
	if (write(fd, value, strlen(value)) < 0)
		err = -errno;
	close(fd);
	return err;
}

/*
 * A router forwards, and tells nobody of better ones: the data path sends no redirects, and the
 * kernel shall not, either, for the few packets that it forwards. Twins have yet to be made, and
 * will have the default.
 */
static const struct {
	const char *path, *value;
} netns_sysctls[] = {
	{ "/proc/sys/net/ipv4/ip_forward", "1" },
	{ "/proc/sys/net/ipv4/conf/all/send_redirects", "0" },
	{ "/proc/sys/net/ipv4/conf/default/send_redirects", "0" },
};

int twin_netns_prepare(const char *netns, struct dp_why *why)
{
	struct dp_netns visit;
	int err = dp_netns_enter(&visit, netns, why);
	size_t i;

	if (err != 0)
		return err;
	for (i = 0; i < RTE_DIM(netns_sysctls) && err == 0; i++)
		err = sysctl_write(netns_sysctls[i].path, netns_sysctls[i].value);
	dp_netns_leave(&visit);
	if (err != 0)
		why_set(why, "namespace %s: cannot write %s: %s", netns, netns_sysctls[i - 1].path,
			strerror(-err));
	return err;
}
