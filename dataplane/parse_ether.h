#ifndef DATAPLANE_PARSE_ETHER_H
#define DATAPLANE_PARSE_ETHER_H

/**
 * @file
 * What Ethernet puts around an IP packet and a router takes off. Private to stage_parse.c, stage_headers.c and parse_ipv6.h. Worker.
 */

#include "dataplane/pkt_family.h"

/** Bytes of the shortest frame, without FCS. */
#define PARSE_ETHER_MIN_BYTES 60U

/**
 * Whether a frame ends with the IP packet, or is as long as every frame has to be: then padding may
 * follow (RFC 894), and will have to again.
 *
 * @param packet_end bytes of the frame up to the end of the packet; not more than data_len
 */
static inline bool parse_ether_is_whole(uint32_t packet_end, uint32_t data_len)
{
	return (packet_end == data_len) | (data_len == PARSE_ETHER_MIN_BYTES);
}

/**
 * Takes off tags that give a priority and no VLAN (IEEE 802.1Q 6.8): the frame is one of the port's
 * own network. Tags of VLANs stay, and make the frame one of an unknown type.
 */
void parse_ether_untag(struct rte_mbuf *pkt);

/** Takes off what follows a valid IP packet: it is not part of it (RFC 894). @return whether */
bool parse_ether_trim(struct rte_mbuf *pkt);

#endif
