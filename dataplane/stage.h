#ifndef DATAPLANE_STAGE_H
#define DATAPLANE_STAGE_H

/**
 * @file
 * The stages of the packet walk. Each takes a burst, leaves the survivors in it, in order, and
 * disposes of the others itself: drop (counted by reason) or punt. Worker only.
 */

#include "dataplane/port.h"
#include "dataplane/router.h"
#include "dataplane/stage_headers.h"
#include "dataplane/stage_lengths.h"

struct dp_nh;

/** Packets of one port on their way through the stages. */
struct stage_burst {
	struct dp_router *router;
	struct port *port; /**< where they came in */
	uint16_t queue;	   /**< of that port's device: STEER_QUEUE, or the first */
	uint64_t now_tsc;  /**< time of the receive call */
	uint32_t wait_tsc; /**< how long its packets may have waited for it; see sojourn.h */
	unsigned n;	   /**< packets left */
	struct rte_mbuf *pkts[PORT_RX_BURST];
	const struct dp_nh *nh[PORT_RX_BURST]; /**< from route on */
	bool has_ipv6;	    /**< from parse on: not all of the packets are IPv4 */
	bool one_port;	    /**< from route on: all leave through the port of nh[0] */
	bool one_nh;	    /**< from route on: they do, by nh[0] */
	unsigned n_rescued; /**< packets that took no tokens of the port's early policer */
	uint8_t class_index[PORT_RX_BURST]; /**< from class on, where the router has classes */
	bool one_class;			    /**< from class on: all are of class_index[0] */
	struct stage_lengths lengths;	    /**< while lengths.n == n; see stage_burst_lengths() */
	/** From parse on, while headers.n == n, of bursts without IPv6. */
	struct stage_headers headers;
};

/** Puts what is known from route on of packet from, which stays, at place to, not behind it. */
static inline void stage_burst_keep(struct stage_burst *burst, unsigned from, unsigned to)
{
	burst->pkts[to] = burst->pkts[from];
	burst->nh[to] = burst->nh[from];
	burst->class_index[to] = burst->class_index[from];
}

/** The lengths of the packets left. */
static inline const struct stage_lengths *stage_burst_lengths(struct stage_burst *burst)
{
	/* a stage before this one may have dropped packets */
	if (unlikely(burst->lengths.n != burst->n))
		stage_lengths_load(&burst->lengths, burst->pkts, burst->n);
	return &burst->lengths;
}

/**
 * Receives and counts.
 *
 * @param turn_tsc the TSC at some time after the last receive call and before this one
 * @return packets received
 */
unsigned stage_rx(struct stage_burst *burst, uint64_t turn_tsc);

/**
 * Polices by length alone. What routing protocols sent is rescued through a bucket of its own; it is
 * not looked for where the device has taken it out.
 */
void stage_police(struct stage_burst *burst);

/** Checks Ethernet and IP headers; punts what is not plain unicast IP. */
void stage_parse(struct stage_burst *burst);

/**
 * Finds the class of every packet, polices it under the SLA of the port and remarks its DSCP. In
 * routers with a class table only; does what stage_police() would do late.
 */
void stage_class(struct stage_burst *burst);

/** Looks up the nexthops; punts what the kernel must answer, drops what has nowhere to go. */
void stage_route(struct stage_burst *burst);

/**
 * Drops what comes from where the route back to it does not lead; punts what only the kernel can
 * judge. Of IPv4 only: Linux has such a filter for no other family.
 *
 * Where there are rules the way back is found by them, and what it says of the router's own
 * addresses counts in place of the addresses themselves: then it has to be called with every rpf.
 */
void stage_rpf(struct stage_burst *burst, enum dp_rpf rpf);

/** Writes the new Ethernet header, counts the hop and hands each packet to its output port. */
void stage_rewrite(struct stage_burst *burst);

/**
 * Offers what an output port collected to its shaper. Every packet carries its receive time.
 *
 * @param came_tsc none of the packets, and nothing that they waited behind, came before
 */
void stage_shape(struct dp_router *router, struct port *port, uint64_t now_tsc, uint64_t came_tsc);

/**
 * Lets a whole burst of one queue through to a port's device, if all of it may leave now. Spares
 * the packets the offer one by one, and the stamps that go with it.
 *
 * @return false when they are to be offered; nothing has happened to them
 */
bool stage_shape_pass(struct port *port, struct stage_burst *burst, uint8_t queue);

/**
 * Charges the shaper, as of now, for what it handed out and what has yet to leave: what the device
 * refused in the last turn, and what this turn offered before the worker lost its core. Tokens have
 * come back since, and would let a second burst leave with the first. Before the shaper hands out
 * more.
 */
static inline void stage_shape_waiting(struct port *port, uint64_t now_tsc)
{
	const struct tx_queue *tx = &port->tx;

	/* all of tx: what this turn has added since leaves behind it */
	if (unlikely(tx->n != 0))
		shaper_depart(port->shaper, now_tsc,
			      tx->bytes + tx->n * (uint32_t)port->shape_adjust_bytes);
}

/** Whether something waits for its time: only then stage_tx() looks at now_tsc. */
static inline bool stage_tx_waits(const struct port *port)
{
	return port->shaper != NULL && (shaper_queued_pkts(port->shaper) != 0 || port->tx.waits);
}

/** Takes what is due from the shaper and sends. @return packets sent */
unsigned stage_tx(struct dp_router *router, struct port *port, uint64_t now_tsc);

/** Hands what the kernel sent to its output port, ahead of tenant data. @return packets */
unsigned stage_inject(struct dp_router *router, uint64_t now_tsc);

/** Counts and frees a packet. */
static inline void stage_drop(struct port *port, struct rte_mbuf *pkt, enum dp_drop reason)
{
	port->counters.drop_pkts[reason]++;
	rte_pktmbuf_free(pkt);
}

/** Describes a packet to the shaper. By fields: gcc builds the whole through memory, and stalls. */
static inline void stage_offer_set(struct shaper_pkt *offer, struct rte_mbuf *pkt, uint8_t queue)
{
	offer->pkt = pkt;
	offer->frame_len_bytes = (uint16_t)pkt->pkt_len;
	offer->class_index = queue;
	offer->flags = 0;
	offer->flow = 0;
}

/** Class by which the sojourn of a packet is counted. Router without class table: all of one. */
static inline uint16_t stage_class_of(const struct stage_burst *burst, unsigned i)
{
	return burst->router->classes != NULL ? burst->class_index[i] : 0;
}

/** Puts a packet into the collection of an output port. Room is the caller's business. */
static inline struct shaper_pkt *stage_collect(struct port *out, struct rte_mbuf *pkt,
					       uint8_t queue)
{
	struct shaper_pkt *offer = &out->offer[out->n_offer++];

	stage_offer_set(offer, pkt, queue);
	return offer;
}

#endif
