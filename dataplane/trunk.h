#ifndef DATAPLANE_TRUNK_H
#define DATAPLANE_TRUNK_H

/**
 * @file
 * A device that several ports of one router share, each with a VLAN of its own (IEEE 802.1Q), tagged
 * and untagged in software. The first of these ports polls the device and hands to the others what is
 * theirs, without tag, through a ring that they poll in place of a device; each sends to the device
 * itself. So a tag is neither policed nor shaped nor seen by any other stage, and ports without VLAN
 * run none of this. One worker serves all ports of a router, so that nothing here is shared.
 */

#include "dataplane/dp_config.h"

#include <stdint.h>

#include <rte_mbuf.h>

struct port;
struct stage_burst;

/** Bytes of a tag. */
#define TRUNK_TAG_BYTES 4U

/** Why a frame is nobody's. */
#define TRUNK_NOBODY UINT8_MAX

/** A shared device. Owned by the port that polls it. */
struct trunk {
	/* Writer: control, while the worker sends and receives nothing here. Reader: worker. */
	uint16_t eth_id;    /**< the device */
	unsigned n_members; /**< ports, with the owner */
	struct port *members[DP_ROUTER_PORTS_MAX];
	struct rte_ring *rings[DP_ROUTER_PORTS_MAX]; /**< of each member; NULL of the owner */
	uint8_t member_of[DP_VLAN_MAX + 2];	     /**< by VLAN; TRUNK_NOBODY */
};

/**
 * Makes a port without a trunk the owner of one over its device. Control thread.
 *
 * @return 0 or -ENOMEM
 */
int trunk_create(struct port *owner, uint16_t vlan);

/**
 * Adds a port, which from then on polls a ring. Control thread; no worker may know the router.
 *
 * @param pool of the router
 * @return 0 or -errno; then the port is no member
 */
int trunk_join(struct trunk *trunk, struct port *port, uint16_t vlan, struct rte_mempool *pool);

/** Takes a port out; frees the trunk with its owner, which leaves last. Control thread. */
void trunk_leave(struct port *port);

/**
 * Takes from a burst of the owner what is for others, and the tags from all that is for a port.
 * What is for nobody stays behind the rest.
 *
 * @param n_mine result: packets at the front of pkts that are the owner's
 * @return packets left in pkts
 */
unsigned trunk_receive(struct trunk *trunk, struct rte_mbuf **pkts, unsigned n, unsigned *n_mine);

/** Sends with the port's tag. @return packets that the device took; the others are without tag */
unsigned trunk_transmit(const struct port *port, struct rte_mbuf **pkts, unsigned n);

#endif
