#include "shaper/params.h"

#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>

#define NS_PER_S 1000000000ULL

/* Where a refusal's sentence goes. */
struct refusal {
	char *why;
	size_t why_len;
};

__attribute__((format(printf, 3, 4))) static int refuse(const struct refusal *to, int err,
							const char *format, ...)
{
	va_list args;

	if (to->why == NULL || to->why_len == 0)
		return err;
	va_start(args, format);
	vsnprintf(to->why, to->why_len, format, args);
	va_end(args);
	return err;
}

static const char *layer_name(enum rate_layer layer)
{
	static const char *const names[] = { "L1", "L2", "L3" };

	return names[layer];
}

static uint64_t bytes_in_ns(uint64_t rate_bps, uint64_t ns)
{
	rate_u128 bytes = (rate_u128)rate_bps * ns / NS_PER_S / CHAR_BIT;

	return bytes > UINT64_MAX ? UINT64_MAX : (uint64_t)bytes;
}

uint64_t shaper_burst_for_gap_bytes(uint64_t rate_bps, uint64_t gap_ns, uint32_t longest_bytes)
{
	uint64_t meanwhile = bytes_in_ns(rate_bps, gap_ns);

	if (meanwhile >= UINT64_MAX - longest_bytes - 1)
		return UINT64_MAX;
	return meanwhile + 1 + longest_bytes;
}

uint32_t shaper_params_longest_bytes(const struct shaper_params *params)
{
	return (uint32_t)((int)params->max_frame_bytes + rate_layer_adjust_bytes(params->layer));
}

uint64_t shaper_params_class_rate_bps(const struct shaper_params *params, uint32_t class_index)
{
	uint64_t own_bps = params->classes[class_index].profile.rate_bps;

	return own_bps != 0 ? own_bps : params->aggregate.rate_bps;
}

uint32_t shaper_params_limit_bytes(const struct shaper_params *params, uint32_t class_index)
{
	const struct shaper_class_params *class = &params->classes[class_index];
	uint64_t rate_bps = shaper_params_class_rate_bps(params, class_index);
	uint64_t limit = class->limit_bytes != 0 ? class->limit_bytes : UINT32_MAX;
	uint64_t in_time = bytes_in_ns(rate_bps, class->limit_ns);

	if (rate_bps != 0 && class->limit_ns != 0 && in_time < limit)
		limit = in_time;
	return (uint32_t)limit;
}

uint32_t shaper_params_flow_quota_bytes(const struct shaper_params *params)
{
	if (params->flows.quota_bytes != 0)
		return params->flows.quota_bytes;
	return params->flows.quota_pkts * shaper_params_longest_bytes(params);
}

uint64_t shaper_params_wait_ticks(const struct shaper_params *params, uint64_t wait_ns)
{
	if (wait_ns == 0)
		return UINT64_MAX;
	return (uint64_t)(((rate_u128)wait_ns * params->ticks_hz + NS_PER_S / 2) / NS_PER_S);
}

uint64_t shaper_params_pool_pkts(const struct shaper_params *params)
{
	uint64_t npkts = 0;

	for (uint32_t i = 0; i < params->nclasses; i++)
		npkts += params->classes[i].quota_pkts;
	return npkts;
}

bool shaper_params_is_timed(const struct shaper_params *params)
{
	for (uint32_t i = 0; i < params->nclasses; i++) {
		if (params->classes[i].limit_ns != 0 || params->classes[i].ecn_ns != 0)
			return true;
	}
	return false;
}

/* name: whose profile it is, as in "class 3". */
static int check_profile(const struct shaper_params *params,
			 const struct shaper_profile_params *profile, const char *name,
			 const struct refusal *to)
{
	uint32_t longest = shaper_params_longest_bytes(params);

	if (profile->rate_bps < RATE_MIN_BPS || profile->rate_bps > RATE_MAX_BPS)
		return refuse(to, -ERANGE,
			      "%s: rate %" PRIu64 " bit/s is outside %llu to %llu bit/s", name,
			      profile->rate_bps, RATE_MIN_BPS, RATE_MAX_BPS);
	if (profile->burst_bytes > SHAPER_MAX_BURST_BYTES)
		return refuse(to, -ERANGE, "%s: burst of %" PRIu32 " bytes exceeds %u bytes", name,
			      profile->burst_bytes, SHAPER_MAX_BURST_BYTES);
	if (profile->burst_bytes < longest)
		return refuse(to, -EINVAL,
			      "%s: burst of %" PRIu32
			      " bytes is less than the longest packet, %" PRIu32
			      " bytes in %s (frame of %" PRIu32 " %+d), which could never leave",
			      name, profile->burst_bytes, longest, layer_name(params->layer),
			      params->max_frame_bytes, rate_layer_adjust_bytes(params->layer));
	if (params->aggregate.rate_bps != 0 && profile->rate_bps > params->aggregate.rate_bps)
		return refuse(to, -EINVAL,
			      "%s: rate %" PRIu64 " bit/s exceeds the aggregate's %" PRIu64
			      " bit/s above it",
			      name, profile->rate_bps, params->aggregate.rate_bps);
	return 0;
}

