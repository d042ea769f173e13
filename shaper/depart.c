#include "shaper/state.h"

/*
 * A caller is always a little late, and with a burst of one packet every lateness that counted
 * would lower the rate. So one packet's worth of lateness is forgiven: what leaves fits the burst
 * plus one packet, however late the caller is, and the rate holds as long as it is less late than
 * that.
 *
 * With F the stamp before the charge of cost C at t0, the stamp now is F0 = max(F, t0) + C. Had it
 * been charged at t1 >= t0, it would be F1 = max(F, t1) + C. F itself is gone, but
 * max(F0 - C, t1) + C = F1: either F0 - C = t0 <= t1 and F <= t0, or F0 - C = F.
 */
void shaper_depart(struct shaper *shaper, uint64_t now_ticks, uint32_t len_bytes)
{
	const struct rate *rate = &shaper->profile.rate;
	uint64_t cost = rate_cost(rate, len_bytes);
	uint64_t forgiven = rate_cost(rate,
				      shaper->max_frame_bytes + (uint32_t)shaper->adjust_bytes);

	shaper->pacer.full_stamp = shaper_pacer_start(shaper->pacer.full_stamp - cost,
						      rate_stamp(rate, now_ticks) - forgiven) +
				   cost;
}
