/*
 * A victim inside its profile, and neighbours at ten times theirs, on one core: alone (as on a core of
 * its own), under shares, under time slices.
 *
 * All routers are the product's, on rings, and its scheduler says whose turn is next. A router's
 * source and sink run before and after its turn, which is nobody's time but delays all.
 *
 * The host takes the core away, too. Time is divided into windows. One in which a turn, a source or
 * a sink took longer than the product allows (see turn_cost.h) is discarded with the next one, which
 * has what it left behind; both are counted, and what the victim lost in them is counted apart. A
 * case lasts until it has SECONDS of other windows, or has discarded DISCARD_MAX times as many.
 * Prints one line of CSV for each scheduler and number of neighbours.
 *
 *   experiment_isolation SECONDS
 */
#include "bench/experiments/open_loop.h"
#include "dataplane/core_sched.h"
#include "dataplane/lat_hist.h"
#include "dataplane/turn_cost.h"

#define NEIGHBOURS_MAX 7U
#define FRAME_BYTES 60U /* without FCS */
#define FRAME_BITS ((FRAME_BYTES + 4) * 8)
#define VICTIM_PPS 20000ULL /* its ring holds what comes in 50 ms */
#define VICTIM_SOLD_PPS 25000ULL
#define NEIGHBOUR_SOLD_PPS 200000ULL
#define OVERLOAD 10ULL
#define BURST_BYTES 500000ULL /* a stop of the host costs the victim nothing */
#define TURN_NS 2000ULL	      /* of a router, with its source and sink: 32 packets */
#define SLICE_NS 2000000ULL
#define POOL_PKTS 8191U
#define WINDOW_NS 1000000ULL
#define DISCARD_MAX 20U
/* A shaper's queue is empty long before. */
#define MAX_DRAIN_TURNS 1000000U

enum mode { MODE_ALONE, MODE_SHARES, MODE_SLICES, MODE_COUNT };
static const char *const mode_names[] = { "alone", "shares", "slices" };

/* Number 0 is the victim. */
static struct ring_router rings[1 + NEIGHBOURS_MAX];
static struct open_loop sources[1 + NEIGHBOURS_MAX];
static struct turn_cost costs[1 + NEIGHBOURS_MAX], world_cost;
static struct core_sched core;
static struct gap_log gaps;

/* What is known of the victim in windows without the host, and beside them. */
struct outcome {
	struct lat_hist total, wait;
	uint32_t windows, discarded;
	uint64_t lost_pkts, lost_host_pkts;
	/* of the window that runs */
	uint64_t end_tsc, host_tsc, lost_before_pkts;
	bool after_gap;
};

static void router_apply(unsigned number)
{
	static struct dp_router_config config;
	uint64_t pps = number == 0 ? VICTIM_SOLD_PPS : NEIGHBOUR_SOLD_PPS;

	memset(&config, 0, sizeof(config));
	config.n_ports = RING_ROUTER_PORTS;
	config.ports[0].mtu = config.ports[1].mtu = 1500;
	config.ports[0].has_police = config.ports[1].has_shape = true;
	config.ports[0].police = open_loop_sla(pps * FRAME_BITS, BURST_BYTES);
	config.ports[1].shape = config.ports[0].police;
	ring_router_apply(&rings[number], &config);
	sojourn_destroy(rings[number].router->sojourn);
	rings[number].router->sojourn = sojourn_create(1);
	ring_router_must(rings[number].router->sojourn != NULL, "histograms");
	rings[number].router->sojourn->gaps = &gaps;
}

static void begin(enum mode mode, unsigned n)
{
	uint64_t round_tsc = clock_ns_to_tsc(DP_CORE_ROUND_NS);

	memset(&gaps, 0, sizeof(gaps));
	turn_cost_init(&world_cost, clock_tsc_hz());
	core_sched_init(&core, round_tsc, mode == MODE_SLICES ? clock_ns_to_tsc(SLICE_NS) : 0);
	for (unsigned i = 0; i < n; i++) {
		router_apply(i);
		turn_cost_init(&costs[i], clock_tsc_hz());
		core_sched_quantum_set(&core, i, round_tsc / n);
		open_loop_begin(&sources[i], &rings[i],
				i == 0 ? VICTIM_PPS : OVERLOAD * NEIGHBOUR_SOLD_PPS, FRAME_BYTES);
	}
}

