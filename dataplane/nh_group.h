#ifndef DATAPLANE_NH_GROUP_H
#define DATAPLANE_NH_GROUP_H

/**
 * @file
 * Which member of a group of nexthops a flow takes: a table of buckets, each owned by one member.
 *
 * Every member owns its share of the buckets, to the bucket. When a group changes, a bucket whose
 * owner stays keeps it unless the owner's share has shrunk, so that flows of surviving members do
 * not move when another one fails or is replaced. A group built without an ancestor depends on its
 * members alone, not on history: two builds give the same table.
 */

#include "dataplane/dp_route.h"

#include <stdalign.h>
#include <stdint.h>

#define NH_GROUP_BUCKETS 1024U /**< power of two; a share is exact to 0.1 % of the traffic */

/** A group as workers read it; immutable once published. */
struct nh_group {
	alignas(64) uint32_t bucket[NH_GROUP_BUCKETS]; /**< index of a nexthop that is no group */
	unsigned n_members;
	uint32_t members[DP_GROUP_MAX];
	uint16_t weights[DP_GROUP_MAX];
};

/**
 * Fills the buckets of a group whose members and weights are set. Control thread.
 *
 * @param ancestor group whose flows shall keep their members where possible, or NULL
 */
void nh_group_fill(struct nh_group *group, const struct nh_group *ancestor);

/**
 * Makes a group from its description, which is valid. Control thread; free() it.
 *
 * @return NULL without memory
 */
struct nh_group *nh_group_create(const struct dp_nexthop *nexthop, const struct nh_group *ancestor);

/** Number of members that a description has in common with a group. */
unsigned nh_group_count_common(const struct nh_group *group, const struct dp_nexthop *nexthop);

#endif
