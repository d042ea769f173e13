/*
 * What a strict-priority class waits in front of a saturated one, and how a shaped port's packets
 * are spaced at a sink that stamps every one of them.
 *
 *   bench_dataplane_priority [--seconds N]   (each rate; default 3)
 *
 * One loop offers both classes, takes a turn of the router and drains the sink, so every time is
 * of one clock. The wait must stay below one packet's time on the shaped port plus one loop. A loop
 * of more than 20 us is not the program's but the machine's, which took the processor away: voice
 * that was due in it, or in half as long after it, is counted apart and shown beside the rest.
 */

#include "bench/dataplane/ring_router.h"
#include "bench/stats.h"
#include "dataplane/ipv4_tos.h"
#include "dataplane/lat_hist.h"

#include <getopt.h>
#include <inttypes.h>

#define EF 46
#define VOICE_FRAME 200U /* without FCS */
#define REST_FRAME 1514U
#define FCS_BYTES 4U
#define BACKLOG_PKTS 512U /* of the rest, kept waiting all the time */
#define SINK_PKTS 256U
#define NS_IN_S 1000000000ULL
#define STOP_NS 20000ULL

static struct ring_router ring;

/* One measurement. */
struct lane {
	uint64_t rate_bps;
	uint64_t voice_gap_tsc; /* a tenth of the rate */
	uint64_t next_voice_tsc;
	uint64_t last_out_tsc;
	uint64_t n_voice, n_rest;
	uint64_t stopped_until_tsc;
	uint64_t n_stops, stopped_tsc;
	struct lat_hist wait;  /* of voice: meant to leave, left; without what met a stop */
	struct lat_hist all;   /* the same of all voice */
	struct lat_hist loop;  /* one iteration to the next, but for stops */
	struct lat_hist space; /* between departures of the rest */
};

static void config_make(struct dp_router_config *config, uint64_t rate_bps)
{
	struct dp_sla *shape = &config->ports[1].shape;

	memset(config, 0, sizeof(*config));
	config->n_ports = RING_ROUTER_PORTS;
	config->ports[0].mtu = config->ports[1].mtu = 1500;
	config->ports[1].has_shape = true;
	*shape = (struct dp_sla){ .rate = rate_bps,
				  .burst = REST_FRAME + FCS_BYTES,
				  .layer = RATE_LAYER_L2 };
	config->n_classes = 2;
	for (unsigned i = 0; i < 2; i++)
		config->classes[i] = (struct dp_class_config){
			.match = { .dscp_mask = 1ULL << EF, .protocol = DP_PROTOCOL_ANY },
			.has_queue = true,
			.level = i + 1,
			.weight = 1,
			.limit_ns = 10 * NS_IN_S,
		};
}

static void lane_offer(struct lane *lane, uint64_t now_tsc)
{
	uint64_t waiting = shaper_queued_pkts(ring.router->ports[1].shaper);
	struct rte_mbuf *pkt;

	while ((int64_t)(now_tsc - lane->next_voice_tsc) >= 0) {
		pkt = ring_router_pkt(&ring, VOICE_FRAME, 1, EF, 5000);
		if (pkt == NULL || rte_ring_enqueue(ring.to, pkt) != 0) {
			rte_pktmbuf_free(pkt);
			return;
		}
		memcpy(rte_pktmbuf_mtod_offset(pkt, void *, 64), &lane->next_voice_tsc,
		       sizeof(lane->next_voice_tsc));
		lane->next_voice_tsc += lane->voice_gap_tsc;
	}
	for (; waiting < BACKLOG_PKTS && rte_ring_count(ring.to) < PORT_RX_BURST; waiting++) {
		pkt = ring_router_pkt(&ring, REST_FRAME, 2, 0, 6000);
		if (pkt != NULL && rte_ring_enqueue(ring.to, pkt) != 0)
			rte_pktmbuf_free(pkt);
	}
}

static void lane_sink(struct lane *lane)
{
	struct rte_mbuf *pkts[SINK_PKTS];
	unsigned n = rte_ring_dequeue_burst(ring.from, (void **)pkts, SINK_PKTS, NULL);
	uint64_t now_tsc = rte_rdtsc(), meant_tsc;

	for (unsigned i = 0; i < n; i++) {
		const struct rte_ipv4_hdr *ip = rte_pktmbuf_mtod_offset(
			pkts[i], const struct rte_ipv4_hdr *, RTE_ETHER_HDR_LEN);

		if (ipv4_tos_dscp(ip) == EF) {
			memcpy(&meant_tsc, rte_pktmbuf_mtod_offset(pkts[i], void *, 64),
			       sizeof(meant_tsc));
			lat_hist_record(&lane->all, now_tsc - meant_tsc, 1);
			if ((int64_t)(meant_tsc - lane->stopped_until_tsc) > 0)
				lat_hist_record(&lane->wait, now_tsc - meant_tsc, 1);
			lane->n_voice++;
		} else {
			lat_hist_record(&lane->space, now_tsc - lane->last_out_tsc, 1);
			lane->n_rest++;
		}
		lane->last_out_tsc = now_tsc;
	}
	rte_pktmbuf_free_bulk(pkts, n);
}

