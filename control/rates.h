#ifndef CONTROL_RATES_H
#define CONTROL_RATES_H

/**
 * @file
 * What went through a port in the last second, from two readings of its counters. Pure: time is
 * an argument. Control thread only.
 */

#include "dataplane/dp_stats.h"
#include "policer/rate.h"

#include <stdbool.h>
#include <stdint.h>

/** One direction. */
struct ctl_rate {
	uint64_t pkts, bytes; /**< last reading */
	uint64_t pps;	      /**< packets/s between the last two readings, rounded down */
	uint64_t bps;	      /**< bit/s in the layer, rounded down */
};

/** Both directions of a port; start from { 0 }. */
struct ctl_port_rates {
	bool started;	     /**< there was a reading */
	uint64_t last_ns;    /**< time of the last reading */
	uint64_t elapsed_ns; /**< between the last two readings; 0: no rate is known yet */
	struct ctl_rate rx, tx;
};

/**
 * Takes a reading.
 *
 * @param now_ns any clock that does not go back; a reading at the same time is ignored
 * @param counters of the port, bytes without FCS
 * @param rx_layer, tx_layer which bytes count in either direction
 */
void ctl_rates_update(struct ctl_port_rates *rates, uint64_t now_ns,
		      const struct dp_port_counters *counters, enum rate_layer rx_layer,
		      enum rate_layer tx_layer);

#endif
