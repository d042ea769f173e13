#include "bench/perf/clock.h"
#include "bench/perf/csv.h"
#include "bench/perf/hlog.h"
#include "bench/perf/pcap.h"
#include "bench/perf/result.h"
#include "bench/perf/search.h"

#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define EXIT_RUN 1
#define EXIT_USAGE 2

static struct perf_run run;

static void on_signal(int number)
{
	(void)number;
	perf_search_stop();
	perf_engine_stop(&run.engine);
}

static void catch_signals(void)
{
	struct sigaction action = { .sa_handler = on_signal, .sa_flags = (int)SA_RESETHAND };

	(void)sigaction(SIGINT, &action, NULL);
	(void)sigaction(SIGTERM, &action, NULL);
}

/* Totals at the last line that was printed. */
struct live {
	uint64_t sent, arrived, at_ns;
};

static void print_progress(const struct perf_engine *engine, void *context)
{
	struct live *live = context;
	uint64_t now_ns = perf_clock_now_ns();
	double seconds = (double)(now_ns - live->at_ns) / 1e9;
	uint64_t sent = 0, arrived = 0;
	uint32_t i;

	for (i = 0; i < engine->lanes; i++) {
		sent += __atomic_load_n(&engine->lane[i]->sender.total_pkts, __ATOMIC_RELAXED);
		arrived += __atomic_load_n(&engine->lane[i]->sink.total_pkts, __ATOMIC_RELAXED);
	}
	(void)fprintf(stderr, "%7.1f s  sent %lu (%.0f pps)  received %lu (%.0f pps)\n",
		      (double)(now_ns - engine->start_ns) / 1e9, sent,
		      (double)(sent - live->sent) / seconds, arrived,
		      (double)(arrived - live->arrived) / seconds);
	*live = (struct live){ .sent = sent, .arrived = arrived, .at_ns = now_ns };
}

static int report(const struct perf_options *options, const struct perf_irq *irq_before,
		  struct perf_error *error)
{
	static struct perf_result result;
	bool violated = false;
	uint32_t i;
	int err = 0;

	perf_result_collect(&result, &run);
	perf_result_print(&result);
	for (i = 0; i < result.profiles; i++)
		violated = violated || result.profile[i].violated;
	if (options->json)
		err = perf_result_write_json(&result, options->json, error);
	if (!err && options->csv)
		err = perf_csv_write(&result, irq_before, options->csv, error);
	if (!err && options->hlog)
		err = perf_hlog_write(&result, options->hlog, error);
	if (!err && options->pcap)
		err = perf_pcap_write(&result, options->pcap, error);
	return err ? err : violated;
}

static int run_once(const struct perf_options *options, struct perf_error *error)
{
	static struct perf_irq irq_before;
	struct live live = { 0 };
	int err;

	if (options->csv)
		perf_irq_read(&irq_before);
	err = perf_run_prepare(&run, error);
	if (err)
		return err;
	live.at_ns = run.engine.start_ns;
	catch_signals();
	err = perf_run_go(&run, options->verbose ? print_progress : NULL, &live, error);
	return err ? err : report(options, &irq_before, error);
}

static int search(const struct perf_options *options, struct perf_error *error)
{
	static struct perf_search_result result;
	int err;

	catch_signals();
	err = perf_search_run(&run, &result, error);
	if (err)
		return err;
	perf_search_print(&result);
	return options->json ? perf_search_write_json(&result, options, error) : 0;
}

/* The EAL puts its core where this thread may run; later threads inherit it or are pinned. */
static int pin_main(int core, struct perf_error *error)
{
	cpu_set_t set;

	if (core < 0)
		return 0;
	CPU_ZERO(&set);
	CPU_SET(core, &set);
	if (sched_setaffinity(0, sizeof(set), &set) != 0)
		return perf_error_set(error, -EINVAL, "--core %d: there is no such processor",
				      core);
	return 0;
}

int main(int argc, char **argv)
{
	static struct perf_options options;
	struct perf_error error = { "" };
	int err = perf_options_parse(&options, argc, argv, &error);

	if (err > 0)
		return EXIT_SUCCESS;
	if (!err)
		err = pin_main(options.tx_core, &error);
	if (!err)
		err = perf_run_open(&run, &options, &error);
	if (err) {
		(void)fprintf(stderr, "sluice-perf: %s\n", error.text);
		return EXIT_USAGE;
	}
	err = options.search == PERF_SEARCH_NONE ? run_once(&options, &error)
						 : search(&options, &error);
	perf_run_close(&run);
	if (err < 0)
		(void)fprintf(stderr, "sluice-perf: %s\n", error.text);
	return err ? EXIT_RUN : EXIT_SUCCESS;
}
