#include "bench/perf/options.h"
#include "bench/perf/port.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

/* One port for both directions is what client is for. */
static int check_two_ports(const struct perf_options *options, struct perf_error *error)
{
	if (!perf_port_is_same(options->tx, options->tx_netns, options->rx, options->rx_netns))
		return 0;
	return perf_error_set(error, -EINVAL,
			      "--tx %s and --rx %s are one port, and this mode needs two: name "
			      "another one, or use client for packets that come back",
			      options->tx, options->rx);
}

static int check_ports(const struct perf_options *options, struct perf_error *error)
{
	bool tx = options->mode != PERF_MODE_RECV;
	bool rx = options->mode != PERF_MODE_SEND;
	bool one = options->mode == PERF_MODE_CLIENT || options->mode == PERF_MODE_SERVER;

	if (tx && !options->tx)
		return perf_error_set(error, -EINVAL, "this mode sends: give --%s PORT",
				      one ? "port" : "tx");
	if (rx && !options->rx)
		return perf_error_set(error, -EINVAL, "this mode receives: give --%s PORT",
				      one ? "port" : "rx");
	if (one && strcmp(options->tx, options->rx) != 0)
		return perf_error_set(error, -EINVAL,
				      "this mode works on one port: give --port instead of --tx "
				      "and --rx");
	if (options->search != PERF_SEARCH_NONE && !(tx && rx && options->mode != PERF_MODE_SERVER))
		return perf_error_set(error, -EINVAL,
				      "--search needs both ends: use loop, bidir or client");
	if (options->mode == PERF_MODE_LOOP || options->mode == PERF_MODE_BIDIR)
		return check_two_ports(options, error);
	return 0;
}

/* The second direction of bidir where the user described only the first. */
static int add_reverse(struct perf_options *options, struct perf_error *error)
{
	uint32_t i, forward = options->streams;

	for (i = 0; i < forward; i++)
		if (options->stream[i].reverse)
			return 0;
	if (2 * forward > PERF_MAX_STREAMS)
		return perf_error_set(error, -ERANGE, "bidir doubles the streams: at most %d",
				      PERF_MAX_STREAMS / 2);
	for (i = 0; i < forward; i++) {
		const struct perf_stream there = options->stream[i];
		struct perf_stream *back = &options->stream[forward + i];

		if (there.gateway || there.dmac_set)
			return perf_error_set(
				error, -EINVAL,
				"stream %s: its way back needs its own gw or dmac: add "
				"a --stream with reverse=on",
				there.name);
		*back = there;
		(void)snprintf(back->name, sizeof(back->name), "%.18s-back", there.name);
		back->reverse = true;
		back->src = there.dst;
		back->dst = there.src;
		back->sport = there.dport;
		back->dport = there.sport;
	}
	options->streams = 2 * forward;
	return 0;
}

static int check_names(const struct perf_options *options, struct perf_error *error)
{
	uint32_t i, j;

	for (i = 0; i < options->streams; i++)
		for (j = 0; j < i; j++)
			if (strcmp(options->stream[i].name, options->stream[j].name) == 0)
				return perf_error_set(
					error, -EINVAL,
					"two streams are named %s: give each its own name",
					options->stream[i].name);
	return 0;
}

static int check_profiles(const struct perf_options *options, struct perf_error *error)
{
	uint32_t i, j;

	for (i = 0; i < options->profiles; i++) {
		const char *name = options->profile[i].stream;

		for (j = 0; j < options->streams; j++)
			if (strcmp(options->stream[j].name, name) == 0)
				break;
		if (*name && j == options->streams)
			return perf_error_set(error, -EINVAL,
					      "--profile: there is no stream %s: name one with "
					      "--stream name=%s",
					      name, name);
	}
	return 0;
}

static void set_dependent_defaults(struct perf_options *options, bool duration_given)
{
	bool counted = options->streams > 0;
	uint32_t i;

	for (i = 0; i < options->streams; i++) {
		uint32_t bytes = perf_stream_max_frame_bytes(&options->stream[i]);

		counted = counted && options->stream[i].count_pkts;
		if (bytes > options->max_frame_bytes)
			options->max_frame_bytes = bytes;
	}
	if (!duration_given && counted)
		options->duration_ns = 0;
	if (!duration_given &&
	    (options->mode == PERF_MODE_RECV || options->mode == PERF_MODE_SERVER))
		options->duration_ns = 0;
	if (options->capture_pkts == 0 && options->pcap)
		options->capture_pkts = 1000000;
}

int perf_options_check(struct perf_options *options, bool duration_given, struct perf_error *error)
{
	int err = check_ports(options, error);

	if (!err && options->mode == PERF_MODE_BIDIR)
		err = add_reverse(options, error);
	if (!err)
		err = check_names(options, error);
	if (!err)
		err = check_profiles(options, error);
	set_dependent_defaults(options, duration_given);
	return err;
}
