/*
 * One router under 0.1 to 10 times its rate: no policer, late, early. The thesis compares the bucket at
 * the device (IgTB) with the same one in traffic control (TcTB), which here is behind parsing. Without
 * a policer the shaper drops, behind everything.
 *
 * The router is the product's, on rings; source, router and sink take turns on one core, and cycles
 * are those of the router's turns alone. A turn is taken when a whole burst is there, so that all
 * loads are compared at one burst size. At ten times the rate a burst of 32 has 3.2 packets that are
 * forwarded: what they cost is seen in bursts of 3 of which none is dropped. Packets are in
 * hugepages, as the product has them: without, what a dropped packet costs is the look-up of its
 * page. Prints one line of CSV for each load, burst and place.
 *
 *   experiment_overload SECONDS
 */
#include "bench/experiments/open_loop.h"
#include "dataplane/dp_sojourn.h"
#include "dataplane/turn_cost.h"

#define RATE_PPS 1000000ULL
#define FRAME_BYTES 60U /* without FCS */
#define RATE_BPS (RATE_PPS * (FRAME_BYTES + 4) * 8)
#define BURST_BYTES (RATE_BPS / 8 / 100) /* 10 ms: a stop of the host costs no tokens */
#define FORWARDED_BURST 3U		 /* of OPEN_LOOP_BURST at ten times the rate */

enum place { PLACE_NONE, PLACE_LATE, PLACE_EARLY, PLACE_COUNT };
static const char *const place_names[] = { "none", "late", "early" };
static const double loads[] = { 0.1, 0.2, 0.5, 0.8, 1, 1.5, 2, 5, 10 };

static struct ring_router ring;

/* What one run gave. */
struct result {
	uint64_t turn_tsc; /* of turns, without what the host took */
	uint64_t turns, offered, missed, delivered, dropped;
	struct dp_sojourn sojourn;
};

static void place_apply(enum place place)
{
	static struct dp_router_config config;

	memset(&config, 0, sizeof(config));
	config.n_ports = RING_ROUTER_PORTS;
	config.ports[0].mtu = config.ports[1].mtu = 1500;
	config.police_at = place == PLACE_LATE ? DP_POLICE_LATE : DP_POLICE_EARLY;
	config.ports[0].has_police = place != PLACE_NONE;
	config.ports[0].police = open_loop_sla(RATE_BPS, BURST_BYTES);
	config.ports[1].has_shape = true;
	config.ports[1].shape = open_loop_sla(RATE_BPS, BURST_BYTES);
	ring_router_apply(&ring, &config);
	sojourn_destroy(ring.router->sojourn);
	ring.router->sojourn = sojourn_create(1);
	ring_router_must(ring.router->sojourn != NULL, "histograms");
}

static uint64_t drops_get(void)
{
	uint64_t pkts = 0;

	for (unsigned i = 0; i < RING_ROUTER_PORTS; i++)
		for (unsigned reason = 0; reason < DP_DROP_COUNT; reason++)
			pkts += ring.router->ports[i].counters.drop_pkts[reason];
	return pkts;
}

/* One burst, or what waits in the shaper. */
static void turn_take(struct result *result, struct turn_cost *cost)
{
	uint64_t begin_tsc = rte_rdtsc(), spent_tsc;
	unsigned handled = turn_serve(ring.router, begin_tsc);

	spent_tsc = rte_rdtsc() - begin_tsc;
	result->turn_tsc += spent_tsc - turn_cost_lost(cost, spent_tsc, handled);
	result->turns++;
	result->delivered += open_loop_sink(ring.from);
}

static void load_run(double load, unsigned burst, double seconds, struct result *result)
{
	static struct open_loop source;
	struct turn_cost cost;
	/* without a policer something waits at any time above the rate: it leaves with the next burst */
	bool serves_waiting = load <= 1 || ring.router->ports[0].has_police;
	uint64_t end_tsc, now_tsc, dropped = drops_get();

	turn_cost_init(&cost, clock_tsc_hz());
	*result = (struct result){ 0 };
	open_loop_begin(&source, &ring, (uint64_t)(load * (double)RATE_PPS), FRAME_BYTES);
	end_tsc = source.begin_tsc + (uint64_t)(seconds * (double)clock_tsc_hz());
	while ((now_tsc = rte_rdtsc()) < end_tsc) {
		bool waits = serves_waiting && stage_tx_waits(&ring.router->ports[1]);

		if (open_loop_due(&source, now_tsc) >= burst)
			open_loop_burst(&source, burst);
		else if (!waits)
			continue;
		turn_take(result, &cost);
	}
	result->offered = source.sent_pkts;
	result->missed = source.missed_pkts;
	result->dropped = drops_get() - dropped;
	(void)dp_sojourn_get(ring.router, 0, &result->sojourn);
	while (ring.router->ports[1].tx.n != 0 ||
	       (ring.router->ports[1].shaper != NULL &&
		shaper_queued_pkts(ring.router->ports[1].shaper) != 0) ||
	       rte_ring_count(ring.to) != 0) {
		(void)turn_serve(ring.router, rte_rdtsc());
		(void)open_loop_sink(ring.from);
	}
}

static void row_run(enum place place, double load, unsigned burst, double seconds)
{
	struct result result;
	const struct dp_delay *delay = &result.sojourn.parts[DP_PART_TOTAL];

	place_apply(place);
	load_run(load, burst, seconds, &result);
	printf("%s,%g,%u,%g,%llu,%lu,%lu,%lu,%lu,%lu,%lu,%lu,%lu,%lu,%lu\n", place_names[place],
	       load, burst, seconds, RATE_PPS, result.offered, result.missed, result.delivered,
	       result.dropped, result.turns, result.turn_tsc, delay->p50_ns, delay->p99_ns,
	       delay->p999_ns, delay->max_ns);
}

int main(int argc, char **argv)
{
	double seconds = argc == 2 ? strtod(argv[1], NULL) : 0;
	struct result warm_up;

	if (seconds <= 0) {
		fprintf(stderr, "usage: experiment_overload SECONDS\n");
		return 2;
	}
	bench_eal_init("128", true);
	ring_router_make(&ring);
	printf("place,load,burst_pkts,seconds,rate_pps,offered_pkts,missed_pkts,delivered_pkts,"
	       "dropped_pkts,turns,turn_tsc,p50_ns,p99_ns,p999_ns,max_ns\n");
	for (unsigned place = 0; place < PLACE_COUNT; place++) {
		place_apply((enum place)place);
		load_run(1, OPEN_LOOP_BURST, 0.05, &warm_up);
		row_run((enum place)place, 0.8, FORWARDED_BURST, seconds);
		for (unsigned i = 0; i < RTE_DIM(loads); i++)
			row_run((enum place)place, loads[i], OPEN_LOOP_BURST, seconds);
	}
	return 0;
}
