#ifndef DATAPLANE_STAGE_HEADERS_H
#define DATAPLANE_STAGE_HEADERS_H

/**
 * @file
 * What the stages need of the IPv4 headers of a burst, read from the packets once and laid out by
 * field, and whether all of them are plain. Worker only.
 */

#include "dataplane/dp_route.h"

#include <stdalign.h>
#include <stdbool.h>
#include <stdint.h>

#include <rte_mbuf.h>

/** Most packets of one struct stage_headers. */
#define STAGE_HEADERS_PKTS 32U
/** mtu_bytes of a packet whose TTL ends here: it fits no MTU. */
#define STAGE_HEADERS_TTL_ENDS UINT32_MAX

/** Fields of the packets of a burst. */
struct stage_headers {
	alignas(32) uint32_t dst[STAGE_HEADERS_PKTS];	    /**< destination, host byte order */
	alignas(32) uint32_t mtu_bytes[STAGE_HEADERS_PKTS]; /**< total length, or TTL_ENDS */
	uint32_t n;					    /**< packets that they were read from */
	uint32_t mtu_bytes_max;				    /**< largest of mtu_bytes */
	/**
	 * Every packet is plain: unicast IPv4 without options to the port's own MAC address, lengths
	 * and checksum right, addresses that a unicast packet may have (RFC 1812 5.2.2, 5.3.7).
	 */
	bool plain;
	bool may_be_own; /**< a source may be one of the router's own addresses */
};

/**
 * Reads a burst. Buffers are longer than all headers, so a short frame does no harm.
 *
 * @param pkts has STAGE_HEADERS_PKTS places; those from n to the next multiple of 8 are written
 * @param n at most STAGE_HEADERS_PKTS
 * @param port_mac six bytes as they lie in a frame, the other two 0
 * @param own the router's own addresses
 */
void stage_headers_load(struct stage_headers *headers, struct rte_mbuf **pkts, uint32_t n,
			uint64_t port_mac, const struct dp_own_filter *own);

#endif