static int check_port(const struct shaper_params *params, const struct refusal *to)
{
	if (params->ticks_hz < RATE_MIN_TICKS_HZ || params->ticks_hz > RATE_MAX_TICKS_HZ)
		return refuse(to, -ERANGE, "clock of %" PRIu64 " Hz is outside %llu to %llu Hz",
			      params->ticks_hz, RATE_MIN_TICKS_HZ, RATE_MAX_TICKS_HZ);
	if (params->layer != RATE_LAYER_L1 && params->layer != RATE_LAYER_L2 &&
	    params->layer != RATE_LAYER_L3)
		return refuse(to, -ERANGE, "layer %d is none of L1, L2, L3", (int)params->layer);
	if (params->max_frame_bytes < 2 * SHAPER_MIN_FRAME_BYTES ||
	    params->max_frame_bytes > SHAPER_MAX_FRAME_BYTES)
		return refuse(to, -ERANGE, "longest frame of %" PRIu32 " bytes is outside %u to %u",
			      params->max_frame_bytes, 2 * SHAPER_MIN_FRAME_BYTES,
			      SHAPER_MAX_FRAME_BYTES);
	if (params->nclasses == 0 || params->nclasses > SHAPER_MAX_CLASSES)
		return refuse(to, -ERANGE, "%" PRIu32 " classes are outside 1 to %u",
			      params->nclasses, SHAPER_MAX_CLASSES);
	if (params->aggregate.rate_bps == 0) {
		if (params->aggregate.burst_bytes != 0)
			return refuse(to, -EINVAL,
				      "aggregate: burst of %" PRIu32 " bytes without a rate",
				      params->aggregate.burst_bytes);
		return 0;
	}
	return check_profile(params, &params->aggregate, "aggregate", to);
}

static int check_class_ranges(const struct shaper_class_params *class, const char *name,
			      const struct refusal *to)
{
	if (class->level >= SHAPER_MAX_LEVELS)
		return refuse(to, -ERANGE, "%s: level %" PRIu32 " is outside 0 to %u", name,
			      class->level, SHAPER_MAX_LEVELS - 1);
	if (class->weight == 0 || class->weight > SHAPER_MAX_WEIGHT)
		return refuse(to, -ERANGE, "%s: weight %" PRIu32 " is outside 1 to %u", name,
			      class->weight, SHAPER_MAX_WEIGHT);
	if (class->quota_pkts == 0 || class->quota_pkts > SHAPER_MAX_QUOTA_PKTS)
		return refuse(to, -ERANGE, "%s: quota of %" PRIu32 " packets is outside 1 to %u",
			      name, class->quota_pkts, SHAPER_MAX_QUOTA_PKTS);
	if (class->limit_ns > SHAPER_MAX_WAIT_NS)
		return refuse(to, -ERANGE, "%s: time limit of %" PRIu64 " ns exceeds %llu ns", name,
			      class->limit_ns, SHAPER_MAX_WAIT_NS);
	if (class->ecn_ns > SHAPER_MAX_WAIT_NS)
		return refuse(to, -ERANGE, "%s: ECN threshold of %" PRIu64 " ns exceeds %llu ns",
			      name, class->ecn_ns, SHAPER_MAX_WAIT_NS);
	if (class->profile.rate_bps == 0 && class->profile.burst_bytes != 0)
		return refuse(to, -EINVAL, "%s: burst of %" PRIu32 " bytes without a rate", name,
			      class->profile.burst_bytes);
	return 0;
}