/* Notes what the host took of a time. @return the rest */
static uint64_t gap_note(struct turn_cost *cost, uint64_t begin_tsc, uint64_t end_tsc,
			 unsigned pkts)
{
	uint64_t lost_tsc = turn_cost_lost(cost, end_tsc - begin_tsc, pkts);

	if (lost_tsc != 0)
		gap_log_add(&gaps, begin_tsc, end_tsc, lost_tsc);
	return end_tsc - begin_tsc - lost_tsc;
}

static unsigned source_run(struct open_loop *source, uint64_t now_tsc)
{
	uint64_t due = open_loop_due(source, now_tsc);

	open_loop_miss(source, due);
	due = RTE_MIN(open_loop_due(source, now_tsc), OPEN_LOOP_BURST);
	if (due != 0)
		open_loop_burst(source, (unsigned)due);
	return (unsigned)due;
}

/* As the product's worker does it, between source and sink. @return packets that left */
static unsigned turn_take(unsigned slot, uint64_t *now_tsc)
{
	struct dp_router *router = rings[slot].router;
	unsigned due = source_run(&sources[slot], *now_tsc), handled, sunk;
	uint64_t begin_tsc = rte_rdtsc(), end_tsc, spent_tsc;

	(void)gap_note(&world_cost, *now_tsc, begin_tsc, due);
	handled = turn_serve(router, begin_tsc);
	end_tsc = rte_rdtsc();
	spent_tsc = gap_note(&costs[slot], begin_tsc, end_tsc, handled);
	if (handled != 0)
		core_sched_charge(&core, slot, spent_tsc);
	else
		core_sched_charge_idle(&core, slot, end_tsc, spent_tsc);
	sojourn_settle(router->sojourn);
	sunk = open_loop_sink(rings[slot].from);
	*now_tsc = rte_rdtsc();
	(void)gap_note(&world_cost, end_tsc, *now_tsc, sunk);
	return sunk;
}

static uint64_t drops_get(unsigned number)
{
	uint64_t pkts = 0;

	for (unsigned i = 0; i < RING_ROUTER_PORTS; i++)
		for (unsigned reason = 0; reason < DP_DROP_COUNT; reason++)
			pkts += rings[number].router->ports[i].counters.drop_pkts[reason];
	return pkts;
}

/* Takes what is left, so that the next run begins with nothing. */
static uint64_t drain(unsigned n)
{
	uint64_t delivered = 0;

	for (unsigned turn = 0; turn < MAX_DRAIN_TURNS; turn++) {
		bool left = false;

		for (unsigned i = 0; i < n; i++) {
			unsigned sunk;

			(void)turn_serve(rings[i].router, rte_rdtsc());
			sunk = open_loop_sink(rings[i].from);
			delivered += i == 0 ? sunk : 0;
			left = left || rte_ring_count(rings[i].to) != 0 ||
			       shaper_queued_pkts(rings[i].router->ports[1].shaper) != 0;
		}
		if (!left)
			break;
	}
	return delivered;
}

/* Quanta of the others, and a turn of each, which it may have begun. */
static unsigned long long bound_ns(uint8_t neighbours)
{
	return DP_CORE_ROUND_NS / (1U + neighbours) * neighbours + neighbours * TURN_NS;
}

/* What the victim lost so far, by its full ring or by its router. */
static uint64_t lost_get(void)
{
	return sources[0].missed_pkts + drops_get(0);
}

static void window_begin(struct outcome *outcome, uint64_t now_tsc)
{
	struct sojourn_class *class = &rings[0].router->sojourn->classes[0];

	lat_hist_init(&class->total);
	lat_hist_init(&class->wait);
	outcome->end_tsc = now_tsc + clock_ns_to_tsc(WINDOW_NS);
	outcome->host_tsc = gaps.lost_tsc;
	outcome->lost_before_pkts = lost_get();
}

