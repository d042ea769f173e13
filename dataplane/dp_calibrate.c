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
#define WARM_UP_TURNS 500
#define TURNS_ALL (WARM_UP_TURNS + (int)TURNS)
#define TURNS_MAX (8 * TURNS)
#define STANDING_TURNS 4U /* before what is to be queued, so that it finds a queue */
/* of TURNS in ascending order */
#define MEDIAN_TURN 2000U
#define WORST_TURN 3960U
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

/* What was to happen to the packets of a turn has happened, or its time says nothing. */
static bool is_measured(enum dp_feature feature, const struct calibrate_counts *before,
			const struct calibrate_counts *after)
{
	uint64_t dropped = after->drop_pkts - before->drop_pkts;
	uint64_t queued = after->queued_pkts - before->queued_pkts;
	uint64_t sent = after->tx_pkts - before->tx_pkts;

	if (after->rx_pkts - before->rx_pkts != CALIBRATE_BURST_PKTS)
		return false;
	if (feature == DP_FEATURE_DROPPED)
		return dropped == CALIBRATE_BURST_PKTS;
	if (feature == DP_FEATURE_QUEUED)
		return queued == CALIBRATE_BURST_PKTS && sent != 0 && dropped == 0;
	return dropped == 0 && queued == 0 && sent == CALIBRATE_BURST_PKTS;
}

/* Starts anew: more comes in than leaves, until there is a queue where there is to be one. */
static int rig_prepare(struct calibrate_router *rig, enum dp_feature feature, unsigned size,
		       struct dp_why *why)
{
	int err = calibrate_router_set(rig, feature, dp_cost_frame_bytes[size], why);

	for (unsigned i = 0; i < STANDING_TURNS && err == 0; i++)
		(void)calibrate_router_turn(rig, CALIBRATE_BURST_PKTS);
	return err;
}

/* One turn each interval. @return turns that were what they should be, or -errno */
static int turns_take(struct calibrate_router *rig, enum dp_feature feature, unsigned size,
		      uint64_t *spent_tsc, struct dp_why *why)
{
	uint64_t interval_tsc = calibrate_router_interval_tsc(), next_tsc = rte_rdtsc();
	struct calibrate_counts before, after;
	int n = 0, err = 0;

	calibrate_router_counts(rig, &before);
	for (unsigned i = 0; i < TURNS_MAX && n < TURNS_ALL && err == 0; i++) {
		while ((int64_t)(rte_rdtsc() - next_tsc) < 0)
			rte_pause();
		next_tsc += interval_tsc;
		spent_tsc[n < WARM_UP_TURNS ? 0 : n - WARM_UP_TURNS] = calibrate_router_turn(
			rig, CALIBRATE_BURST_PKTS);
		calibrate_router_counts(rig, &after);
		if (is_measured(feature, &before, &after)) {
			n++;
		} else {
			/* the core was away, and the queue has emptied meanwhile */
			err = rig_prepare(rig, feature, size, why);
			next_tsc = rte_rdtsc() + interval_tsc;
			calibrate_router_counts(rig, &after);
		}
		before = after;
	}
	return err != 0 ? err : n;
}

static int cost_measure(struct calibrate_router *rig, enum dp_feature feature, unsigned size,
			struct dp_cost *cost, struct dp_why *why)
{
	static uint64_t spent_tsc[TURNS]; /* control thread only; large */
	int n = rig_prepare(rig, feature, size, why);

	if (n == 0)
		n = turns_take(rig, feature, size, spent_tsc, why);
	if (n < 0)
		return n;
	if (n < TURNS_ALL) {
		why_set(why,
			"in most of %u turns packets of %u bytes were not %s: the core is taken "
			"away all the time; run it on a quieter machine",
			TURNS_MAX, dp_cost_frame_bytes[size], dp_feature_name(feature));
		return -EAGAIN;
	}
	qsort(spent_tsc, TURNS, sizeof(spent_tsc[0]), compare);
	cost->median = (double)spent_tsc[MEDIAN_TURN] / CALIBRATE_BURST_PKTS;
	cost->worst = (double)spent_tsc[WORST_TURN] / CALIBRATE_BURST_PKTS;
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
