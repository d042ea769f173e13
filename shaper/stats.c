#include "shaper/state.h"

#include <errno.h>

/* Counters are 64-bit words: the structure is copied word by word, each one whole. */
static_assert(sizeof(struct shaper_class_stats) % sizeof(uint64_t) == 0, "only 64-bit counters");

uint64_t shaper_queued_pkts(const struct shaper *shaper)
{
	return __atomic_load_n(&shaper->queued_pkts, __ATOMIC_RELAXED);
}

uint64_t shaper_misdirected_pkts(const struct shaper *shaper)
{
	return __atomic_load_n(&shaper->misdirected_pkts, __ATOMIC_RELAXED);
}

int shaper_class_stats_get(const struct shaper *shaper, uint32_t class_index,
			   struct shaper_class_stats *stats)
{
	const uint64_t *from;
	uint64_t *to = (uint64_t *)stats;

	if (class_index >= shaper->nclasses)
		return -ERANGE;
	from = (const uint64_t *)&shaper->classes[class_index].stats;
	for (size_t i = 0; i < sizeof(*stats) / sizeof(*to); i++)
		to[i] = __atomic_load_n(&from[i], __ATOMIC_RELAXED);
	return 0;
}

int shaper_class_effective_get(const struct shaper *shaper, uint32_t class_index,
			       struct shaper_class_effective *effective)
{
	const struct shaper_class *class;

	if (class_index >= shaper->nclasses)
		return -ERANGE;
	class = &shaper->classes[class_index];
	*effective = (struct shaper_class_effective){
		.rate_bps = class->profile.rate.value,
		.burst_bytes = class->profile.burst_bytes,
		.quantum_bytes = shaper->sched.quantum_bytes[class->rank],
		.limit_bytes = class->limit_bytes != UINT32_MAX ? class->limit_bytes : UINT64_MAX,
		.limit_ticks = class->limit_ticks,
		.ecn_ticks = class->ecn_ticks,
	};
	return 0;
}
