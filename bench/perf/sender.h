#ifndef PERF_SENDER_H
#define PERF_SENDER_H

/**
 * @file
 * The sending half of a port: builds what is due, sends it, and keeps the truth about how well
 * the plan was kept.
 *
 * Open loop: the plan never waits for the device under test. What the port does not take at once
 * is either dropped and counted as refused, or (patient) sent as soon as it can be, and its
 * lateness shows.
 */

#include "bench/perf/packet.h"
#include "bench/perf/port.h"
#include "bench/perf/schedule.h"
#include "bench/perf/series.h"
#include "dataplane/lat_hist.h"

/** One stream as it is sent. Owner: the sending thread; others read after it has ended. */
struct perf_departures {
	const struct perf_stream *stream;
	uint8_t number;
	struct perf_schedule schedule;
	uint64_t next_id;
	uint64_t sent_pkts;  /**< taken by the port, without the warm-up */
	uint64_t sent_bytes; /**< frames without FCS */
	uint64_t refused_pkts;
	bool behind; /**< part of the plan was still to be sent at its end */
	uint64_t warmup_pkts;
	uint64_t first_ns, last_ns;
	struct lat_hist late_ns; /**< departure - intended departure */
	struct lat_hist gap_ns;	 /**< between departures */
	struct perf_series series;
};

/** Everything that one port sends. */
struct perf_sender {
	struct perf_port *port;
	uint32_t count;
	uint32_t burst_pkts; /**< most packets in one call of the port */
	bool patient;
	bool warmup;
	struct perf_departures *streams[PERF_MAX_STREAMS];
	uint32_t waiting, waiting_first; /**< patient: slots built and not yet taken */
	struct perf_slot slots[PERF_PORT_BURST];
	uint8_t owner[PERF_PORT_BURST]; /**< index into streams, per slot */
	uint32_t ids[PERF_PORT_BURST];
	uint64_t due_ns[PERF_PORT_BURST];
	uint64_t total_pkts; /**< written by the sending thread, read by any for the live line */
};

/** Allocates a stream's departures. @return 0 or -ENOMEM */
int perf_departures_create(struct perf_departures **departures, const struct perf_stream *stream,
			   uint8_t number);
void perf_departures_destroy(struct perf_departures *departures);

/** Starts the warm-up or the measured part of the plan: from start_ns until end_ns. */
void perf_sender_begin(struct perf_sender *sender, bool warmup, uint64_t start_ns, uint64_t end_ns);

/** Ends the plan: what waits for the port counts as refused, what is still due is never sent. */
void perf_sender_end(struct perf_sender *sender);

/** Time of the next departure, ns, UINT64_MAX when the plan is done and nothing waits. */
uint64_t perf_sender_due_ns(const struct perf_sender *sender);

/** Sends at most one burst of what is due at now_ns. @return packets that the port took */
uint32_t perf_sender_step(struct perf_sender *sender, uint64_t now_ns);

#endif
