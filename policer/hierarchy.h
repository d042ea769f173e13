#ifndef POLICER_HIERARCHY_H
#define POLICER_HIERARCHY_H

/**
 * @file
 * Buckets above buckets: a class under its router's aggregate, or more levels.
 *
 * A packet takes its tokens from every level or from none: what one level refuses costs the others
 * nothing, so a class beyond its own profile does not eat the aggregate of its neighbours, and a
 * full aggregate does not eat the class. Levels are independent buckets with their own rates,
 * layers and even units (a byte rate under a packet rate).
 */

#include "policer/bucket.h"

#include <stdbool.h>
#include <stdint.h>

/** One level. All buckets of a hierarchy belong to one thread. */
struct policer_level {
	const struct policer_profile *profile;
	struct policer_bucket *bucket;
};

/** Whether a packet would conform; takes nothing. */
static inline bool policer_level_conforms(const struct policer_level *level, uint64_t now_ticks,
					  uint32_t frame_len_bytes)
{
	uint64_t now = now_ticks << level->profile->frac_bits;
	uint64_t room = policer_bucket_room(level->profile, level->bucket, now);

	return policer_take_room(&room, policer_profile_cost(level->profile, frame_len_bytes));
}

/**
 * Takes one packet's tokens from every level, or from none.
 *
 * @param levels count levels, in any order, no bucket twice
 * @return whether the packet conforms to every level
 */
static inline bool policer_hierarchy_take(const struct policer_level *levels, unsigned count,
					  uint64_t now_ticks, uint32_t frame_len_bytes)
{
	bool conforms = true;

	for (unsigned i = 0; i < count; i++)
		conforms &= policer_level_conforms(&levels[i], now_ticks, frame_len_bytes);
	for (unsigned i = 0; i < count; i++) {
		const struct policer_profile *profile = levels[i].profile;
		uint64_t cost = policer_profile_cost(profile, frame_len_bytes);

		policer_bucket_refresh(profile, levels[i].bucket, now_ticks);
		levels[i].bucket->tat += cost & (0 - (uint64_t)conforms);
	}
	return conforms;
}

#endif
