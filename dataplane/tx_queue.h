#ifndef DATAPLANE_TX_QUEUE_H
#define DATAPLANE_TX_QUEUE_H

/**
 * @file
 * Packets of a port on their way to the device, in order. Beside them stand runs: packets that
 * follow each other and were received at the same time, so that lengths and receive times need not
 * be read from packets that the driver has freed by then, nor from each one of a burst that passed
 * as a whole. Worker only, but for the count.
 */

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include <rte_branch_prediction.h>
#include <rte_mbuf.h>

/** Packets that may wait for the device. */
#define TX_QUEUE_PKTS 256U

/** Packets of one class that were received at the same time and may leave at the same time. */
struct tx_run {
	uint64_t rx_tsc;   /**< of the receive call, or PKT_RX_TSC_NONE */
	uint64_t due_tsc;  /**< when the shaper let them go; rx_tsc where it did not hold them */
	uint32_t wait_tsc; /**< for the core, before rx_tsc */
	uint16_t n;
	uint16_t class_index;
};

/** The queue. All zeroes is an empty one. */
struct tx_queue {
	uint32_t n;	  /**< packets; reader also: control */
	uint32_t n_noted; /**< of them, how many the runs and bytes tell of */
	uint32_t n_runs;
	uint32_t bytes; /**< of all frames without FCS */
	bool waits;	/**< the device refused some in the last turn */
	struct rte_mbuf *pkts[TX_QUEUE_PKTS];
	struct tx_run runs[TX_QUEUE_PKTS];
};

/** Places left. */
static inline uint32_t tx_queue_room(const struct tx_queue *queue)
{
	return TX_QUEUE_PKTS - queue->n;
}

/** Appends packets of one run, of bytes in all. There is room for them. */
static inline void tx_queue_append(struct tx_queue *queue, struct rte_mbuf *const *pkts,
				   const struct tx_run *run, uint32_t bytes)
{
	memcpy(&queue->pkts[queue->n], pkts, run->n * sizeof(pkts[0]));
	queue->runs[queue->n_runs++] = *run;
	queue->bytes += bytes;
	queue->n += run->n;
	queue->n_noted = queue->n;
}

/**
 * Reads times and lengths of packets that somebody else has put behind the n_noted first. Every
 * packet carries its receive time, wait and class.
 *
 * @param due_tsc when the shaper let them go; 0 where there is none
 */
void tx_queue_note(struct tx_queue *queue, uint64_t due_tsc);

/** Takes out the first packets, which are gone, and keeps the others; see tx_queue_advance(). */
uint32_t tx_queue_keep(struct tx_queue *queue, uint32_t sent);

/**
 * Takes out the first packets, which are gone. What is left waits for the next turn.
 *
 * @param sent at most n
 * @return bytes of their frames
 */
static inline uint32_t tx_queue_advance(struct tx_queue *queue, uint32_t sent)
{
	uint32_t bytes = queue->bytes;

	if (unlikely(sent != queue->n))
		return tx_queue_keep(queue, sent);
	queue->n = queue->n_noted = queue->n_runs = queue->bytes = 0;
	queue->waits = false;
	return bytes;
}

/** Frees all packets and leaves the queue empty. @return packets freed */
uint32_t tx_queue_flush(struct tx_queue *queue);

#endif
