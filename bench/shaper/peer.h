#ifndef BENCH_SHAPER_PEER_H
#define BENCH_SHAPER_PEER_H

/**
 * @file
 * rte_sched in a closed loop, for bench_shaper: the peer that the shaper is compared with.
 *
 * Nothing is held back: every rate is far above what the loop moves, so only the work remains. With
 * several packets queued in a pipe it sends them one after the other and decides only once for all
 * of them; with one each, every packet is a decision of its own, as it is when pipes are shaped.
 */

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <rte_lcore.h>
#include <rte_mbuf.h>
#include <rte_sched.h>

#define BURST 32U
#define FRAME_BYTES 60U
#define PIPE_QUEUE_PKTS 64U

/* Their side. */
struct peer {
	struct rte_sched_port *port;
	struct rte_mbuf *in[BURST];
	uint32_t nin;
};

static inline void die(const char *what)
{
	fprintf(stderr, "bench_shaper: %s\n", what);
	exit(EXIT_FAILURE);
}

static inline uint64_t run_peer(void *ctx, unsigned ops)
{
	struct peer *peer = ctx;
	unsigned done = 0;

	while (done < ops) {
		if (rte_sched_port_enqueue(peer->port, peer->in, peer->nin) != (int)peer->nin)
			die("rte_sched dropped a packet");
		peer->nin = (uint32_t)rte_sched_port_dequeue(
			peer->port, peer->in, ops - done < BURST ? ops - done : BURST);
		done += peer->nin;
	}
	return done;
}

/* Rates so high that nothing is ever held back: only the work remains. */
static inline struct rte_sched_port *peer_port(uint32_t npipes)
{
	const uint64_t rate_bytes = 12500000000ULL;
	struct rte_sched_pipe_params pipe = { .tb_rate = rate_bytes,
					      .tb_size = 1000000,
					      .tc_period = 10,
					      .tc_ov_weight = 1,
					      .wrr_weights = { 1, 1, 1, 1 } };
	struct rte_sched_subport_profile_params profile = { .tb_rate = rate_bytes,
							    .tb_size = 1000000,
							    .tc_period = 10 };
	struct rte_sched_subport_params subport = { .n_pipes_per_subport_enabled = npipes,
						    .pipe_profiles = &pipe,
						    .n_pipe_profiles = 1,
						    .n_max_pipe_profiles = 1 };
	struct rte_sched_port_params params = { .name = "bench",
						.socket = (int)rte_socket_id(),
						.rate = rate_bytes,
						.mtu = 1522,
						.frame_overhead = RTE_SCHED_FRAME_OVERHEAD_DEFAULT,
						.n_subports_per_port = 1,
						.subport_profiles = &profile,
						.n_subport_profiles = 1,
						.n_max_subport_profiles = 1,
						.n_pipes_per_subport = npipes };
	struct rte_sched_port *port;

	for (unsigned i = 0; i < RTE_SCHED_TRAFFIC_CLASSES_PER_PIPE; i++) {
		pipe.tc_rate[i] = rate_bytes;
		profile.tc_rate[i] = rate_bytes;
		subport.qsize[i] = PIPE_QUEUE_PKTS;
	}
	port = rte_sched_port_config(&params);
	if (port == NULL || rte_sched_subport_config(port, 0, &subport, 0) != 0)
		die("rte_sched refused its configuration");
	for (uint32_t i = 0; i < npipes; i++) {
		if (rte_sched_pipe_config(port, 0, i, 0) != 0)
			die("rte_sched refused a pipe");
	}
	return port;
}

static inline void open_peer(struct peer *peer, struct rte_mempool *pool, uint32_t npipes,
			     uint32_t queued_per_pipe)
{
	peer->port = peer_port(npipes);
	for (uint32_t i = 0; i < npipes * queued_per_pipe; i++) {
		struct rte_mbuf *mbuf = rte_pktmbuf_alloc(pool);

		if (mbuf == NULL || rte_pktmbuf_append(mbuf, FRAME_BYTES) == NULL)
			die("no mbuf");
		rte_sched_port_pkt_write(peer->port, mbuf, 0, i * 40503 % npipes,
					 RTE_SCHED_TRAFFIC_CLASS_BE, 0, RTE_COLOR_GREEN);
		if (rte_sched_port_enqueue(peer->port, &mbuf, 1) != 1)
			die("rte_sched dropped a packet while filling");
	}
}

#endif
