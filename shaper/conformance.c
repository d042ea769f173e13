#include "shaper/conformance.h"

uint64_t shaper_conformance_burst_bytes(const struct shaper_conformance *meter,
					const struct rate *rate)
{
	return rate_charge_ceil(rate, meter->max_backlog_stamp);
}
