#include "shaper/conformance.h"

uint64_t shaper_conformance_burst_bytes(const struct shaper_conformance *meter,
					const struct rate *rate)
{
	uint64_t worst = __atomic_load_n(&meter->max_backlog_stamp, __ATOMIC_RELAXED);

	return rate_charge_ceil(rate, worst);
}
