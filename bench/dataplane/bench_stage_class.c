/*
 * What classes cost: cycles per packet of the class stage by number of rules, of policing under an
 * aggregate, and of the whole walk with and without classes, each pair interleaved in one run.
 */

#include "bench/dataplane/ring_router.h"
#include "bench/stats.h"
#include "dataplane/ipv4_tos.h"
#include "dataplane/pkt_meta.h"

#include <math.h>

#define BURSTS 8U /* 256 packets: their headers stay in the first cache, as parsing leaves them */
#define FRAME 60U

static struct ring_router ring;
static struct rte_mbuf *pkts[BURSTS][PORT_RX_BURST];

struct setup {
	struct class_table *table;
	bool aggregate;
};

static struct dp_sla sla_make(uint64_t rate_bps)
{
	struct dp_sla sla = { .rate = rate_bps, .burst = 1000000, .layer = RATE_LAYER_L2 };

	sla.actions[POLICER_RED].action = POLICER_DROP;
	return sla;
}

/* Rules about prefix, protocol, ports and DSCP together; packets of all of them are made below. */
static void classes_make(struct dp_router_config *config, unsigned n_rules, bool police)
{
	config->n_classes = n_rules + 1;
	for (unsigned i = 0; i <= n_rules; i++) {
		struct dp_class_config *class = &config->classes[i];

		class->match = (struct dp_class_match){
			.dscp_mask = 1ULL << (i % 8),
			.protocol = IPPROTO_UDP,
			.dst = RING_ROUTER_DST + ((i / 8) << 8),
			.dst_depth = 24,
			.dst_port = { true, (uint16_t)(5000 + i * 10), (uint16_t)(5009 + i * 10) },
		};
		class->has_police = police;
		class->police = sla_make(RATE_MAX_BPS);
		class->level = class->weight = 1;
	}
}

static struct class_table *table_make(unsigned n_rules, bool police)
{
	static struct dp_router_config config;
	struct class_table *table = NULL;

	memset(&config, 0, sizeof(config));
	classes_make(&config, n_rules, police);
	ring_router_must(class_table_create(&config, clock_tsc_hz(), rte_rdtsc(), &table) == 0,
			 "classes");
	return table;
}

static void pkts_make(void)
{
	for (unsigned i = 0; i < BURSTS; i++) {
		for (unsigned j = 0; j < PORT_RX_BURST; j++) {
			unsigned rule = (unsigned)rand() % 64;

			pkts[i][j] = ring_router_pkt(&ring, FRAME, (uint16_t)((rule / 8) << 8 | 1),
						     rule % 8, (uint16_t)(5000 + rule * 10 + 3));
			ring_router_must(pkts[i][j] != NULL, "packets");
		}
	}
}

/* ops packets through the class stage alone. */
static uint64_t run_stage(void *ctx, unsigned ops)
{
	const struct setup *setup = ctx;
	struct stage_burst burst = { .router = ring.router, .port = &ring.router->ports[0] };
	uint64_t sum = 0;

	ring.router->classes = setup->table;
	ring.router->police_late = setup->aggregate;
	burst.port->has_police = setup->aggregate;
	for (unsigned done = 0; done < ops; done += PORT_RX_BURST) {
		memcpy(burst.pkts, pkts[done / PORT_RX_BURST % BURSTS], sizeof(burst.pkts));
		burst.n = PORT_RX_BURST;
		burst.now_tsc = bench_tsc();
		stage_class(&burst);
		sum += burst.class_index[done % PORT_RX_BURST] + burst.n;
	}
	return sum;
}

/* The same loop without the stage: what run_stage() costs by itself. */
static uint64_t run_nothing(void *ctx, unsigned ops)
{
	struct stage_burst burst = { .router = ring.router, .port = &ring.router->ports[0] };
	uint64_t sum = 0;

	(void)ctx;
	for (unsigned done = 0; done < ops; done += PORT_RX_BURST) {
		memcpy(burst.pkts, pkts[done / PORT_RX_BURST % BURSTS], sizeof(burst.pkts));
		burst.n = PORT_RX_BURST;
		burst.now_tsc = bench_tsc();
		__asm__ volatile("" : : "r"(&burst) : "memory");
		sum += burst.n;
	}
	return sum;
}

