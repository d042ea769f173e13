#include "bench/perf/run.h"

#include "bench/perf/clock.h"
#include "bench/perf/eal.h"

#include <errno.h>
#include <string.h>

/* A run outside a search sends what a stop of the host has delayed. */
#define LATE_NS 100000000ULL

static bool is_pci(const char *text)
{
	return strncmp(text, "dpdk:", 5) == 0 && strchr("0123456789abcdef", text[5]) &&
	       strchr(text + 5, ':');
}

static int start_eal(const struct perf_options *options, struct perf_error *error)
{
	const char *ports[] = { options->tx, options->rx };
	bool needed = false, pci = false;
	size_t i;

	for (i = 0; i < 2; i++) {
		needed = needed || (ports[i] && perf_port_is_dpdk(ports[i]));
		pci = pci || (ports[i] && is_pci(ports[i]));
	}
	return needed ? perf_eal_init(pci, error) : 0;
}

static int open_ports(struct perf_run *run, struct perf_error *error)
{
	const struct perf_options *options = run->options;
	bool tx = options->mode != PERF_MODE_RECV;
	bool rx = options->mode != PERF_MODE_SEND;
	struct perf_port_env env = {
		.netns = options->tx_netns,
		.max_frame_bytes = options->max_frame_bytes,
	};
	int err = 0;

	if (tx)
		err = perf_port_open(&run->tx, options->tx, &env, error);
	if (err || !rx)
		return err;
	if (options->mode == PERF_MODE_CLIENT || options->mode == PERF_MODE_SERVER) {
		run->rx = run->tx;
		return 0;
	}
	env.netns = options->rx_netns;
	return perf_port_open(&run->rx, options->rx, &env, error);
}

static void place_lanes(struct perf_run *run)
{
	run->lanes = 0;
	if (run->tx)
		run->lane[run->lanes++].port = run->tx;
	if (run->rx && run->rx != run->tx)
		run->lane[run->lanes++].port = run->rx;
}

static uint32_t lane_of(const struct perf_run *run, const struct perf_stream *stream)
{
	return stream->reverse ? run->lanes - 1 : 0;
}

uint64_t perf_run_line_bps(const struct perf_run *run, uint32_t stream)
{
	return run->lane[lane_of(run, &run->stream[stream])].port->line_bps;
}

int perf_run_sink_of(const struct perf_run *run, uint32_t stream)
{
	switch (run->options->mode) {
	case PERF_MODE_SEND:
		return -1;
	case PERF_MODE_LOOP:
	case PERF_MODE_BIDIR:
		return run->stream[stream].reverse ? 0 : (int)run->lanes - 1;
	default:
		return 0;
	}
}

static int wait_for_ports(struct perf_run *run, struct perf_error *error)
{
	uint32_t i;
	int err = 0;

	for (i = 0; i < run->lanes && !err; i++) {
		struct perf_port *port = run->lane[i].port;

		err = perf_port_wait(port, run->options->wait_ns, error);
		if (run->options->line_bps)
			port->line_bps = run->options->line_bps;
	}
	return err;
}

static int find_macs(struct perf_run *run, struct perf_stream *stream, struct perf_error *error)
{
	struct perf_lane *lane = &run->lane[lane_of(run, stream)];
	const struct perf_lane *other = &run->lane[run->lanes - 1 - lane_of(run, stream)];
	int err;

	if (lane->port->payload_only)
		return 0;
	if (!stream->smac_set)
		memcpy(stream->smac, lane->port->mac, 6);
	if (stream->dmac_set)
		return 0;
	if (stream->gateway) {
		err = perf_lane_resolve(lane, stream->src.first, stream->gateway,
					run->options->wait_ns, stream->dmac);
		return err ? perf_error_set(error, err,
					    "stream %s: the gateway does not answer ARP on %s",
					    stream->name, lane->port->name)
			   : 0;
	}
	if (other == lane || other->port->payload_only)
		return perf_error_set(error, -EINVAL,
				      "stream %s: give dmac=MAC, or gw=ADDRESS to ask for it",
				      stream->name);
	memcpy(stream->dmac, other->port->mac, 6);
	return 0;
}

static int prepare_streams(struct perf_run *run, struct perf_error *error)
{
	const struct perf_options *options = run->options;
	uint32_t i;
	int err = 0;

	run->streams = options->streams;
	memcpy(run->stream, options->stream, sizeof(run->stream));
	for (i = 0; i < run->streams && !err; i++) {
		if (options->mode != PERF_MODE_RECV && options->mode != PERF_MODE_SERVER) {
			err = perf_stream_check(&run->stream[i], perf_run_line_bps(run, i), error);
			if (!err)
				err = find_macs(run, &run->stream[i], error);
		}
	}
	return err;
}

int perf_run_open(struct perf_run *run, const struct perf_options *options,
		  struct perf_error *error)
{
	int err;

	*run = (struct perf_run){ .options = options };
	err = start_eal(options, error);
	if (!err)
		err = open_ports(run, error);
	place_lanes(run);
	if (!err)
		err = wait_for_ports(run, error);
	if (!err)
		err = prepare_streams(run, error);
	if (err)
		perf_run_close(run);
	return err;
}

static uint32_t bins(const struct perf_options *options)
{
	const uint64_t most = 10000000;
	uint64_t span_ns = options->duration_ns ? options->duration_ns : 3600000000000ULL;
	uint64_t count = (span_ns + options->drain_ns) / options->bin_ns + 2;

	return (uint32_t)(count > most ? most : count);
}

