#ifndef CONTROL_MIRROR_CTL_ADDR_H
#define CONTROL_MIRROR_CTL_ADDR_H

/**
 * @file
 * An address of either family, as netlink carries it. Pure: any thread.
 */

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>

#define CTL_ADDR_BYTES 16 /**< room for an IPv6 address */

/** An IPv4 or IPv6 address, or none. Bytes that the family does not use are zero. */
struct ctl_addr {
	uint8_t family;		       /**< AF_INET, AF_INET6, or AF_UNSPEC: no address */
	uint8_t bytes[CTL_ADDR_BYTES]; /**< network byte order */
};

/** Bytes of an address of a family, 0 when it is neither IPv4 nor IPv6. */
static inline size_t ctl_addr_len(uint8_t family)
{
	if (family == AF_INET)
		return 4;
	return family == AF_INET6 ? 16 : 0;
}

/** The IPv4 address whose value in host byte order is value. */
static inline struct ctl_addr ctl_addr_from_ipv4(uint32_t value)
{
	struct ctl_addr addr = { .family = AF_INET };
	uint32_t wire = htonl(value);

	memcpy(addr.bytes, &wire, sizeof(wire));
	return addr;
}

/** Value of an IPv4 address in host byte order. */
static inline uint32_t ctl_addr_ipv4(const struct ctl_addr *addr)
{
	uint32_t wire;

	memcpy(&wire, addr->bytes, sizeof(wire));
	return ntohl(wire);
}

/** Bits of an address of a family: the depth of the prefix of a single one. */
static inline uint8_t ctl_addr_bits(uint8_t family)
{
	return (uint8_t)(ctl_addr_len(family) * 8);
}

/** True for IPv6 addresses that mean something on one link only (fe80::/10). */
static inline bool ctl_addr_is_link_local(const struct ctl_addr *addr)
{
	return addr->family == AF_INET6 && addr->bytes[0] == 0xfe &&
	       (addr->bytes[1] & 0xc0) == 0x80;
}

static inline bool ctl_addr_is_multicast(const struct ctl_addr *addr)
{
	if (addr->family == AF_INET6)
		return addr->bytes[0] == 0xff;
	return (addr->bytes[0] & 0xf0) == 0xe0;
}

/** True when an address has a bit behind the first depth ones. */
static inline bool ctl_addr_has_host_bits(const struct ctl_addr *addr, uint8_t depth)
{
	for (size_t i = depth / 8; i < ctl_addr_len(addr->family); i++) {
		if (addr->bytes[i] & (i == depth / 8 ? 0xff >> depth % 8 : 0xff))
			return true;
	}
	return false;
}

/** The last address of a prefix. */
static inline struct ctl_addr ctl_addr_last(const struct ctl_addr *prefix, uint8_t depth)
{
	struct ctl_addr last = *prefix;

	for (size_t i = depth / 8; i < ctl_addr_len(prefix->family); i++)
		last.bytes[i] |= (uint8_t)(i == depth / 8 ? 0xff >> depth % 8 : 0xff);
	return last;
}

static inline bool ctl_addr_equal(const struct ctl_addr *a, const struct ctl_addr *b)
{
	return a->family == b->family && memcmp(a->bytes, b->bytes, sizeof(a->bytes)) == 0;
}

#endif
