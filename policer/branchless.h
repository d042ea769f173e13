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

/** value if at most limit, otherwise zero. */
static inline uint64_t policer_zero_above(uint64_t value, uint64_t limit)
{
#ifdef __x86_64__
	uint64_t zero = 0;

	__asm__("cmpq %1, %0\n\tcmovaq %2, %0" : "+&r"(value) : "rm"(limit), "r"(zero) : "cc");
	return value;
#else
	return value <= limit ? value : 0;
#endif
}

/** value - amount, but not below zero. */
static inline uint64_t policer_less(uint64_t value, uint64_t amount)
{
#ifdef __x86_64__
	uint64_t zero = 0;

	__asm__("subq %1, %0\n\tcmovbq %2, %0" : "+&r"(value) : "rm"(amount), "r"(zero) : "cc");
	return value;
#else
	return value > amount ? value - amount : 0;
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