static int add_meters(struct perf_run *run, struct perf_sink *sink, struct perf_error *error)
{
	const struct perf_options *options = run->options;
	uint32_t i;

	for (i = 0; i < options->profiles; i++) {
		const struct perf_profile *profile = &options->profile[i];
		int stream = profile->stream[0] ? (int)run->streams - 1 : -1;

		while (stream >= 0 && strcmp(run->stream[stream].name, profile->stream) != 0)
			stream--;
		if (perf_meter_init(&sink->meter[sink->meters++], profile, stream))
			return perf_error_set(error, -ERANGE, "--profile: rate out of range");
	}
	return 0;
}

static int prepare_sink(struct perf_run *run, struct perf_lane *lane, struct perf_error *error)
{
	const struct perf_options *options = run->options;
	bool sinks = lane->port == run->rx || options->mode == PERF_MODE_BIDIR;
	struct perf_sink_params params = {
		.start_ns = run->engine.start_ns,
		.bin_ns = options->bin_ns,
		.bins = bins(options),
		.capture_pkts = sinks ? options->capture_pkts : 0,
		.check_payload = options->verify,
	};
	uint32_t i;
	int err;

	lane->polls = sinks || lane->port->answers_arp;
	if (!lane->polls)
		return 0;
	err = perf_sink_init(&lane->sink, lane->port, &params);
	if (err) {
		lane->polls = false;
		return perf_error_set(error, err, "out of memory for the sink");
	}
	for (i = 0; i < run->streams; i++)
		lane->sink.known[i] = &run->stream[i];
	for (i = 0; i < run->streams; i++)
		if (perf_run_sink_of(run, i) == (int)(lane - run->lane) &&
		    !perf_sink_stream(&lane->sink, (uint8_t)i))
			return perf_error_set(error, -ENOMEM, "out of memory for the sink");
	return sinks ? add_meters(run, &lane->sink, error) : 0;
}

static int prepare_sender(struct perf_run *run, uint32_t i, struct perf_error *error)
{
	struct perf_sender *sender = &run->lane[lane_of(run, &run->stream[i])].sender;
	int err = perf_departures_create(&run->departures[i], &run->stream[i], (uint8_t)i);

	if (!err)
		err = perf_series_init(&run->departures[i]->series, run->engine.start_ns,
				       run->options->bin_ns, bins(run->options));
	if (err)
		return perf_error_set(error, err, "out of memory for stream %s",
				      run->stream[i].name);
	sender->streams[sender->count++] = run->departures[i];
	return 0;
}

int perf_run_prepare(struct perf_run *run, struct perf_error *error)
{
	const struct perf_options *options = run->options;
	bool sends = options->mode != PERF_MODE_RECV && options->mode != PERF_MODE_SERVER;
	uint32_t i;
	int err = 0;

	run->prepared = true;
	run->engine = (struct perf_engine){
		.params = {
			.warmup_ns = options->warmup_ns,
			.duration_ns = options->duration_ns,
			.late_ns = LATE_NS,
			.drain_ns = run->rx ? options->drain_ns : 0,
			.whole = run->tx && run->rx && options->mode != PERF_MODE_SERVER,
			.expect_pkts = options->expect_pkts,
			.idle_ns = options->idle_ns,
			.cores = { options->tx_core,
				   options->rx_core >= 0 ? options->rx_core : options->tx_core },
			.split = options->rx_core >= 0,
		},
		.lanes = run->lanes,
		.start_ns = perf_clock_now_ns() + PERF_ENGINE_HEAD_START_NS + options->warmup_ns,
	};
	for (i = 0; i < run->lanes && !err; i++) {
		struct perf_lane *lane = &run->lane[i];

		run->engine.lane[i] = lane;
		lane->echoes = options->mode == PERF_MODE_SERVER;
		lane->echo_refused_pkts = 0;
		lane->sender = (struct perf_sender){
			.port = lane->port,
			.burst_pkts = options->tx_burst_pkts,
			.patient = options->patient,
		};
		err = prepare_sink(run, lane, error);
	}
	for (i = 0; i < run->streams && sends && !err; i++)
		err = prepare_sender(run, i, error);
	return err;
}

int perf_run_go(struct perf_run *run, perf_engine_progress progress, void *context,
		struct perf_error *error)
{
	uint32_t i;

	for (i = 0; i < run->lanes; i++)
		run->lane[i].port->ops->get_stats(run->lane[i].port, &run->before[i]);
	return perf_engine_run(&run->engine, progress, context, error);
}

void perf_run_release(struct perf_run *run)
{
	uint32_t i;

	if (!run->prepared)
		return;
	for (i = 0; i < PERF_MAX_STREAMS; i++) {
		perf_departures_destroy(run->departures[i]);
		run->departures[i] = NULL;
	}
	for (i = 0; i < run->lanes; i++) {
		if (run->lane[i].polls)
			perf_sink_fini(&run->lane[i].sink);
		run->lane[i].polls = false;
	}
	run->prepared = false;
}

void perf_run_close(struct perf_run *run)
{
	perf_run_release(run);
	if (run->rx != run->tx)
		perf_port_close(run->rx);
	perf_port_close(run->tx);
	run->tx = NULL;
	run->rx = NULL;
	perf_eal_fini();
}
