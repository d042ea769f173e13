/*
 * What tests/budget/run.sh counts instructions of, under valgrind's callgrind: no clock decides
 * anything here. Every function budget_NAME() handles BUDGET_PKTS packets; only what runs inside
 * one of them is counted.
 */
#include "bench/dataplane/turn_rig.h"
#include "policer/srtcm.h"

#define BUDGET_PKTS 4096U
#define HOT_PKTS 256U
#define N_ROUTES 1000U
#define FLOWS 256U
#define HZ 1000000000ULL
#define LEN_BYTES 60U
/* one burst of 32 frames of 64 bytes in this time is 8.2 Gbit/s */
#define BURST_TICKS 2000U
#define QUEUED_PKTS 1024U

/* Under its own name in every build: never inlined, cloned or specialised. */
#define BUDGET __attribute__((noipa))

static uint32_t lens[PORT_RX_BURST];
static volatile uint64_t used; /* results go here, so that none is optimised away */

/* 8.2 Gbit/s on rate_bps. */
static struct policer_profile profile_make(uint64_t rate_bps)
{
	const struct policer_params params = { RATE_BITS_PER_S, rate_bps, 20000, RATE_LAYER_L2,
					       1500 };
	struct policer_profile profile;

	if (policer_profile_init(&profile, &params, HZ) != 0)
		rig_fail("a policer's profile is refused");
	return profile;
}

BUDGET static void budget_policer_take(const struct policer_profile *profile)
{
	struct policer_bucket bucket;
	uint64_t conforming = 0;

	policer_bucket_init(&bucket, profile, 0);
	for (uint64_t i = 0; i < BUDGET_PKTS; i++)
		conforming += policer_bucket_take(profile, &bucket, i / PORT_RX_BURST * BURST_TICKS,
						  LEN_BYTES);
	used = conforming;
}

BUDGET static void budget_policer_take_burst(const struct policer_profile *profile)
{
	struct policer_bucket bucket;
	uint64_t conforming = 0;

	policer_bucket_init(&bucket, profile, 0);
	for (uint64_t i = 0; i < BUDGET_PKTS; i += PORT_RX_BURST)
		conforming += policer_bucket_take_burst(profile, &bucket,
							i / PORT_RX_BURST * BURST_TICKS, lens,
							LEN_BYTES, PORT_RX_BURST);
	used = conforming;
}

BUDGET static void budget_policer_srtcm(const struct policer_srtcm_profile *profile)
{
	struct policer_srtcm marker;
	uint64_t colours = 0;

	policer_srtcm_init(&marker, profile, 0);
	for (uint64_t i = 0; i < BUDGET_PKTS; i++)
		colours += policer_srtcm_check(profile, &marker, i / PORT_RX_BURST * BURST_TICKS,
					       LEN_BYTES, POLICER_GREEN);
	used = colours;
}

/* The loop of a port whose every packet waits: a burst in, as many out. */
BUDGET static void budget_shaper_queued(struct shaper *shaper, uint64_t *now)
{
	static struct shaper_pkt pkts[PORT_RX_BURST];
	void *sent[TX_QUEUE_PKTS], *marks[TX_QUEUE_PKTS], *drops[TX_QUEUE_PKTS];
	uint32_t flow = 0;

	for (uint32_t i = 0; i < BUDGET_PKTS; i += PORT_RX_BURST) {
		struct shaper_out out = { .pkts = sent,
					  .marks = marks,
					  .drops = drops,
					  .max_pkts = TX_QUEUE_PKTS,
					  .max_drops = TX_QUEUE_PKTS };

		for (uint32_t j = 0; j < PORT_RX_BURST; j++) {
			pkts[j].pkt = &pkts[j];
			pkts[j].frame_len_bytes = LEN_BYTES;
			pkts[j].flow = flow++ % FLOWS;
		}
		*now += BURST_TICKS;
		shaper_offer_burst(shaper, *now, pkts, PORT_RX_BURST, &out);
		shaper_dequeue_burst(shaper, *now, &out);
		used += out.npkts;
		if (out.ndrops != 0)
			rig_fail("the queued shaper drops");
	}
}

