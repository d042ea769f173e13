#include "shaper/state.h"

/*
 * With F the stamp before the charge of cost C at t0, the stamp now is F0 = max(F, t0) + C. Had it
 * been charged at t1 >= t0, it would be F1 = max(F, t1) + C. F itself is gone, but
 * max(F0 - C, t1) + C = F1: either F0 - C = t0 <= t1 and F <= t0, or F0 - C = F.
 */
void shaper_depart(struct shaper *shaper, uint64_t now_ticks, uint32_t len_bytes)
{
	const struct rate *rate = &shaper->profile.rate;
	uint64_t cost = rate_cost(rate, len_bytes);

	shaper->pacer.full_stamp = shaper_pacer_start(shaper->pacer.full_stamp - cost,
						      rate_stamp(rate, now_ticks)) +
				   cost;
}
