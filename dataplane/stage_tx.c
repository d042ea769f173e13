#include "dataplane/ipv4_tos.h"
#include "dataplane/pkt_meta.h"
#include "dataplane/stage.h"

#include <string.h>

#include <rte_cycles.h>
#include <rte_ethdev.h>

/* Head drops of one dequeue at most; more wait for the next turn. */
#define DEQUEUE_DROPS 64U

/*
 * Head drops come without their cause, but the shaper counts them by cause: what its ECN counters
 * grew by since the last time are the ECN drops among these.
 */
static void head_drops_count(struct port *port, uint32_t n)
{
	struct shaper_class_stats stats;
	uint64_t ecn_drops = 0, ecn;

	for (uint64_t left = port->queues.has_ecn; left != 0; left &= left - 1) {
		(void)shaper_class_stats_get(port->shaper, (uint32_t)__builtin_ctzll(left), &stats);
		ecn_drops += stats.drop_pkts[SHAPER_DROP_ECN];
	}
	ecn = ecn_drops - port->ecn_drops;
	port->ecn_drops = ecn_drops;
	port->counters.drop_pkts[DP_DROP_SHAPER_ECN] += ecn;
	port->counters.drop_pkts[DP_DROP_SHAPER_LATE] += n - ecn;
}

static void port_dequeue(struct port *port, uint64_t now_tsc)
{
	void *drops[DEQUEUE_DROPS], *marks[PORT_TX_PKTS];
	struct shaper_out out = {
		.pkts = (void **)port->tx,
		.marks = marks,
		.drops = drops,
		.max_pkts = PORT_TX_PKTS,
		.max_drops = DEQUEUE_DROPS,
		.npkts = port->n_tx,
	};

	shaper_dequeue_burst(port->shaper, now_tsc, &out);
	port->n_tx = out.npkts;
	for (uint32_t i = 0; i < out.nmarks; i++)
		ipv4_tos_set_ce(rte_pktmbuf_mtod_offset((struct rte_mbuf *)marks[i],
							struct rte_ipv4_hdr *, RTE_ETHER_HDR_LEN));
	if (unlikely(out.ndrops != 0)) {
		head_drops_count(port, out.ndrops);
		rte_pktmbuf_free_bulk((struct rte_mbuf **)drops, out.ndrops);
	}
}

/* The driver frees a packet that it took, so times and lengths are read before. */
struct tx_note {
	uint64_t rx_tsc;
	uint32_t len_bytes;
};

/* @return bytes of all of them in the layer of the port's shaper */
static uint32_t tx_notes_take(struct tx_note *notes, const struct port *port)
{
	uint32_t bytes = port->n_tx * (uint32_t)port->shape_adjust_bytes;
	unsigned i;

	for (i = 0; i < port->n_tx; i++) {
		notes[i].rx_tsc = pkt_rx_tsc(port->tx[i]);
		notes[i].len_bytes = port->tx[i]->pkt_len;
		bytes += notes[i].len_bytes;
	}
	return bytes;
}

/* Packets of one receive burst lie together, so most runs have many packets. */
static void sojourn_record(struct dp_router *router, const struct port *port,
			   const struct tx_note *notes, unsigned n, uint64_t tx_tsc)
{
	unsigned i = 0;

	while (i < n) {
		uint64_t rx_tsc = notes[i].rx_tsc;
		unsigned first = i;

		while (i < n && notes[i].rx_tsc == rx_tsc)
			i++;
		if (rx_tsc == PKT_RX_TSC_NONE)
			continue;
		lat_hist_record(&router->latency, tx_tsc - rx_tsc, i - first);
		if (tx_tsc - rx_tsc > port->bound_tsc)
			router->late_pkts += i - first;
	}
}

static void departures_count(struct port *port, const struct tx_note *notes, unsigned n,
			     uint64_t left_tsc)
{
	uint64_t bytes = 0;
	unsigned i;

	for (i = 0; i < n; i++)
		bytes += notes[i].len_bytes;
	port->counters.tx_pkts += n;
	port->counters.tx_bytes += bytes;
	if (!port->has_meter)
		return;
	for (i = 0; i < n; i++)
		shaper_conformance_record(&port->meter, &port->meter_rate, left_tsc,
					  notes[i].len_bytes + (uint32_t)port->shape_adjust_bytes);
}

/* What the device did not take goes first in the next turn. */
static void tx_keep(struct port *port, const struct tx_note *notes, unsigned sent)
{
	unsigned i;

	port->tx_wait_bytes = 0;
	for (i = sent; i < port->n_tx; i++)
		port->tx_wait_bytes += notes[i].len_bytes + (uint32_t)port->shape_adjust_bytes;
	port->n_tx -= sent;
	memmove(port->tx, port->tx + sent, port->n_tx * sizeof(port->tx[0]));
}

unsigned stage_tx(struct dp_router *router, struct port *port, uint64_t now_tsc)
{
	struct tx_note notes[PORT_TX_PKTS];
	uint64_t tx_tsc, left_tsc;
	uint32_t bytes;
	unsigned sent;

	if (port->shaper != NULL && port->n_tx < PORT_TX_PKTS) {
		stage_shape_waiting(port, now_tsc);
		port_dequeue(port, now_tsc);
	}
	if (port->n_tx == 0)
		return 0;
	if (unlikely(!__atomic_load_n(&port->tx_up, __ATOMIC_RELAXED))) {
		port->counters.drop_pkts[DP_DROP_LINK_DOWN] += port->n_tx;
		rte_pktmbuf_free_bulk(port->tx, port->n_tx);
		port->n_tx = 0;
		port->tx_wait_bytes = 0;
		return 0;
	}
	bytes = tx_notes_take(notes, port);
	tx_tsc = rte_rdtsc();
	sent = rte_eth_tx_burst(port->eth_id, 0, port->tx, (uint16_t)port->n_tx);
	/* the worker may have lost its core since the shaper let these go, or while they went */
	left_tsc = rte_rdtsc();
	if (port->shaper != NULL)
		shaper_depart(port->shaper, left_tsc, bytes);
	departures_count(port, notes, sent, left_tsc);
	sojourn_record(router, port, notes, sent, tx_tsc);
	tx_keep(port, notes, sent);
	return sent;
}
