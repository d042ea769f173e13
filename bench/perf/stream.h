#ifndef PERF_STREAM_H
#define PERF_STREAM_H

/**
 * @file
 * A stream: packets of one description with one load and one sequence of numbers.
 *
 * Frame sizes are those of RFC 2544: Ethernet header to FCS, so the smallest frame of 64 bytes
 * is 60 bytes in memory.
 */

#include "bench/perf/error.h"
#include "bench/perf/quantity.h"
#include "policer/rate.h"

#include <stdbool.h>
#include <stdint.h>

#define PERF_MAX_STREAMS 32
#define PERF_NAME_BYTES 24
#define PERF_FCS_BYTES 4U
/** Frame sizes with FCS, bytes. */
#define PERF_MIN_FRAME_BYTES 64U
#define PERF_MAX_FRAME_BYTES 9018U
#define PERF_MAX_SIZES 8

/** count consecutive values from first, taken in turn. */
struct perf_range {
	uint32_t first;
	uint32_t count; /**< at least 1 */
};

/** Frame sizes of a stream: kinds of frame with weights, or every size of a span. */
struct perf_sizes {
	uint32_t kinds;			 /**< entries used; 0: a span */
	uint16_t bytes[PERF_MAX_SIZES];	 /**< with FCS */
	uint16_t weight[PERF_MAX_SIZES]; /**< frames of this size out of weight_sum */
	uint32_t weight_sum;
	uint16_t span_min_bytes; /**< with FCS; each size of the span is equally likely */
	uint16_t span_max_bytes; /**< with FCS */
};

/** What the user asked for. Constant once the run has started. */
struct perf_stream {
	char name[PERF_NAME_BYTES];
	struct perf_load load;
	enum rate_layer layer; /**< of load, when it is a bit rate */
	struct perf_sizes sizes;
	uint32_t burst_pkts;		/**< packets that are due at one moment */
	struct perf_range src, dst;	/**< IPv4 addresses, host byte order */
	struct perf_range sport, dport; /**< UDP ports */
	uint8_t smac[6], dmac[6];
	bool smac_set, dmac_set;
	uint32_t gateway; /**< address whose MAC to ask for, 0: none */
	uint8_t ttl, dscp;
	bool checksum;	   /**< UDP checksum computed; else 0 */
	bool random_flows; /**< flows drawn at random instead of in turn */
	bool reverse;	   /**< leaves the receiving port towards the sending one */
	uint64_t seed;
	uint64_t count_pkts;  /**< 0: until the run ends */
	uint64_t start_ns;    /**< after the start of the run */
	uint64_t duration_ns; /**< 0: until the run ends */
};

/** The stream that options change: 1 Mbit/s L2 of 64-byte frames, one flow in 198.18.0.0/15. */
void perf_stream_init(struct perf_stream *stream);

/**
 * Sets one property from text.
 *
 * @param key one of perf_stream_keys()
 * @return 0, -ENOENT for an unknown key, -EINVAL or -ERANGE for a bad value
 */
int perf_stream_set(struct perf_stream *stream, const char *key, const char *value,
		    struct perf_error *error);

/** Sets properties from "key=value,key=value". */
int perf_stream_parse(struct perf_stream *stream, const char *text, struct perf_error *error);

/** Checks that the properties go together, and that a layer's bit rate is in range. */
int perf_stream_check(const struct perf_stream *stream, uint64_t line_bps,
		      struct perf_error *error);

/** Known keys joined by ", ". */
const char *perf_stream_keys(void);

/** Number of distinct flows, saturating at 2^32 - 1. */
uint32_t perf_stream_flows(const struct perf_stream *stream);

/** Size of the frame with a sequence number, bytes with FCS: a function of number and seed only. */
uint32_t perf_stream_frame_bytes(const struct perf_stream *stream, uint32_t id);

/** Largest frame of a stream, bytes with FCS. */
uint32_t perf_stream_max_frame_bytes(const struct perf_stream *stream);

/** Mean frame, bytes with FCS, times 1000. */
uint64_t perf_stream_mean_frame_milli(const struct perf_stream *stream);

/** Number of the flow that a sequence number belongs to, below perf_stream_flows(). */
uint32_t perf_stream_flow(const struct perf_stream *stream, uint32_t id);

/**
 * The stream's load as a rate.
 *
 * @param line_bps line rate in L1, bit/s, for a load given as part of the line
 * @return 0, -ENODATA for an unpaced load, -ERANGE
 */
int perf_stream_rate(const struct perf_stream *stream, uint64_t line_bps, struct rate *rate,
		     enum rate_layer *layer);

#endif
