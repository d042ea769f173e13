#ifndef DATAPLANE_POOL_H
#define DATAPLANE_POOL_H

/**
 * @file
 * Packet pool of a router. Each router has one of its own, so that no tenant can exhaust the
 * buffers of another. Control thread, except what DPDK does inside rx and tx.
 */

#include <stdint.h>

#include <rte_mempool.h>

/** Descriptors of one receive or transmit queue, packets. */
#define POOL_QUEUE_DESC 512U
/** Packets that one shaped port may hold where no class asks for a quota of its own. */
#define POOL_SHAPER_PKTS 8192U

/**
 * Packets a router needs so that receiving never starves.
 *
 * @param kept_pkts what the queues of all its shaped ports may hold together, and devices
 */
uint32_t pool_size_pkts(unsigned n_ports, uint32_t kept_pkts);

/** Memory of such a pool, bytes. */
uint64_t pool_bytes(uint32_t size_pkts, uint16_t mtu);

/** @return the pool, or NULL without memory */
struct rte_mempool *pool_create(const char *router, uint32_t size_pkts, uint16_t mtu);

/**
 * Frees a pool as soon as its last packet is back. A packet can outlive its router: in the ring
 * of a link, or in the transmit queue of the router at the other end.
 */
void pool_retire(struct rte_mempool *pool);

/** Frees the retired pools that are complete again. */
void pool_reclaim(void);

#endif
