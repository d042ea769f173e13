#include "dataplane/arena.h"

#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>
#include <sys/mman.h>

#define SLABS_PER_BLOCK (ARENA_BLOCK_BYTES / ARENA_SLAB_BYTES)
#define N_SLABS ((unsigned)(ARENA_RESERVED_BYTES / ARENA_SLAB_BYTES))
#define N_BLOCKS ((unsigned)(ARENA_RESERVED_BYTES / ARENA_BLOCK_BYTES))
#define WORD_BITS 64U
#define N_WORDS (N_SLABS / WORD_BITS)
#define N_SUMMARIES (N_WORDS / WORD_BITS)
#define PAGE_BYTES 4096U
#define NO_SLAB UINT32_MAX
/*
 * An empty block is kept until this many slabs are free beside it, so that one route that comes
 * and goes at the border of a block does not make the kernel clear 2 MB each time.
 */
#define SPARE_SLABS 8U

/* A set of slabs with a cheap minimum. */
struct slab_set {
	uint64_t summary[N_SUMMARIES];
	uint64_t word[N_WORDS];
};

/* Objects of a slab are numbered from 1; 0 ends the list of free ones. */
struct slab {
	uint16_t live;	    /* allocated objects */
	uint16_t fresh;	    /* objects that were ever allocated since the slab got its class */
	uint16_t free_head; /* list through the first two bytes of freed objects */
	uint8_t class;
	uint8_t in_use;
};

struct arena_control {
	unsigned n_classes;
	uint16_t class_units[ARENA_CLASSES_MAX];
	unsigned n_blocks;	      /* blocks with memory behind them, from the start */
	unsigned n_free_slabs;	      /* in blocks that hold memory */
	uint8_t used_slabs[N_BLOCKS]; /* per block */
	bool holds_memory[N_BLOCKS];  /* false once given back to the system */
	struct slab slab[N_SLABS];
	struct slab_set free_slabs;
	struct slab_set partial[ARENA_CLASSES_MAX];
};

static void slab_set_add(struct slab_set *set, unsigned slab)
{
	set->word[slab / WORD_BITS] |= 1ULL << (slab % WORD_BITS);
	set->summary[slab / WORD_BITS / WORD_BITS] |= 1ULL << (slab / WORD_BITS % WORD_BITS);
}

static void slab_set_del(struct slab_set *set, unsigned slab)
{
	unsigned word = slab / WORD_BITS;

	set->word[word] &= ~(1ULL << (slab % WORD_BITS));
	if (set->word[word] == 0)
		set->summary[word / WORD_BITS] &= ~(1ULL << (word % WORD_BITS));
}

static unsigned slab_set_lowest(const struct slab_set *set)
{
	for (unsigned i = 0; i < N_SUMMARIES; i++) {
		unsigned word;

		if (set->summary[i] == 0)
			continue;
		word = i * WORD_BITS + (unsigned)__builtin_ctzll(set->summary[i]);
		return word * WORD_BITS + (unsigned)__builtin_ctzll(set->word[word]);
	}
	return NO_SLAB;
}

static char *slab_address(const struct arena *arena, unsigned slab)
{
	return arena->base + (uint64_t)slab * ARENA_SLAB_BYTES;
}

static unsigned object_bytes(const struct arena *arena, unsigned slab)
{
	const struct arena_control *control = arena->control;

	return (unsigned)control->class_units[control->slab[slab].class] << arena->unit_shift;
}

/* Puts memory behind the next block. The first one stays in small pages: most tables are small. */
static bool grow(struct arena *arena)
{
	struct arena_control *control = arena->control;
	unsigned block = control->n_blocks;
	char *at = arena->base + (uint64_t)block * ARENA_BLOCK_BYTES;

	if (block == N_BLOCKS || mprotect(at, ARENA_BLOCK_BYTES, PROT_READ | PROT_WRITE) != 0)
		return false;
	/* Advice: where it cannot be followed the table works on small pages. */
	(void)madvise(at, ARENA_BLOCK_BYTES, block == 0 ? MADV_NOHUGEPAGE : MADV_HUGEPAGE);
	for (unsigned i = 0; i < SLABS_PER_BLOCK; i++)
		slab_set_add(&control->free_slabs, block * SLABS_PER_BLOCK + i);
	control->n_free_slabs += SLABS_PER_BLOCK;
	control->holds_memory[block] = true;
	control->n_blocks++;
	return true;
}

