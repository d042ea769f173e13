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

#endif
