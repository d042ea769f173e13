#include "bench/perf/search.h"

#include "bench/perf/clock.h"
#include "bench/perf/throughput.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define SECOND_NS 1000000000ULL
/* RFC 9004 asks for bursts of up to 2 s; anything that needs more is no buffer. */
#define MAX_BURST_S 2.0
/* What a lone packet lost is worth at the lowest load: a trial should hold a thousand. */
#define MIN_TRIAL_PKTS 1000.0
/* RFC 9971's usual goals: 21 s in trials of 1 s. */
#define GOAL_TRIALS 21U
/* Relative width of a result. A load that takes longer to send than this allows was not sent. */
#define WIDTH 0.005

/* What trials need. */
struct searcher {
	struct perf_run *run;
	struct perf_search_result *result;
	struct perf_error *error;
	double share[PERF_MAX_STREAMS]; /* of the packets, per stream; they add up to 1 */
};

static bool stop_asked; /* written by a signal handler, read by the main thread */

void perf_search_stop(void)
{
	__atomic_store_n(&stop_asked, true, __ATOMIC_RELAXED);
}

static double weight(const struct perf_stream *stream, uint64_t line_bps)
{
	enum rate_layer layer;
	struct rate rate;
	double bytes;

	if (perf_stream_rate(stream, line_bps, &rate, &layer) != 0)
		return 1;
	if (rate.unit == RATE_PKTS_PER_S)
		return (double)rate.value;
	bytes = (double)perf_stream_mean_frame_milli(stream) / 1000 - PERF_FCS_BYTES +
		rate_layer_adjust_bytes(layer);
	return (double)rate.value / bytes / 8;
}

static void find_shares(struct searcher *searcher)
{
	const struct perf_run *run = searcher->run;
	double sum = 0;
	uint32_t i;

	for (i = 0; i < run->streams; i++) {
		searcher->share[i] = weight(&run->stream[i], perf_run_line_bps(run, i));
		sum += searcher->share[i];
	}
	searcher->result->mean_frame_bytes = 0;
	for (i = 0; i < run->streams; i++) {
		searcher->share[i] /= sum;
		searcher->result->mean_frame_bytes += searcher->share[i] *
						      (double)perf_stream_mean_frame_milli(
							      &run->stream[i]) /
						      1000;
	}
}

static int find_max(struct searcher *searcher)
{
	const struct perf_run *run = searcher->run;
	struct perf_search_result *result = searcher->result;
	double lines = run->options->mode == PERF_MODE_BIDIR ? 2 : 1;

	result->max_pps = (double)run->options->search_max_pps;
	if (result->max_pps > 0)
		return 0;
	if (perf_run_line_bps(run, 0) == 0)
		return perf_error_set(searcher->error, -EINVAL,
				      "--search: the port does not tell its line rate: give --line "
				      "BITS or --search-max PPS");
	result->max_pps = lines * (double)perf_run_line_bps(run, 0) / 8 /
			  (result->mean_frame_bytes + 20);
	return 0;
}

/* Gives every stream its share of a trial. @return packets that the trial asks for */
static uint64_t set_load(struct searcher *searcher, const struct perf_trial *trial)
{
	struct perf_run *run = searcher->run;
	uint64_t planned = 0;
	uint32_t i;

	run->engine.params.duration_ns = trial->duration_ns;
	if (trial->duration_ns)
		run->engine.params.late_ns = (uint64_t)((double)trial->duration_ns * WIDTH);
	for (i = 0; i < run->streams; i++) {
		struct perf_departures *departures = run->departures[i];
		struct perf_stream *stream = &run->stream[i];
		double pps = trial->load_pps * searcher->share[i];

		stream->load.kind = PERF_LOAD_PPS;
		stream->load.value = pps < 1 ? 1 : (uint64_t)(pps + 0.5);
		stream->start_ns = 0;
		stream->duration_ns = 0;
		stream->burst_pkts = trial->duration_ns ? run->options->stream[i].burst_pkts : 1;
		stream->count_pkts = trial->duration_ns ? 0 : trial->burst_pkts;
		planned += trial->duration_ns ? (trial->duration_ns / 1000 * stream->load.value +
						 SECOND_NS / 1000 - 1) /
							(SECOND_NS / 1000)
					      : trial->burst_pkts;
		departures->stream = stream;
	}
	return planned;
}

static uint64_t received(const struct perf_run *run)
{
	uint64_t pkts = 0;
	uint32_t i;

	for (i = 0; i < run->streams; i++) {
		const struct perf_sink *sink = &run->lane[perf_run_sink_of(run, i)].sink;

		pkts += sink->streams[i]->account.unique;
	}
	return pkts;
}

