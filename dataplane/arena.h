#ifndef DATAPLANE_ARENA_H
#define DATAPLANE_ARENA_H

/**
 * @file
 * Small objects at stable addresses, named by 32-bit indices.
 *
 * An arena reserves address space once and gives it memory in blocks of ARENA_BLOCK_BYTES, so that
 * nothing ever moves under a reader. A block is cut into slabs of ARENA_SLAB_BYTES, a slab into
 * objects of one size class. Allocation takes the lowest slab that has room, so that after many
 * deletions the high blocks empty and go back to the system.
 *
 * Control thread only, except arena_at(), which readers call with an index that was published to
 * them. Freeing at once is for objects that no reader can hold; others go through dp_publish.
 */

#include <stdint.h>

#define ARENA_SLAB_BYTES 65536U
#define ARENA_BLOCK_BYTES (2U << 20)
#define ARENA_RESERVED_BYTES (4ULL << 30)
#define ARENA_CLASSES_MAX 12U

struct arena_control;

/** An arena. The first two members never change while readers exist. */
struct arena {
	char *base;		       /**< start of the reserved address space */
	unsigned unit_shift;	       /**< log2 of bytes per unit; indices count units */
	struct arena_control *control; /**< control thread only */
};

/**
 * Reserves an arena.
 *
 * @param unit_bytes alignment and granularity of objects: 16, 32 or 64
 * @param class_units ascending sizes of objects in units, n_classes of them
 * @return 0, -EINVAL, -ENOMEM
 */
int arena_init(struct arena *arena, unsigned unit_bytes, const uint16_t *class_units,
	       unsigned n_classes);

/** Gives everything back; no reader may hold an index. */
void arena_fini(struct arena *arena);

/**
 * Allocates an object; its content is undefined.
 *
 * @param units size, at most the largest class
 * @return index of its first unit, 0 without memory
 */
uint32_t arena_alloc(struct arena *arena, unsigned units);

/** Frees the object at an index that arena_alloc() returned. */
void arena_free(struct arena *arena, uint32_t index);

/** Size that the object at an index really has, in units. */
unsigned arena_units(const struct arena *arena, uint32_t index);

/** Memory that the arena holds, bytes: blocks and bookkeeping. */
uint64_t arena_memory_bytes(const struct arena *arena);

/**
 * Address of an object. Index 0 is never allocated; it names memory that is readable and zero.
 */
static inline void *arena_at(const struct arena *arena, uint32_t index)
{
	return arena->base + ((uint64_t)index << arena->unit_shift);
}

#endif
