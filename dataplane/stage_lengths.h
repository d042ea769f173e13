#ifndef DATAPLANE_STAGE_LENGTHS_H
#define DATAPLANE_STAGE_LENGTHS_H

/**
 * @file
 * Frame lengths of a burst, read from the packets once: policer, shaper and counters ask for them
 * one after the other. Worker only.
 */

#include <stdbool.h>
#include <stdint.h>

#include <rte_common.h>
#include <rte_mbuf.h>
#include <rte_prefetch.h>

/** Most packets of one struct stage_lengths. */
#define STAGE_LENGTHS_PKTS 32U

/** Lengths of whole frames without FCS, bytes. */
struct stage_lengths {
	uint32_t n; /**< packets that they were read from */
	uint32_t sum_bytes;
	uint32_t shortest_bytes, longest_bytes; /**< none is shorter, none is longer */
	uint32_t each_bytes[STAGE_LENGTHS_PKTS];
};

static __rte_always_inline void stage_lengths_read(struct stage_lengths *lengths,
						   struct rte_mbuf *const *pkts, uint32_t n,
						   bool prefetch)
{
	uint32_t sum_bytes = 0, shortest_bytes = UINT32_MAX, longest_bytes = 0, i;

#pragma GCC unroll 4
	for (i = 0; i < n; i++) {
		if (prefetch) /* a guess of where the frame begins: drivers leave the headroom */
			rte_prefetch0((const uint8_t *)pkts[i]->buf_addr + RTE_PKTMBUF_HEADROOM);
		lengths->each_bytes[i] = pkts[i]->pkt_len;
	}
	for (i = 0; i < n; i++) {
		sum_bytes += lengths->each_bytes[i];
		shortest_bytes = RTE_MIN(shortest_bytes, lengths->each_bytes[i]);
		longest_bytes = RTE_MAX(longest_bytes, lengths->each_bytes[i]);
	}
	lengths->n = n;
	lengths->sum_bytes = sum_bytes;
	lengths->shortest_bytes = shortest_bytes;
	lengths->longest_bytes = longest_bytes;
}

/** Reads a burst; the minimum of no packets is UINT32_MAX. */
static inline void stage_lengths_load(struct stage_lengths *lengths, struct rte_mbuf *const *pkts,
				      uint32_t n)
{
	stage_lengths_read(lengths, pkts, n, false);
}

/** The same of packets that were just received: the begin of each frame is on its way then. */
static inline void stage_lengths_receive(struct stage_lengths *lengths,
					 struct rte_mbuf *const *pkts, uint32_t n)
{
	/* under load bursts are whole, and a constant leaves hardly a loop */
	if (n == STAGE_LENGTHS_PKTS)
		stage_lengths_read(lengths, pkts, STAGE_LENGTHS_PKTS, true);
	else
		stage_lengths_read(lengths, pkts, n, true);
}

/** Leaves the first n packets, sum_bytes in all. */
static inline void stage_lengths_cut(struct stage_lengths *lengths, uint32_t n, uint32_t sum_bytes)
{
	lengths->n = n;
	lengths->sum_bytes = sum_bytes;
}

#endif
