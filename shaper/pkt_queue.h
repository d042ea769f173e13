#ifndef SHAPER_PKT_QUEUE_H
#define SHAPER_PKT_QUEUE_H

/**
 * @file
 * FIFOs of packets over one shared pool of entries.
 *
 * Entries are 16 bytes and linked by index, so that a queue of tens of thousands of packets stays
 * in the cache, which lists through the packets themselves would not. An entry carries the head
 * word (length and flags) of the packet *behind* it: popping a packet reads one entry and yields
 * all that is needed to time the next one.
 *
 * Nothing here can run out: whoever pushes has checked its quota, and the pool is as large as all
 * quotas together.
 */

#include <stddef.h>
#include <stdint.h>

/** Bits of a head word. */
#define SHAPER_WORD_LEN_MASK 0x7fffU
#define SHAPER_WORD_ECN 0x8000U

/** One queued packet. */
struct shaper_entry {
	void *pkt;	    /**< the caller's packet */
	uint32_t next;	    /**< entry of the packet behind it */
	uint16_t next_word; /**< head word of the packet behind it */
	uint16_t reserved;  /**< */
};

/** All entries of a shaper. */
struct shaper_pool {
	struct shaper_entry *entries;
	uint64_t *enqueued_ticks; /**< by entry; NULL when nobody limits waiting times */
	uint32_t *free;		  /**< free entries, a stack: the last one freed is the warmest */
	uint32_t nfree;		  /**< height of the stack */
};

/** One FIFO. All zero is empty. */
struct shaper_queue {
	uint32_t head;	     /**< valid while npkts != 0 */
	uint32_t tail;	     /**< valid while npkts != 0 */
	uint32_t npkts;	     /**< packets queued */
	uint32_t bytes;	     /**< their lengths */
	uint16_t head_word;  /**< of the first packet; valid while npkts != 0 */
	uint16_t turn_bytes; /**< not the queue's: room that its owner uses */
};

/** Length in a head word, bytes. */
static inline uint32_t shaper_word_len_bytes(uint32_t word)
{
	return word & SHAPER_WORD_LEN_MASK;
}

/** Frees all of npkts entries; writes every word of the three arrays. enqueued_ticks may be NULL. */
void shaper_pool_init(struct shaper_pool *pool, struct shaper_entry *entries, uint32_t *free,
		      uint64_t *enqueued_ticks, uint32_t npkts);

/** Appends a packet. */
static inline void shaper_queue_push(struct shaper_pool *pool, struct shaper_queue *queue,
				     void *pkt, uint32_t word, uint64_t now_ticks)
{
	uint32_t index = pool->free[--pool->nfree];
	struct shaper_entry *entry = &pool->entries[index];

	entry->pkt = pkt;
	if (pool->enqueued_ticks != NULL)
		pool->enqueued_ticks[index] = now_ticks;
	if (queue->npkts == 0) {
		queue->head = index;
		queue->head_word = (uint16_t)word;
	} else {
		pool->entries[queue->tail].next = index;
		pool->entries[queue->tail].next_word = (uint16_t)word;
	}
	queue->tail = index;
	queue->npkts++;
	queue->bytes += shaper_word_len_bytes(word);
}

/** Removes the first packet of a queue that is not empty. */
static inline void *shaper_queue_pop(struct shaper_pool *pool, struct shaper_queue *queue)
{
	uint32_t index = queue->head;
	struct shaper_entry *entry = &pool->entries[index];

	queue->npkts--;
	queue->bytes -= shaper_word_len_bytes(queue->head_word);
	queue->head = entry->next;
	queue->head_word = entry->next_word;
	pool->free[pool->nfree++] = index;
	return entry->pkt;
}

/** How long the first packet of a queue that is not empty has waited; the pool keeps times. */
static inline uint64_t shaper_queue_wait_ticks(const struct shaper_pool *pool,
					       const struct shaper_queue *queue, uint64_t now_ticks)
{
	return now_ticks - pool->enqueued_ticks[queue->head];
}

#endif
