#ifndef DATAPLANE_DP_CALIBRATE_H
#define DATAPLANE_DP_CALIBRATE_H

/**
 * @file
 * What the data plane takes on this host: cycles per packet by what is done to it, and the time
 * between two polls of a core. Control thread.
 */

#include "dataplane/dp.h"

#include <stdint.h>

/** What is done to a packet beside receiving, routing and sending it. */
enum dp_feature {
	DP_FEATURE_PLAIN,   /**< nothing */
	DP_FEATURE_POLICED, /**< conforms to the SLA of its port */
	DP_FEATURE_DROPPED, /**< exceeds it, and is dropped by its length */
	DP_FEATURE_CLASSED, /**< classified and policed as one of its class */
	DP_FEATURE_DIRECT,  /**< shaped, and leaves at once */
	DP_FEATURE_QUEUED,  /**< shaped, and waits in a queue */
	DP_FEATURE_COUNT
};

/** Frame lengths that are measured: bytes with FCS. */
#define DP_COST_SIZES 3
extern const uint16_t dp_cost_frame_bytes[DP_COST_SIZES];

/** Name of a feature, as in files and tables. */
const char *dp_feature_name(enum dp_feature feature);

/** TSC cycles per packet of one feature and length. */
struct dp_cost {
	double median;
	double worst; /**< p99 of bursts of 32; what is rarer is a gap */
};

/** Packet costs, by feature and length. */
struct dp_costs {
	struct dp_cost of[DP_FEATURE_COUNT][DP_COST_SIZES];
};

/** Time between two polls of an idle core, as its worker sees it. */
struct dp_gaps {
	uint64_t polls;
	uint64_t p999999_ns, max_ns;
};

/**
 * Starts DPDK for measurements: no devices, twins or workers. dp_tsc_hz() is measured.
 *
 * @param core CPU whose caches and clock are used: that of the calling thread
 * @return 0, or -errno with a sentence in why
 */
int dp_calibrate_init(unsigned core, struct dp_why *why);

/** Runs the stages of a router on rings, for about two seconds. The caller is on the core. */
int dp_calibrate_costs(struct dp_costs *costs, struct dp_why *why);

/** Polls as a worker without packets does, with a worker's priority, for so many seconds. */
void dp_calibrate_gaps(unsigned seconds, struct dp_gaps *gaps);

/** Releases what dp_calibrate_init() took. */
void dp_calibrate_fini(void);

#endif
