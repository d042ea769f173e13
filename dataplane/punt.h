#ifndef DATAPLANE_PUNT_H
#define DATAPLANE_PUNT_H

/**
 * @file
 * The worker's end of the punt path: classes with their own packet rates (RFC 6192) in front of
 * the rings to the host-path thread.
 */

#include "dataplane/router.h"

#include <stdbool.h>

#include <rte_mbuf.h>

struct dp_routing;

/** Prepares the punt classes of a router and its ports. Control thread, before the worker knows it. */
int punt_init(struct dp_router *router, uint64_t now_tsc);

/** Fills the buckets of a port. Whoever owns the port. */
void punt_port_reset(const struct dp_router *router, struct port *port, uint64_t now_tsc);

/** Keeps the buckets of a port fresh, see policer_bucket_refresh(). Worker. */
void punt_port_refresh(const struct dp_router *router, struct port *port, uint64_t now_tsc);

/** Hands a packet to the kernel through the twin of the port it came in by, or drops it. Worker. */
void punt_pkt(struct dp_router *router, struct port *port, struct rte_mbuf *pkt,
	      enum dp_punt punt_class, uint64_t now_tsc);

/**
 * The class proper of a packet that parsing or routing has put into one: tells known neighbours and
 * strangers apart, by the routes. The packet knows the port it came in by (pkt_port()). Worker.
 */
enum dp_punt punt_refine(const struct dp_routing *routing, const struct rte_mbuf *pkt,
			 enum dp_punt punt_class);

/**
 * Whether a frame beyond an SLA is passed all the same: what routing protocols sent, and ARP and
 * neighbour discovery, each within a packet rate of its own. Reads what punt_is_control() reads.
 * Worker.
 */
bool punt_rescue(struct port *port, const struct rte_mbuf *pkt, uint64_t now_tsc);

/** Whether punt_rescue() can pass anything at all; else no packet needs a look. Worker. */
static inline bool punt_can_rescue(const struct port *port, uint64_t now_tsc)
{
	const struct policer_profile *rescue = &port->rescue;
	uint64_t now_stamp = now_tsc << rescue->frac_bits;
	uint64_t cost = rescue->packet_cost;

	return (int64_t)(policer_bucket_room(rescue, &port->rescue_bucket, now_stamp) - cost) >=
		       0 ||
	       (int64_t)(policer_bucket_room(rescue, &port->rescue_neigh_bucket, now_stamp) -
			 cost) >= 0;
}

/** Class of a valid IPv4 packet for the router itself or for link-local multicast. Worker. */
enum dp_punt punt_classify_ipv4(const struct rte_mbuf *pkt);

/** Class of a valid IPv6 packet for the router itself, or for link-local multicast. Worker. */
enum dp_punt punt_classify_ipv6(const struct rte_mbuf *pkt);

/** The same of either family. Worker. */
enum dp_punt punt_classify(const struct rte_mbuf *pkt);

/** Whether an IP packet is addressed to the router itself. Worker. */
bool punt_is_local(const struct dp_routing *routing, const struct rte_mbuf *pkt);

/**
 * True when a frame is ARP, neighbour discovery, OSPF, BFD or BGP; looks only at bytes that are there. Worker.
 *
 * For packets that nobody has parsed yet.
 */
bool punt_is_control(const struct rte_mbuf *pkt);

/** IP protocol of OSPF for IPv4 and IPv6 (RFC 2328 A.1, RFC 5340 A.1). */
#define PUNT_PROTO_OSPF 89

/** Destination or source port of BGP; destination ports of BFD (RFC 5881, RFC 5883). */
#define PUNT_PORT_BGP 179
#define PUNT_PORT_BFD_CONTROL 3784
#define PUNT_PORT_BFD_ECHO 3785
#define PUNT_PORT_BFD_MULTIHOP 4784

#endif
