#include "shaper/wheel.h"

#include <string.h>

#define SLOT_MASK (SHAPER_WHEEL_SLOTS - 1)

static uint32_t first_bit(uint64_t word)
{
	return (uint32_t)__builtin_ctzll(word);
}

/* First occupied place at or after `from`, SHAPER_WHEEL_SLOTS when there is none. */
static uint32_t circle_find(const struct shaper_wheel_circle *circle, uint32_t from)
{
	uint32_t word = from >> 6, group = word >> 6;
	uint64_t bits = circle->occupied[word] & (~0ULL << (from & 63));

	if (bits != 0)
		return word * 64 + first_bit(bits);
	bits = circle->middle[group] & (~1ULL << (word & 63));
	if (bits == 0) {
		bits = circle->top & (~1ULL << group);
		if (bits == 0)
			return SHAPER_WHEEL_SLOTS;
		group = first_bit(bits);
		bits = circle->middle[group];
	}
	word = group * 64 + first_bit(bits);
	return word * 64 + first_bit(circle->occupied[word]);
}

/* First occupied slot at or after `from` on the circle, as a time; SHAPER_WHEEL_NEVER: none. */
static uint64_t circle_next(const struct shaper_wheel_circle *circle, uint64_t from)
{
	uint32_t at;

	if (circle->top == 0)
		return SHAPER_WHEEL_NEVER;
	at = circle_find(circle, (uint32_t)from & SLOT_MASK);
	if (at == SHAPER_WHEEL_SLOTS)
		at = circle_find(circle, 0);
	return from + ((at - (uint32_t)from) & SLOT_MASK);
}

static uint32_t circle_take(struct shaper_wheel_circle *circle, uint64_t slot)
{
	uint32_t at = (uint32_t)slot & SLOT_MASK;
	uint32_t word = at >> 6, group = word >> 6;

	circle->occupied[word] &= ~(1ULL << (at & 63));
	if (circle->occupied[word] == 0) {
		circle->middle[group] &= ~(1ULL << (word & 63));
		if (circle->middle[group] == 0)
			circle->top &= ~(1ULL << group);
	}
	return circle->chain[at];
}

void shaper_wheel_init(struct shaper_wheel *wheel, uint32_t *next, uint64_t current_slot)
{
	memset(wheel, 0, sizeof(*wheel));
	wheel->next = next;
	wheel->current_slot = current_slot;
	wheel->near_slot = SHAPER_WHEEL_NEVER;
	wheel->far_slot = SHAPER_WHEEL_NEVER;
}

uint32_t shaper_wheel_take(struct shaper_wheel *wheel, uint64_t now_slot)
{
	uint64_t slot;

	if (wheel->near_slot <= now_slot) {
		slot = circle_next(&wheel->near, wheel->current_slot);
		if (slot <= now_slot) {
			wheel->current_slot = slot;
			wheel->near_slot = slot;
			return circle_take(&wheel->near, slot);
		}
		wheel->near_slot = slot;
	}
	wheel->current_slot = now_slot;
	return SHAPER_WHEEL_END;
}

uint32_t shaper_wheel_take_far(struct shaper_wheel *wheel)
{
	uint64_t slot = wheel->far_slot >> SHAPER_WHEEL_FAR_SHIFT;
	uint32_t chain = circle_take(&wheel->far, slot);

	slot = circle_next(&wheel->far, slot + 1);
	wheel->far_slot = slot == SHAPER_WHEEL_NEVER ? slot : slot << SHAPER_WHEEL_FAR_SHIFT;
	return chain;
}
