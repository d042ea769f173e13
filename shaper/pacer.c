#include "shaper/pacer.h"

int shaper_profile_init(struct shaper_profile *profile, uint64_t rate_bps, uint32_t burst_bytes,
			uint64_t ticks_hz)
{
	struct rate rate = { 0 };
	int err = 0;

	if (rate_bps != 0)
		err = rate_init(&rate, RATE_BITS_PER_S, rate_bps, ticks_hz);
	if (err != 0)
		return err;
	*profile = (struct shaper_profile){
		.rate = rate,
		.limit_stamp = rate_cost(&rate, burst_bytes),
		.burst_bytes = burst_bytes,
	};
	return 0;
}

void shaper_pacer_convert(struct shaper_pacer *pacer, const struct shaper_profile *from,
			  const struct shaper_profile *to, uint64_t now_ticks)
{
	uint64_t now_from = rate_stamp(&from->rate, now_ticks);
	uint64_t missing = shaper_pacer_start(pacer->full_stamp, now_from) - now_from;
	uint64_t tokens_bytes = to->burst_bytes;

	/* From "no limit" the bucket starts full: nothing was charged before. */
	if (from->limit_stamp != 0)
		tokens_bytes = rate_charge_floor(&from->rate, from->limit_stamp - missing);
	if (tokens_bytes > to->burst_bytes)
		tokens_bytes = to->burst_bytes;
	pacer->full_stamp = rate_stamp(&to->rate, now_ticks) + to->limit_stamp -
			    rate_cost(&to->rate, (uint32_t)tokens_bytes);
}
