#include "control/mirror/ctl_pool.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#define WORDS (CTL_POOL_CHUNK / 64)
#define CHUNKS_MIN 8U
#define CHUNKS_MAX (UINT32_MAX >> CTL_POOL_CHUNK_SHIFT)

void ctl_pool_init(struct ctl_pool *pool, uint32_t object_bytes)
{
	ctl_pool_init_part(pool, object_bytes, 0, CHUNKS_MAX << CTL_POOL_CHUNK_SHIFT);
}

void ctl_pool_init_part(struct ctl_pool *pool, uint32_t object_bytes, uint32_t base, uint32_t n)
{
	memset(pool, 0, sizeof(*pool));
	pool->object_bytes = object_bytes;
	pool->base = base;
	pool->chunks_max = n >> CTL_POOL_CHUNK_SHIFT;
}

static size_t chunk_bytes(const struct ctl_pool *pool)
{
	return (size_t)CTL_POOL_CHUNK * pool->object_bytes;
}

static void chunk_release(struct ctl_pool *pool, struct ctl_pool_chunk *chunk)
{
	if (!chunk->memory)
		return;
	munmap(chunk->memory, chunk_bytes(pool));
	chunk->memory = NULL;
	pool->memory_bytes -= chunk_bytes(pool);
}

void ctl_pool_fini(struct ctl_pool *pool)
{
	for (uint32_t i = 0; i < pool->n_chunks; i++) {
		chunk_release(pool, pool->chunks[i]);
		free(pool->chunks[i]);
	}
	free(pool->chunks);
	ctl_pool_init_part(pool, pool->object_bytes, pool->base,
			   pool->chunks_max << CTL_POOL_CHUNK_SHIFT);
}

/* Makes room for one more chunk. */
static bool chunks_grow(struct ctl_pool *pool)
{
	uint32_t n = pool->n_chunks;
	struct ctl_pool_chunk **chunks = pool->chunks;

	if (n == pool->chunks_max)
		return false;
	/* The table has room for the next power of two. */
	if (n == 0 || (n >= CHUNKS_MIN && (n & (n - 1)) == 0)) {
		size_t room = n == 0 ? CHUNKS_MIN : (size_t)n * 2;

		chunks = reallocarray(chunks, room, sizeof(*chunks));
		if (!chunks)
			return false;
		pool->chunks = chunks;
	}
	chunks[n] = calloc(1, sizeof(*chunks[n]));
	if (!chunks[n])
		return false;
	pool->n_chunks++;
	return true;
}

static bool chunk_fill(struct ctl_pool *pool, struct ctl_pool_chunk *chunk)
{
	void *memory;

	if (chunk->memory)
		return true;
	memory = mmap(NULL, chunk_bytes(pool), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
		      -1, 0);
	if (memory == MAP_FAILED)
		return false;
	chunk->memory = memory;
	pool->memory_bytes += chunk_bytes(pool);
	/* The first number is nobody's. */
	if (chunk == pool->chunks[0])
		chunk->used[0] |= 1;
	return true;
}

static uint32_t chunk_take(struct ctl_pool_chunk *chunk)
{
	for (uint32_t word = 0; word < WORDS; word++) {
		unsigned bit;

		if (~chunk->used[word] == 0)
			continue;
		bit = (unsigned)__builtin_ctzll(~chunk->used[word]);
		chunk->used[word] |= 1ULL << bit;
		chunk->n_used++;
		return word * 64 + bit;
	}
	return 0;
}

static bool chunk_is_full(const struct ctl_pool *pool, uint32_t i)
{
	return pool->chunks[i]->n_used == CTL_POOL_CHUNK - (i == 0);
}

uint32_t ctl_pool_alloc(struct ctl_pool *pool)
{
	uint32_t number;

	while (pool->lowest < pool->n_chunks && chunk_is_full(pool, pool->lowest))
		pool->lowest++;
	if (pool->lowest == pool->n_chunks && !chunks_grow(pool))
		return 0;
	if (!chunk_fill(pool, pool->chunks[pool->lowest]))
		return 0;
	number = pool->base + (pool->lowest << CTL_POOL_CHUNK_SHIFT) +
		 chunk_take(pool->chunks[pool->lowest]);
	memset(ctl_pool_at(pool, number), 0, pool->object_bytes);
	pool->n_used++;
	return number;
}

void ctl_pool_free(struct ctl_pool *pool, uint32_t number)
{
	uint32_t i = (number - pool->base) >> CTL_POOL_CHUNK_SHIFT;
	uint32_t slot = number & (CTL_POOL_CHUNK - 1);
	struct ctl_pool_chunk *chunk = pool->chunks[i];

	chunk->used[slot / 64] &= ~(1ULL << slot % 64);
	chunk->n_used--;
	pool->n_used--;
	if (i < pool->lowest)
		pool->lowest = i;
	/* The first one stays: few routes that come and go cost no system calls. */
	if (chunk->n_used == 0 && i > 0)
		chunk_release(pool, chunk);
}

uint32_t ctl_pool_next(const struct ctl_pool *pool, uint32_t *number)
{
	uint32_t from = *number - pool->base + 1;
	uint32_t i = from >> CTL_POOL_CHUNK_SHIFT;
	const struct ctl_pool_chunk *chunk = i < pool->n_chunks ? pool->chunks[i] : NULL;

	*number = pool->base + (i << CTL_POOL_CHUNK_SHIFT) + CTL_POOL_CHUNK - 1;
	if (!chunk || chunk->n_used == 0)
		return 0;
	for (uint32_t slot = from & (CTL_POOL_CHUNK - 1); slot < CTL_POOL_CHUNK;) {
		uint64_t word = chunk->used[slot / 64] >> slot % 64;

		if (word != 0) {
			*number = pool->base + (i << CTL_POOL_CHUNK_SHIFT) + slot +
				  (uint32_t)__builtin_ctzll(word);
			return *number;
		}
		slot = (slot / 64 + 1) * 64;
	}
	return 0;
}

bool ctl_pool_is_end(const struct ctl_pool *pool, uint32_t number)
{
	return (number - pool->base + 1) >> CTL_POOL_CHUNK_SHIFT >= pool->n_chunks;
}
