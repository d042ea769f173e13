/*
 * Router A in front of router B: both have the same profile, the source sends at exactly its rate,
 * and B polices. A shares its core with a guest that does nothing, in time slices: it is off the
 * core for as long as it was on it, and what came meanwhile leaves at once. B has a core of its own.
 *
 * Both routers are the product's, on rings, and A's output is B's input; all take turns on one
 * core, A those that the product's scheduler gives it. B's bucket holds one packet more than A's
 * shaper, which is what a shaper promises. Prints one line of CSV for each slice, burst, and with
 * and without A's shaper.
 *
 *   experiment_clustering SECONDS
 */
#include "bench/experiments/open_loop.h"
#include "dataplane/core_sched.h"

#define RATE_BPS 100000000ULL
#define FRAME_BYTES 359U /* 363 with FCS, as in the papers */
#define RATE_PPS (RATE_BPS / ((FRAME_BYTES + 4) * 8))
#define MTU_FRAME_BYTES 1518U
/* More than A's queue could hold while it is off. */
#define QUEUE_NS 50000000ULL

static const uint64_t slices_ns[] = { 0, 500000, 1000000, 2000000, 4000000 };
static const uint64_t bursts_bytes[] = { 4000, 16000, 32000, 64000 };

static struct ring_router a, b;

static void routers_apply(uint64_t burst_bytes, bool shape)
{
	static struct dp_router_config config;

	memset(&config, 0, sizeof(config));
	config.n_ports = RING_ROUTER_PORTS;
	config.ports[0].mtu = config.ports[1].mtu = 1500;
	config.ports[1].has_shape = shape;
	config.ports[1].shape = open_loop_sla(RATE_BPS, burst_bytes);
	config.ports[1].shape.delay_ns = QUEUE_NS;
	ring_router_apply(&a, &config);
	config.ports[1].has_shape = false;
	config.ports[0].has_police = true;
	config.ports[0].police = open_loop_sla(RATE_BPS, burst_bytes + MTU_FRAME_BYTES);
	ring_router_apply(&b, &config);
}

static uint64_t drops_get(const struct ring_router *ring)
{
	uint64_t pkts = 0;

	for (unsigned i = 0; i < RING_ROUTER_PORTS; i++)
		for (unsigned reason = 0; reason < DP_DROP_COUNT; reason++)
			pkts += ring->router->ports[i].counters.drop_pkts[reason];
	return pkts;
}

/* Slot 0 is A, slot 1 the guest. */
static void core_init(struct core_sched *sched, uint64_t slice_ns)
{
	core_sched_init(sched, clock_ns_to_tsc(DP_CORE_ROUND_NS), clock_ns_to_tsc(slice_ns));
	core_sched_quantum_set(sched, 0, clock_ns_to_tsc(DP_CORE_ROUND_NS));
	if (slice_ns != 0)
		core_sched_quantum_set(sched, 1, clock_ns_to_tsc(DP_CORE_ROUND_NS));
}

static void case_run(uint64_t slice_ns, uint64_t burst_bytes, bool shape, double seconds)
{
	static struct open_loop source;
	static struct core_sched core;
	uint64_t now_tsc, end_tsc, link_tsc = 0, delivered = 0, received, a_drops, b_drops;

	routers_apply(burst_bytes, shape);
	core_init(&core, slice_ns);
	received = b.router->ports[0].counters.rx_pkts;
	a_drops = drops_get(&a);
	b_drops = drops_get(&b);
	open_loop_begin(&source, &a, RATE_PPS, FRAME_BYTES);
	end_tsc = source.begin_tsc + (uint64_t)(seconds * (double)clock_tsc_hz());
	while ((now_tsc = rte_rdtsc()) < end_tsc) {
		uint64_t due = RTE_MIN(open_loop_due(&source, now_tsc), OPEN_LOOP_BURST), on_tsc;

		if (due != 0)
			open_loop_burst(&source, (unsigned)due);
		if (core_sched_next(&core, now_tsc) == 0)
			(void)turn_serve(a.router, now_tsc);
		on_tsc = rte_rdtsc();
		(void)turn_serve(b.router, on_tsc);
		/* longer than this nothing was on the cable: the host cannot have changed it more */
		link_tsc = RTE_MAX(link_tsc, rte_rdtsc() - on_tsc);
		delivered += open_loop_sink(b.from);
	}
	printf("%lu,%lu,%s,%g,%lu,%lu,%lu,%lu,%lu,%lu,%lu\n", slice_ns, burst_bytes,
	       shape ? "yes" : "no", seconds, source.sent_pkts, source.missed_pkts,
	       drops_get(&a) - a_drops, b.router->ports[0].counters.rx_pkts - received,
	       drops_get(&b) - b_drops, delivered, clock_tsc_to_ns(link_tsc));
	while (a.router->ports[1].tx.n != 0 || rte_ring_count(a.to) != 0 ||
	       rte_ring_count(b.to) != 0) {
		(void)turn_serve(a.router, rte_rdtsc());
		(void)turn_serve(b.router, rte_rdtsc());
		(void)open_loop_sink(b.from);
	}
}

int main(int argc, char **argv)
{
	double seconds = argc == 2 ? strtod(argv[1], NULL) : 0;

	if (seconds <= 0) {
		fprintf(stderr, "usage: experiment_clustering SECONDS\n");
		return 2;
	}
	bench_eal_init("512", false);
	ring_router_make(&a);
	b.to = a.from;
	ring_router_make(&b);
	printf("slice_ns,burst_bytes,shaper,seconds,sent_pkts,missed_pkts,a_drop_pkts,b_rx_pkts,"
	       "b_drop_pkts,delivered_pkts,cable_max_ns\n");
	for (unsigned i = 0; i < RTE_DIM(slices_ns); i++)
		for (unsigned j = 0; j < RTE_DIM(bursts_bytes); j++)
			for (unsigned shape = 0; shape < 2; shape++)
				case_run(slices_ns[i], bursts_bytes[j], shape != 0, seconds);
	return 0;
}
