#ifndef PERF_METER_H
#define PERF_METER_H

/**
 * @file
 * Conformance of arrivals to a profile (rate, burst), as a sink can know it.
 *
 * A polling sink knows that a packet arrived after one poll and before the next, not when. Two
 * figures therefore stand beside each other, each the smallest burst that arrivals fit:
 *  - seen: every packet taken at the end of its poll. What a pause of the sink piles up looks like
 *    a burst of the sender;
 *  - certain: every packet taken at the moment of its interval that suits the profile best. With
 *    the virtual queue of shaper/conformance.h that moment is when the queue runs empty, else the
 *    end of the interval; it minimises this backlog and all later ones at once. What exceeds the
 *    profile here did exceed it.
 * The truth lies between certain and seen plus what one interval can hide.
 */

#include "bench/perf/error.h"
#include "bench/perf/stream.h"
#include "shaper/conformance.h"

/** A profile to hold arrivals against, and whose arrivals. */
struct perf_profile {
	char stream[PERF_NAME_BYTES]; /**< empty: everything that arrives at the port */
	uint64_t rate_bps;
	uint64_t burst_bytes;
	uint64_t
		slack_bytes; /**< that arrivals may need beyond the burst before it is a violation */
	enum rate_layer layer;
};

/** A profile's meter. Owner: the receiving thread. */
struct perf_meter {
	struct perf_profile profile;
	int stream; /**< number, -1: all */
	int adjust_bytes;
	struct rate rate;
	bool started;
	struct shaper_conformance seen;
	struct shaper_conformance certain;
	uint64_t pkts;
};

/**
 * Reads "rate=BITS,burst=BYTES[,slack=BYTES][,layer=L1|L2|L3][,stream=NAME]".
 *
 * @return 0, -EINVAL or -ERANGE
 */
int perf_profile_parse(struct perf_profile *profile, const char *text, struct perf_error *error);

/** Prepares a meter. @param stream its number, -1 for all. @return 0 or -ERANGE */
int perf_meter_init(struct perf_meter *meter, const struct perf_profile *profile, int stream);

/**
 * Records an arrival.
 *
 * @param after_ns it arrived at or after this time
 * @param before_ns and at or before this; never earlier than in the last call
 * @param frame_bytes without FCS
 */
void perf_meter_record(struct perf_meter *meter, uint64_t after_ns, uint64_t before_ns,
		       uint32_t frame_bytes);

/** Smallest burst for the times at which polls ended, bytes in the profile's layer. */
uint64_t perf_meter_seen_bytes(const struct perf_meter *meter);

/** Smallest burst that is certain, bytes in the profile's layer. */
uint64_t perf_meter_certain_bytes(const struct perf_meter *meter);

#endif
