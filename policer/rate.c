#include "policer/rate.h"

#include <errno.h>
#include <limits.h>

#define NS_PER_S 1000000000ULL
#define MIN_COST_BITS 20
#define MAX_FRAC_BITS 24

static unsigned log2_floor(rate_u128 v)
{
	uint64_t high = (uint64_t)(v >> 64);

	if (high != 0)
		return 127U - (unsigned)__builtin_clzll(high);
	return 63U - (unsigned)__builtin_clzll((uint64_t)v);
}

/* ticks per charge unit = num / den */
static int rate_ratio(enum rate_unit unit, uint64_t value, uint64_t ticks_hz, uint64_t *num)
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

/* Fraction bits that make the smallest charge cost at least 2^MIN_COST_BITS. */
static unsigned rate_frac_bits(uint64_t num, uint64_t den, enum rate_unit unit)
{
	uint64_t min_charge = unit == RATE_BITS_PER_S ? RATE_MIN_CHARGE_BYTES : 1;
	unsigned frac = 0;

	while (frac < MAX_FRAC_BITS &&
	       ((rate_u128)num * min_charge << frac) / den < (1U << MIN_COST_BITS))
		frac++;
	return frac;
}

int rate_init(struct rate *rate, enum rate_unit unit, uint64_t value, uint64_t ticks_hz)
{
	uint64_t num = 0;
	unsigned frac, shift;
	int err;

	if (ticks_hz < RATE_MIN_TICKS_HZ || ticks_hz > RATE_MAX_TICKS_HZ)
		return -ERANGE;
	err = rate_ratio(unit, value, ticks_hz, &num);
	if (err != 0)
		return err;

	/*
	 * mult = num * 2^(frac + shift) / value with 62 significant bits. num < 2^37 and
	 * frac <= 24, so a shift of up to 63 keeps the dividend within 124 bits.
	 */
	frac = rate_frac_bits(num, value, unit);
	shift = 62 - log2_floor(((rate_u128)num << frac) / value + 1);
	if (shift > 63)
		return -ERANGE;
	*rate = (struct rate){
		.mult = (uint64_t)((((rate_u128)num << (frac + shift)) + value / 2) / value),
		.shift = (uint8_t)shift,
		.frac_bits = (uint8_t)frac,
		.unit = (uint8_t)unit,
		.value = value,
		.ticks_hz = ticks_hz,
	};
	return 0;
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
	uint64_t per_unit = rate->unit == RATE_BITS_PER_S ? CHAR_BIT : 1;
	rate_u128 units = (rate_u128)rate->value * ns / (NS_PER_S * per_unit);

	return units > UINT64_MAX ? UINT64_MAX : (uint64_t)units;
}
