#ifndef DATAPLANE_STEER_H
#define DATAPLANE_STEER_H

/**
 * @file
 * Steering of control traffic by the device: BFD, OSPF, BGP, ARP and neighbour discovery come by a
 * receive queue of their own (rte_flow), so that a tenant's overload neither stands before them nor
 * has to be searched for them. A device steers all of them or is not asked to steer any: what it left
 * among the rest would be lost there.
 *
 * Control thread.
 */

#include <stdbool.h>
#include <stdint.h>

/** Receive queues of a device that steers, and which of them control traffic comes by. */
#define STEER_QUEUES 2U
#define STEER_QUEUE 1U
/** Packets that wait there at most. */
#define STEER_QUEUE_DESC 128U

/**
 * Asks the driver whether it would take every rule. Changes nothing.
 *
 * @param eth_id of a device that is configured; its first queue stands for any
 */
bool steer_is_offered(uint16_t eth_id);

/**
 * Puts all rules in force.
 *
 * @param eth_id of a device that is started and has STEER_QUEUES
 * @return 0, or what the driver says; then no rule is left
 */
int steer_start(uint16_t eth_id);

#endif