static char *reserve(void)
{
	size_t size = ARENA_RESERVED_BYTES + ARENA_BLOCK_BYTES;
	char *space = mmap(NULL, size, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1,
			   0);
	size_t before;

	if (space == MAP_FAILED)
		return NULL;
	before = -(uintptr_t)space & (ARENA_BLOCK_BYTES - 1);
	if (before != 0)
		munmap(space, before);
	if (before != ARENA_BLOCK_BYTES)
		munmap(space + before + ARENA_RESERVED_BYTES, ARENA_BLOCK_BYTES - before);
	return space + before;
}

int arena_init(struct arena *arena, unsigned unit_bytes, const uint16_t *class_units,
	       unsigned n_classes)
{
	struct arena_control *control;

	if ((unit_bytes != 16 && unit_bytes != 32 && unit_bytes != 64) || n_classes == 0 ||
	    n_classes > ARENA_CLASSES_MAX)
		return -EINVAL;
	control = mmap(NULL, sizeof(*control), PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (control == MAP_FAILED)
		return -ENOMEM;
	arena->control = control;
	arena->unit_shift = (unsigned)__builtin_ctz(unit_bytes);
	arena->base = reserve();
	if (arena->base == NULL)
		goto free_control;
	control->n_classes = n_classes;
	memcpy(control->class_units, class_units, n_classes * sizeof(*class_units));
	if (!grow(arena))
		goto free_space;
	/* Slab 0 is never allocated: index 0 means none, and reads as zero. */
	slab_set_del(&control->free_slabs, 0);
	control->n_free_slabs--;
	control->used_slabs[0]++;
	return 0;

free_space:
	munmap(arena->base, ARENA_RESERVED_BYTES);
free_control:
	munmap(control, sizeof(*control));
	return -ENOMEM;
}

void arena_fini(struct arena *arena)
{
	munmap(arena->base, ARENA_RESERVED_BYTES);
	munmap(arena->control, sizeof(*arena->control));
}

static unsigned class_of(const struct arena_control *control, unsigned units)
{
	unsigned class = 0;

	while (class < control->n_classes && control->class_units[class] < units)
		class ++;
	return class;
}

/* Gives a free slab to a class. */
static unsigned slab_take(struct arena *arena, unsigned class)
{
	struct arena_control *control = arena->control;
	unsigned slab = slab_set_lowest(&control->free_slabs);
	unsigned block;

	if (slab == NO_SLAB) {
		if (!grow(arena))
			return NO_SLAB;
		slab = slab_set_lowest(&control->free_slabs);
	}
	block = slab / SLABS_PER_BLOCK;
	if (!control->holds_memory[block]) {
		control->holds_memory[block] = true;
		control->n_free_slabs += SLABS_PER_BLOCK;
	}
	control->n_free_slabs--;
	control->used_slabs[block]++;
	slab_set_del(&control->free_slabs, slab);
	control->slab[slab] = (struct slab){ .class = (uint8_t) class, .in_use = 1 };
	slab_set_add(&control->partial[class], slab);
	return slab;
}

/* Gives the highest empty block back to the system when enough is free without it. */
static void release_block(struct arena *arena)
{
	struct arena_control *control = arena->control;

	if (control->n_free_slabs < SLABS_PER_BLOCK + SPARE_SLABS)
		return;
	for (unsigned block = control->n_blocks - 1; block > 0; block--) {
		if (!control->holds_memory[block] || control->used_slabs[block] != 0)
			continue;
		(void)madvise(slab_address(arena, block * SLABS_PER_BLOCK), ARENA_BLOCK_BYTES,
			      MADV_DONTNEED);
		control->holds_memory[block] = false;
		control->n_free_slabs -= SLABS_PER_BLOCK;
		return;
	}
}

static void slab_return(struct arena *arena, unsigned slab)
{
	struct arena_control *control = arena->control;
	unsigned block = slab / SLABS_PER_BLOCK;

	slab_set_del(&control->partial[control->slab[slab].class], slab);
	slab_set_add(&control->free_slabs, slab);
	control->slab[slab].in_use = 0;
	control->used_slabs[block]--;
	control->n_free_slabs++;
	if (block == 0)
		(void)madvise(slab_address(arena, slab), ARENA_SLAB_BYTES, MADV_DONTNEED);
	release_block(arena);
}

uint32_t arena_alloc(struct arena *arena, unsigned units)
{
	struct arena_control *control = arena->control;
	unsigned class = class_of(control, units);
	unsigned number, slab, bytes;
	struct slab *meta;
	uint64_t offset;

	if (class == control->n_classes)
		return 0;
	slab = slab_set_lowest(&control->partial[class]);
	if (slab == NO_SLAB)
		slab = slab_take(arena, class);
	if (slab == NO_SLAB)
		return 0;
	meta = &control->slab[slab];
	bytes = object_bytes(arena, slab);
	if (meta->free_head != 0) {
		number = meta->free_head - 1U;
		memcpy(&meta->free_head, slab_address(arena, slab) + (size_t)number * bytes,
		       sizeof(meta->free_head));
	} else {
		number = meta->fresh++;
	}
	meta->live++;
	if (meta->free_head == 0 && meta->fresh == ARENA_SLAB_BYTES / bytes)
		slab_set_del(&control->partial[class], slab);
	offset = (uint64_t)slab * ARENA_SLAB_BYTES + (uint64_t)number * bytes;
	return (uint32_t)(offset >> arena->unit_shift);
}

void arena_free(struct arena *arena, uint32_t index)
{
	uint64_t offset = (uint64_t)index << arena->unit_shift;
	unsigned slab = (unsigned)(offset / ARENA_SLAB_BYTES);
	struct slab *meta = &arena->control->slab[slab];
	unsigned number = (unsigned)(offset % ARENA_SLAB_BYTES) / object_bytes(arena, slab);

	memcpy(arena->base + offset, &meta->free_head, sizeof(meta->free_head));
	meta->free_head = (uint16_t)(number + 1);
	slab_set_add(&arena->control->partial[meta->class], slab);
	if (--meta->live == 0)
		slab_return(arena, slab);
}

unsigned arena_units(const struct arena *arena, uint32_t index)
{
	const struct arena_control *control = arena->control;
	uint64_t offset = (uint64_t)index << arena->unit_shift;

	return control->class_units[control->slab[offset / ARENA_SLAB_BYTES].class];
}

static uint64_t round_to_pages(uint64_t bytes)
{
	return (bytes + PAGE_BYTES - 1) & ~(uint64_t)(PAGE_BYTES - 1);
}

uint64_t arena_memory_bytes(const struct arena *arena)
{
	const struct arena_control *control = arena->control;
	uint64_t used_slabs = (uint64_t)control->n_blocks * SLABS_PER_BLOCK;
	/* Bookkeeping that has been touched: fixed part, one record per slab, the sets' words. */
	uint64_t bytes = round_to_pages(offsetof(struct arena_control, slab)) +
			 round_to_pages(used_slabs * sizeof(struct slab)) +
			 (control->n_classes + 1) * 2ULL * PAGE_BYTES;

	for (unsigned slab = 0; slab < SLABS_PER_BLOCK; slab++) {
		if (control->slab[slab].in_use)
			bytes += round_to_pages((uint64_t)control->slab[slab].fresh *
						object_bytes(arena, slab));
	}
	for (unsigned block = 1; block < control->n_blocks; block++)
		bytes += control->holds_memory[block] ? ARENA_BLOCK_BYTES : 0;
	return bytes;
}
