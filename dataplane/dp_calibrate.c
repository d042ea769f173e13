#include "dataplane/dp_calibrate.h"

#include "dataplane/calibrate_router.h"
#include "dataplane/clock.h"
#include "dataplane/dp_publish.h"
#include "dataplane/eal.h"
#include "dataplane/lat_hist.h"
#include "dataplane/why.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include <rte_cycles.h>
#include <rte_pause.h>

#define TURNS 4000U
#define WARM_UP_TURNS 500U
#define STANDING_TURNS 4U /* before what is to be queued, so that it finds a queue */
#define WORST_PERMILLE 990U
#define POLLER_NICE (-20)
#define POOL_BYTES (64ULL << 20)

const uint16_t dp_cost_frame_bytes[DP_COST_SIZES] = { 64, 512, 1500 };

const char *dp_feature_name(enum dp_feature feature)
{
	static const char *const names[DP_FEATURE_COUNT] = {
		[DP_FEATURE_PLAIN] = "plain",	  [DP_FEATURE_POLICED] = "policed",
		[DP_FEATURE_DROPPED] = "dropped", [DP_FEATURE_CLASSED] = "classed",
		[DP_FEATURE_DIRECT] = "direct",	  [DP_FEATURE_QUEUED] = "queued",
	};

	return names[feature];
}

int dp_calibrate_init(unsigned core, struct dp_why *why)
{
	char name[32];
	struct dp_params params = { .control_core = core, .name = name, .pool_bytes = POOL_BYTES };
	int err;

	(void)snprintf(name, sizeof(name), "sluicecal%d", (int)getpid());
	err = eal_init(&params, why);
	if (err != 0)
		return err;
	clock_calibrate();
	err = dp_publish_init(DP_PUBLISH_READERS_MAX);
	if (err == 0)
		return 0;
	why_set(why, "reclamation does not start: %s", strerror(-err));
	eal_fini();
	return err;
}

void dp_calibrate_fini(void)
{
	dp_publish_fini();
	eal_fini();
}

static int compare(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return (x > y) - (x < y);
}

/* What was to happen to the packets has happened, or the figure says nothing. */
static bool is_measured(enum dp_feature feature, const struct calibrate_counts *before,
			const struct calibrate_counts *after)
{
	uint64_t all = (uint64_t)TURNS * CALIBRATE_BURST_PKTS;
	uint64_t dropped = after->drop_pkts - before->drop_pkts;
	uint64_t queued = after->queued_pkts - before->queued_pkts;

	if (after->rx_pkts - before->rx_pkts != all)
		return false;
	if (feature == DP_FEATURE_DROPPED)
		return dropped >= all - all / 100;
	if (feature == DP_FEATURE_QUEUED)
		return queued >= all - all / 20 && dropped <= all / 100;
	return dropped == 0 && queued == 0;
}

static void turns_take(struct calibrate_router *rig, unsigned n, uint64_t *spent_tsc)
{
	uint64_t interval_tsc = calibrate_router_interval_tsc();
	uint64_t next_tsc = rte_rdtsc();

	for (unsigned i = 0; i < n; i++) {
		while (rte_rdtsc() < next_tsc)
			rte_pause();
		spent_tsc[i] = calibrate_router_turn(rig, CALIBRATE_BURST_PKTS);
		next_tsc += interval_tsc;
	}
}

static int cost_measure(struct calibrate_router *rig, enum dp_feature feature, unsigned size,
			struct dp_cost *cost, struct dp_why *why)
{
	static uint64_t spent_tsc[TURNS]; /* control thread only; large */
	struct calibrate_counts before, after;
	int err = calibrate_router_set(rig, feature, dp_cost_frame_bytes[size], why);

	if (err != 0)
		return err;
	for (unsigned i = 0; i < STANDING_TURNS; i++)
		(void)calibrate_router_turn(rig, CALIBRATE_BURST_PKTS);
	turns_take(rig, WARM_UP_TURNS, spent_tsc);
	calibrate_router_counts(rig, &before);
	turns_take(rig, TURNS, spent_tsc);
	calibrate_router_counts(rig, &after);
	if (!is_measured(feature, &before, &after)) {
		why_set(why,
			"packets of %u bytes were not %s as they should be: the machine was too "
			"busy; run it again",
			dp_cost_frame_bytes[size], dp_feature_name(feature));
		return -EAGAIN;
	}
	qsort(spent_tsc, TURNS, sizeof(spent_tsc[0]), compare);
	cost->median = (double)spent_tsc[TURNS / 2] / CALIBRATE_BURST_PKTS;
	cost->worst = (double)spent_tsc[TURNS * WORST_PERMILLE / 1000] / CALIBRATE_BURST_PKTS;
	return 0;
}

int dp_calibrate_costs(struct dp_costs *costs, struct dp_why *why)
{
	struct calibrate_router *rig;
	int err = calibrate_router_create(&rig, why);

	if (err != 0)
		return err;
	for (unsigned i = 0; i < DP_FEATURE_COUNT && err == 0; i++)
		for (unsigned j = 0; j < DP_COST_SIZES && err == 0; j++)
			err = cost_measure(rig, (enum dp_feature)i, j, &costs->of[i][j], why);
	calibrate_router_destroy(rig);
	return err;
}

void dp_calibrate_gaps(unsigned seconds, struct dp_gaps *gaps)
{
	struct lat_hist *hist = malloc(sizeof(*hist));
	uint64_t last_tsc, end_tsc;

	*gaps = (struct dp_gaps){ 0 };
	if (hist == NULL)
		return;
	lat_hist_init(hist);
	(void)setpriority(PRIO_PROCESS, (id_t)gettid(), POLLER_NICE);
	last_tsc = rte_rdtsc();
	end_tsc = last_tsc + seconds * clock_tsc_hz();
	while (last_tsc < end_tsc) {
		uint64_t now_tsc = rte_rdtsc();

		lat_hist_record(hist, now_tsc - last_tsc, 1);
		last_tsc = now_tsc;
	}
	gaps->polls = lat_hist_count(hist);
	gaps->p999999_ns = clock_tsc_to_ns(lat_hist_quantile(hist, 999999));
	gaps->max_ns = clock_tsc_to_ns(hist->max);
	free(hist);
}
