#include "bench/perf/sock.h"

#include "bench/perf/clock.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define CONTROL_BYTES 128
#define BUFFER_BYTES (8 << 20)
#define WALL_OFFSET_MAX_AGE_NS 1000000000ULL

struct perf_sock_lane {
	struct mmsghdr messages[PERF_PORT_BURST];
	struct iovec parts[PERF_PORT_BURST];
	struct sockaddr_in peers[PERF_PORT_BURST];
	uint8_t control[PERF_PORT_BURST][CONTROL_BYTES] __attribute__((aligned(16)));
	uint32_t max_bytes;
	uint8_t *data; /* PERF_PORT_BURST buffers of max_bytes */
};

static struct perf_sock_lane *create_lane(uint32_t max_bytes)
{
	struct perf_sock_lane *lane = calloc(1, sizeof(*lane));
	uint32_t i;

	if (!lane)
		return NULL;
	lane->max_bytes = max_bytes;
	lane->data = calloc(PERF_PORT_BURST, max_bytes);
	if (!lane->data) {
		free(lane);
		return NULL;
	}
	for (i = 0; i < PERF_PORT_BURST; i++) {
		lane->parts[i].iov_base = lane->data + (size_t)i * max_bytes;
		lane->messages[i].msg_hdr.msg_iov = &lane->parts[i];
		lane->messages[i].msg_hdr.msg_iovlen = 1;
	}
	return lane;
}

static void destroy_lane(struct perf_sock_lane *lane)
{
	if (lane)
		free(lane->data);
	free(lane);
}

static int parse_options(struct perf_sock *sock, const char *options, struct perf_error *error)
{
	while (*options == ',') {
		size_t length = strcspn(options + 1, ",");

		if (length == 6 && strncmp(options + 1, "single", 6) == 0)
			sock->single = true;
		else if (length == 6 && strncmp(options + 1, "stamps", 6) == 0)
			sock->stamps = true;
		else
			return perf_error_set(error, -EINVAL,
					      "socket option '%.*s': expected single or stamps",
					      (int)length, options + 1);
		options += 1 + length;
	}
	if (*options)
		return perf_error_set(error, -EINVAL, "'%s' behind a port: expected ,OPTION",
				      options);
	return 0;
}

static int set_option(int fd, int option, int value)
{
	return setsockopt(fd, SOL_SOCKET, option, &value, sizeof(value));
}

int perf_sock_init(struct perf_sock *sock, const char *options, uint32_t max_bytes,
		   struct perf_error *error)
{
	int err = parse_options(sock, options, error);
	int flags;

	if (err)
		return err;
	/* The FORCE variants pass the system's limit; without the capability it stays in force. */
	if (set_option(sock->fd, SO_RCVBUFFORCE, BUFFER_BYTES) != 0)
		(void)set_option(sock->fd, SO_RCVBUF, BUFFER_BYTES);
	if (set_option(sock->fd, SO_SNDBUFFORCE, BUFFER_BYTES) != 0)
		(void)set_option(sock->fd, SO_SNDBUF, BUFFER_BYTES);
	flags = fcntl(sock->fd, F_GETFL);
	if (flags < 0 || fcntl(sock->fd, F_SETFL, flags | O_NONBLOCK) != 0 ||
	    set_option(sock->fd, SO_RXQ_OVFL, 1) != 0 ||
	    (sock->stamps && set_option(sock->fd, SO_TIMESTAMPNS, 1) != 0))
		return perf_error_set(error, -errno, "cannot prepare the socket: %s",
				      strerror(errno));
	sock->tx = create_lane(max_bytes);
	sock->rx = create_lane(max_bytes);
	if (!sock->tx || !sock->rx)
		return perf_error_set(error, -ENOMEM, "out of memory for socket buffers");
	return 0;
}

void perf_sock_destroy(struct perf_port *port)
{
	struct perf_sock *sock = port->priv;

	destroy_lane(sock->tx);
	destroy_lane(sock->rx);
	if (sock->fd >= 0)
		(void)close(sock->fd);
	free(sock);
}

void perf_sock_keep(struct perf_port *port, struct perf_slot *slots, uint32_t count)
{
	(void)port;
	(void)slots;
	(void)count;
}

uint32_t perf_sock_tx_reserve(struct perf_port *port, struct perf_slot *slots, uint32_t count)
{
	const struct perf_sock *sock = port->priv;
	uint32_t i;

	count = count < PERF_PORT_BURST ? count : PERF_PORT_BURST;
	for (i = 0; i < count; i++)
		slots[i].data = sock->tx->parts[i].iov_base;
	return count;
}

