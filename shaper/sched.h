#ifndef SHAPER_SCHED_H
#define SHAPER_SCHED_H

/**
 * @file
 * Which class is served next: strict priority between levels, deficit round robin by weight inside
 * a level, in constant time.
 *
 * Classes are known by rank: their position when sorted by level. A class is ready when it has a
 * packet that only the aggregate could hold back. Quanta are weight * base with one base for all,
 * the smallest that gives the lightest class one longest packet per round; so shares are exactly
 * in the ratio of the weights and a turn never comes in vain.
 */

#include <stdint.h>

/** Ranks: bits of a word. */
#define SHAPER_SCHED_MAX 64U

/** Scheduler state. Owner: the shaper's thread. */
struct shaper_sched {
	uint64_t ready;			       /**< bit per rank */
	uint64_t level_mask[SHAPER_SCHED_MAX]; /**< by rank: the ranks of its level */
	uint32_t head_bytes[SHAPER_SCHED_MAX]; /**< by rank: length of its next packet */
	uint32_t deficit_bytes[SHAPER_SCHED_MAX];
	uint32_t quantum_bytes[SHAPER_SCHED_MAX];
	uint8_t turn[SHAPER_SCHED_MAX]; /**< by the level's first rank: whose turn it is */
};

/**
 * Prepares a scheduler with nothing ready.
 *
 * @param nranks 1 to SHAPER_SCHED_MAX
 * @param levels by rank, ascending
 * @param weights by rank, at least 1
 * @param longest_bytes longest packet; longest * max weight fits in 31 bits
 */
void shaper_sched_init(struct shaper_sched *sched, uint32_t nranks, const uint32_t *levels,
		       const uint32_t *weights, uint32_t longest_bytes);

/** Sets quanta anew and keeps all else; as in shaper_sched_init(). */
void shaper_sched_set_weights(struct shaper_sched *sched, uint32_t nranks, const uint32_t *weights,
			      uint32_t longest_bytes);

/** A class became ready, or its next packet changed. */
static inline void shaper_sched_set(struct shaper_sched *sched, unsigned rank, uint32_t head_bytes)
{
	sched->ready |= 1ULL << rank;
	sched->head_bytes[rank] = head_bytes;
}

/** A class is not ready any more. What it saved is lost: only a backlog earns a share. */
static inline void shaper_sched_clear(struct shaper_sched *sched, unsigned rank)
{
	sched->ready &= ~(1ULL << rank);
	sched->deficit_bytes[rank] = 0;
}

/** The class to serve next; at least one is ready. Picking twice without a send picks the same. */
static inline unsigned shaper_sched_pick(struct shaper_sched *sched)
{
	unsigned top = (unsigned)__builtin_ctzll(sched->ready);
	uint64_t level = sched->level_mask[top];
	uint64_t mask = sched->ready & level;
	uint64_t behind;
	uint8_t *turn;

	if ((mask & (mask - 1)) == 0)
		return top;
	turn = &sched->turn[__builtin_ctzll(level)];
	if ((mask >> *turn & 1) != 0 && sched->deficit_bytes[*turn] >= sched->head_bytes[*turn])
		return *turn;
	behind = mask & (~1ULL << *turn);
	*turn = (uint8_t)__builtin_ctzll(behind != 0 ? behind : mask);
	sched->deficit_bytes[*turn] += sched->quantum_bytes[*turn];
	return *turn;
}

/** What the class just picked may send in its turn, bytes; alone in its level it has no limit. */
static inline uint64_t shaper_sched_budget_bytes(const struct shaper_sched *sched, unsigned rank)
{
	uint64_t mask = sched->ready & sched->level_mask[rank];

	return (mask & (mask - 1)) == 0 ? UINT64_MAX : sched->deficit_bytes[rank];
}

/** Packets of a class were sent. A class that is alone in its level sends without a deficit. */
static inline void shaper_sched_charge(struct shaper_sched *sched, unsigned rank, uint64_t bytes)
{
	uint32_t deficit = sched->deficit_bytes[rank];

	sched->deficit_bytes[rank] = deficit > bytes ? deficit - (uint32_t)bytes : 0;
}

#endif
