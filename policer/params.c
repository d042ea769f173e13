#include "policer/params.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>

#define ETHERNET_HEADER_BYTES 14

static int check_rate(const struct policer_params *params, const char *name, char *why,
		      size_t why_len)
{
	bool bits = params->unit == RATE_BITS_PER_S;
	uint64_t min = bits ? RATE_MIN_BPS : RATE_MIN_PPS;
	uint64_t max = bits ? RATE_MAX_BPS : RATE_MAX_PPS;
	const char *unit = bits ? "bit/s" : "packets/s";

	if (params->rate >= min && params->rate <= max)
		return 0;
	snprintf(why, why_len, "%s %" PRIu64 " %s is outside %" PRIu64 " to %" PRIu64 " %s", name,
		 params->rate, unit, min, max, unit);
	return -ERANGE;
}

static int check_burst_pkts(const struct policer_params *params, const char *name, char *why,
			    size_t why_len)
{
	if (params->burst >= 1 && params->burst <= POLICER_MAX_BURST_PKTS)
		return 0;
	snprintf(why, why_len, "%s %" PRIu64 " packets is outside 1 to %llu packets", name,
		 params->burst, POLICER_MAX_BURST_PKTS);
	return -ERANGE;
}

static int check_burst_bytes(const struct policer_params *params, const char *name, char *why,
			     size_t why_len)
{
	int framing = ETHERNET_HEADER_BYTES + rate_layer_adjust_bytes(params->layer);
	uint64_t mtu_in_layer = params->mtu_bytes + (uint64_t)framing;

	if (params->mtu_bytes < POLICER_MIN_MTU_BYTES ||
	    params->mtu_bytes > POLICER_MAX_MTU_BYTES) {
		snprintf(why, why_len, "MTU %" PRIu32 " bytes is outside %u to %u bytes",
			 params->mtu_bytes, POLICER_MIN_MTU_BYTES, POLICER_MAX_MTU_BYTES);
		return -ERANGE;
	}
	if (params->burst < mtu_in_layer) {
		snprintf(why, why_len,
			 "%s %" PRIu64 " bytes is below one MTU, which would never pass: %" PRIu32
			 " + %d bytes of framing in the accounting layer = %" PRIu64
			 " bytes at least",
			 name, params->burst, params->mtu_bytes, framing, mtu_in_layer);
		return -ERANGE;
	}
	if (params->burst > POLICER_MAX_BURST_BYTES) {
		snprintf(why, why_len, "%s %" PRIu64 " bytes is above %llu bytes", name,
			 params->burst, POLICER_MAX_BURST_BYTES);
		return -ERANGE;
	}
	return 0;
}

int policer_params_check_as(const struct policer_params *params, const char *rate_name,
			    const char *burst_name, char *why, size_t why_len)
{
	int err;

	if (params->unit > RATE_PKTS_PER_S) {
		snprintf(why, why_len, "rate unit %u is neither bit/s nor packets/s",
			 (unsigned)params->unit);
		return -EINVAL;
	}
	if (params->layer > RATE_LAYER_L3) {
		snprintf(why, why_len, "accounting layer %u is none of L1, L2, L3",
			 (unsigned)params->layer);
		return -EINVAL;
	}
	err = check_rate(params, rate_name, why, why_len);
	if (err != 0)
		return err;
	if (params->unit == RATE_PKTS_PER_S)
		return check_burst_pkts(params, burst_name, why, why_len);
	return check_burst_bytes(params, burst_name, why, why_len);
}

int policer_params_check(const struct policer_params *params, char *why, size_t why_len)
{
	return policer_params_check_as(params, "rate", "burst", why, why_len);
}
