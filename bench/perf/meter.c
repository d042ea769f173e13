#include "bench/perf/meter.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define CLOCK_HZ 1000000000ULL

static int set_layer(enum rate_layer *layer, const char *value)
{
	struct perf_stream stream;
	int err;

	perf_stream_init(&stream);
	err = perf_stream_set(&stream, "layer", value, NULL);
	*layer = stream.layer;
	return err;
}

static int set_field(struct perf_profile *profile, const char *key, const char *value)
{
	if (strcmp(key, "rate") == 0)
		return perf_quantity_bps(value, &profile->rate_bps);
	if (strcmp(key, "burst") == 0)
		return perf_quantity_bytes(value, &profile->burst_bytes);
	if (strcmp(key, "slack") == 0)
		return perf_quantity_bytes(value, &profile->slack_bytes);
	if (strcmp(key, "layer") == 0)
		return set_layer(&profile->layer, value);
	if (strcmp(key, "stream") != 0 || strlen(value) >= sizeof(profile->stream))
		return -EINVAL;
	memcpy(profile->stream, value, strlen(value) + 1);
	return 0;
}

int perf_profile_parse(struct perf_profile *profile, const char *text, struct perf_error *error)
{
	char *copy = strdup(text);
	char *part, *rest;
	int err = copy ? 0 : -ENOMEM;

	*profile = (struct perf_profile){ .layer = RATE_LAYER_L2 };
	for (part = copy ? strtok_r(copy, ",", &rest) : NULL; part && !err;
	     part = strtok_r(NULL, ",", &rest)) {
		char *equals = strchr(part, '=');

		if (equals)
			*equals = '\0';
		err = equals ? set_field(profile, part, equals + 1) : -EINVAL;
	}
	free(copy);
	if (!err && (profile->rate_bps < RATE_MIN_BPS || profile->rate_bps > RATE_MAX_BPS))
		err = -ERANGE;
	if (err)
		return perf_error_set(error, err,
				      "profile '%s': expected rate=BITS (1k to 400G),burst=BYTES"
				      "[,slack=BYTES][,layer=L1|L2|L3][,stream=NAME]",
				      text);
	return 0;
}

int perf_meter_init(struct perf_meter *meter, const struct perf_profile *profile, int stream)
{
	*meter = (struct perf_meter){
		.profile = *profile,
		.stream = stream,
		.adjust_bytes = rate_layer_adjust_bytes(profile->layer),
	};
	return rate_init(&meter->rate, RATE_BITS_PER_S, profile->rate_bps, CLOCK_HZ);
}

/* When the virtual queue is empty again: the first tick at or after it. */
static uint64_t empty_ns(const struct perf_meter *meter)
{
	const struct shaper_conformance *certain = &meter->certain;
	uint64_t round_up = (1ULL << meter->rate.frac_bits) - 1;

	return certain->last_ticks + ((certain->backlog_stamp + round_up) >> meter->rate.frac_bits);
}

void perf_meter_record(struct perf_meter *meter, uint64_t after_ns, uint64_t before_ns,
		       uint32_t frame_bytes)
{
	uint32_t bytes = (uint32_t)((int)frame_bytes + meter->adjust_bytes);
	uint64_t best_ns;

	if (!meter->started) {
		shaper_conformance_init(&meter->seen, &meter->rate, before_ns);
		shaper_conformance_init(&meter->certain, &meter->rate, after_ns);
		meter->started = true;
	}
	/* Times that the kernel took from its wall clock may step back when that is set. */
	if (before_ns < meter->seen.last_ticks)
		before_ns = meter->seen.last_ticks;
	meter->pkts++;
	shaper_conformance_record(&meter->seen, &meter->rate, before_ns, bytes);

	best_ns = empty_ns(meter);
	best_ns = best_ns < after_ns ? after_ns : best_ns;
	best_ns = best_ns > before_ns ? before_ns : best_ns;
	shaper_conformance_record(&meter->certain, &meter->rate, best_ns, bytes);
}

uint64_t perf_meter_seen_bytes(const struct perf_meter *meter)
{
	return shaper_conformance_burst_bytes(&meter->seen, &meter->rate);
}

uint64_t perf_meter_certain_bytes(const struct perf_meter *meter)
{
	return shaper_conformance_burst_bytes(&meter->certain, &meter->rate);
}
