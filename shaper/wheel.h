#ifndef SHAPER_WHEEL_H
#define SHAPER_WHEEL_H

/**
 * @file
 * Timing wheel: finds the next occupied time slot in constant time.
 *
 * Three levels of 4096 slots, 1, 4096 and 4096^2 slots wide, each with a two-level bitmap that is
 * searched by find-first-set. A time goes to the level of the highest digit in which it differs
 * from the current slot, as in an odometer: when the current slot enters a wide slot, the chain of
 * that slot comes out and its items are filed again, one level lower. An item is so touched at
 * most three times, and comes out in exactly the slot it was filed for.
 *
 * The wheel keeps one chain per slot and does not know what the items are: shaper_wheel_file()
 * gives the head of the chain to link an item into, shaper_wheel_take() gives back whole chains.
 *
 * Slots are 64-bit numbers that do not wrap. An item beyond the horizon of the widest level is
 * kept at the horizon, comes out to be filed again there, and so is exact as well.
 */

#include <stdbool.h>
#include <stdint.h>

#define SHAPER_WHEEL_BITS 12U
#define SHAPER_WHEEL_SLOTS (1U << SHAPER_WHEEL_BITS)
#define SHAPER_WHEEL_LEVELS 3U
/** Slots ahead of the current one that the widest level reaches for sure. */
#define SHAPER_WHEEL_HORIZON                                                                       \
	((1ULL << SHAPER_WHEEL_BITS * SHAPER_WHEEL_LEVELS) -                                       \
	 (1ULL << SHAPER_WHEEL_BITS * (SHAPER_WHEEL_LEVELS - 1)))
/** End of a chain. */
#define SHAPER_WHEEL_END UINT32_MAX
/** Nothing filed. */
#define SHAPER_WHEEL_NEVER UINT64_MAX

/** One level. */
struct shaper_wheel_level {
	uint64_t summary;			    /**< bit per word of occupied */
	uint64_t occupied[SHAPER_WHEEL_SLOTS / 64]; /**< bit per slot */
	uint32_t chain[SHAPER_WHEEL_SLOTS];	    /**< first item; valid where occupied */
};

/** A wheel. Owner: the shaper's thread. */
struct shaper_wheel {
	uint64_t current_slot; /**< everything before it has been taken */
	uint64_t next_slot;    /**< no item is due before it; SHAPER_WHEEL_NEVER when empty */
	struct shaper_wheel_level levels[SHAPER_WHEEL_LEVELS];
};

/** What shaper_wheel_take() found. */
enum shaper_wheel_take {
	SHAPER_WHEEL_NONE,   /**< nothing is due */
	SHAPER_WHEEL_DUE,    /**< every item of the chain is due */
	SHAPER_WHEEL_REFILE, /**< file every item of the chain again for its own slot */
};

/** Empties a wheel and writes all of it. */
void shaper_wheel_init(struct shaper_wheel *wheel, uint64_t current_slot);

/**
 * Takes the first chain that is due.
 *
 * @param now_slot not before an earlier now_slot
 * @param chain its first item, unless nothing is due
 */
enum shaper_wheel_take shaper_wheel_take(struct shaper_wheel *wheel, uint64_t now_slot,
					 uint32_t *chain);

/**
 * Files an item.
 *
 * @param slot not before the now_slot of the latest take
 * @param index the item
 * @return what the item must link to: the chain's first item so far or SHAPER_WHEEL_END
 */
static inline uint32_t shaper_wheel_file(struct shaper_wheel *wheel, uint64_t slot, uint32_t index)
{
	uint64_t differs = slot ^ wheel->current_slot;
	unsigned depth = 0;
	struct shaper_wheel_level *level;
	uint32_t at, follower;
	uint64_t bit;

	if (slot < wheel->next_slot)
		wheel->next_slot = slot;
	if (differs >> SHAPER_WHEEL_BITS != 0)
		depth = differs >> 2 * SHAPER_WHEEL_BITS != 0 ? 2 : 1;
	if (depth == 2 && slot - wheel->current_slot >= SHAPER_WHEEL_HORIZON)
		slot = wheel->current_slot + SHAPER_WHEEL_HORIZON - 1;
	level = &wheel->levels[depth];
	at = (uint32_t)(slot >> depth * SHAPER_WHEEL_BITS) & (SHAPER_WHEEL_SLOTS - 1);
	bit = 1ULL << (at & 63);
	follower = (level->occupied[at >> 6] & bit) != 0 ? level->chain[at] : SHAPER_WHEEL_END;
	level->chain[at] = index;
	level->occupied[at >> 6] |= bit;
	level->summary |= 1ULL << (at >> 6);
	return follower;
}

#endif
