#ifndef DATAPLANE_COUNTERS_H
#define DATAPLANE_COUNTERS_H

/**
 * @file
 * Counters of one port. Each group of fields has one writer and a cache line of its own; readers
 * (control) load single words, so every value is whole.
 */

#include "dataplane/dp_stats.h"

#include <stdalign.h>
#include <stdint.h>

/** Writer: the worker of the router. Readers: control. */
struct worker_counters {
	uint64_t rx_pkts, rx_bytes;
	uint64_t tx_pkts, tx_bytes;
	uint64_t injected_pkts, injected_bytes;
	uint64_t police_pass_pkts, police_pass_bytes;
	uint64_t police_drop_pkts, police_drop_bytes;
	uint64_t control_rescued_pkts;
	struct policer_counters colours; /**< of an SLA of several colours */
	uint64_t punt_pkts[DP_PUNT_COUNT];
	uint64_t punt_drop_pkts[DP_PUNT_COUNT]; /**< also in drop_pkts */
	uint64_t drop_pkts[DP_DROP_COUNT];
	uint64_t queued_pkts; /**< in the shaper and waiting for the device, after the last turn */
};

/** Writer: the host-path thread. Readers: control. */
struct host_counters {
	uint64_t twin_rx_pkts;
	uint64_t twin_tx_pkts;
	uint64_t twin_drop_pkts;
};

#endif