/* Whole turns: the packets go round, with their TTL restored as a link would not. */
static uint64_t run_turns(void *ctx, unsigned ops)
{
	const struct setup *setup = ctx;
	struct rte_mbuf *burst[PORT_RX_BURST];
	uint64_t sum = 0;

	ring.router->classes = setup->table;
	ring.router->police_late = false;
	ring.router->ports[0].has_police = false;
	for (unsigned done = 0; done < ops; done += PORT_RX_BURST) {
		unsigned n = rte_ring_dequeue_burst(ring.from, (void **)burst, PORT_RX_BURST, NULL);

		for (unsigned i = 0; i < n; i++) {
			struct rte_ipv4_hdr *ip = rte_pktmbuf_mtod_offset(
				burst[i], struct rte_ipv4_hdr *, RTE_ETHER_HDR_LEN);

			memcpy(rte_pktmbuf_mtod(burst[i], void *), ring_router_mac, 6);
			ip->time_to_live++;
			ip->hdr_checksum = (uint16_t)(ip->hdr_checksum - RTE_BE16(0x0100) -
						      (ip->hdr_checksum < RTE_BE16(0x0100)));
		}
		rte_ring_enqueue_burst(ring.to, (void **)burst, n, NULL);
		sum += turn_serve(ring.router, rte_rdtsc());
	}
	return sum;
}

static void compare(struct bench_report *report, const char *name_a,
		    uint64_t (*run_a)(void *, unsigned), struct setup *a, const char *name_b,
		    uint64_t (*run_b)(void *, unsigned), struct setup *b)
{
	const struct bench_case case_a = { name_a, run_a, a }, case_b = { name_b, run_b, b };
	const struct bench_plan plan = { .rounds = 200, .chunks = 5, .ops = 6400 };
	struct bench_result result = bench_compare(&case_a, &case_b, &plan);

	bench_report_add(report, &case_a, &case_b, &result);
}

int main(int argc, char **argv)
{
	static struct dp_router_config plain;
	struct setup none = { NULL, false }, one = { NULL, false }, many = { NULL, false };
	struct setup policed = { NULL, false }, both = { NULL, true };
	struct bench_report report;

	if (bench_report_open(&report, argc, argv, "classes, TSC cycles per packet") != 0)
		return 1;
	bench_eal_init("256", false);
	ring_router_make(&ring);
	plain.n_ports = RING_ROUTER_PORTS;
	plain.ports[0].mtu = plain.ports[1].mtu = 1500;
	plain.ports[0].has_police = true;
	plain.ports[0].police = sla_make(RATE_MAX_BPS);
	ring_router_apply(&ring, &plain);
	pkts_make();
	one.table = table_make(1, false);
	many.table = table_make(64, false);
	policed.table = both.table = table_make(64, true);
	compare(&report, "stage, 1 rule", run_stage, &one, "loop alone", run_nothing, &none);
	compare(&report, "stage, 64 rules", run_stage, &many, "stage, 1 rule", run_stage, &one);
	compare(&report, "stage, 64 rules policed", run_stage, &policed, "stage, 64 rules",
		run_stage, &many);
	compare(&report, "stage, 64 under aggregate", run_stage, &both, "stage, 64 rules policed",
		run_stage, &policed);
	for (unsigned i = 0; i < 8; i++)
		rte_ring_enqueue_burst(ring.to, (void **)pkts[i], PORT_RX_BURST, NULL);
	compare(&report, "turn, 64 rules", run_turns, &many, "turn without classes", run_turns,
		&none);
	return bench_report_close(&report) == 0 ? 0 : 1;
}
