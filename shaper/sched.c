#include "shaper/sched.h"

void shaper_sched_set_weights(struct shaper_sched *sched, uint32_t nranks, const uint32_t *weights,
			      uint32_t longest_bytes)
{
	for (uint32_t first = 0; first < nranks;) {
		uint32_t end = first, lightest = weights[first], base;

		while (end < nranks && (sched->level_mask[first] >> end & 1) != 0) {
			if (weights[end] < lightest)
				lightest = weights[end];
			end++;
		}
		base = (longest_bytes + lightest - 1) / lightest;
		for (; first < end; first++)
			sched->quantum_bytes[first] = weights[first] * base;
	}
}

void shaper_sched_init(struct shaper_sched *sched, uint32_t nranks, const uint32_t *levels,
		       const uint32_t *weights, uint32_t longest_bytes)
{
	*sched = (struct shaper_sched){ 0 };
	for (uint32_t rank = 0; rank < nranks; rank++) {
		for (uint32_t other = 0; other < nranks; other++) {
			if (levels[other] == levels[rank])
				sched->level_mask[rank] |= 1ULL << other;
		}
	}
	for (uint32_t rank = 0; rank < nranks; rank++)
		sched->turn[rank] = (uint8_t)rank;
	shaper_sched_set_weights(sched, nranks, weights, longest_bytes);
}
