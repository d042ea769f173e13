#include "bench/perf/port.h"
#include "bench/perf/sock.h"

#include <arpa/inet.h>
#include <errno.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include <linux/if_ether.h>
#include <linux/if_packet.h>

struct packet_port {
	struct perf_sock sock; /* first, for the operations of sock.h */
	uint64_t missed;       /* PACKET_STATISTICS starts again at every reading */
};

static void get_stats(struct perf_port *port, struct perf_port_stats *stats)
{
	struct packet_port *packet = port->priv;
	struct tpacket_stats kernel;
	socklen_t bytes = sizeof(kernel);

	if (getsockopt(packet->sock.fd, SOL_PACKET, PACKET_STATISTICS, &kernel, &bytes) == 0)
		packet->missed += kernel.tp_drops;
	stats->missed_pkts = packet->missed;
	stats->error_pkts = packet->sock.errors;
}

static const struct perf_port_ops packet_ops = {
	.tx_reserve = perf_sock_tx_reserve,
	.tx_send = perf_sock_tx_send,
	.tx_drop = perf_sock_keep,
	.rx_poll = perf_sock_rx_poll,
	.rx_release = perf_sock_keep,
	.get_stats = get_stats,
	.destroy = perf_sock_destroy,
};

static int bind_socket(int fd, const char *interface, uint8_t mac[6], struct perf_error *error)
{
	struct ifreq request = { 0 };
	struct sockaddr_ll address = {
		.sll_family = AF_PACKET,
		.sll_protocol = htons(ETH_P_ALL),
		.sll_ifindex = (int)if_nametoindex(interface),
	};
	struct packet_mreq promiscuous = {
		.mr_ifindex = address.sll_ifindex,
		.mr_type = PACKET_MR_PROMISC,
	};
	int yes = 1;

	if (address.sll_ifindex == 0)
		return perf_error_set(error, -ENODEV,
				      "there is no interface %s in this namespace (see --netns)",
				      interface);
	memcpy(request.ifr_name, interface, strnlen(interface, IFNAMSIZ - 1));
	if (ioctl(fd, SIOCGIFHWADDR, &request) != 0 ||
	    setsockopt(fd, SOL_PACKET, PACKET_IGNORE_OUTGOING, &yes, sizeof(yes)) != 0 ||
	    setsockopt(fd, SOL_PACKET, PACKET_QDISC_BYPASS, &yes, sizeof(yes)) != 0 ||
	    setsockopt(fd, SOL_PACKET, PACKET_ADD_MEMBERSHIP, &promiscuous, sizeof(promiscuous)) !=
		    0 ||
	    bind(fd, (struct sockaddr *)&address, sizeof(address)) != 0)
		return perf_error_set(error, -errno, "cannot use interface %s: %s", interface,
				      strerror(errno));
	memcpy(mac, request.ifr_hwaddr.sa_data, 6);
	return 0;
}

static int open_socket(struct packet_port *packet, struct perf_error *error)
{
	/* Protocol 0 receives nothing until bind() names the interface as well. */
	packet->sock.fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);
	if (packet->sock.fd < 0)
		return perf_error_set(error, -errno,
				      "cannot open a packet socket (%s): it needs CAP_NET_RAW",
				      strerror(errno));
	return 0;
}

int perf_port_open_packet(struct perf_port *port, const char *text, const struct perf_port_env *env,
			  struct perf_error *error)
{
	size_t length = strcspn(text, ",");
	struct packet_port *packet;
	char interface[IFNAMSIZ];
	int err;

	if (length == 0 || length >= sizeof(interface))
		return perf_error_set(error, -EINVAL,
				      "'%s': expected an interface of 1 to %d letters", text,
				      IFNAMSIZ - 1);
	memcpy(interface, text, length);
	interface[length] = '\0';
	packet = calloc(1, sizeof(*packet));
	if (!packet)
		return perf_error_set(error, -ENOMEM, "port %s: out of memory", text);
	err = open_socket(packet, error);
	if (!err)
		err = perf_sock_init(&packet->sock, text + length, env->max_frame_bytes, error);
	if (!err)
		err = bind_socket(packet->sock.fd, interface, port->mac, error);
	port->priv = packet;
	port->ops = &packet_ops;
	if (err)
		perf_sock_destroy(port);
	return err;
}
