#ifndef PERF_RESULT_H
#define PERF_RESULT_H

/**
 * @file
 * A run in figures: what the table and the files print. Made after the run, by the main thread.
 */

#include "bench/perf/run.h"

#define PERF_LAYERS 3
#define PERF_QUANTILES 7

/** Shares of the packets at which latencies are reported, in parts per million; the last is all. */
extern const uint32_t perf_quantile_ppm[PERF_QUANTILES];

/** Names of those quantiles: "p50" to "max". */
extern const char *const perf_quantile_name[PERF_QUANTILES];

/** A direction of a stream in rates. Bit rates by layer: L1, L2, L3. */
struct perf_rates {
	double pps;
	double bps[PERF_LAYERS];
};

/** One stream. */
struct perf_stream_result {
	char name[PERF_NAME_BYTES];
	uint8_t number;
	const struct perf_stream *stream;	  /**< NULL: not ours */
	const struct perf_departures *departures; /**< NULL: not sent by this process */
	const struct perf_arrivals *arrivals;	  /**< NULL: not received by this process */
	double asked_pps;
	struct perf_rates sent, received;
	uint64_t lost_pkts;	/**< of what was sent, or of the numbers seen when only receiving */
	uint64_t expected_pkts; /**< what lost_pkts is part of */
	uint64_t latency_ns[PERF_QUANTILES];
	uint64_t intended_ns[PERF_QUANTILES];
	uint64_t gap_ns[PERF_QUANTILES];      /**< between arrivals */
	uint64_t sent_gap_ns[PERF_QUANTILES]; /**< between departures */
	uint64_t late_ns[PERF_QUANTILES];     /**< the sender's lateness */
};

/** One port's own losses during the run, and how blind its sink was. */
struct perf_port_result {
	const char *name;
	struct perf_port_stats stats;
	const struct perf_sink *sink; /**< NULL: the port was not read */
	uint64_t poll_gap_ns[PERF_QUANTILES];
};

/** One profile. */
struct perf_profile_result {
	const struct perf_meter *meter;
	uint64_t seen_bytes, certain_bytes;
	uint64_t
		hidden_bytes; /**< what the profile's rate delivers in the sink's longest blind time */
	bool violated;	      /**< certain_bytes exceeds burst and slack of the profile */
};

/** A run. Points into the run, which must not be released before it. */
struct perf_result {
	const struct perf_run *run;
	double seconds; /**< measured part with drain */
	uint32_t streams;
	struct perf_stream_result stream[PERF_MAX_STREAMS * PERF_MAX_LANES];
	uint32_t ports;
	struct perf_port_result port[PERF_MAX_LANES];
	uint32_t profiles;
	struct perf_profile_result profile[PERF_MAX_METERS * PERF_MAX_LANES];
	uint32_t clock_read_ns;
};

/** Fills in a result. */
void perf_result_collect(struct perf_result *result, const struct perf_run *run);

/** Prints the table. */
void perf_result_print(const struct perf_result *result);

/** Writes the result as JSON. @return 0 or -errno */
int perf_result_write_json(const struct perf_result *result, const char *path,
			   struct perf_error *error);

#endif
