#include "bench/perf/stream.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct property {
	const char *key;
	int (*set)(struct perf_stream *stream, const char *value);
	const char *expects;
};

static int set_name(struct perf_stream *stream, const char *value)
{
	size_t length = strlen(value);

	if (length == 0 || length >= PERF_NAME_BYTES ||
	    strspn(value, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.") !=
		    length)
		return -EINVAL;
	memcpy(stream->name, value, length + 1);
	return 0;
}

static int set_rate(struct perf_stream *stream, const char *value)
{
	return perf_quantity_load(value, &stream->load);
}

static int set_layer(struct perf_stream *stream, const char *value)
{
	if ((value[0] != 'L' && value[0] != 'l') || value[1] < '1' || value[1] > '3' ||
	    value[2] != '\0')
		return -EINVAL;
	stream->layer = (enum rate_layer)(RATE_LAYER_L1 + (value[1] - '1'));
	return 0;
}

static int bounded(const char *value, uint64_t min, uint64_t max, uint64_t *result)
{
	uint64_t number;
	int err = perf_quantity_count(value, &number);

	if (err)
		return err;
	if (number < min || number > max)
		return -ERANGE;
	*result = number;
	return 0;
}

/* "SIZE" or "SIZE:WEIGHT" */
static int add_size(struct perf_sizes *sizes, char *text)
{
	char *colon = strchr(text, ':');
	uint64_t bytes, weight = 1;
	int err;

	if (sizes->kinds == PERF_MAX_SIZES)
		return -ERANGE;
	if (colon)
		*colon = '\0';
	err = bounded(text, PERF_MIN_FRAME_BYTES, PERF_MAX_FRAME_BYTES, &bytes);
	if (!err && colon)
		err = bounded(colon + 1, 1, 1000, &weight);
	if (err)
		return err;
	sizes->bytes[sizes->kinds] = (uint16_t)bytes;
	sizes->weight[sizes->kinds] = (uint16_t)weight;
	sizes->weight_sum += (uint32_t)weight;
	sizes->kinds++;
	return 0;
}

static int set_span(struct perf_sizes *sizes, char *text, char *dash)
{
	uint64_t min, max;
	int err;

	*dash = '\0';
	err = bounded(text, PERF_MIN_FRAME_BYTES, PERF_MAX_FRAME_BYTES, &min);
	if (!err)
		err = bounded(dash + 1, min, PERF_MAX_FRAME_BYTES, &max);
	if (err)
		return err;
	sizes->span_min_bytes = (uint16_t)min;
	sizes->span_max_bytes = (uint16_t)max;
	return 0;
}

static int set_size(struct perf_stream *stream, const char *value)
{
	const char *text = strcmp(value, "imix") == 0 ? "64:7/594:4/1518:1" : value;
	struct perf_sizes sizes = { 0 };
	char copy[128];
	char *dash, *part, *rest;
	int err = 0;

	if (strlen(text) >= sizeof(copy))
		return -EINVAL;
	memcpy(copy, text, strlen(text) + 1);
	dash = strchr(copy, '-');
	if (dash) {
		err = set_span(&sizes, copy, dash);
	} else {
		for (part = strtok_r(copy, "/", &rest); part && !err;
		     part = strtok_r(NULL, "/", &rest))
			err = add_size(&sizes, part);
		if (!err && sizes.kinds == 0)
			err = -EINVAL;
	}
	if (!err)
		stream->sizes = sizes;
	return err;
}

static int set_burst(struct perf_stream *stream, const char *value)
{
	uint64_t burst;
	int err = bounded(value, 1, 1U << 30, &burst);

	if (!err)
		stream->burst_pkts = (uint32_t)burst;
	return err;
}

/* "FIRST" or "FIRST+COUNT" */
static int split_range(const char *value, char *first, size_t size, uint64_t max, uint32_t *count)
{
	const char *plus = strchr(value, '+');
	size_t length = plus ? (size_t)(plus - value) : strlen(value);
	uint64_t number = 1;
	int err = plus ? bounded(plus + 1, 1, max, &number) : 0;

	if (err || length >= size)
		return err ? err : -EINVAL;
	memcpy(first, value, length);
	first[length] = '\0';
	*count = (uint32_t)number;
	return 0;
}

static int set_addresses(struct perf_range *range, const char *value)
{
	struct perf_range parsed;
	char first[32];
	int err = split_range(value, first, sizeof(first), 1U << 24, &parsed.count);

	if (!err)
		err = perf_quantity_ipv4(first, &parsed.first);
	if (!err)
		*range = parsed;
	return err;
}

static int set_ports(struct perf_range *range, const char *value)
{
	struct perf_range parsed;
	uint64_t port;
	char first[32];
	int err = split_range(value, first, sizeof(first), 65535, &parsed.count);

	if (!err)
		err = bounded(first, 1, 65535, &port);
	if (err)
		return err;
	if (port + parsed.count > 65536)
		return -ERANGE;
	parsed.first = (uint32_t)port;
	*range = parsed;
	return 0;
}

static int set_src(struct perf_stream *stream, const char *value)
{
	return set_addresses(&stream->src, value);
}

static int set_dst(struct perf_stream *stream, const char *value)
{
	return set_addresses(&stream->dst, value);
}

static int set_sport(struct perf_stream *stream, const char *value)
{
	return set_ports(&stream->sport, value);
}

static int set_dport(struct perf_stream *stream, const char *value)
{
	return set_ports(&stream->dport, value);
}

static int set_flows(struct perf_stream *stream, const char *value)
{
	uint64_t flows;
	int err = bounded(value, 1, 65536 - stream->sport.first, &flows);

	if (!err)
		stream->sport.count = (uint32_t)flows;
	return err;
}

static int set_smac(struct perf_stream *stream, const char *value)
{
	int err = perf_quantity_mac(value, stream->smac);

	stream->smac_set = stream->smac_set || !err;
	return err;
}

static int set_dmac(struct perf_stream *stream, const char *value)
{
	int err = perf_quantity_mac(value, stream->dmac);

	stream->dmac_set = stream->dmac_set || !err;
	return err;
}

static int set_gateway(struct perf_stream *stream, const char *value)
{
	return perf_quantity_ipv4(value, &stream->gateway);
}

static int set_ttl(struct perf_stream *stream, const char *value)
{
	uint64_t ttl;
	int err = bounded(value, 1, 255, &ttl);

	if (!err)
		stream->ttl = (uint8_t)ttl;
	return err;
}

static int set_dscp(struct perf_stream *stream, const char *value)
{
	uint64_t dscp;
	int err = bounded(value, 0, 63, &dscp);

	if (!err)
		stream->dscp = (uint8_t)dscp;
	return err;
}

static int set_switch(bool *flag, const char *value)
{
	if (strcmp(value, "on") != 0 && strcmp(value, "off") != 0)
		return -EINVAL;
	*flag = strcmp(value, "on") == 0;
	return 0;
}

static int set_checksum(struct perf_stream *stream, const char *value)
{
	return set_switch(&stream->checksum, value);
}

static int set_random(struct perf_stream *stream, const char *value)
{
	return set_switch(&stream->random_flows, value);
}

static int set_reverse(struct perf_stream *stream, const char *value)
{
	return set_switch(&stream->reverse, value);
}

static int set_seed(struct perf_stream *stream, const char *value)
{
	return perf_quantity_count(value, &stream->seed);
}

static int set_count(struct perf_stream *stream, const char *value)
{
	return bounded(value, 1, UINT64_MAX / 2, &stream->count_pkts);
}

static int set_start(struct perf_stream *stream, const char *value)
{
	return perf_quantity_ns(value, &stream->start_ns);
}

static int set_duration(struct perf_stream *stream, const char *value)
{
	return perf_quantity_ns(value, &stream->duration_ns);
}

static const struct property properties[] = {
	{ "name", set_name, "1 to 23 letters, digits, '-', '_' or '.'" },
	{ "rate", set_rate, "BITS (k, M, G), Npps (kpps, Mpps), N% of the line, or max" },
	{ "layer", set_layer, "L1, L2 or L3" },
	{ "size", set_size, "64 to 9018 bytes with FCS, MIN-MAX, SIZE:WEIGHT/..., or imix" },
	{ "burst", set_burst, "1 or more packets" },
	{ "src", set_src, "an IPv4 address, or ADDRESS+COUNT" },
	{ "dst", set_dst, "an IPv4 address, or ADDRESS+COUNT" },
	{ "sport", set_sport, "a UDP port, or PORT+COUNT" },
	{ "dport", set_dport, "a UDP port, or PORT+COUNT" },
	{ "flows", set_flows, "a number of source ports that exist from sport on" },
	{ "smac", set_smac, "a MAC address" },
	{ "dmac", set_dmac, "a MAC address" },
	{ "gw", set_gateway, "the IPv4 address of the router's near side" },
	{ "ttl", set_ttl, "1 to 255" },
	{ "dscp", set_dscp, "0 to 63" },
	{ "checksum", set_checksum, "on or off" },
	{ "random", set_random, "on or off" },
	{ "reverse", set_reverse, "on or off" },
	{ "seed", set_seed, "a number" },
	{ "count", set_count, "1 or more packets" },
	{ "start", set_start, "a time (ns, us, ms, s, m)" },
	{ "duration", set_duration, "a time (ns, us, ms, s, m)" },
};

#define PROPERTIES (sizeof(properties) / sizeof(properties[0]))

const char *perf_stream_keys(void)
{
	static char keys[256];
	size_t i, used = 0;

	for (i = 0; i < PROPERTIES && used < sizeof(keys); i++)
		used += (size_t)snprintf(keys + used, sizeof(keys) - used, "%s%s", i ? ", " : "",
					 properties[i].key);
	return keys;
}

int perf_stream_set(struct perf_stream *stream, const char *key, const char *value,
		    struct perf_error *error)
{
	size_t i;
	int err;

	for (i = 0; i < PROPERTIES && strcmp(properties[i].key, key) != 0; i++)
		;
	if (i == PROPERTIES)
		return perf_error_set(error, -ENOENT, "no property '%s' of a stream; there are %s",
				      key, perf_stream_keys());
	err = properties[i].set(stream, value);
	if (err)
		return perf_error_set(error, err, "%s=%s: expected %s", key, value,
				      properties[i].expects);
	return 0;
}

int perf_stream_parse(struct perf_stream *stream, const char *text, struct perf_error *error)
{
	char *copy = strdup(text);
	char *part, *rest;
	int err = copy ? 0 : -ENOMEM;

	for (part = copy ? strtok_r(copy, ",", &rest) : NULL; part && !err;
	     part = strtok_r(NULL, ",", &rest)) {
		char *equals = strchr(part, '=');

		if (!equals) {
			err = perf_error_set(error, -EINVAL, "'%s' of a stream: expected key=value",
					     part);
			break;
		}
		*equals = '\0';
		err = perf_stream_set(stream, part, equals + 1, error);
	}
	free(copy);
	return err;
}
