#ifndef DATAPLANE_PARSE_ETHER_H
#define DATAPLANE_PARSE_ETHER_H

/**
 * @file
 * What Ethernet puts around an IP packet and a router takes off. Private to stage_parse.c, stage_headers.c and parse_ipv6.h. Worker.
 */

#include "dataplane/pkt_family.h"

/** Bytes of the shortest frame, without FCS; a shorter packet is padded to it (RFC 894). */
#define PARSE_ETHER_MIN_BYTES 60U

/**
 * Bytes of the frame that an IP packet fills; the packet's header has been read.
 *
 * @param ip_bytes total length of the packet
 */
static inline uint32_t parse_ether_bytes(uint32_t ip_bytes)
{
	uint32_t frame_bytes = ip_bytes + RTE_ETHER_HDR_LEN;

	return RTE_MAX(frame_bytes, PARSE_ETHER_MIN_BYTES);
}

/**
 * Takes off tags that give a priority and no VLAN (IEEE 802.1Q 6.8): the frame is one of the port's
 * own network. Tags of VLANs stay, and make the frame one of an unknown type.
 */
void parse_ether_untag(struct rte_mbuf *pkt);

/** Takes off what follows a valid IP packet: it is not part of it (RFC 894). @return whether */
bool parse_ether_trim(struct rte_mbuf *pkt);

#endif
