#ifndef DATAPLANE_PKT_FREE_H
#define DATAPLANE_PKT_FREE_H

/**
 * @file
 * Frees packets that were just received, in bulk. Worker only.
 *
 * Nearly all are whole buffers of one pool that nobody else holds, which the first cache line of
 * the mbuf tells. DPDK's own bulk free reads the second line of each, which nothing else has
 * touched. (A packet of one segment has no next: an invariant of rte_mbuf.)
 */

#include <stdbool.h>

#include <rte_mbuf.h>
#include <rte_mempool.h>

/** Whether a packet is a buffer of its own in pool that can go back as it is. */
static inline bool pkt_is_plain(const struct rte_mbuf *pkt, const struct rte_mempool *pool)
{
	return (pkt->pool == pool) & (rte_mbuf_refcnt_read(pkt) == 1) & (pkt->nb_segs == 1) &
	       ((pkt->ol_flags & (RTE_MBUF_F_INDIRECT | RTE_MBUF_F_EXTERNAL)) == 0);
}

/** Frees n packets; most of them belong to pool. */
static inline void pkt_free_bulk(struct rte_mempool *pool, struct rte_mbuf **pkts, unsigned n)
{
	bool plain = true;

	for (unsigned i = 0; i < n; i++)
		plain &= pkt_is_plain(pkts[i], pool);
	if (likely(plain))
		rte_mempool_put_bulk(pool, (void **)pkts, n);
	else
		rte_pktmbuf_free_bulk(pkts, n);
}

#endif
