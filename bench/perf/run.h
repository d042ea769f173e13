#ifndef PERF_RUN_H
#define PERF_RUN_H

/**
 * @file
 * Options turned into ports, lanes and an engine: everything of one process, opened once and run
 * once, or many times by a search. Main thread.
 */

#include "bench/perf/engine.h"
#include "bench/perf/options.h"

/** What a process runs. */
struct perf_run {
	const struct perf_options *options;
	struct perf_stream stream[PERF_MAX_STREAMS]; /**< the options' with MACs filled in */
	uint32_t streams;
	struct perf_port *tx, *rx; /**< rx is tx where both are one port; either may be NULL */
	uint32_t lanes;
	struct perf_lane lane[PERF_MAX_LANES]; /**< of tx, then of rx */
	struct perf_departures *departures[PERF_MAX_STREAMS];
	struct perf_engine engine;
	bool prepared;
	struct perf_port_stats before[PERF_MAX_LANES]; /**< ports' counters when it was prepared */
};

/** Opens ports, finds MAC addresses and checks streams. @return 0 or -errno */
int perf_run_open(struct perf_run *run, const struct perf_options *options,
		  struct perf_error *error);

/** Makes fresh senders and sinks. @return 0 or -errno */
int perf_run_prepare(struct perf_run *run, struct perf_error *error);

/** Runs what was prepared. */
int perf_run_go(struct perf_run *run, perf_engine_progress progress, void *context,
		struct perf_error *error);

/** Frees senders and sinks, so that it can be prepared again. */
void perf_run_release(struct perf_run *run);

/** Closes the ports. */
void perf_run_close(struct perf_run *run);

/** Line rate of the port that a stream leaves from, L1 bit/s; 0: unknown. */
uint64_t perf_run_line_bps(const struct perf_run *run, uint32_t stream);

/** Number of the lane that a stream is expected at; -1 when this process does not receive. */
int perf_run_sink_of(const struct perf_run *run, uint32_t stream);

#endif