static void window_end(struct outcome *outcome)
{
	const struct sojourn_class *class = &rings[0].router->sojourn->classes[0];
	uint64_t lost_pkts = lost_get() - outcome->lost_before_pkts;
	bool has_gap = gaps.lost_tsc != outcome->host_tsc;

	if (has_gap || outcome->after_gap) {
		outcome->discarded++;
		outcome->lost_host_pkts += lost_pkts;
	} else {
		outcome->windows++;
		outcome->lost_pkts += lost_pkts;
		lat_hist_read(&outcome->total, &class->total);
		lat_hist_read(&outcome->wait, &class->wait);
	}
	outcome->after_gap = has_gap;
}

/* @return packets of the victim that were delivered */
static uint64_t windows_run(struct outcome *outcome, double seconds)
{
	uint32_t wanted = (uint32_t)(seconds * 1e9 / (double)WINDOW_NS);
	uint64_t delivered = 0, now_tsc = rte_rdtsc();

	window_begin(outcome, now_tsc);
	outcome->after_gap = true; /* caches are cold */
	while (outcome->windows < wanted && outcome->discarded < DISCARD_MAX * wanted) {
		unsigned slot = core_sched_next(&core, now_tsc);
		unsigned sunk = turn_take(slot, &now_tsc);

		delivered += slot == 0 ? sunk : 0;
		if (now_tsc >= outcome->end_tsc) {
			window_end(outcome);
			window_begin(outcome, now_tsc);
		}
	}
	return delivered;
}

static uint64_t quantile_ns(const struct lat_hist *hist, uint32_t per_million)
{
	return clock_tsc_to_ns(lat_hist_quantile(hist, per_million));
}

static void case_run(enum mode mode, uint8_t neighbours, double seconds)
{
	static struct outcome outcome;
	const struct lat_hist *total = &outcome.total;
	uint64_t delivered;

	begin(mode, 1U + neighbours);
	memset(&outcome, 0, sizeof(outcome));
	lat_hist_init(&outcome.total);
	lat_hist_init(&outcome.wait);
	delivered = windows_run(&outcome, seconds);
	delivered += drain(1U + neighbours);
	printf("%s,%u,%g,%u,%u,%llu,%llu,%lu,%lu,%lu,%lu,%lu,%lu,%lu,%lu,%lu,%lu,%lu,%lu\n",
	       mode_names[mode], neighbours, seconds, outcome.windows, outcome.discarded,
	       DP_CORE_ROUND_NS / (1U + neighbours) * neighbours, bound_ns(neighbours),
	       sources[0].sent_pkts, delivered, outcome.lost_pkts, outcome.lost_host_pkts,
	       lat_hist_count(total), quantile_ns(total, 500000), quantile_ns(total, 990000),
	       quantile_ns(total, 999000), clock_tsc_to_ns(total->max),
	       quantile_ns(&outcome.wait, 990000), clock_tsc_to_ns(gaps.lost_tsc),
	       core.slots[0].spent_tsc);
}

int main(int argc, char **argv)
{
	double seconds = argc == 2 ? strtod(argv[1], NULL) : 0;

	if (seconds <= 0) {
		fprintf(stderr, "usage: experiment_isolation SECONDS\n");
		return 2;
	}
	bench_eal_init("1024", false);
	for (unsigned i = 0; i <= NEIGHBOURS_MAX; i++) {
		rings[i].pool_pkts = POOL_PKTS;
		ring_router_make(&rings[i]);
	}
	printf("mode,neighbours,seconds,windows,discarded_windows,others_quanta_ns,bound_ns,"
	       "sent_pkts,delivered_pkts,lost_pkts,lost_host_pkts,timed_pkts,p50_ns,p99_ns,p999_ns,"
	       "max_ns,wait_p99_ns,lost_ns,spent_tsc\n");
	case_run(MODE_ALONE, 0, seconds);
	for (unsigned mode = MODE_SHARES; mode < MODE_COUNT; mode++)
		for (uint8_t n = 1; n <= NEIGHBOURS_MAX; n += 2)
			case_run((enum mode)mode, n, seconds);
	return 0;
}
