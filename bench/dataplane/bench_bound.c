/*
 * How long bursts really take on one core, for bench/experiments/bound.py: routers of two ports, each
 * polices what comes in and shapes what leaves, take their turns as a worker gives them. At one
 * moment every port is sent the burst of its SLA in the smallest packets, and behind it as much as
 * its device holds, which is in excess and only costs time.
 *
 *   bench_dataplane_bound beside|chain REPETITIONS ROUTER...
 *
 * beside: as above, in both ways through every router. chain: what leaves a router enters the next
 * one; the burst comes in by the first and is policed there alone, and the buckets fill up again
 * before the next repetition. Of a chain the last line of every router is "hop", its number, the
 * burst that its departures fit and the one that its profile allows, in bytes.
 *
 * A ROUTER is RATE,BURST,OUT_BURST,SHARE: bit/s, bytes of L2 where packets come in, bytes where they
 * leave, per cent of the core or 0 for equal parts. Writes for each router and way of each
 * repetition: router, port, packets, ns until the last packet of the burst had left, ns of them that
 * the machine took (the data path's own account, dataplane/turn_cost.h).
 */

#include "dataplane/calibrate_router.h"
#include "dataplane/clock.h"
#include "dataplane/core_sched.h"
#include "dataplane/dp_stats.h"
#include "dataplane/turn.h"
#include "dataplane/turn_cost.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <rte_cycles.h>

#define ROUTERS_MAX 8U
#define FRAME_BYTES 64U
#define DEVICE_PKTS 960U /* what a ring takes, in whole bursts */
#define LIMIT_NS 2000000000ULL
#define COUNTING_NS 2000U

/* One way through a router: in by its port, out by the other. */
struct way {
	uint64_t burst_pkts, left_pkts;
	uint64_t ns, taken_ns;
};

struct bound_router {
	struct calibrate_router *rig;
	struct dp_router_config config;
	struct turn_cost cost;
	struct way ways[2];
};

static struct bound_router routers[ROUTERS_MAX];
static unsigned n_routers;
static bool in_chain;
static struct core_sched sched;

static void must(bool good, const char *what)
{
	if (good)
		return;
	fprintf(stderr, "not runnable: %s\n", what);
	exit(1);
}

static struct dp_sla sla_make(uint64_t rate_bps, uint64_t burst_bytes)
{
	/* as in the plan: what waits in the shaper is not dropped as late */
	struct dp_sla sla = { .rate = rate_bps,
			      .burst = burst_bytes,
			      .layer = RATE_LAYER_L2,
			      .delay_ns = 10000000000ULL };

	sla.actions[POLICER_RED].action = POLICER_DROP;
	return sla;
}

/* The next number of a list with commas; text moves behind it. */
static uint64_t number_take(const char **text)
{
	char *end;
	uint64_t number;

	errno = 0;
	number = strtoull(*text, &end, 10);
	must(errno == 0 && end != *text && (*end == ',' || *end == '\0'), *text);
	*text = *end == ',' ? end + 1 : end;
	return number;
}

static void router_add(const char *text)
{
	struct bound_router *router = &routers[n_routers++];
	uint64_t rate_bps, burst_bytes, out_bytes, share;
	struct dp_why why = { "" };

	must(n_routers <= ROUTERS_MAX, text);
	rate_bps = number_take(&text);
	burst_bytes = number_take(&text);
	out_bytes = number_take(&text);
	share = number_take(&text);
	router->config.n_ports = 2;
	router->config.share_percent = (unsigned)share;
	for (unsigned i = 0; i < 2; i++) {
		struct dp_port_config *port = &router->config.ports[i];

		port->mtu = 1500;
		port->has_police = !in_chain || (i == 0 && n_routers == 1);
		port->has_shape = !in_chain || i == 1;
		port->police = sla_make(rate_bps, burst_bytes);
		port->shape = sla_make(rate_bps, out_bytes);
		router->ways[i].burst_pkts = burst_bytes / FRAME_BYTES;
	}
	must(router->ways[0].burst_pkts <= DEVICE_PKTS, "a burst is larger than a device");
	must(calibrate_router_create(&router->rig, &why) == 0, why.text);
}

/* Full buckets and empty queues. */
static void routers_reset(void)
{
	struct dp_why why = { "" };

	core_sched_init(&sched, clock_ns_to_tsc(DP_CORE_ROUND_NS), 0);
	for (unsigned i = 0; i < n_routers; i++) {
		uint64_t quantum_ns = dp_core_quantum_ns(routers[i].config.share_percent,
							 n_routers);

		core_sched_quantum_set(&sched, i, clock_ns_to_tsc(quantum_ns));
		must(calibrate_router_apply(routers[i].rig, &routers[i].config, &why) == 0,
		     why.text);
	}
}

/* All bursts, at once. */
static void bursts_begin(void)
{
	for (unsigned i = 0; i < (in_chain ? 1 : n_routers); i++) {
		struct bound_router *router = &routers[i];

		calibrate_router_discard(router->rig);
		for (unsigned j = 0; j < (in_chain ? 1U : 2U); j++)
			(void)calibrate_router_put(router->rig, j, DEVICE_PKTS, FRAME_BYTES);
	}
	for (unsigned i = 0; i < n_routers; i++)
		for (unsigned j = 0; j < 2; j++) {
			(void)calibrate_router_take(routers[i].rig, j);
			routers[i].ways[j].left_pkts = 0;
		}
}

