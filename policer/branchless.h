#ifndef POLICER_BRANCHLESS_H
#define POLICER_BRANCHLESS_H

/**
 * @file
 * The decisions of a token bucket, as conditional moves.
 *
 * Whether a bucket is full and whether a packet conforms are coin tosses under load. Compilers
 * like to turn them into branches and have no switch against it; over 4096 buckets at their
 * rate that triples the cost of a check (12 instead of 4 TSC cycles, bench/policer/bench_bucket.c).
 * So they are spelled out for x86-64; other machines get plain C.
 */

#include <stdbool.h>
#include <stdint.h>

/** key > limit ? above : otherwise */
static inline uint64_t policer_if_above(uint64_t key, uint64_t limit, uint64_t above,
					uint64_t otherwise)
{
#ifdef __x86_64__
	__asm__("cmpq %2, %1\n\tcmovaq %3, %0"
		: "+r"(otherwise)
		: "r"(key), "rm"(limit), "r"(above)
		: "cc");
	return otherwise;
#else
	return key > limit ? above : otherwise;
#endif
}

/** condition ? yes : no */
static inline uint64_t policer_if(bool condition, uint64_t yes, uint64_t no)
{
#ifdef __x86_64__
	__asm__("testb %1, %1\n\tcmovneq %2, %0" : "+r"(no) : "q"(condition), "r"(yes) : "cc");
	return no;
#else
	return condition ? yes : no;
#endif
}

/**
 * Takes a cost out of the room if that leaves it at least 0 (both as int64_t).
 *
 * @return whether it was taken
 */
static inline bool policer_take_room(uint64_t *room, uint64_t cost)
{
#ifdef __x86_64__
	uint64_t left = *room;
	bool taken;

	__asm__("subq %3, %0\n\tcmovsq %2, %0"
		: "+&r"(left), "=@ccns"(taken)
		: "r"(*room), "r"(cost));
	*room = left;
	return taken;
#else
	uint64_t left = *room - cost;
	bool taken = (int64_t)left >= 0;

	*room = taken ? left : *room;
	return taken;
#endif
}

/**
 * Moves a TAT by the cost of a packet if the bucket holds it.
 *
 * Both cases, a bucket that is full and one that is not, are worked out side by side and chosen
 * from at the end: three instructions depend on the TAT one after the other.
 *
 * @param now,ahead_max a TAT outside [now, now + ahead_max] is a full bucket's
 * @param last latest TAT of a bucket that holds the cost: now + cost of the burst - cost
 * @param full_tat,full_taken what becomes of a full bucket
 * @return whether the cost was taken
 */
static inline bool policer_move_tat(uint64_t *tat, uint64_t now, uint64_t ahead_max, uint64_t cost,
				    uint64_t last, uint64_t full_tat, bool full_taken)
{
#ifdef __x86_64__
	uint64_t ahead = *tat - now;
	uint64_t moved = *tat + cost;
	uint64_t late = last - *tat;
	uint32_t taken, full = full_taken;
	bool fits;

	__asm__("testq %2, %2\n\tcmovsq %3, %0"
		: "+r"(moved), "=@ccns"(fits)
		: "r"(late), "r"(*tat));
	taken = fits;
	__asm__("cmpq %3, %2\n\tcmovaq %4, %0\n\tcmoval %5, %1"
		: "+&r"(moved), "+&r"(taken)
		: "r"(ahead), "rm"(ahead_max), "r"(full_tat), "r"(full)
		: "cc");
	*tat = moved;
	return taken != 0;
#else
	if (*tat - now > ahead_max) {
		*tat = full_tat;
		return full_taken;
	}
	if ((int64_t)(last - *tat) < 0)
		return false;
	*tat += cost;
	return true;
#endif
}

#endif
