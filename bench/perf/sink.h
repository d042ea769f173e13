#ifndef PERF_SINK_H
#define PERF_SINK_H

/**
 * @file
 * The receiving half of a port: what arrived, when, of which stream, in which order.
 *
 * Between two polls the sink is blind. Every arrival is therefore known as an interval (last poll
 * that found the port empty, this poll], and the time between polls is itself a histogram.
 */

#include "bench/perf/account.h"
#include "bench/perf/capture.h"
#include "bench/perf/meter.h"
#include "bench/perf/packet.h"
#include "bench/perf/port.h"
#include "bench/perf/series.h"
#include "bench/perf/worst.h"
#include "dataplane/lat_hist.h"

#define PERF_MAX_METERS 8

/** One stream as it arrives. Owner: the receiving thread; others read after it has ended. */
struct perf_arrivals {
	const struct perf_stream *stream; /**< NULL: nothing is known about the sender's side */
	struct perf_account account;
	uint64_t bytes; /**< frames without FCS, duplicates included */
	uint64_t warmup_pkts;
	uint64_t checksum_bad_pkts;
	uint64_t first_ns, last_ns;
	uint64_t first_bytes; /**< frame of the first arrival, without FCS */
	uint64_t max_gap_ns;  /**< longest silence between arrivals */
	uint64_t max_gap_start_ns;
	uint8_t ttl_min, ttl_max;
	struct lat_hist latency_ns;  /**< arrival - departure */
	struct lat_hist intended_ns; /**< arrival - intended departure */
	struct lat_hist gap_ns;	     /**< between arrivals */
	struct perf_series series;
};

/** How to make a sink. */
struct perf_sink_params {
	uint64_t start_ns; /**< of series */
	uint64_t bin_ns;   /**< of series; 0: no series */
	uint32_t bins;
	uint64_t capture_pkts;
	bool check_payload; /**< verify UDP checksums */
};

/** Everything that arrives at one port. */
struct perf_sink {
	struct perf_port *port;
	struct perf_arrivals *streams[PERF_MAX_STREAMS]; /**< NULL: made at its first packet */
	const struct perf_stream *known[PERF_MAX_STREAMS];
	struct perf_sink_params params;
	uint32_t meters;
	struct perf_meter meter[PERF_MAX_METERS];
	struct perf_worst worst;
	struct perf_capture capture;
	uint64_t foreign_pkts;	   /**< not from sluice-perf */
	uint64_t broken_pkts;	   /**< lengths or IP checksum wrong */
	uint64_t lost_memory_pkts; /**< not recorded, for lack of memory */
	uint64_t total_pkts;	/**< measured ones; written by the receiving thread, read by any */
	uint64_t empty_poll_ns; /**< start of the last poll that found the port empty */
	uint64_t last_poll_ns;
	uint64_t max_busy_gap_ns; /**< longest interval that an arrival is known to lie in */
	struct lat_hist poll_gap_ns;
};

/** Makes a sink on the port; known streams and meters are added by the caller afterwards. */
int perf_sink_init(struct perf_sink *sink, struct perf_port *port,
		   const struct perf_sink_params *params);
void perf_sink_fini(struct perf_sink *sink);

/** The arrivals of a stream, made if missing; NULL without memory. */
struct perf_arrivals *perf_sink_stream(struct perf_sink *sink, uint8_t number);

/** Notes a poll. @param full it may have left packets behind */
void perf_sink_note_poll(struct perf_sink *sink, uint64_t start_ns, bool full);

/**
 * Records a polled packet.
 *
 * @param after_ns it arrived after this
 * @param now_ns the poll ended now
 */
enum perf_verdict perf_sink_record(struct perf_sink *sink, const struct perf_slot *slot,
				   uint64_t after_ns, uint64_t now_ns);

#endif