/* Counts what left, and stops the clock of every way whose burst is through. */
static unsigned departures_count(struct bound_router *router, uint64_t ns, uint64_t taken_ns)
{
	unsigned done = 0;

	for (unsigned i = 0; i < 2; i++) {
		struct way *way = &router->ways[i];
		bool before = way->left_pkts >= way->burst_pkts;

		way->left_pkts += calibrate_router_take(router->rig, 1 - i);
		if (before || way->left_pkts < way->burst_pkts)
			continue;
		way->ns = ns;
		way->taken_ns = taken_ns;
		done++;
	}
	return done;
}

/* One turn, as the worker gives it. @return time that the machine took of it */
static uint64_t turn_take(uint64_t now_tsc, unsigned *slot)
{
	struct bound_router *router;
	uint64_t end_tsc, spent_tsc, lost_tsc;
	unsigned handled;

	*slot = core_sched_next(&sched, now_tsc);
	router = &routers[*slot];
	handled = turn_serve(calibrate_router_get(router->rig), now_tsc);
	end_tsc = rte_rdtsc();
	lost_tsc = turn_cost_lost(&router->cost, end_tsc - now_tsc, handled);
	spent_tsc = end_tsc - now_tsc - lost_tsc;
	if (handled != 0)
		core_sched_charge(&sched, *slot, spent_tsc);
	else
		core_sched_charge_idle(&sched, *slot, end_tsc, spent_tsc);
	if (in_chain && *slot + 1 < n_routers)
		calibrate_router_pass(router->rig, routers[*slot + 1].rig);
	return lost_tsc;
}

/* @return whether all bursts have left */
static bool bursts_serve(void)
{
	uint64_t begin_tsc = rte_rdtsc(), now_tsc = begin_tsc, end_tsc, taken_tsc = 0;
	uint64_t limit_tsc = clock_ns_to_tsc(LIMIT_NS);
	unsigned left = in_chain ? 1 : 2 * n_routers, slot;

	while (left != 0 && now_tsc - begin_tsc < limit_tsc) {
		taken_tsc += turn_take(now_tsc, &slot);
		end_tsc = rte_rdtsc();
		if (!in_chain || slot + 1 == n_routers)
			left -= departures_count(&routers[slot],
						 clock_tsc_to_ns(end_tsc - begin_tsc),
						 clock_tsc_to_ns(taken_tsc));
		now_tsc = rte_rdtsc();
		/* counting takes less: the machine was there while nobody had a turn */
		if (now_tsc - end_tsc > clock_ns_to_tsc(COUNTING_NS))
			taken_tsc += now_tsc - end_tsc;
	}
	return left == 0;
}

/* Until the buckets are full again. */
static void buckets_refill(void)
{
	const struct dp_sla *sla = &routers[0].config.ports[0].police;
	uint64_t begin_tsc = rte_rdtsc(), now_tsc = begin_tsc;
	uint64_t refill_tsc = clock_ns_to_tsc(sla->burst * 8 * 1000000000ULL / sla->rate);
	unsigned slot;

	while (now_tsc - begin_tsc < 2 * refill_tsc) {
		(void)turn_take(now_tsc, &slot);
		now_tsc = rte_rdtsc();
	}
}

static void ways_print(void)
{
	for (unsigned i = in_chain ? n_routers - 1 : 0; i < n_routers; i++)
		for (unsigned j = 0; j < (in_chain ? 1U : 2U); j++)
			printf("%u %u %" PRIu64 " %" PRIu64 " %" PRIu64 "\n", i, j,
			       routers[i].ways[j].burst_pkts, routers[i].ways[j].ns,
			       routers[i].ways[j].taken_ns);
}

static void hops_print(void)
{
	for (unsigned i = 0; i < n_routers; i++) {
		struct dp_conformance conformance = { 0 };

		must(dp_conformance_get(calibrate_router_get(routers[i].rig), 1, &conformance) == 0,
		     "a hop is not shaped");
		printf("hop %u %" PRIu64 " %" PRIu64 "\n", i, conformance.measured_burst_bytes,
		       conformance.burst_bytes);
	}
}

/* Packets of one router's pool may be in another one's queues. */
static void routers_destroy(void)
{
	routers_reset();
	for (unsigned i = 0; i < n_routers; i++) {
		calibrate_router_discard(routers[i].rig);
		for (unsigned j = 0; j < 2; j++)
			(void)calibrate_router_take(routers[i].rig, j);
	}
	for (unsigned i = 0; i < n_routers; i++)
		calibrate_router_destroy(routers[i].rig);
}

int main(int argc, char **argv)
{
	struct dp_why why = { "" };
	unsigned long repetitions = argc > 3 ? strtoul(argv[2], NULL, 10) : 0;

	must(repetitions != 0, "usage: bench_dataplane_bound beside|chain REPETITIONS ROUTER...");
	in_chain = strcmp(argv[1], "chain") == 0;
	must(dp_calibrate_init(1, &why) == 0, why.text);
	for (int i = 3; i < argc; i++)
		router_add(argv[i]);
	for (unsigned i = 0; i < n_routers; i++)
		turn_cost_init(&routers[i].cost, clock_tsc_hz());
	routers_reset();
	for (unsigned long i = 0; i < repetitions; i++) {
		bursts_begin();
		must(bursts_serve(), "a burst did not leave within two seconds");
		ways_print();
		if (in_chain)
			buckets_refill();
		else
			routers_reset();
	}
	if (in_chain)
		hops_print();
	routers_destroy();
	dp_calibrate_fini();
	return 0;
}
