#ifndef DATAPLANE_PKT_META_H
#define DATAPLANE_PKT_META_H

/**
 * @file
 * What sluice keeps about a packet inside its mbuf's first cache line.
 *
 * DPDK's dynamic fields lie in the second line, which the fast path never touches; the receive
 * hash (8 bytes, unused here), the packet type, the outer VLAN and the port number are in the first.
 */

#include <stdint.h>
#include <string.h>

#include <rte_mbuf.h>

/** rx_tsc of a packet that the kernel injected: it has no sojourn in the data path. */
#define PKT_RX_TSC_NONE 0ULL

_Static_assert(sizeof(((struct rte_mbuf *)0)->hash) == sizeof(uint64_t), "receive time fits hash");
_Static_assert(offsetof(struct rte_mbuf, hash) + sizeof(uint64_t) <= RTE_CACHE_LINE_SIZE,
	       "receive time lies in the first cache line");
_Static_assert(offsetof(struct rte_mbuf, vlan_tci_outer) + sizeof(uint16_t) <= RTE_CACHE_LINE_SIZE,
	       "class lies in the first cache line");

/** Longest wait for the core that a packet can carry, TSC cycles. */
#define PKT_WAIT_TSC_MAX UINT32_MAX

/** Stamps the TSC of the receive call. */
static inline void pkt_rx_tsc_set(struct rte_mbuf *pkt, uint64_t tsc)
{
	memcpy(&pkt->hash, &tsc, sizeof(tsc));
}

/** TSC of the receive call. */
static inline uint64_t pkt_rx_tsc(const struct rte_mbuf *pkt)
{
	uint64_t tsc;

	memcpy(&tsc, &pkt->hash, sizeof(tsc));
	return tsc;
}

/** How long the packet may have waited for the core before the receive call; TSC cycles. */
static inline void pkt_wait_tsc_set(struct rte_mbuf *pkt, uint32_t wait_tsc)
{
	pkt->packet_type = wait_tsc;
}

static inline uint32_t pkt_wait_tsc(const struct rte_mbuf *pkt)
{
	return pkt->packet_type;
}

/** Class of the packet, as its sojourn is counted. */
static inline void pkt_class_set(struct rte_mbuf *pkt, uint16_t class_index)
{
	pkt->vlan_tci_outer = class_index;
}

static inline uint16_t pkt_class(const struct rte_mbuf *pkt)
{
	return pkt->vlan_tci_outer;
}

/** Place of the port in its router's configuration, while the packet is with sluice. */
static inline void pkt_port_set(struct rte_mbuf *pkt, uint16_t port_index)
{
	pkt->port = port_index;
}

static inline uint16_t pkt_port(const struct rte_mbuf *pkt)
{
	return pkt->port;
}

#endif
