#ifndef PERF_ENGINE_H
#define PERF_ENGINE_H

/**
 * @file
 * A run: warm-up, the measured plan, and the time in which what is under way may still arrive.
 */

#include "bench/perf/lane.h"

#define PERF_MAX_LANES 2

/** How to run. */
struct perf_engine_params {
	uint64_t warmup_ns;
	uint64_t duration_ns; /**< of the measured part; 0: until stopped or the counts are sent */
	uint64_t late_ns;     /**< how long after its end the plan may still be worked off */
	uint64_t drain_ns;    /**< after the last departure */
	uint64_t expect_pkts; /**< end when this many arrived; 0: no such end */
	uint64_t idle_ns;     /**< longest sleep when nothing is due; 0: poll all the time */
	int cores[PERF_MAX_LANES]; /**< processor of each thread, -1: any */
	bool whole; /**< both ends are here: the run may end when all sent has arrived */
	bool split; /**< a thread for each lane, instead of one for all */
};

/** A run. Filled in by the caller, used by perf_engine_run(). */
struct perf_engine {
	struct perf_engine_params params;
	uint32_t lanes;
	struct perf_lane *lane[PERF_MAX_LANES];
	uint64_t start_ns; /**< of the measured part; set by the caller, before warm-up and now */
	uint64_t end_ns;   /**< when the last thread ended; set by the run */
	bool stop;	   /**< written by anyone (a signal, the caller), read by the threads */
	uint32_t sending;  /**< lanes whose plan is not done; written by each once, read by all */
};

/** Time between perf_engine_run() and the first departure that lets the threads get ready, ns. */
#define PERF_ENGINE_HEAD_START_NS 20000000ULL

/** Called about once a second while a run goes on, by the thread that called perf_engine_run(). */
typedef void (*perf_engine_progress)(const struct perf_engine *engine, void *context);

/**
 * Runs to the end in threads of its own.
 *
 * @param progress may be NULL
 * @return 0, or what thread creation says; -EINVAL when a thread cannot have its processor
 */
int perf_engine_run(struct perf_engine *engine, perf_engine_progress progress, void *context,
		    struct perf_error *error);

/** Asks a run to end soon; safe in a signal handler. */
void perf_engine_stop(struct perf_engine *engine);

#endif
