#ifndef BENCH_EXPERIMENTS_OPEN_LOOP_H
#define BENCH_EXPERIMENTS_OPEN_LOOP_H

/*
 * A source that sends by the clock, whatever becomes of its packets, and a sink. What finds the
 * router's ring full is lost, as at a device.
 */

#include "bench/dataplane/ring_router.h"

#define OPEN_LOOP_BURST 32U
#define OPEN_LOOP_FRAME_MAX 1514U

struct open_loop {
	struct ring_router *ring;
	uint64_t begin_tsc;
	uint64_t rate_pps;
	uint32_t frame_bytes; /* without FCS */
	uint64_t sent_pkts;
	uint64_t missed_pkts;
	uint8_t frame[OPEN_LOOP_FRAME_MAX];
};

static inline void open_loop_begin(struct open_loop *loop, struct ring_router *ring,
				   uint64_t rate_pps, uint32_t frame_bytes)
{
	struct rte_mbuf *pkt = ring_router_pkt(ring, frame_bytes, 1, 0, 5000);

	ring_router_must(pkt != NULL, "packets");
	*loop = (struct open_loop){ .ring = ring,
				    .rate_pps = rate_pps,
				    .frame_bytes = frame_bytes };
	memcpy(loop->frame, rte_pktmbuf_mtod(pkt, void *), frame_bytes);
	rte_pktmbuf_free(pkt);
	loop->begin_tsc = rte_rdtsc();
}

/* Packets that the clock owes. */
static inline uint64_t open_loop_due(const struct open_loop *loop, uint64_t now_tsc)
{
	__extension__ typedef unsigned __int128 wide;

	return (uint64_t)((wide)(now_tsc - loop->begin_tsc) * loop->rate_pps / clock_tsc_hz()) -
	       loop->sent_pkts;
}

/* What the clock owes beyond a burst is lost where the router's ring has no room for it. */
static inline void open_loop_miss(struct open_loop *loop, uint64_t due)
{
	uint64_t room = rte_ring_free_count(loop->ring->to);

	if (due <= room)
		return;
	loop->sent_pkts += due - room;
	loop->missed_pkts += due - room;
}

static inline void open_loop_burst(struct open_loop *loop, unsigned n)
{
	struct rte_mbuf *pkts[OPEN_LOOP_BURST];
	unsigned taken;

	loop->sent_pkts += n;
	if (rte_pktmbuf_alloc_bulk(loop->ring->router->pool, pkts, n) != 0) {
		loop->missed_pkts += n;
		return;
	}
	for (unsigned i = 0; i < n; i++) {
		memcpy(rte_pktmbuf_mtod(pkts[i], void *), loop->frame, loop->frame_bytes);
		pkts[i]->data_len = (uint16_t)loop->frame_bytes;
		pkts[i]->pkt_len = loop->frame_bytes;
	}
	taken = rte_ring_enqueue_burst(loop->ring->to, (void **)pkts, n, NULL);
	loop->missed_pkts += n - taken;
	rte_pktmbuf_free_bulk(pkts + taken, n - taken);
}

/* @return packets */
static inline unsigned open_loop_sink(struct rte_ring *from)
{
	struct rte_mbuf *pkts[256];
	unsigned n = rte_ring_dequeue_burst(from, (void **)pkts, 256, NULL);

	rte_pktmbuf_free_bulk(pkts, n);
	return n;
}

/* An SLA of one bucket that drops what exceeds it. */
static inline struct dp_sla open_loop_sla(uint64_t rate_bps, uint64_t burst_bytes)
{
	struct dp_sla sla = { .rate = rate_bps, .burst = burst_bytes, .layer = RATE_LAYER_L2 };

	sla.actions[POLICER_RED].action = POLICER_DROP;
	return sla;
}

#endif
