#include "bench/perf/result.h"

#include <stdio.h>

static const char *rate_text(char text[24], double value)
{
	static const char *const units[] = { "", "k", "M", "G", "T" };
	int unit = 0;

	for (; value >= 1000 && unit < 4; unit++)
		value /= 1000;
	(void)snprintf(text, 24, "%.4g%s", value, units[unit]);
	return text;
}

static const char *time_text(char text[24], uint64_t ns)
{
	static const char *const units[] = { "ns", "us", "ms", "s" };
	double value = (double)ns;
	int unit = 0;

	for (; value >= 1000 && unit < 3; unit++)
		value /= 1000;
	(void)snprintf(text, 24, "%.4g%s", value, units[unit]);
	return text;
}

static void print_rates(const struct perf_rates *rates)
{
	char text[24];
	int layer;

	printf(" %9s", rate_text(text, rates->pps));
	for (layer = 0; layer < PERF_LAYERS; layer++)
		printf(" %9s", rate_text(text, rates->bps[layer]));
}

static void print_sent(const struct perf_result *result)
{
	uint32_t i;
	char text[24];

	printf("\n%-24s %9s %12s %9s %9s %9s %9s %10s %12s\n", "sent", "asked pps", "packets",
	       "pps", "bit/s L1", "L2", "L3", "refused", "late p99/max");
	for (i = 0; i < result->streams; i++) {
		const struct perf_stream_result *stream = &result->stream[i];

		if (!stream->departures)
			continue;
		if (stream->asked_pps > 0)
			printf("%-24s %9s", stream->name, rate_text(text, stream->asked_pps));
		else
			printf("%-24s %9s", stream->name, "max");
		printf(" %12lu", stream->departures->sent_pkts);
		print_rates(&stream->sent);
		printf(" %10lu %s/", stream->departures->refused_pkts,
		       time_text(text, stream->late_ns[3]));
		printf("%s%s\n", time_text(text, stream->late_ns[PERF_QUANTILES - 1]),
		       stream->departures->behind ? " (fell behind its plan)" : "");
	}
}

static void print_arrived(const struct perf_result *result)
{
	uint32_t i;

	printf("\n%-24s %12s %9s %9s %9s %9s %10s %9s %8s %8s\n", "received", "packets", "pps",
	       "bit/s L1", "L2", "L3", "lost", "lost %", "dup", "reorder");
	for (i = 0; i < result->streams; i++) {
		const struct perf_stream_result *stream = &result->stream[i];
		const struct perf_account *account;
		double loss;

		if (!stream->arrivals)
			continue;
		account = &stream->arrivals->account;
		loss = stream->expected_pkts
			       ? 100.0 * (double)stream->lost_pkts / (double)stream->expected_pkts
			       : 0;
		printf("%-24s %12lu", stream->name, account->received);
		print_rates(&stream->received);
		printf(" %10lu %9.5f %8lu %8lu\n", stream->lost_pkts, loss, account->duplicates,
		       account->reordered);
		if (!stream->departures && perf_account_before_first(account))
			printf("%-24s the first number seen was %lu\n", "",
			       perf_account_before_first(account));
		if (account->stale)
			printf("%-24s %lu came too late to be told from duplicates\n", "",
			       account->stale);
		if (stream->arrivals->checksum_bad_pkts)
			printf("%-24s %lu had a wrong UDP checksum\n", "",
			       stream->arrivals->checksum_bad_pkts);
	}
}

static void print_quantiles(const char *name, const uint64_t values[PERF_QUANTILES])
{
	char text[24];
	int i;

	printf("%-24s", name);
	for (i = 0; i < PERF_QUANTILES; i++)
		printf(" %9s", time_text(text, values[i]));
	printf("\n");
}

static void print_latencies(const struct perf_result *result)
{
	char text[24];
	uint32_t i;

	printf("\n%-24s",
	       result->run->options->mode == PERF_MODE_CLIENT ? "round trip" : "latency");
	for (i = 0; i < PERF_QUANTILES; i++)
		printf(" %9s", perf_quantile_name[i]);
	printf("\n");
	for (i = 0; i < result->streams; i++) {
		const struct perf_stream_result *stream = &result->stream[i];

		if (!stream->arrivals || stream->arrivals->account.received == 0)
			continue;
		print_quantiles(stream->name, stream->latency_ns);
		print_quantiles("  from intended time", stream->intended_ns);
		print_quantiles("  between arrivals", stream->gap_ns);
		printf("%-24s %9s, %.6f s after the start\n", "  longest silence",
		       time_text(text, stream->arrivals->max_gap_ns),
		       stream->arrivals->max_gap_ns
			       ? (double)(int64_t)(stream->arrivals->max_gap_start_ns -
						   result->run->engine.start_ns) /
					 1e9
			       : 0.0);
	}
}

static void print_ports(const struct perf_result *result)
{
	uint32_t i;

	for (i = 0; i < result->ports; i++) {
		const struct perf_port_result *port = &result->port[i];

		if (port->sink)
			print_quantiles("time between polls", port->poll_gap_ns);
		if (port->stats.missed_pkts || port->stats.error_pkts)
			printf("port %s: %lu packets lost by the sink itself, %lu errors\n",
			       port->name, port->stats.missed_pkts, port->stats.error_pkts);
		if (port->sink && (port->sink->foreign_pkts || port->sink->broken_pkts))
			printf("port %s: %lu packets of others, %lu broken ones\n", port->name,
			       port->sink->foreign_pkts, port->sink->broken_pkts);
	}
	if (result->clock_read_ns > 200)
		printf("clock: reading it takes %u ns, the clock source is not the TSC\n",
		       result->clock_read_ns);
}

static void print_profiles(const struct perf_result *result)
{
	uint32_t i;
	char rate[24], hidden[24];

	for (i = 0; i < result->profiles; i++) {
		const struct perf_profile_result *profile = &result->profile[i];
		const struct perf_profile *params = &profile->meter->profile;
		const char *verdict = "fits";

		if (profile->violated)
			verdict = "VIOLATED";
		else if (profile->seen_bytes > params->burst_bytes + params->slack_bytes)
			verdict = "not violated for certain, but the sink was blind too long to "
				  "say that it fits";
		printf("profile %s%s%sbit/s L%d, burst %lu: arrivals need a burst of %lu for "
		       "certain, "
		       "%lu as seen (the sink's longest blind time hides %s): %s\n",
		       params->stream[0] ? params->stream : "", params->stream[0] ? " " : "",
		       rate_text(rate, (double)params->rate_bps), (int)params->layer + 1,
		       params->burst_bytes, profile->certain_bytes, profile->seen_bytes,
		       rate_text(hidden, (double)profile->hidden_bytes), verdict);
	}
}

void perf_result_print(const struct perf_result *result)
{
	const struct perf_options *options = result->run->options;
	bool sends = options->mode != PERF_MODE_RECV && options->mode != PERF_MODE_SERVER;

	printf("%.3f s", result->seconds);
	if (result->run->tx)
		printf(", sent from %s", result->run->tx->name);
	if (result->run->rx)
		printf(", received at %s", result->run->rx->name);
	printf("\n");
	if (sends)
		print_sent(result);
	if (result->run->rx) {
		print_arrived(result);
		print_latencies(result);
	}
	print_ports(result);
	print_profiles(result);
}
