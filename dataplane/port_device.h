#ifndef DATAPLANE_PORT_DEVICE_H
#define DATAPLANE_PORT_DEVICE_H

/**
 * @file
 * The device of a port over its life: started, reset by its PF, taken away, given back.
 *
 * The worker never asks whether there is a device: while there is none, port.eth_id names one that
 * receives nothing. Control first makes the worker stop sending (tx_up), waits until it has seen
 * that, gives it the empty device, waits again, and only then touches the real one. Control thread.
 */

#include "dataplane/port.h"

/**
 * Opens and starts the device of a port, or lets it join the port before it that has the same one.
 *
 * @return 0, or -errno with a sentence in why
 */
int port_device_open(struct port *port, const struct dp_router_config *router,
		     struct rte_mempool *pool, struct dp_why *why);

/** Stops and closes what port_device_open() opened, if it is not gone. No worker may know the port. */
void port_device_close(struct port *port);

/** Handles what the device told. */
void port_device_poll(struct port *port, const struct dp_router *router);

/** The device lost its link. */
void port_device_link_lost(struct port *port);

/**
 * The device has a link again. A VF is started anew: a PF that was down or reset has forgotten its
 * queues, and few PFs tell.
 *
 * @return false when it does not start; it is tried again as a lost device is
 */
bool port_device_link_returns(struct port *port, const struct dp_router *router);

/** Opens and starts again the device of a port that has lost it, if it is back. */
void port_device_retry(struct port *port, const struct dp_router *router);

/**
 * Packets that this device and those before it missed or received broken; of a shared device, for
 * the port that polls it: nobody knows whose they were.
 */
void port_device_stats_get(struct port *port, uint64_t *missed_pkts, uint64_t *error_pkts);

#endif
