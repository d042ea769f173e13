/*
 * Share of member k: 1 + (buckets - members) * weight[k] / sum of weights, so that the lightest
 * member still gets a bucket. Shares are compared in units of 1 / sum of weights, without rounding:
 *   1024 * 64 members * weight 256 < 2^25.
 */

#include "dataplane/nh_group.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define UNOWNED UINT32_MAX

/* The work of one fill; members by position. */
struct filling {
	const struct nh_group *group;
	uint32_t weight_sum;
	uint32_t owned[DP_GROUP_MAX];	  /* buckets so far */
	uint32_t share[DP_GROUP_MAX];	  /* buckets it should own, times weight_sum */
	uint32_t owner[NH_GROUP_BUCKETS]; /* position, or UNOWNED */
};

static void shares_init(struct filling *filling)
{
	const struct nh_group *group = filling->group;

	filling->weight_sum = 0;
	for (unsigned k = 0; k < group->n_members; k++)
		filling->weight_sum += group->weights[k];
	for (unsigned k = 0; k < group->n_members; k++) {
		filling->owned[k] = 0;
		filling->share[k] = filling->weight_sum +
				    (NH_GROUP_BUCKETS - group->n_members) * group->weights[k];
	}
}

/* Position of a member that may own one bucket more, with its share rounded up. */
static uint32_t keeper(const struct filling *filling, uint32_t index)
{
	for (unsigned k = 0; k < filling->group->n_members; k++) {
		if (filling->group->members[k] == index &&
		    filling->owned[k] * filling->weight_sum < filling->share[k])
			return k;
	}
	return UNOWNED;
}

static void keep(struct filling *filling, const struct nh_group *ancestor)
{
	for (unsigned b = 0; b < NH_GROUP_BUCKETS; b++) {
		filling->owner[b] = ancestor ? keeper(filling, ancestor->bucket[b]) : UNOWNED;
		if (filling->owner[b] != UNOWNED)
			filling->owned[filling->owner[b]]++;
	}
}

/* Mixes a member and a bucket, so that equal claims are settled the same way at every build. */
static uint32_t score(uint32_t member, uint32_t bucket)
{
	uint32_t h = member * 0x9e3779b1U ^ bucket * 0x85ebca77U;

	h = (h ^ (h >> 15)) * 0x2c1b3c6dU;
	h = (h ^ (h >> 12)) * 0x297a2d39U;
	return h ^ (h >> 15);
}

/* How far a member is below its share, times weight_sum. */
static int64_t deficit(const struct filling *filling, unsigned k)
{
	return (int64_t)filling->share[k] - (int64_t)filling->owned[k] * filling->weight_sum;
}

/* Whether a claims a bucket before b: full buckets first, then larger deficit, then score. */
static bool claims_before(const struct filling *filling, unsigned a, unsigned b, uint32_t bucket)
{
	const struct nh_group *group = filling->group;
	int64_t least = filling->weight_sum;
	int64_t deficit_a = deficit(filling, a), deficit_b = deficit(filling, b);

	if ((deficit_a < least || deficit_b < least) && deficit_a != deficit_b)
		return deficit_a > deficit_b;
	return score(group->members[a], bucket) > score(group->members[b], bucket);
}

/* Who takes a bucket: among members that lack a whole one the score decides, not the order. */
static unsigned claimant(const struct filling *filling, unsigned bucket)
{
	unsigned best = 0;

	for (unsigned k = 1; k < filling->group->n_members; k++) {
		if (claims_before(filling, k, best, bucket))
			best = k;
	}
	return best;
}

/* A new member whose share was rounded away by those that keep theirs takes one bucket. */
static void feed(struct filling *filling, unsigned hungry)
{
	unsigned richest = 0;

	for (unsigned k = 0; k < filling->group->n_members; k++) {
		if (deficit(filling, k) < deficit(filling, richest))
			richest = k;
	}
	for (unsigned b = 0; b < NH_GROUP_BUCKETS; b++) {
		if (filling->owner[b] != richest)
			continue;
		filling->owner[b] = hungry;
		filling->owned[richest]--;
		filling->owned[hungry]++;
		return;
	}
}

void nh_group_fill(struct nh_group *group, const struct nh_group *ancestor)
{
	struct filling filling = { .group = group };

	shares_init(&filling);
	keep(&filling, ancestor);
	for (unsigned b = 0; b < NH_GROUP_BUCKETS; b++) {
		if (filling.owner[b] != UNOWNED)
			continue;
		filling.owner[b] = claimant(&filling, b);
		filling.owned[filling.owner[b]]++;
	}
	for (unsigned k = 0; k < group->n_members; k++) {
		if (filling.owned[k] == 0)
			feed(&filling, k);
	}
	for (unsigned b = 0; b < NH_GROUP_BUCKETS; b++)
		group->bucket[b] = group->members[filling.owner[b]];
}

struct nh_group *nh_group_create(const struct dp_nexthop *nexthop, const struct nh_group *ancestor)
{
	struct nh_group *group = aligned_alloc(alignof(struct nh_group), sizeof(*group));

	if (group == NULL)
		return NULL;
	group->n_members = nexthop->n_members;
	memcpy(group->members, nexthop->members, sizeof(group->members));
	memcpy(group->weights, nexthop->weights, sizeof(group->weights));
	nh_group_fill(group, ancestor);
	return group;
}

unsigned nh_group_count_common(const struct nh_group *group, const struct dp_nexthop *nexthop)
{
	unsigned common = 0;

	for (unsigned k = 0; k < nexthop->n_members; k++) {
		for (unsigned j = 0; j < group->n_members; j++) {
			if (group->members[j] == nexthop->members[k]) {
				common++;
				break;
			}
		}
	}
	return common;
}
