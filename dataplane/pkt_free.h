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
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <rte_mbuf.h>
#include <rte_mempool.h>

/** Two words of a first line. */
typedef uint64_t pkt_words __attribute__((vector_size(16)));

/** Where they are: offset of the data, references, segments, port; flags. */
#define PKT_WORDS_OFFSET offsetof(struct rte_mbuf, data_off)
_Static_assert(offsetof(struct rte_mbuf, refcnt) == PKT_WORDS_OFFSET + 2 &&
		       offsetof(struct rte_mbuf, nb_segs) == PKT_WORDS_OFFSET + 4 &&
		       offsetof(struct rte_mbuf, ol_flags) == PKT_WORDS_OFFSET + 8,
	       "the layout of DPDK's mbuf");

/** What of packets differs from buffers of their own in a pool that can go back as they are. */
struct pkt_diff {
	pkt_words words;
	uintptr_t pool;
};

/**
 * Adds a packet. Nobody else has packets that were just received, so that their reference counts are
 * read as any other field.
 */
static inline void pkt_diff_add(struct pkt_diff *diff, const struct rte_mbuf *pkt,
				const struct rte_mempool *pool)
{
	/* one reference, one segment */
	const pkt_words plain = { 1ULL << 16 | 1ULL << 32, 0 };
	pkt_words words;

	memcpy(&words, (const uint8_t *)pkt + PKT_WORDS_OFFSET, sizeof(words));
	diff->words |= words ^ plain;
	diff->pool |= (uintptr_t)pkt->pool ^ (uintptr_t)pool;
}

/** Whether there was no difference that matters. */
static inline bool pkt_diff_is_none(const struct pkt_diff *diff)
{
	const pkt_words mask = { 0x0000ffffffff0000, RTE_MBUF_F_INDIRECT | RTE_MBUF_F_EXTERNAL };
	pkt_words words = diff->words & mask;

	return (words[0] | words[1] | diff->pool) == 0;
}

/** Frees n packets. @param plain all are of pool, and have no pkt_diff */
static inline void pkt_free_bulk(struct rte_mempool *pool, struct rte_mbuf **pkts, unsigned n,
				 bool plain)
{
	if (likely(plain))
		rte_mempool_put_bulk(pool, (void **)pkts, n);
	else
		rte_pktmbuf_free_bulk(pkts, n);
}

#endif