static void print_trial(const struct searcher *searcher, const struct perf_trial *trial,
			const struct perf_trial_result *result)
{
	if (!searcher->run->options->verbose)
		return;
	if (trial->duration_ns)
		(void)fprintf(stderr, "trial: %.0f pps for %.1f s", trial->load_pps,
			      (double)trial->duration_ns / 1e9);
	else
		(void)fprintf(stderr, "trial: burst of %lu packets", trial->burst_pkts);
	(void)fprintf(stderr, ": %lu of %lu packets arrived, loss %.6f\n", result->received_pkts,
		      result->planned_pkts, perf_trial_loss(result));
}

static int run_trial(void *context, const struct perf_trial *trial,
		     struct perf_trial_result *result)
{
	struct searcher *searcher = context;
	struct perf_run *run = searcher->run;
	int err;

	if (__atomic_load_n(&stop_asked, __ATOMIC_RELAXED))
		return perf_error_set(searcher->error, -EINTR, "the search was interrupted");
	err = perf_run_prepare(run, searcher->error);
	if (!err) {
		result->planned_pkts = set_load(searcher, trial);
		err = perf_run_go(run, NULL, NULL, searcher->error);
	}
	if (!err) {
		searcher->result->trials++;
		result->received_pkts = received(run);
		print_trial(searcher, trial, result);
	}
	perf_run_release(run);
	return err;
}

static int search_throughput(struct searcher *searcher, uint64_t duration_ns)
{
	const struct perf_throughput_params params = {
		.max_pps = searcher->result->max_pps,
		.width = WIDTH,
		.duration_ns = duration_ns,
	};

	uint32_t trials;

	return perf_throughput_search(&params, run_trial, searcher,
				      &searcher->result->throughput_pps, &trials);
}

static int search_mlr(struct searcher *searcher)
{
	struct perf_search_result *result = searcher->result;
	uint64_t trial_ns = searcher->run->options->trial_ns;
	const struct perf_mlr_goal ndr = { 0, 0.5, GOAL_TRIALS * trial_ns, WIDTH };
	const struct perf_mlr_goal pdr = { 0.005, 0.5, GOAL_TRIALS * trial_ns, WIDTH };
	struct perf_mlr_params params = {
		.min_pps = MIN_TRIAL_PKTS * (double)SECOND_NS / (double)trial_ns,
		.max_pps = result->max_pps,
		.trial_ns = trial_ns,
	};
	uint32_t i, trials;
	int err;

	if (result->kind != PERF_SEARCH_PDR)
		params.goal[params.goals++] = ndr;
	if (result->kind != PERF_SEARCH_NDR)
		params.goal[params.goals++] = pdr;
	result->goals = params.goals;
	for (i = 0; i < params.goals; i++)
		result->goal[i] = params.goal[i];
	err = perf_mlr_search(&params, run_trial, searcher, result->mlr, &trials);
	if (err == -ENOBUFS)
		(void)perf_error_set(searcher->error, err,
				     "the device answers too irregularly: the search found no end");
	return err;
}

static int search_bursts(struct searcher *searcher)
{
	struct perf_search_result *result = searcher->result;
	struct perf_back_to_back_params params = {
		.line_pps = result->max_pps,
		.max_pkts = (uint64_t)(result->max_pps * MAX_BURST_S),
		.repetitions = searcher->run->options->search_trials,
	};
	int err;

	if (searcher->run->streams != 1)
		return perf_error_set(searcher->error, -EINVAL,
				      "--search b2b: a burst is of one stream; %u are given",
				      searcher->run->streams);
	err = search_throughput(searcher, SECOND_NS);
	if (err || result->throughput_pps >= result->max_pps)
		return err;
	params.throughput_pps = result->throughput_pps;
	result->max_burst_pkts = params.max_pkts;
	err = perf_back_to_back_search(&params, run_trial, searcher, &result->burst);
	result->burst_done = !err;
	return err;
}

int perf_search_run(struct perf_run *run, struct perf_search_result *result,
		    struct perf_error *error)
{
	struct searcher searcher = { .run = run, .result = result, .error = error };
	int err;

	*result = (struct perf_search_result){ .kind = run->options->search };
	find_shares(&searcher);
	err = find_max(&searcher);
	if (err)
		return err;
	switch (result->kind) {
	case PERF_SEARCH_THROUGHPUT:
		return search_throughput(&searcher, run->options->duration_ns);
	case PERF_SEARCH_B2B:
		return search_bursts(&searcher);
	default:
		return search_mlr(&searcher);
	}
}