static int check_class(const struct shaper_params *params, uint32_t index, const struct refusal *to)
{
	const struct shaper_class_params *class = &params->classes[index];
	uint64_t rate_bps = shaper_params_class_rate_bps(params, index);
	uint32_t longest = shaper_params_longest_bytes(params);
	char name[24];
	int err;

	snprintf(name, sizeof(name), "class %" PRIu32, index);
	err = check_class_ranges(class, name, to);
	if (err == 0 && class->profile.rate_bps != 0)
		err = check_profile(params, &class->profile, name, to);
	if (err != 0)
		return err;
	if (class->limit_bytes != 0 && class->limit_bytes < longest)
		return refuse(to, -EINVAL,
			      "%s: limit of %" PRIu32
			      " bytes is less than the longest packet, %" PRIu32 " bytes",
			      name, class->limit_bytes, longest);
	if (class->limit_ns != 0 && shaper_params_limit_bytes(params, index) < longest)
		return refuse(to, -EINVAL,
			      "%s: limit of %" PRIu64 " ns at %" PRIu64 " bit/s is %" PRIu64
			      " bytes, less than the longest packet, %" PRIu32 " bytes",
			      name, class->limit_ns, rate_bps,
			      bytes_in_ns(rate_bps, class->limit_ns), longest);
	if (class->limit_ns != 0 && class->ecn_ns >= class->limit_ns)
		return refuse(to, -EINVAL,
			      "%s: ECN threshold of %" PRIu64
			      " ns marks nothing: packets are dropped after %" PRIu64 " ns",
			      name, class->ecn_ns, class->limit_ns);
	return 0;
}

static int check_flow_tables(const struct shaper_params *params, const struct refusal *to)
{
	const struct shaper_flow_params *flows = &params->flows;
	char name[32];
	int err;

	if (flows->profiles == NULL || flows->nprofiles == 0 || flows->nprofiles > SHAPER_MAX_FLOWS)
		return refuse(to, -ERANGE, "flows: %" PRIu32 " profiles are outside 1 to %u",
			      flows->profiles == NULL ? 0 : flows->nprofiles, SHAPER_MAX_FLOWS);
	for (uint32_t i = 0; i < flows->nprofiles; i++) {
		snprintf(name, sizeof(name), "flow profile %" PRIu32, i);
		err = check_profile(params, &flows->profiles[i], name, to);
		if (err != 0)
			return err;
	}
	for (uint32_t i = 0; flows->profile_of_flow != NULL && i < flows->nflows; i++) {
		if (flows->profile_of_flow[i] >= flows->nprofiles)
			return refuse(to, -ERANGE,
				      "flow %" PRIu32
				      ": profile %u does not exist, there are %" PRIu32,
				      i, (unsigned)flows->profile_of_flow[i], flows->nprofiles);
	}
	return 0;
}

static int check_flows(const struct shaper_params *params, const struct refusal *to)
{
	const struct shaper_flow_params *flows = &params->flows;
	uint32_t longest = shaper_params_longest_bytes(params);

	if (flows->nflows == 0)
		return 0;
	if (flows->nflows > SHAPER_MAX_FLOWS)
		return refuse(to, -ERANGE, "%" PRIu32 " flows exceed %u", flows->nflows,
			      SHAPER_MAX_FLOWS);
	if (flows->class_index >= params->nclasses)
		return refuse(to, -ERANGE,
			      "flows: class %" PRIu32 " does not exist, there are %" PRIu32,
			      flows->class_index, params->nclasses);
	if (flows->quota_pkts == 0 || flows->quota_pkts > SHAPER_MAX_FLOW_QUOTA_PKTS)
		return refuse(to, -ERANGE, "flows: quota of %" PRIu32 " packets is outside 1 to %u",
			      flows->quota_pkts, SHAPER_MAX_FLOW_QUOTA_PKTS);
	if (flows->quota_pkts > params->classes[flows->class_index].quota_pkts)
		return refuse(to, -EINVAL,
			      "flows: quota of %" PRIu32 " packets exceeds class %" PRIu32
			      "'s of %" PRIu32,
			      flows->quota_pkts, flows->class_index,
			      params->classes[flows->class_index].quota_pkts);
	if (flows->quota_bytes != 0 && flows->quota_bytes < longest)
		return refuse(to, -EINVAL,
			      "flows: quota of %" PRIu32
			      " bytes is less than the longest packet, %" PRIu32 " bytes",
			      flows->quota_bytes, longest);
	return check_flow_tables(params, to);
}

int shaper_params_check(const struct shaper_params *params, char *why, size_t why_len)
{
	struct refusal to;
	int err;

	to.why = why;
	to.why_len = why_len;
	err = check_port(params, &to);
	for (uint32_t i = 0; err == 0 && i < params->nclasses; i++)
		err = check_class(params, i, &to);
	if (err != 0)
		return err;
	if (shaper_params_pool_pkts(params) > SHAPER_MAX_QUOTA_PKTS)
		return refuse(&to, -ERANGE,
			      "the quotas of %" PRIu32 " classes add up to %" PRIu64
			      " packets, more than %u",
			      params->nclasses, shaper_params_pool_pkts(params),
			      SHAPER_MAX_QUOTA_PKTS);
	return check_flows(params, &to);
}
