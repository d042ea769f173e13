#ifndef DATAPLANE_STAGE_LENGTHS_H
#define DATAPLANE_STAGE_LENGTHS_H

/**
 * @file
 * Frame lengths of a burst, read from the packets once: policer, shaper and counters ask for them
 * one after the other. Worker only.
 */

#include <stdint.h>

#include <rte_common.h>
#include <rte_mbuf.h>

/** Most packets of one struct stage_lengths. */
#define STAGE_LENGTHS_PKTS 32U

/** Lengths of whole frames without FCS, bytes. */
struct stage_lengths {
	uint32_t n; /**< packets that they were read from */
	uint32_t sum_bytes, shortest_bytes, longest_bytes;
	uint32_t each_bytes[STAGE_LENGTHS_PKTS];
};

/** Reads a burst; the minimum of no packets is UINT32_MAX. */
static inline void stage_lengths_load(struct stage_lengths *lengths, struct rte_mbuf *const *pkts,
				      uint32_t n)
{
	uint32_t sum_bytes = 0, shortest_bytes = UINT32_MAX, longest_bytes = 0, i;

	for (i = 0; i < n; i++)
		lengths->each_bytes[i] = pkts[i]->pkt_len;
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

#endif
