#include "bench/perf/port.h"
#include "bench/perf/quantity.h"
#include "bench/perf/sock.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

static void get_stats(struct perf_port *port, struct perf_port_stats *stats)
{
	const struct perf_sock *sock = port->priv;

	stats->missed_pkts = sock->overflow;
	stats->error_pkts = sock->errors;
}

static const struct perf_port_ops udp_ops = {
	.tx_reserve = perf_sock_tx_reserve,
	.tx_send = perf_sock_tx_send,
	.tx_drop = perf_sock_keep,
	.rx_poll = perf_sock_rx_poll,
	.rx_release = perf_sock_keep,
	.get_stats = get_stats,
	.destroy = perf_sock_destroy,
};

/* "ADDRESS:PORT" up to a comma */
static int parse_address(const char *text, size_t length, struct sockaddr_in *address)
{
	char copy[32];
	uint32_t host;
	uint64_t port;
	char *colon;

	if (length >= sizeof(copy))
		return -EINVAL;
	memcpy(copy, text, length);
	copy[length] = '\0';
	colon = strchr(copy, ':');
	if (!colon)
		return -EINVAL;
	*colon = '\0';
	if (perf_quantity_ipv4(copy, &host) || perf_quantity_count(colon + 1, &port) ||
	    port > 65535)
		return -EINVAL;
	*address = (struct sockaddr_in){
		.sin_family = AF_INET,
		.sin_port = htons((uint16_t)port),
		.sin_addr.s_addr = htonl(host),
	};
	return 0;
}

int perf_port_open_udp(struct perf_port *port, const char *text, const struct perf_port_env *env,
		       struct perf_error *error)
{
	size_t length = strcspn(text, ",");
	struct sockaddr_in address;
	struct perf_sock *sock;
	int err = parse_address(text, length, &address);

	if (err)
		return perf_error_set(error, err, "'%s': expected udp:ADDRESS:PORT", text);
	sock = calloc(1, sizeof(*sock));
	if (!sock)
		return perf_error_set(error, -ENOMEM, "port %s: out of memory", text);
	sock->addressed = true;
	sock->fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (sock->fd < 0 || bind(sock->fd, (const struct sockaddr *)&address, sizeof(address)) != 0)
		err = perf_error_set(error, -errno, "cannot bind a UDP socket to %.*s: %s",
				     (int)length, text, strerror(errno));
	if (!err)
		err = perf_sock_init(sock, text + length, env->max_frame_bytes, error);
	port->payload_only = true;
	port->priv = sock;
	port->ops = &udp_ops;
	if (err)
		perf_sock_destroy(port);
	return err;
}