BUDGET static void budget_turn(struct rig *rig)
{
	rig_turns(rig, BUDGET_PKTS);
}

/* A turn whose whole burst is beyond the SLA. */
BUDGET static void budget_drop(struct rig *rig)
{
	used = turn_serve(rig->router, rte_rdtsc());
}

static void policers_run(void)
{
	struct policer_profile half = profile_make(4100000000ULL);
	const struct policer_srtcm_params params = { .cir_bps = 4100000000ULL,
						     .cbs_bytes = 20000,
						     .ebs_bytes = 40000,
						     .layer = RATE_LAYER_L2,
						     .mtu_bytes = 1500 };
	struct policer_srtcm_profile srtcm;

	if (policer_srtcm_profile_init(&srtcm, &params, HZ) != 0)
		rig_fail("a marker's profile is refused");
	for (unsigned i = 0; i < PORT_RX_BURST; i++)
		lens[i] = LEN_BYTES;
	budget_policer_take(&half);
	budget_policer_take_burst(&half);
	budget_policer_srtcm(&srtcm);
}

static void shaper_run(void)
{
	const struct shaper_profile_params flow = { .rate_bps = 100000000, .burst_bytes = 2000 };
	static struct shaper_params params = {
		.ticks_hz = HZ,
		.layer = RATE_LAYER_L2,
		.max_frame_bytes = 1514,
		/* a little less than is offered: something always waits */
		.aggregate = { .rate_bps = 8100000000ULL, .burst_bytes = 1518 },
		.nclasses = 1,
		.classes = { { .weight = 1, .quota_pkts = QUEUED_PKTS * 2 } },
		.flows = { .nflows = FLOWS, .quota_pkts = 64, .nprofiles = 1 },
	};
	struct shaper *shaper;
	uint64_t now = 0;
	void *mem;

	params.flows.profiles = &flow;
	mem = aligned_alloc(SHAPER_MEM_ALIGN,
			    RTE_ALIGN(shaper_mem_bytes(&params), SHAPER_MEM_ALIGN));
	if (mem == NULL || shaper_init(mem, &params, 0, &shaper) != 0)
		rig_fail("the shaper is refused");
	budget_shaper_queued(shaper, &now);
	free(mem);
}

/* What is dropped comes again: the pool's buffers stay as they are. */
static void drop_run(struct rig *rig)
{
	const struct policer_params params = { RATE_BITS_PER_S, RATE_MIN_BPS, 1518, RATE_LAYER_L2,
					       1500 };
	struct port *port = &rig->router->ports[0];
	void *pkts[PORT_RX_BURST];

	if (policer_profile_init(&port->police, &params, clock_tsc_hz()) != 0)
		rig_fail("a policer's profile is refused");
	policer_bucket_init(&port->police_bucket, &port->police, rte_rdtsc());
	while (policer_bucket_take(&port->police, &port->police_bucket, rte_rdtsc(), LEN_BYTES))
		;
	for (uint32_t i = 0; i < BUDGET_PKTS; i += PORT_RX_BURST) {
		budget_drop(rig);
		if (rte_mempool_get_bulk(rig->router->pool, pkts, PORT_RX_BURST) != 0)
			rig_fail("no memory for packets");
		rte_ring_enqueue_bulk(rig->loop, pkts, PORT_RX_BURST, NULL);
	}
	if (port->counters.police_drop_pkts != BUDGET_PKTS)
		rig_fail("the policer lets packets through");
}

static struct rig *rig_prepare(void)
{
	static const uint16_t min_len[] = { LEN_BYTES };
	struct rig *rig;

	bench_eal_init("128", false);
	rig = rig_create(8191);
	rig->router->routing->main.fib->use_gather = true; /* else a measurement decides */
	rig_routes_set(rig, N_ROUTES);
	rig_pkts_set(rig, HOT_PKTS, N_ROUTES, min_len, 1);
	return rig;
}

int main(int argc, char **argv)
{
	if (argc != 2)
		rig_fail("one part, turns or drops, is to be named");
	if (strcmp(argv[1], "drops") == 0) {
		drop_run(rig_prepare());
		return 0;
	}
	policers_run();
	shaper_run();
	budget_turn(rig_prepare());
	return 0;
}
