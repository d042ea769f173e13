#include "bench/perf/manifest.h"
#include "bench/perf/result.h"

#include <errno.h>
#include <string.h>

#include <json-c/json.h>

static void add_count(struct json_object *object, const char *key, uint64_t value)
{
	json_object_object_add(object, key, json_object_new_uint64(value));
}

static void add_number(struct json_object *object, const char *key, double value)
{
	json_object_object_add(object, key, json_object_new_double(value));
}

static void add_text(struct json_object *object, const char *key, const char *value)
{
	json_object_object_add(object, key, json_object_new_string(value));
}

static void add_quantiles(struct json_object *object, const char *key,
			  const uint64_t values[PERF_QUANTILES])
{
	struct json_object *quantiles = json_object_new_object();
	int i;

	for (i = 0; i < PERF_QUANTILES; i++)
		add_count(quantiles, perf_quantile_name[i], values[i]);
	json_object_object_add(object, key, quantiles);
}

static void add_rates(struct json_object *object, const struct perf_rates *rates)
{
	add_number(object, "pps", rates->pps);
	add_number(object, "l1_bps", rates->bps[0]);
	add_number(object, "l2_bps", rates->bps[1]);
	add_number(object, "l3_bps", rates->bps[2]);
}

static struct json_object *make_sent(const struct perf_stream_result *stream)
{
	const struct perf_departures *departures = stream->departures;
	struct json_object *object = json_object_new_object();

	add_number(object, "asked_pps", stream->asked_pps);
	add_count(object, "packets", departures->sent_pkts);
	add_count(object, "frame_bytes_without_fcs", departures->sent_bytes);
	add_count(object, "refused_packets", departures->refused_pkts);
	add_count(object, "warmup_packets", departures->warmup_pkts);
	json_object_object_add(object, "behind_plan", json_object_new_boolean(departures->behind));
	add_rates(object, &stream->sent);
	add_quantiles(object, "lateness_ns", stream->late_ns);
	add_quantiles(object, "inter_departure_ns", stream->sent_gap_ns);
	return object;
}

static struct json_object *make_received(const struct perf_stream_result *stream)
{
	const struct perf_arrivals *arrivals = stream->arrivals;
	const struct perf_account *account = &arrivals->account;
	struct json_object *object = json_object_new_object();

	add_count(object, "packets", account->received);
	add_count(object, "frame_bytes_without_fcs", arrivals->bytes);
	add_count(object, "unique_packets", account->unique);
	add_count(object, "expected_packets", stream->expected_pkts);
	add_count(object, "lost_packets", stream->lost_pkts);
	add_count(object, "duplicate_packets", account->duplicates);
	add_count(object, "reordered_packets", account->reordered);
	add_count(object, "reordering_extent_packets", account->max_extent);
	add_count(object, "stale_packets", account->stale);
	add_count(object, "before_first_packets", perf_account_before_first(account));
	add_count(object, "checksum_bad_packets", arrivals->checksum_bad_pkts);
	add_count(object, "warmup_packets", arrivals->warmup_pkts);
	add_count(object, "ttl_max", arrivals->ttl_max);
	add_rates(object, &stream->received);
	add_quantiles(object, "latency_ns", stream->latency_ns);
	add_quantiles(object, "latency_from_intended_ns", stream->intended_ns);
	add_quantiles(object, "inter_arrival_ns", stream->gap_ns);
	add_count(object, "longest_silence_ns", arrivals->max_gap_ns);
	return object;
}

static struct json_object *make_streams(const struct perf_result *result)
{
	struct json_object *streams = json_object_new_array();
	uint32_t i;

	for (i = 0; i < result->streams; i++) {
		const struct perf_stream_result *stream = &result->stream[i];
		struct json_object *object = json_object_new_object();

		add_text(object, "name", stream->name);
		add_count(object, "number", stream->number);
		if (stream->departures)
			json_object_object_add(object, "sent", make_sent(stream));
		if (stream->arrivals)
			json_object_object_add(object, "received", make_received(stream));
		json_object_array_add(streams, object);
	}
	return streams;
}

static struct json_object *make_ports(const struct perf_result *result)
{
	struct json_object *ports = json_object_new_array();
	uint32_t i;

	for (i = 0; i < result->ports; i++) {
		const struct perf_port_result *port = &result->port[i];
		struct json_object *object = json_object_new_object();

		add_text(object, "name", port->name);
		add_count(object, "missed_packets", port->stats.missed_pkts);
		add_count(object, "error_packets", port->stats.error_pkts);
		if (port->sink) {
			add_count(object, "foreign_packets", port->sink->foreign_pkts);
			add_count(object, "broken_packets", port->sink->broken_pkts);
			add_quantiles(object, "poll_gap_ns", port->poll_gap_ns);
			add_count(object, "longest_blind_ns", port->sink->max_busy_gap_ns);
		}
		json_object_array_add(ports, object);
	}
	return ports;
}

static struct json_object *make_profiles(const struct perf_result *result)
{
	struct json_object *profiles = json_object_new_array();
	uint32_t i;

	for (i = 0; i < result->profiles; i++) {
		const struct perf_profile_result *profile = &result->profile[i];
		const struct perf_profile *params = &profile->meter->profile;
		struct json_object *object = json_object_new_object();

		add_text(object, "stream", params->stream);
		add_count(object, "rate_bps", params->rate_bps);
		add_count(object, "burst_bytes", params->burst_bytes);
		add_count(object, "slack_bytes", params->slack_bytes);
		add_count(object, "layer", (uint64_t)params->layer + 1);
		add_count(object, "packets", profile->meter->pkts);
		add_count(object, "certain_burst_bytes", profile->certain_bytes);
		add_count(object, "seen_burst_bytes", profile->seen_bytes);
		add_count(object, "hidden_bytes", profile->hidden_bytes);
		json_object_object_add(object, "violated",
				       json_object_new_boolean(profile->violated));
		json_object_array_add(profiles, object);
	}
	return profiles;
}

int perf_result_write_json(const struct perf_result *result, const char *path,
			   struct perf_error *error)
{
	struct json_object *root = json_object_new_object();
	int err = 0;

	if (!root)
		return perf_error_set(error, -ENOMEM, "out of memory for %s", path);
	json_object_object_add(root, "manifest", perf_manifest_create(result->run->options));
	add_number(root, "seconds", result->seconds);
	json_object_object_add(root, "streams", make_streams(result));
	json_object_object_add(root, "ports", make_ports(result));
	json_object_object_add(root, "profiles", make_profiles(result));
	if (json_object_to_file_ext(path, root, JSON_C_TO_STRING_PRETTY) != 0)
		err = perf_error_set(error, -EIO, "cannot write %s: %s", path, strerror(errno));
	(void)json_object_put(root);
	return err;
}
