#include "shaper/wheel.h"

#include <string.h>

#define SLOT_MASK (SHAPER_WHEEL_SLOTS - 1)
#define NO_SLOT SHAPER_WHEEL_SLOTS

/* First occupied slot at or after `from`, NO_SLOT when there is none. */
static uint32_t level_find(const struct shaper_wheel_level *level, uint32_t from)
{
	uint32_t word = from >> 6;
	uint64_t bits, words;

	if (from >= SHAPER_WHEEL_SLOTS)
		return NO_SLOT;
	bits = level->occupied[word] & (~0ULL << (from & 63));
	if (bits == 0) {
		words = level->summary & (~1ULL << word);
		if (words == 0)
			return NO_SLOT;
		word = (uint32_t)__builtin_ctzll(words);
		bits = level->occupied[word];
	}
	return word * 64 + (uint32_t)__builtin_ctzll(bits);
}

static uint32_t level_take(struct shaper_wheel_level *level, uint32_t at)
{
	level->occupied[at >> 6] &= ~(1ULL << (at & 63));
	if (level->occupied[at >> 6] == 0)
		level->summary &= ~(1ULL << (at >> 6));
	return level->chain[at];
}

/*
 * The first occupied slot of any level, as the time it begins at. Levels 0 and 1 only hold times
 * that share all higher digits with the current slot, so nothing there lies behind it; the widest
 * level is a circle, in which the current slot's own place is empty.
 */
static uint64_t wheel_find(const struct shaper_wheel *wheel, unsigned *depth)
{
	uint64_t current = wheel->current_slot;
	uint64_t wide = current >> 2 * SHAPER_WHEEL_BITS;
	uint64_t middle = current >> SHAPER_WHEEL_BITS;
	uint32_t at;

	*depth = 0;
	at = level_find(&wheel->levels[0], (uint32_t)current & SLOT_MASK);
	if (at != NO_SLOT)
		return (current & ~(uint64_t)SLOT_MASK) | at;
	*depth = 1;
	at = level_find(&wheel->levels[1], ((uint32_t)middle & SLOT_MASK) + 1);
	if (at != NO_SLOT)
		return ((middle & ~(uint64_t)SLOT_MASK) | at) << SHAPER_WHEEL_BITS;
	*depth = 2;
	at = level_find(&wheel->levels[2], ((uint32_t)wide & SLOT_MASK) + 1);
	if (at == NO_SLOT)
		at = level_find(&wheel->levels[2], 0);
	if (at == NO_SLOT)
		return SHAPER_WHEEL_NEVER;
	return (wide + ((at - wide) & SLOT_MASK)) << 2 * SHAPER_WHEEL_BITS;
}

void shaper_wheel_init(struct shaper_wheel *wheel, uint64_t current_slot)
{
	memset(wheel, 0, sizeof(*wheel));
	wheel->current_slot = current_slot;
	wheel->next_slot = SHAPER_WHEEL_NEVER;
}

enum shaper_wheel_take shaper_wheel_take(struct shaper_wheel *wheel, uint64_t now_slot,
					 uint32_t *chain)
{
	unsigned depth = 0;
	uint64_t slot;

	if (wheel->next_slot > now_slot)
		return SHAPER_WHEEL_NONE;
	slot = wheel_find(wheel, &depth);
	wheel->next_slot = slot;
	if (slot > now_slot) {
		/* Every wide slot that began by now has been taken: nothing is skipped. */
		wheel->current_slot = now_slot;
		return SHAPER_WHEEL_NONE;
	}
	wheel->current_slot = slot;
	*chain = level_take(&wheel->levels[depth],
			    (uint32_t)(slot >> depth * SHAPER_WHEEL_BITS) & SLOT_MASK);
	return depth == 0 ? SHAPER_WHEEL_DUE : SHAPER_WHEEL_REFILE;
}
