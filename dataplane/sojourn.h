#ifndef DATAPLANE_SOJOURN_H
#define DATAPLANE_SOJOURN_H

/**
 * @file
 * How long packets of a router stay, and what they wait for; by class.
 *
 * - Waiting for the core: from when the packet may have come to the receive call that took it. No
 *   device says when a packet came. It was after the last receive call that left the device's queue
 *   empty; the time from there is what is recorded, an upper bound that all packets of a burst share.
 * - Shaper: from the receive call to the time that the shaper let the packet go; none for those that
 *   it let through at once.
 * - Pipeline: everything else, until the call that handed the packet to its device has returned.
 *
 * A packet beyond the delay bound is due to a gap when it would not be without the time that the
 * host took from the worker while the packet was there, or while something was that it waited
 * behind: since its device, or its output queue, was last empty. All others are due to queueing, which is ours.
 * The length of a gap is known when its turn is over, so late packets are settled then.
 */

#include "dataplane/gap_log.h"
#include "dataplane/lat_hist.h"

#include <rte_branch_prediction.h>

/** Late runs of packets that wait to be settled. */
#define SOJOURN_LATE_RUNS 64U

/** Of one class. Writer: worker. Readers: control. */
struct sojourn_class {
	struct lat_hist wait;	  /**< for the core */
	struct lat_hist pipeline; /**< and device */
	struct lat_hist shaper;	  /**< those that it held only */
	struct lat_hist total;
	uint64_t gap_pkts;   /**< beyond the bound by the host */
	uint64_t queue_pkts; /**< beyond the bound by ourselves */
};

/** Packets of one run beyond their bound. */
struct sojourn_late {
	uint64_t lost_before_tsc; /**< that the host had taken before any of it began */
	uint64_t left_tsc;	  /**< when they were gone */
	uint64_t beyond_tsc;	  /**< total less bound */
	uint32_t n;
	uint16_t class_index;
};

/** Of one router. */
struct sojourn {
	const struct gap_log *gaps; /**< of its worker; control sets it before the worker knows */
	uint32_t n_late;	    /**< worker only */
	struct sojourn_late late[SOJOURN_LATE_RUNS];
	unsigned n_classes; /**< constant */
	struct sojourn_class classes[];
};

/** What is known of packets that left together. */
struct sojourn_run {
	uint64_t rx_tsc;   /**< of the receive call */
	uint64_t due_tsc;  /**< when the shaper let them go; rx_tsc where it did not hold them */
	uint64_t left_tsc; /**< when the device had them */
	uint64_t wait_tsc; /**< for the core, before rx_tsc */
	uint32_t n;
	uint16_t class_index;
};

/** Memory of n_classes, bytes. */
uint64_t sojourn_bytes(unsigned n_classes);

/** @return NULL without memory. Control thread. */
struct sojourn *sojourn_create(unsigned n_classes);
void sojourn_destroy(struct sojourn *sojourn);

/**
 * Notes packets beyond their bound. Worker.
 *
 * @param behind_tsc nothing that they waited for before their receive call came earlier
 * @param busy_lost_tsc what the host had taken before the queue that they came from was last empty
 */
void sojourn_late_add(struct sojourn *sojourn, const struct sojourn_run *run, uint64_t bound_tsc,
		      uint64_t behind_tsc, uint64_t busy_lost_tsc);

/** Tells gaps from queueing; see sojourn_settle(). */
void sojourn_late_settle(struct sojourn *sojourn);

/** Once a turn is over and its gap noted. Worker. */
static inline void sojourn_settle(struct sojourn *sojourn)
{
	if (unlikely(sojourn->n_late != 0))
		sojourn_late_settle(sojourn);
}

/** Records packets that left. Worker. @return how long they stayed in all */
static inline uint64_t sojourn_record(struct sojourn *sojourn, const struct sojourn_run *run)
{
	struct sojourn_class *class = &sojourn->classes[run->class_index];
	uint64_t shaper_tsc = run->due_tsc - run->rx_tsc;
	uint64_t total_tsc = run->left_tsc - run->rx_tsc + run->wait_tsc;

	lat_hist_record(&class->wait, run->wait_tsc, run->n);
	lat_hist_record(&class->pipeline, run->left_tsc - run->due_tsc, run->n);
	if (shaper_tsc != 0)
		lat_hist_record(&class->shaper, shaper_tsc, run->n);
	lat_hist_record(&class->total, total_tsc, run->n);
	return total_tsc;
}

#endif
