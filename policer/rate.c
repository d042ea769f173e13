#include "policer/rate.h"

#include <errno.h>
#include <limits.h>

#define NS_PER_S 1000000000ULL
#define PPB 1000000000ULL
/* 1 MHz and 400 Gbit/s need this many for 2^20 units per byte, which is always exact enough. */
#define MAX_FRAC_BITS 36

/* ticks per charge unit = num / value */
static int rate_numerator(enum rate_unit unit, uint64_t value, uint64_t ticks_hz, uint64_t *num)
{
	switch (unit) {
	case RATE_BITS_PER_S:
		if (value < RATE_MIN_BPS || value > RATE_MAX_BPS)
			return -ERANGE;
		*num = ticks_hz * CHAR_BIT;
		return 0;
	case RATE_PKTS_PER_S:
		if (value < RATE_MIN_PPS || value > RATE_MAX_PPS)
			return -ERANGE;
		*num = ticks_hz;
		return 0;
	}
	return -EINVAL;
}

static rate_u128 abs_diff(rate_u128 a, rate_u128 b)
{
	return a > b ? a - b : b - a;
}

int rate_init(struct rate *rate, enum rate_unit unit, uint64_t value, uint64_t ticks_hz)
{
	uint64_t num = 0;
	int err;

	if (ticks_hz < RATE_MIN_TICKS_HZ || ticks_hz > RATE_MAX_TICKS_HZ)
		return -ERANGE;
	err = rate_numerator(unit, value, ticks_hz, &num);
	if (err != 0)
		return err;

	/* num < 2^37, so every product below stays under 2^37 * 2^36 * 2^30. */
	for (uint8_t frac = 0; frac <= MAX_FRAC_BITS; frac++) {
		rate_u128 exact = (rate_u128)num << frac;
		uint64_t unit_cost = (uint64_t)((exact + value / 2) / value);
		rate_u128 scaled = (rate_u128)unit_cost * value;

		if (abs_diff(exact, scaled) * PPB > scaled * RATE_MAX_ERROR_PPB)
			continue;
		*rate = (struct rate){
			.unit_cost = unit_cost,
			.frac_bits = frac,
			.unit = (uint8_t)unit,
			.value = value,
			.ticks_hz = ticks_hz,
		};
		return 0;
	}
	return -ERANGE;
}

int64_t rate_error_ppb(const struct rate *rate)
{
	uint64_t num = rate->ticks_hz * (rate->unit == RATE_BITS_PER_S ? CHAR_BIT : 1);
	rate_u128 exact = (rate_u128)num << rate->frac_bits;
	rate_u128 scaled = (rate_u128)rate->unit_cost * rate->value;
	int64_t ppb = (int64_t)((abs_diff(exact, scaled) * PPB + scaled / 2) / scaled);

	return exact < scaled ? -ppb : ppb;
}

int rate_layer_adjust_bytes(enum rate_layer layer)
{
	switch (layer) {
	case RATE_LAYER_L1:
		return 24;
	case RATE_LAYER_L2:
		return 4;
	case RATE_LAYER_L3:
		return -14;
	}
	return 0;
}

uint64_t rate_max_idle_ticks(const struct rate *rate)
{
	return (1ULL << 62) >> rate->frac_bits;
}

uint64_t rate_units_in_ns(const struct rate *rate, uint64_t ns)
{
	uint64_t divisor = rate->unit == RATE_BITS_PER_S ? NS_PER_S * CHAR_BIT : NS_PER_S;
	rate_u128 units = (rate_u128)rate->value * ns / divisor;

	return units > UINT64_MAX ? UINT64_MAX : (uint64_t)units;
}
