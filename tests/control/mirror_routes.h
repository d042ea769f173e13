#ifndef TESTS_CONTROL_MIRROR_ROUTES_H
#define TESTS_CONTROL_MIRROR_ROUTES_H

/*
 * Many routes of the kernel, numbered: 30.x.y.z/32 or fd30::x:y/128. They are written by netlink
 * itself, some hundred with each system call, because ip(8) takes ten times as long as the kernel.
 */

#include "mirror_world.h"

#include <arpa/inet.h>
#include <errno.h>
#include <sys/socket.h>

#include <linux/rtnetlink.h>

#define ROUTES_PER_SEND 256U
#define ROUTE_BYTES_MAX (NLMSG_HDRLEN + sizeof(struct rtmsg) + 2 * RTA_LENGTH(16))

struct routes_writer {
	int fd;
	int family;
	uint16_t type; /* RTM_NEWROUTE or RTM_DELROUTE */
	uint8_t gateway[16];
	size_t len; /* bytes in buf */
	_Alignas(NLMSG_ALIGNTO) char buf[ROUTES_PER_SEND * ROUTE_BYTES_MAX];
};

static inline void routes_put(struct routes_writer *writer, const void *data, size_t len)
{
	assert_true(writer->len + len <= sizeof(writer->buf));
	memcpy(writer->buf + writer->len, data, len);
	writer->len += len;
}

static inline void routes_put_addr(struct routes_writer *writer, uint16_t attr_type,
				   const uint8_t addr[16])
{
	size_t len = writer->family == AF_INET ? 4 : 16;
	const struct rtattr attr = { .rta_len = (uint16_t)RTA_LENGTH(len), .rta_type = attr_type };

	routes_put(writer, &attr, sizeof(attr));
	routes_put(writer, addr, len);
}

/* Route number i, as ip(8) would write it. */
static inline void routes_put_route(struct routes_writer *writer, unsigned i)
{
	const size_t addr_len = writer->family == AF_INET ? 4 : 16;
	const bool removed = writer->type == RTM_DELROUTE;
	const struct nlmsghdr head = {
		.nlmsg_len = (uint32_t)(NLMSG_LENGTH(sizeof(struct rtmsg)) +
					2 * RTA_LENGTH(addr_len)),
		.nlmsg_type = writer->type,
		.nlmsg_flags = NLM_F_REQUEST | (removed ? 0 : NLM_F_CREATE | NLM_F_EXCL),
	};
	const struct rtmsg route = {
		.rtm_family = (uint8_t)writer->family,
		.rtm_dst_len = (uint8_t)(8 * addr_len),
		.rtm_table = RT_TABLE_MAIN,
		.rtm_protocol = removed ? RTPROT_UNSPEC : RTPROT_BOOT,
		.rtm_scope = removed ? RT_SCOPE_NOWHERE : RT_SCOPE_UNIVERSE,
		.rtm_type = removed ? RTN_UNSPEC : RTN_UNICAST,
	};
	uint8_t addr[16] = { 30 };

	if (writer->family == AF_INET6) {
		addr[0] = 0xfd;
		addr[1] = 0x30;
	}
	for (unsigned byte = 1; byte <= 3; byte++, i >>= 8)
		addr[addr_len - byte] = (uint8_t)i;
	routes_put(writer, &head, sizeof(head));
	routes_put(writer, &route, sizeof(route));
	routes_put_addr(writer, RTA_DST, addr);
	routes_put_addr(writer, RTA_GATEWAY, writer->gateway);
}

/* The kernel answers what it refuses, before send() returns, and nothing else. */
static inline void routes_send(struct routes_writer *writer)
{
	char answer[4096];

	assert_int_equal(send(writer->fd, writer->buf, writer->len, 0), writer->len);
	assert_int_equal(recv(writer->fd, answer, sizeof(answer), MSG_DONTWAIT), -1);
	assert_int_equal(errno, EAGAIN);
	writer->len = 0;
}

/* Routes numbered first to last come or go; type: RTM_NEWROUTE or RTM_DELROUTE. */
static inline void world_routes_write(const struct world *world, int family, uint16_t type,
				      unsigned first, unsigned last, const char *gateway)
{
	static struct routes_writer writer;
	struct dp_netns visit;
	struct dp_why why;

	assert_int_equal(dp_netns_enter(&visit, world->netns, &why), 0);
	writer = (struct routes_writer){ .family = family, .type = type };
	writer.fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
	dp_netns_leave(&visit);
	assert_true(writer.fd >= 0);
	assert_int_equal(inet_pton(family, gateway, writer.gateway), 1);
	for (unsigned i = first; i <= last; i++) {
		routes_put_route(&writer, i);
		if (i == last || (i - first) % ROUTES_PER_SEND == ROUTES_PER_SEND - 1)
			routes_send(&writer);
	}
	close(writer.fd);
}

#endif
