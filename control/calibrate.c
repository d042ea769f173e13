#include "control/calibrate.h"

#include "control/plan/calibration.h"
#include "control/plan/spoilers.h"
#include "dataplane/dp_calibrate.h"

#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* One core while it is measured. */
struct poller {
	pthread_t thread;
	unsigned core;
	unsigned seconds;
	struct dp_gaps gaps;
};

static int fail(const char *what, int err)
{
	(void)fprintf(stderr, "sluiced: %s: %s\n", what, strerror(-err));
	return err;
}

/* Cores that may be used, in ascending order. */
static unsigned cores_list(const struct ctl_calibrate_options *options,
			   unsigned cores[CTL_CALIBRATION_CORES])
{
	cpu_set_t set;
	unsigned n = 0;

	CPU_ZERO(&set);
	if (sched_getaffinity(0, sizeof(set), &set) != 0)
		return 0;
	for (unsigned i = 0; i < CPU_SETSIZE && n < CTL_CALIBRATION_CORES; i++)
		if (CPU_ISSET(i, &set) && (!options->one_core || i == options->core))
			cores[n++] = i;
	return n;
}

static void *poller_run(void *arg)
{
	struct poller *poller = arg;

	dp_calibrate_gaps(poller->seconds, &poller->gaps);
	return NULL;
}

static int poller_start(struct poller *poller)
{
	pthread_attr_t attr;
	cpu_set_t set;
	int err;

	CPU_ZERO(&set);
	CPU_SET(poller->core, &set);
	err = pthread_attr_init(&attr);
	if (err != 0)
		return -err;
	err = pthread_attr_setaffinity_np(&attr, sizeof(set), &set);
	if (err == 0)
		err = pthread_create(&poller->thread, &attr, poller_run, poller);
	(void)pthread_attr_destroy(&attr);
	return -err;
}

/* All cores at once, as they would be polled. */
static int gaps_measure(const struct ctl_calibrate_options *options, const unsigned *cores,
			unsigned n, struct ctl_calibration *calibration)
{
	struct poller *pollers = calloc(n, sizeof(*pollers));
	unsigned started = 0;
	int err = pollers == NULL ? -ENOMEM : 0;

	for (; started < n && err == 0; started += err == 0) {
		pollers[started].core = cores[started];
		pollers[started].seconds = options->seconds;
		err = poller_start(&pollers[started]);
	}
	for (unsigned i = 0; i < started; i++) {
		const struct poller *poller = &pollers[i];

		(void)pthread_join(poller->thread, NULL);
		calibration->cores[calibration->n_cores++] = (struct ctl_core_gap){
			poller->core, poller->gaps.polls, poller->gaps.p999999_ns,
			poller->gaps.max_ns
		};
		if (poller->gaps.polls == 0)
			err = -ENOMEM;
	}
	free(pollers);
	return err;
}

static void date_set(char *date, size_t size)
{
	time_t now = time(NULL);
	struct tm local;

	if (localtime_r(&now, &local) == NULL || strftime(date, size, "%FT%T%z", &local) == 0)
		date[0] = '\0';
}

static int measure(const struct ctl_calibrate_options *options, const unsigned *cores, unsigned n,
		   struct ctl_calibration *calibration)
{
	/* the last core is the least likely to have the machine's own work */
	unsigned core = cores[n - 1];
	struct dp_why why = { "" };
	int err = dp_calibrate_init(core, &why);

	if (err == 0) {
		calibration->hz = (double)dp_tsc_hz();
		err = dp_calibrate_costs(&calibration->costs, &why);
		if (err == 0 && (err = gaps_measure(options, cores, n, calibration)) != 0)
			(void)snprintf(why.text, sizeof(why.text), "the cores cannot be polled: %s",
				       strerror(-err));
		dp_calibrate_fini();
	}
	if (err != 0)
		(void)fprintf(stderr, "sluiced: %s\n", why.text);
	return err;
}

static void result_print(const struct ctl_calibration *calibration)
{
	(void)printf("%s on %s, %s\nTSC: %.0f Hz by CLOCK_MONOTONIC_RAW\n%-10s", calibration->date,
		     calibration->id.host, calibration->id.cpu, calibration->hz, "cycles");
	for (unsigned i = 0; i < DP_COST_SIZES; i++)
		(void)printf("  %4u B median    worst", dp_cost_frame_bytes[i]);
	for (unsigned i = 0; i < DP_FEATURE_COUNT; i++) {
		(void)printf("\n%-10s", dp_feature_name((enum dp_feature)i));
		for (unsigned j = 0; j < DP_COST_SIZES; j++)
			(void)printf("  %13.1f %8.1f", calibration->costs.of[i][j].median,
				     calibration->costs.of[i][j].worst);
	}
	(void)printf("\n");
	for (unsigned i = 0; i < calibration->n_cores; i++) {
		const struct ctl_core_gap *gap = &calibration->cores[i];

		(void)printf("core %u: %.1f us between two polls at most, p99.9999 %.1f us (%llu "
			     "polls in %u s)\n",
			     gap->core, (double)gap->max_ns / 1e3, (double)gap->p999999_ns / 1e3,
			     (unsigned long long)gap->polls, calibration->seconds);
	}
}

static void spoilers_print(const struct ctl_calibration *calibration)
{
	struct ctl_errors found = { 0 };

	for (unsigned i = 0; i < calibration->n_cores; i++)
		ctl_spoilers_find("", calibration->cores[i].core, &found);
	ctl_spoilers_find_common("", &found);
	for (unsigned i = 0; i < found.n; i++)
		(void)printf("warning: %s\n", found.items[i].text);
	ctl_errors_fini(&found);
}

int ctl_calibrate(const struct ctl_calibrate_options *options)
{
	static struct ctl_calibration calibration; /* control thread only; large */
	unsigned cores[CTL_CALIBRATION_CORES];
	unsigned n = cores_list(options, cores);
	int err;

	if (n == 0) {
		(void)fprintf(stderr, "sluiced: core %u is not one that this process may use\n",
			      options->core);
		return -EINVAL;
	}
	calibration = (struct ctl_calibration){ .seconds = options->seconds };
	ctl_host_id_get(&calibration.id);
	date_set(calibration.date, sizeof(calibration.date));
	err = measure(options, cores, n, &calibration);
	if (err != 0)
		return err;
	result_print(&calibration);
	spoilers_print(&calibration);
	err = ctl_calibration_save(options->output, &calibration);
	if (err != 0)
		return fail(options->output, err);
	(void)printf("written to %s\n", options->output);
	return 0;
}
