#ifndef PERF_WORST_H
#define PERF_WORST_H

/**
 * @file
 * The packets that took longest, kept in a heap whose root is the quickest of them.
 */

#include <stdint.h>

#define PERF_WORST_EVENTS 5000U
#define PERF_SNAP_BYTES 64U

/** One slow packet. */
struct perf_event {
	uint64_t latency_ns;
	uint64_t sent_ns;
	uint64_t arrived_ns;
	uint32_t id;
	uint8_t stream;
	uint8_t snap_bytes;
	uint8_t snap[PERF_SNAP_BYTES]; /**< start of the frame */
};

/** The slowest packets of a run. Owner: the receiving thread. */
struct perf_worst {
	uint32_t count;
	struct perf_event *events; /**< PERF_WORST_EVENTS of them */
};

/** Allocates an empty list. @return 0 or -ENOMEM */
int perf_worst_init(struct perf_worst *worst);

/** Releases what init allocated. */
void perf_worst_fini(struct perf_worst *worst);

/** Offers a packet; the snap is only read when the packet is among the slowest. */
void perf_worst_offer(struct perf_worst *worst, const struct perf_event *event,
		      const uint8_t *frame, uint32_t frame_bytes);

/** Sorts by arrival; nothing may be offered afterwards. */
void perf_worst_sort(struct perf_worst *worst);

#endif
