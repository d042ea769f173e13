#ifndef DATAPLANE_CALIBRATE_ROUTER_H
#define DATAPLANE_CALIBRATE_ROUTER_H

/**
 * @file
 * A router with two ports on rings, without devices, twins and worker: the caller takes its turns
 * and measures them. What comes in by one port leaves by the other. Control thread.
 */

#include "dataplane/dp_calibrate.h"
#include "dataplane/port.h"

#include <stdint.h>

struct calibrate_router;

/** @return 0, or -errno with a sentence in why */
int calibrate_router_create(struct calibrate_router **result, struct dp_why *why);

/** Puts SLAs and classes into force for packets of frame_bytes (with FCS), and forgets the old. */
int calibrate_router_set(struct calibrate_router *rig, enum dp_feature feature,
			 uint16_t frame_bytes, struct dp_why *why);

/** Puts a configuration of two ports into force, with full buckets and empty queues. */
int calibrate_router_apply(struct calibrate_router *rig, const struct dp_router_config *config,
			   struct dp_why *why);

/** The router, for turn_serve(). */
struct dp_router *calibrate_router_get(struct calibrate_router *rig);

/** Hands packets to a port as its device would, all at once. @return how many it took */
unsigned calibrate_router_put(struct calibrate_router *rig, unsigned port, unsigned n_pkts,
			      uint16_t frame_bytes);

/** Frees what a port has sent. @return packets */
unsigned calibrate_router_take(struct calibrate_router *rig, unsigned port);

/** Hands what port 1 of a router has sent to port 0 of another, as a cable does. */
void calibrate_router_pass(struct calibrate_router *from, struct calibrate_router *to);

/** Frees what waits to be received by any port. */
void calibrate_router_discard(struct calibrate_router *rig);

/** Packets of one turn. */
#define CALIBRATE_BURST_PKTS PORT_RX_BURST

/**
 * Time between two turns for which calibrate_router_set() chose its rates, TSC cycles: what is
 * shaped has as many packets to send in it as come in.
 */
uint64_t calibrate_router_interval_tsc(void);

/** Makes packets, takes one turn, frees what came out. @return cycles of the turn alone */
uint64_t calibrate_router_turn(struct calibrate_router *rig, unsigned n_pkts);

/** What the turns so far came to: packets that were received, dropped, queued and sent. */
struct calibrate_counts {
	uint64_t rx_pkts, drop_pkts, queued_pkts, tx_pkts;
};
void calibrate_router_counts(const struct calibrate_router *rig, struct calibrate_counts *counts);

void calibrate_router_destroy(struct calibrate_router *rig);

#endif
