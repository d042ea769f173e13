#ifndef CONTROL_PLAN_ARRIVAL_H
#define CONTROL_PLAN_ARRIVAL_H

/**
 * @file
 * What may arrive at most: burst + rate * t for every window of length t (Le Boudec & Thiran,
 * Network Calculus, 1.2), counted in packets and in the bytes of every layer.
 *
 * A profile counts one of these; the others follow from the packets for which they are largest:
 * the smallest frame for packets and for layers below that of the profile, the longest one for
 * layers above it. Pure arithmetic, any thread.
 */

#include "dataplane/dp_sla.h"

#include <stdbool.h>
#include <stdint.h>

/** Smallest Ethernet frame, bytes without FCS; shorter ones are counted as this. */
#define CTL_FRAME_MIN_BYTES 60
#define CTL_LAYERS 3 /**< enum rate_layer */

/** An arrival curve. */
struct ctl_arrival {
	bool bounded; /**< false: nothing limits what arrives, and the rest is 0 */
	double burst_pkts, rate_pps;
	double burst_bytes[CTL_LAYERS], rate_bytes_s[CTL_LAYERS];
};

/** Bytes of the smallest frame, and of the longest one with IP packets of mtu_bytes, in a layer. */
int ctl_frame_min_bytes(enum rate_layer layer);
int ctl_frame_max_bytes(enum rate_layer layer, uint16_t mtu_bytes);

/** What passes a policer, or leaves a shaper, with packets of at most mtu_bytes. */
struct ctl_arrival ctl_arrival_of_sla(const struct dp_sla *sla, uint16_t mtu_bytes);

/** What a cable of this rate (L1) can bring. */
struct ctl_arrival ctl_arrival_of_link(uint64_t rate_bps, uint16_t mtu_bytes);

/** Nothing at all: the sum of no arrivals. */
struct ctl_arrival ctl_arrival_zero(void);

/** What both may bring together; not bounded where one of them is not. */
struct ctl_arrival ctl_arrival_sum(const struct ctl_arrival *a, const struct ctl_arrival *b);

/** What the same packets are after a delay of 0 to delay_ns: the burst grows by rate * delay. */
struct ctl_arrival ctl_arrival_delayed(const struct ctl_arrival *arrival, double delay_ns);

#endif
