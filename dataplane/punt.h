#ifndef DATAPLANE_PUNT_H
#define DATAPLANE_PUNT_H

/**
 * @file
 * The worker's end of the punt path: classes with their own packet rates (RFC 6192) in front of
 * the rings to the host-path thread.
 */

#include "dataplane/router.h"

/** Prepares the punt classes of a router. Control thread, before the worker knows it. */
int punt_init(struct dp_router *router);

/** Hands a packet to the kernel through the twin of the port it came in by, or drops it. Worker. */
void punt_pkt(struct dp_router *router, struct port *port, struct rte_mbuf *pkt,
	      enum dp_punt punt_class, uint64_t now_tsc);

/** Class of a valid IPv4 packet for the router itself or for link-local multicast. Worker. */
enum dp_punt punt_classify_ipv4(const struct rte_mbuf *pkt);

/**
 * True when a frame is ARP, OSPF, BFD or BGP; looks only at bytes that are there. Worker.
 *
 * For packets that nobody has parsed yet.
 */
bool punt_is_control(const struct rte_mbuf *pkt);

#endif
