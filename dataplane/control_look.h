#ifndef DATAPLANE_CONTROL_LOOK_H
#define DATAPLANE_CONTROL_LOOK_H

/**
 * @file
 * Whether control traffic may be among packets beyond an SLA. Worker only.
 *
 * Nearly never is any. So the first question is whether there is some at all: 32 bytes of each frame
 * are compared with what is looked for, all of them in one vector and without a branch, and what
 * the comparisons of a burst say is put together. Only where that is yes each packet is asked by
 * itself. False positives cost time and nothing else: the answer proper is that of punt_rescue().
 *
 * All read the buffer whatever the frame's length; it is always longer than that.
 */

#include "dataplane/punt.h"

#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include <rte_byteorder.h>
#include <rte_ether.h>
#include <rte_ip.h>
#include <rte_mbuf.h>

/** Begin of the bytes that are compared, from the EtherType on to the ports of TCP and UDP. */
#define CONTROL_LOOK_OFFSET 12U

/** 16-bit words of a frame that are compared at once. */
#define CONTROL_LOOK_WORDS 16U
typedef uint16_t control_look_words __attribute__((vector_size(32)));
/** All ones where words are equal. */
typedef int16_t control_look_equal __attribute__((vector_size(32)));

/** What any packet has that control traffic has, and whether all have what tenants' IPv4 has. */
struct control_look {
	control_look_equal all, any;
};

static inline control_look_equal control_look_ipv4(void)
{
	static const int16_t lanes[CONTROL_LOOK_WORDS] = { [0] = -1, [1] = -1 };
	control_look_equal ipv4;

	memcpy(&ipv4, lanes, sizeof(ipv4));
	return ipv4;
}

/** Of no packets. */
static inline struct control_look control_look_none(void)
{
	return (struct control_look){ .all = control_look_ipv4() };
}

/**
 * Adds a packet: whether its EtherType and its version and length are those of plain IPv4, and
 * whether its protocol is OSPF, its destination port BGP, BFD or BFD over several hops, or its source
 * port BGP; in this order, by one word each.
 */
static inline void control_look_add(struct control_look *look, const struct rte_mbuf *pkt)
{
	static const uint16_t masks[CONTROL_LOOK_WORDS] = {
		[0] = 0xffff,
		[1] = RTE_BE16(0xff00), /* without TOS */
		[2] = RTE_BE16(0x00ff), /* without TTL */
		[8] = 0xffff,
		[9] = RTE_BE16(0xfffe), /* BFD's and its echo's are even and the next */
		[10] = 0xffff,
		[11] = 0xffff,
	};
	static const uint16_t values[CONTROL_LOOK_WORDS] = {
		[0] = RTE_BE16(RTE_ETHER_TYPE_IPV4),   [1] = RTE_BE16(0x4500),
		[2] = RTE_BE16(PUNT_PROTO_OSPF),       [8] = RTE_BE16(PUNT_PORT_BGP),
		[9] = RTE_BE16(PUNT_PORT_BFD_CONTROL), [10] = RTE_BE16(PUNT_PORT_BFD_MULTIHOP),
		[11] = RTE_BE16(PUNT_PORT_BGP),
	};
	control_look_words words, mask, value;
	control_look_equal equal;

	memcpy(&mask, masks, sizeof(mask));
	memcpy(&value, values, sizeof(value));
	memcpy(&words, rte_pktmbuf_mtod(pkt, const uint8_t *) + CONTROL_LOOK_OFFSET, sizeof(words));
	/* either half of the vector is filled from itself alone, which takes one instruction */
	words = __builtin_shufflevector(words, words, 0, 1, 5, 0, 0, 0, 0, 0, 12, 12, 12, 11, 11,
					11, 11, 11);
	equal = (words & mask) == value;
	look->all &= equal;
	look->any |= equal;
}

/** Whether control traffic may be among the packets; false where all are plain IPv4 of tenants. */
static inline bool control_look_found(const struct control_look *look)
{
	static const int16_t lanes[CONTROL_LOOK_WORDS] = {
		[2] = -1, [8] = -1, [9] = -1, [10] = -1, [11] = -1
	};
	control_look_equal control;
	uint64_t found[4];

	memcpy(&control, lanes, sizeof(control));
	control = (look->any & control) | (look->all ^ control_look_ipv4());
	memcpy(found, &control, sizeof(found));
	return (found[0] | found[1] | found[2] | found[3]) != 0;
}

/* Source and destination port at a place in a frame, of a protocol that has them. */
static inline bool control_look_ports(const uint8_t *at, uint8_t proto)
{
	rte_be16_t src, dst;

	memcpy(&src, at, sizeof(src));
	memcpy(&dst, at + sizeof(src), sizeof(dst));
	return ((proto != IPPROTO_TCP) & (proto != IPPROTO_UDP)) |
	       (dst == RTE_BE16(PUNT_PORT_BGP)) | (src == RTE_BE16(PUNT_PORT_BGP)) |
	       (dst == RTE_BE16(PUNT_PORT_BFD_CONTROL)) | (dst == RTE_BE16(PUNT_PORT_BFD_ECHO)) |
	       (dst == RTE_BE16(PUNT_PORT_BFD_MULTIHOP));
}

/**
 * Whether a packet may be control traffic; false for TCP and UDP between other ports, in IPv4 without
 * options and in IPv6 without extension headers.
 */
static inline bool control_look_pkt(const struct rte_mbuf *pkt)
{
	const uint8_t *frame = rte_pktmbuf_mtod(pkt, const uint8_t *);
	const uint8_t *ip = frame + RTE_ETHER_HDR_LEN;
	rte_be16_t ether_type;

	memcpy(&ether_type, frame + CONTROL_LOOK_OFFSET, sizeof(ether_type));
	if (ether_type == RTE_BE16(RTE_ETHER_TYPE_IPV6))
		return control_look_ports(ip + sizeof(struct rte_ipv6_hdr),
					  ip[offsetof(struct rte_ipv6_hdr, proto)]);
	if (ether_type != RTE_BE16(RTE_ETHER_TYPE_IPV4) || ip[0] != RTE_IPV4_VHL_DEF)
		return true;
	return control_look_ports(ip + sizeof(struct rte_ipv4_hdr),
				  ip[offsetof(struct rte_ipv4_hdr, next_proto_id)]);
}

#endif
