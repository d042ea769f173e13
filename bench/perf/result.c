#include "bench/perf/result.h"

#include "bench/perf/clock.h"

#include <stdio.h>

const uint32_t perf_quantile_ppm[PERF_QUANTILES] = { 0,	     500000, 900000, 990000,
						     999000, 999990, 1000000 };
const char *const perf_quantile_name[PERF_QUANTILES] = { "min",	  "p50",     "p90", "p99",
							 "p99.9", "p99.999", "max" };

static void read_quantiles(const struct lat_hist *hist, uint64_t values[PERF_QUANTILES])
{
	uint32_t i;

	for (i = 1; i < PERF_QUANTILES; i++)
		values[i] = lat_hist_quantile(hist, perf_quantile_ppm[i]);
	values[0] = hist->min == UINT64_MAX ? 0 : hist->min;
}

/* A rate between first and last event: the last skipped_pkts happen at the end of the span. */
static void compute_rates(struct perf_rates *rates, uint64_t pkts, uint64_t bytes,
			  uint64_t skipped_pkts, uint64_t span_ns)
{
	int layer;
	double share, seconds = (double)span_ns / 1e9;

	*rates = (struct perf_rates){ 0 };
	if (pkts <= skipped_pkts || span_ns == 0)
		return;
	share = (double)(pkts - skipped_pkts) / (double)pkts;
	rates->pps = (double)(pkts - skipped_pkts) / seconds;
	for (layer = 0; layer < PERF_LAYERS; layer++) {
		int adjust = rate_layer_adjust_bytes((enum rate_layer)layer);
		double counted = (double)bytes + (double)adjust * (double)pkts;

		rates->bps[layer] = counted * share * 8 / seconds;
	}
}

static double asked_pps(const struct perf_stream *stream, uint64_t line_bps)
{
	enum rate_layer layer;
	struct rate rate;
	double bytes;

	if (perf_stream_rate(stream, line_bps, &rate, &layer) != 0)
		return 0;
	if (rate.unit == RATE_PKTS_PER_S)
		return (double)rate.value;
	bytes = (double)perf_stream_mean_frame_milli(stream) / 1000 - PERF_FCS_BYTES +
		rate_layer_adjust_bytes(layer);
	return (double)rate.value / 8 / bytes;
}

static void fill_sent(struct perf_stream_result *result)
{
	const struct perf_departures *departures = result->departures;

	if (!departures)
		return;
	compute_rates(&result->sent, departures->sent_pkts, departures->sent_bytes,
		      departures->stream->burst_pkts, departures->last_ns - departures->first_ns);
	read_quantiles(&departures->late_ns, result->late_ns);
	read_quantiles(&departures->gap_ns, result->sent_gap_ns);
}

static void fill_received(struct perf_stream_result *result)
{
	const struct perf_arrivals *arrivals = result->arrivals;
	const struct perf_account *account;

	if (!arrivals)
		return;
	account = &arrivals->account;
	compute_rates(&result->received, account->received, arrivals->bytes, 1,
		      arrivals->last_ns - arrivals->first_ns);
	read_quantiles(&arrivals->latency_ns, result->latency_ns);
	read_quantiles(&arrivals->intended_ns, result->intended_ns);
	read_quantiles(&arrivals->gap_ns, result->gap_ns);
	if (result->departures) {
		uint64_t known = account->unique + account->stale;

		result->expected_pkts = result->departures->sent_pkts;
		result->lost_pkts = result->expected_pkts > known ? result->expected_pkts - known
								  : 0;
	} else {
		result->lost_pkts = perf_account_missing(account);
		result->expected_pkts = result->lost_pkts + account->unique;
	}
}

static void add_stream(struct perf_result *result, uint32_t number,
		       const struct perf_departures *departures,
		       const struct perf_arrivals *arrivals)
{
	const struct perf_run *run = result->run;
	struct perf_stream_result *stream = &result->stream[result->streams++];

	*stream = (struct perf_stream_result){
		.number = (uint8_t)number,
		.stream = number < run->streams ? &run->stream[number] : NULL,
		.departures = departures,
		.arrivals = arrivals,
	};
	if (stream->stream)
		(void)snprintf(stream->name, sizeof(stream->name), "%s", stream->stream->name);
	else
		(void)snprintf(stream->name, sizeof(stream->name), "unknown-%u", number);
	if (departures)
		stream->asked_pps = asked_pps(departures->stream, perf_run_line_bps(run, number));
	fill_sent(stream);
	fill_received(stream);
}

static void collect_streams(struct perf_result *result)
{
	const struct perf_run *run = result->run;
	uint32_t number, i;

	for (number = 0; number < PERF_MAX_STREAMS; number++) {
		const struct perf_departures *departures = run->departures[number];
		int sink = number < run->streams ? perf_run_sink_of(run, number) : -1;

		if (departures)
			add_stream(result, number, departures,
				   sink >= 0 ? run->lane[sink].sink.streams[number] : NULL);
		/* What came in at another place than expected, or was sent by somebody else. */
		for (i = 0; i < run->lanes; i++) {
			const struct perf_lane *lane = &run->lane[i];
			const struct perf_arrivals *arrivals = lane->polls
								       ? lane->sink.streams[number]
								       : NULL;

			if (arrivals && !(departures && sink == (int)i) &&
			    arrivals->account.received + arrivals->warmup_pkts > 0)
				add_stream(result, number, NULL, arrivals);
		}
	}
}

static void collect_port(struct perf_result *result, uint32_t i)
{
	const struct perf_lane *lane = &result->run->lane[i];
	const struct perf_port_stats *before = &result->run->before[i];
	struct perf_port_result *port = &result->port[result->ports++];

	port->name = lane->port->name;
	port->sink = lane->polls ? &lane->sink : NULL;
	lane->port->ops->get_stats(lane->port, &port->stats);
	port->stats.missed_pkts -= before->missed_pkts;
	port->stats.error_pkts -= before->error_pkts;
	if (port->sink)
		read_quantiles(&port->sink->poll_gap_ns, port->poll_gap_ns);
}

static void collect_profiles(struct perf_result *result, const struct perf_sink *sink)
{
	uint32_t i;

	for (i = 0; i < sink->meters; i++) {
		const struct perf_meter *meter = &sink->meter[i];
		struct perf_profile_result *profile = &result->profile[result->profiles++];

		profile->meter = meter;
		profile->seen_bytes = perf_meter_seen_bytes(meter);
		profile->certain_bytes = perf_meter_certain_bytes(meter);
		profile->hidden_bytes = rate_units_in_ns(&meter->rate, sink->max_busy_gap_ns);
		profile->violated = profile->certain_bytes >
				    meter->profile.burst_bytes + meter->profile.slack_bytes;
	}
}

void perf_result_collect(struct perf_result *result, const struct perf_run *run)
{
	uint32_t i;

	*result = (struct perf_result){
		.run = run,
		.seconds = (double)(run->engine.end_ns - run->engine.start_ns) / 1e9,
		.clock_read_ns = perf_clock_read_cost_ns(),
	};
	collect_streams(result);
	for (i = 0; i < run->lanes; i++) {
		collect_port(result, i);
		if (run->lane[i].polls)
			collect_profiles(result, &run->lane[i].sink);
	}
}