static void fill_message(struct perf_sock *sock, const struct perf_slot *slot, uint32_t i)
{
	struct msghdr *header = &sock->tx->messages[i].msg_hdr;

	sock->tx->parts[i].iov_base = slot->data;
	sock->tx->parts[i].iov_len = slot->bytes;
	if (!sock->addressed)
		return;
	sock->tx->peers[i] = (struct sockaddr_in){
		.sin_family = AF_INET,
		.sin_port = htons(slot->peer_port),
		.sin_addr.s_addr = htonl(slot->peer_address),
	};
	header->msg_name = &sock->tx->peers[i];
	header->msg_namelen = sizeof(sock->tx->peers[i]);
}

static bool not_now(int code)
{
	return code == EAGAIN || code == ENOBUFS || code == EINTR;
}

uint32_t perf_sock_tx_send(struct perf_port *port, struct perf_slot *slots, uint32_t count)
{
	struct perf_sock *sock = port->priv;
	struct perf_sock_lane *lane = sock->tx;
	uint8_t *first = lane->data;
	uint32_t i, sent = 0;

	for (i = 0; i < count; i++)
		fill_message(sock, &slots[i], i);
	if (sock->single) {
		while (sent < count &&
		       sendmsg(sock->fd, &lane->messages[sent].msg_hdr, MSG_DONTWAIT) >= 0)
			sent++;
	} else {
		int done = sendmmsg(sock->fd, lane->messages, count, MSG_DONTWAIT);

		sent = done > 0 ? (uint32_t)done : 0;
	}
	if (sent == 0 && count > 0 && !not_now(errno))
		sock->errors++;
	for (i = 0; i < count; i++)
		lane->parts[i].iov_base = first + (size_t)i * lane->max_bytes;
	return sent;
}

static int64_t wall_offset_ns(struct perf_sock *sock)
{
	uint64_t now = perf_clock_now_ns();

	if (now - sock->wall_offset_age_ns > WALL_OFFSET_MAX_AGE_NS) {
		sock->wall_offset_ns = perf_clock_wall_offset_ns();
		sock->wall_offset_age_ns = now;
	}
	return sock->wall_offset_ns;
}

static void read_control(struct perf_sock *sock, struct msghdr *header, struct perf_slot *slot)
{
	struct cmsghdr *item;

	for (item = CMSG_FIRSTHDR(header); item; item = CMSG_NXTHDR(header, item)) {
		if (item->cmsg_level != SOL_SOCKET)
			continue;
		if (item->cmsg_type == SCM_TIMESTAMPNS) {
			struct timespec wall;
			int64_t wall_ns;

			memcpy(&wall, CMSG_DATA(item), sizeof(wall));
			wall_ns = (int64_t)wall.tv_sec * 1000000000 + wall.tv_nsec;
			slot->kernel_ns = (uint64_t)(wall_ns - wall_offset_ns(sock));
		} else if (item->cmsg_type == SO_RXQ_OVFL) {
			uint32_t dropped;

			memcpy(&dropped, CMSG_DATA(item), sizeof(dropped));
			sock->overflow += (uint32_t)(dropped - (uint32_t)sock->overflow);
		}
	}
}

static void arm(struct perf_sock *sock, uint32_t i)
{
	struct perf_sock_lane *lane = sock->rx;
	struct msghdr *header = &lane->messages[i].msg_hdr;

	lane->parts[i].iov_len = lane->max_bytes;
	header->msg_control = lane->control[i];
	header->msg_controllen = CONTROL_BYTES;
	if (sock->addressed) {
		header->msg_name = &lane->peers[i];
		header->msg_namelen = sizeof(lane->peers[i]);
	}
}

static uint32_t receive(struct perf_sock *sock, uint32_t count)
{
	struct perf_sock_lane *lane = sock->rx;
	uint32_t got = 0;
	int done;

	if (!sock->single) {
		done = recvmmsg(sock->fd, lane->messages, count, MSG_DONTWAIT, NULL);
		got = done > 0 ? (uint32_t)done : 0;
	} else {
		for (; got < count; got++) {
			ssize_t bytes = recvmsg(sock->fd, &lane->messages[got].msg_hdr,
						MSG_DONTWAIT);

			if (bytes < 0)
				break;
			lane->messages[got].msg_len = (unsigned int)bytes;
		}
	}
	if (got == 0 && !not_now(errno))
		sock->errors++;
	return got;
}

uint32_t perf_sock_rx_poll(struct perf_port *port, struct perf_slot *slots, uint32_t count)
{
	struct perf_sock *sock = port->priv;
	struct perf_sock_lane *lane = sock->rx;
	uint32_t i, got;

	count = count < PERF_PORT_BURST ? count : PERF_PORT_BURST;
	for (i = 0; i < count; i++)
		arm(sock, i);
	got = receive(sock, count);
	for (i = 0; i < got; i++) {
		slots[i] = (struct perf_slot){
			.data = lane->parts[i].iov_base,
			.bytes = lane->messages[i].msg_len,
			.peer_address = ntohl(lane->peers[i].sin_addr.s_addr),
			.peer_port = ntohs(lane->peers[i].sin_port),
		};
		read_control(sock, &lane->messages[i].msg_hdr, &slots[i]);
	}
	return got;
}
