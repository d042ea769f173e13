#include "shaper/conformance.h"

uint64_t shaper_conformance_burst_bytes(const struct shaper_conformance *meter,
					const struct rate *rate)
{
	rate_u128 scaled = (rate_u128)meter->max_backlog_stamp << rate->shift;

	return (uint64_t)((scaled + rate->mult - 1) / rate->mult);
}
