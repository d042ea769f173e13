#ifndef PERF_CAPTURE_H
#define PERF_CAPTURE_H

/**
 * @file
 * Every packet that arrived, up to a number fixed beforehand, for pcap and per-packet files.
 * Memory is taken before the run: nothing is written while packets arrive.
 */

#include "bench/perf/worst.h"

/** One packet. */
struct perf_record {
	uint64_t sent_ns;
	uint64_t arrived_ns;
	uint32_t id;
	uint16_t sport, dport;
	uint16_t frame_bytes; /**< without FCS */
	uint8_t stream;
	uint8_t snap_bytes;
	uint8_t snap[PERF_SNAP_BYTES]; /**< start of the frame */
};

/** A capture. Owner: the receiving thread. */
struct perf_capture {
	uint64_t capacity; /**< 0: nothing is captured */
	uint64_t count;
	uint64_t missed; /**< packets that the capture had no room for */
	struct perf_record *records;
};

/** Allocates an empty capture. @return 0 or -ENOMEM */
int perf_capture_init(struct perf_capture *capture, uint64_t capacity);

/** Releases what init allocated. */
void perf_capture_fini(struct perf_capture *capture);

/** Next record to fill in, or NULL when there is no room; frame is copied. */
struct perf_record *perf_capture_next(struct perf_capture *capture, const uint8_t *frame,
				      uint32_t frame_bytes);

#endif
