#ifndef CONTROL_MIRROR_CTL_POOL_H
#define CONTROL_MIRROR_CTL_POOL_H

/**
 * @file
 * Objects of one size, named by 32-bit numbers instead of pointers and without the overhead of an
 * allocation for each: what a million routes are made of. An object never moves. The lowest free
 * number is taken first, so that after many were freed the high chunks go back to the system.
 * Control thread only.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CTL_POOL_CHUNK_SHIFT 12
#define CTL_POOL_CHUNK (1U << CTL_POOL_CHUNK_SHIFT) /**< objects of a chunk */

/** One chunk. */
struct ctl_pool_chunk {
	char *memory; /**< NULL: all of its objects are free */
	uint32_t n_used;
	uint64_t used[CTL_POOL_CHUNK / 64]; /**< a bit per object */
};

/** A pool. Public for ctl_pool_at() only; nothing else looks inside. */
struct ctl_pool {
	struct ctl_pool_chunk **chunks;
	uint32_t n_chunks;
	uint32_t chunks_max;
	uint32_t base;	 /**< numbers begin behind it; a multiple of CTL_POOL_CHUNK */
	uint32_t lowest; /**< no chunk before this one has a free object */
	uint32_t object_bytes;
	uint64_t n_used;
	uint64_t memory_bytes; /**< that the objects' chunks take */
};

/** @param object_bytes a multiple of the alignment that objects need */
void ctl_pool_init(struct ctl_pool *pool, uint32_t object_bytes);

/**
 * A pool whose numbers are a part of those of 32 bits, so that they tell it from another pool.
 *
 * @param base numbers begin behind it; a multiple of CTL_POOL_CHUNK
 * @param n how many there are, with base itself, which is nobody's; a multiple of CTL_POOL_CHUNK
 */
void ctl_pool_init_part(struct ctl_pool *pool, uint32_t object_bytes, uint32_t base, uint32_t n);

/** Frees all objects. */
void ctl_pool_fini(struct ctl_pool *pool);

/** Takes an object, all zero. @return its number, never 0; 0 without memory or number */
uint32_t ctl_pool_alloc(struct ctl_pool *pool);

void ctl_pool_free(struct ctl_pool *pool, uint32_t number);

/**
 * The first object in use whose number is above a number, or 0; looks at no more than one chunk.
 *
 * @param number the last one seen, or the pool's base; receives the number up to which there is no further object
 */
uint32_t ctl_pool_next(const struct ctl_pool *pool, uint32_t *number);

/** True when no object is above a number. */
bool ctl_pool_is_end(const struct ctl_pool *pool, uint32_t number);

/** The object of a number in use. */
static inline void *ctl_pool_at(const struct ctl_pool *pool, uint32_t number)
{
	const struct ctl_pool_chunk *chunk;

	chunk = pool->chunks[(number - pool->base) >> CTL_POOL_CHUNK_SHIFT];

	return chunk->memory + (size_t)(number & (CTL_POOL_CHUNK - 1)) * pool->object_bytes;
}

#endif
