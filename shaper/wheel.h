#ifndef SHAPER_WHEEL_H
#define SHAPER_WHEEL_H

/**
 * @file
 * Timing wheel: finds the next occupied time slot in constant time.
 *
 * Two circles of 65 536 slots, each with a bitmap that is searched by find-first-set. The near one
 * has the wheel's own slots; the far one has slots 2048 times as wide, for items that lie beyond
 * the near circle. A wide slot is emptied, and its items filed again in the near circle, when it is
 * half a near circle ahead at the latest: early enough that the owner may do so in small portions
 * (shaper_wheel_take_far()), and narrow enough that no portion is large. An item beyond the far
 * circle is kept at its end and filed again there, so it is exact as well.
 *
 * Items are numbers. Those of a slot form a chain through wheel->next, an array of its own: a chain
 * is walked without touching what the items stand for. Slots are 64-bit numbers that do not wrap.
 */

#include <stdbool.h>
#include <stdint.h>

#define SHAPER_WHEEL_SLOTS 65536U
#define SHAPER_WHEEL_WORDS (SHAPER_WHEEL_SLOTS / 64)
/** A far slot is 2^11 near slots wide. */
#define SHAPER_WHEEL_FAR_SHIFT 11U
/** How far ahead, in near slots, a far slot may be emptied. */
#define SHAPER_WHEEL_AHEAD (SHAPER_WHEEL_SLOTS / 2)
/** Furthest that an item is filed ahead, in near slots. */
#define SHAPER_WHEEL_HORIZON ((uint64_t)(SHAPER_WHEEL_SLOTS - 2) << SHAPER_WHEEL_FAR_SHIFT)
/** End of a chain. */
#define SHAPER_WHEEL_END UINT32_MAX
/** Nothing filed. */
#define SHAPER_WHEEL_NEVER UINT64_MAX

/** One circle. */
struct shaper_wheel_circle {
	uint64_t top;				  /**< bit per word of middle */
	uint64_t middle[SHAPER_WHEEL_WORDS / 64]; /**< bit per word of occupied */
	uint64_t occupied[SHAPER_WHEEL_WORDS];	  /**< bit per slot */
	uint32_t chain[SHAPER_WHEEL_SLOTS];	  /**< first item; valid where occupied */
};

/** A wheel. Owner: the shaper's thread. */
struct shaper_wheel {
	uint64_t current_slot; /**< no item is due before it */
	uint64_t near_slot;    /**< no item of the near circle is due before it */
	uint64_t far_slot;     /**< first occupied slot of the far circle, as its first near slot */
	uint32_t *next;	       /**< by item: the one behind it, SHAPER_WHEEL_END for the last */
	struct shaper_wheel_circle near;
	struct shaper_wheel_circle far;
};

/**
 * Empties a wheel and writes all of it.
 *
 * @param next room for as many links as there are items
 */
void shaper_wheel_init(struct shaper_wheel *wheel, uint32_t *next, uint64_t current_slot);

/**
 * Takes the first chain that is due out of the near circle. When nothing is due there, far slots
 * that begin by now_slot are to be taken and filed again before anything else is filed.
 *
 * @param now_slot not before an earlier now_slot
 * @return first item of the chain, all due; SHAPER_WHEEL_END when nothing is due
 */
uint32_t shaper_wheel_take(struct shaper_wheel *wheel, uint64_t now_slot);

/**
 * Takes the first far slot's chain. Only when far_slot is at most SHAPER_WHEEL_AHEAD after
 * current_slot, so that its items have room in the near circle; they are to be filed again before
 * now_slot reaches far_slot.
 *
 * @return first item of the chain
 */
uint32_t shaper_wheel_take_far(struct shaper_wheel *wheel);

/** The time before which nothing is due and nothing must be filed again. */
static inline uint64_t shaper_wheel_next_slot(const struct shaper_wheel *wheel)
{
	return wheel->near_slot < wheel->far_slot ? wheel->near_slot : wheel->far_slot;
}

/** Puts an item into a slot of a circle. */
static inline void shaper_wheel_link(struct shaper_wheel_circle *circle, uint32_t *next,
				     uint64_t slot, uint32_t index)
{
	uint32_t at = (uint32_t)slot & (SHAPER_WHEEL_SLOTS - 1);
	uint64_t bit = 1ULL << (at & 63);
	uint64_t word = circle->occupied[at >> 6];

	next[index] = (word & bit) != 0 ? circle->chain[at] : SHAPER_WHEEL_END;
	circle->chain[at] = index;
	circle->occupied[at >> 6] = word | bit;
	circle->middle[at >> 12] |= 1ULL << (at >> 6 & 63);
	circle->top |= 1ULL << (at >> 12);
}

/**
 * Files an item.
 *
 * @param slot not before the now_slot of the latest take
 * @param index the item, which is not filed
 */
static inline void shaper_wheel_file(struct shaper_wheel *wheel, uint64_t slot, uint32_t index)
{
	if (slot - wheel->current_slot < SHAPER_WHEEL_SLOTS) {
		if (slot < wheel->near_slot)
			wheel->near_slot = slot;
		shaper_wheel_link(&wheel->near, wheel->next, slot, index);
		return;
	}
	if (slot - wheel->current_slot > SHAPER_WHEEL_HORIZON)
		slot = wheel->current_slot + SHAPER_WHEEL_HORIZON;
	slot >>= SHAPER_WHEEL_FAR_SHIFT;
	if (slot << SHAPER_WHEEL_FAR_SHIFT < wheel->far_slot)
		wheel->far_slot = slot << SHAPER_WHEEL_FAR_SHIFT;
	shaper_wheel_link(&wheel->far, wheel->next, slot, index);
}

#endif