static void lane_loop(struct lane *lane, uint64_t took_tsc, uint64_t now_tsc)
{
	if (took_tsc <= clock_ns_to_tsc(STOP_NS)) {
		lat_hist_record(&lane->loop, took_tsc, 1);
		return;
	}
	lane->n_stops++;
	lane->stopped_tsc += took_tsc;
	lane->stopped_until_tsc = now_tsc + took_tsc / 2;
}

static void lane_run(struct lane *lane, unsigned seconds)
{
	static struct dp_router_config config;
	uint64_t begin_tsc, end_tsc, last_tsc, now_tsc;

	config_make(&config, lane->rate_bps);
	ring_router_apply(&ring, &config);
	lat_hist_init(&lane->wait);
	lat_hist_init(&lane->all);
	lat_hist_init(&lane->loop);
	lat_hist_init(&lane->space);
	begin_tsc = last_tsc = lane->last_out_tsc = rte_rdtsc();
	lane->voice_gap_tsc = (uint64_t)((double)(VOICE_FRAME + FCS_BYTES) * 8 * 10 *
					 (double)clock_tsc_hz() / (double)lane->rate_bps);
	lane->next_voice_tsc = begin_tsc;
	end_tsc = begin_tsc + seconds * clock_tsc_hz();
	do {
		now_tsc = rte_rdtsc();
		lane_loop(lane, now_tsc - last_tsc, now_tsc);
		last_tsc = now_tsc;
		lane_offer(lane, now_tsc);
		turn_serve(ring.router, now_tsc);
		lane_sink(lane);
	} while (now_tsc < end_tsc);
}

static double quantile_us(const struct lat_hist *hist, uint32_t ppm)
{
	return (double)clock_tsc_to_ns(lat_hist_quantile(hist, ppm)) / 1e3;
}

static void lane_print(const struct lane *lane)
{
	const struct port *port = &ring.router->ports[1];
	double pkt_us = (REST_FRAME + FCS_BYTES) * 8e6 / (double)lane->rate_bps;
	double p99 = quantile_us(&lane->wait, 990000), loop = quantile_us(&lane->loop, 990000);
	uint64_t burst = shaper_conformance_burst_bytes(&port->meter, &port->meter_rate);

	printf("%6.0f Mbit/s: one packet %.2f us + one loop %.2f us (p99): voice waits p50 %.2f, "
	       "p99 "
	       "%.2f us: %s\n",
	       (double)lane->rate_bps / 1e6, pkt_us, loop, quantile_us(&lane->wait, 500000), p99,
	       p99 <= pkt_us + loop ? "within" : "ABOVE");
	printf("  voice %" PRIu64 " packets, %" PRIu64
	       " of them beside stops; p99.9 %.2f, max %.2f us\n",
	       lane->n_voice, lat_hist_count(&lane->wait), quantile_us(&lane->wait, 999000),
	       quantile_us(&lane->wait, 1000000));
	printf("  with stops: %" PRIu64 " of them, %.1f ms together; voice p99 %.2f, max %.2f us\n",
	       lane->n_stops, (double)clock_tsc_to_ns(lane->stopped_tsc) / 1e6,
	       quantile_us(&lane->all, 990000), quantile_us(&lane->all, 1000000));
	printf("  rest %" PRIu64
	       " packets, spaced p1 %.2f, p50 %.2f, p99 %.2f us; burst %u, measured "
	       "%" PRIu64 " bytes: %" PRId64 " above\n",
	       lane->n_rest, quantile_us(&lane->space, 10000), quantile_us(&lane->space, 500000),
	       quantile_us(&lane->space, 990000), REST_FRAME + FCS_BYTES, burst,
	       (int64_t)burst - (int64_t)(REST_FRAME + FCS_BYTES));
}

int main(int argc, char **argv)
{
	static const struct option options[] = { { "seconds", required_argument, NULL, 's' },
						 { NULL, 0, NULL, 0 } };
	static const uint64_t rates_bps[] = { 10000000, 100000000, 1000000000 };
	static struct lane lane;
	long seconds = 3;
	int option;

	while ((option = getopt_long(argc, argv, "s:", options, NULL)) == 's')
		seconds = strtol(optarg, NULL, 10);
	if (option != -1 || optind != argc || seconds < 1 || seconds > 3600) {
		fprintf(stderr, "usage: %s [--seconds 1..3600]\n", argv[0]);
		return 2;
	}
	bench_eal_init("256", false);
	ring_router_make(&ring);
	for (unsigned i = 0; i < RTE_DIM(rates_bps); i++) {
		memset(&lane, 0, sizeof(lane));
		lane.rate_bps = rates_bps[i];
		lane_run(&lane, (unsigned)seconds);
		lane_print(&lane);
	}
	return 0;
}
