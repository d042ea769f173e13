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

/*
 * The driver frees a packet that it took, so times and lengths are read before. Packets of one
 * receive burst lie together: a run is what has one receive time.
 */
struct tx_run {
	uint64_t rx_tsc;
	uint64_t bytes;
	uint32_t n;
};

static unsigned tx_runs_note(struct tx_run *runs, struct rte_mbuf *const *pkts, unsigned n)
{
	unsigned i = 0, n_runs = 0;

	while (i < n) {
		uint64_t rx_tsc = pkt_rx_tsc(pkts[i]), bytes = 0;
		unsigned first = i;

		do
			bytes += pkts[i++]->pkt_len;
		while (i < n && pkt_rx_tsc(pkts[i]) == rx_tsc);
		runs[n_runs++] = (struct tx_run){ .rx_tsc = rx_tsc,
						  .bytes = bytes,
						  .n = i - first };
	}
	return n_runs;
}

/* Leaves in runs what was sent; the packets that were not are unsent. @return runs left */
static unsigned tx_runs_cut(struct tx_run *runs, unsigned sent, struct rte_mbuf *const *unsent)
{
	unsigned i = 0, j;

	while (sent >= runs[i].n)
		sent -= runs[i++].n;
	if (sent == 0)
		return i;
	for (j = 0; j < runs[i].n - sent; j++)
		runs[i].bytes -= unsent[j]->pkt_len;
	runs[i].n = sent;
	return i + 1;
}

/* How long packets were inside: until the device had taken them, so nothing is left out. */
static void sojourn_record(struct dp_router *router, const struct port *port,
			   const struct tx_run *run, uint64_t left_tsc)
{
	if (run->rx_tsc == PKT_RX_TSC_NONE)
		return;
	lat_hist_record(&router->latency, left_tsc - run->rx_tsc, run->n);
	if (left_tsc - run->rx_tsc > port->bound_tsc)
		router->late_pkts += run->n;
}

/* Length of packets in the layer of the port's shaper. */
static uint32_t layer_bytes(const struct port *port, uint64_t frames_bytes, unsigned n)
{
	return (uint32_t)frames_bytes + n * (uint32_t)port->shape_adjust_bytes;
}

static uint64_t runs_bytes(const struct tx_run *runs, unsigned n_runs)
{
	uint64_t bytes = 0;
	unsigned i;

	for (i = 0; i < n_runs; i++)
		bytes += runs[i].bytes;
	return bytes;
}

/* All of one call leave at one time, so the meter may take them as one departure. */
static void departures_count(struct port *port, unsigned n, uint64_t bytes, uint64_t left_tsc)
{
	port->counters.tx_pkts += n;
	port->counters.tx_bytes += bytes;
	if (port->has_meter && n != 0)
		shaper_conformance_record(&port->meter, &port->meter_rate, left_tsc,
					  layer_bytes(port, bytes, n));
}

/* What the device did not take goes first in the next turn. @return runs that were sent */
static unsigned tx_keep(struct port *port, struct tx_run *runs, unsigned sent)
{
	port->n_tx -= sent;
	port->tx_waits = true;
	memmove(port->tx, port->tx + sent, port->n_tx * sizeof(port->tx[0]));
	return tx_runs_cut(runs, sent, port->tx);
}

/* Sends all of tx that the device takes. */
static unsigned port_transmit(struct dp_router *router, struct port *port)
{
	struct tx_run runs[PORT_TX_PKTS];
	unsigned n_runs = tx_runs_note(runs, port->tx, port->n_tx), sent, i;
	uint64_t bytes = runs_bytes(runs, n_runs);
	uint64_t left_tsc;

	sent = rte_eth_tx_burst(port->eth_id, 0, port->tx, (uint16_t)port->n_tx);
	/* the worker may have lost its core since the shaper let these go, or while they went */
	left_tsc = rte_rdtsc();
	if (port->shaper != NULL)
		shaper_depart(port->shaper, left_tsc, layer_bytes(port, bytes, port->n_tx));
	if (unlikely(sent != port->n_tx)) {
		n_runs = tx_keep(port, runs, sent);
		bytes = runs_bytes(runs, n_runs);
	} else {
		port->n_tx = 0;
		port->tx_waits = false;
	}
	departures_count(port, sent, bytes, left_tsc);
	for (i = 0; i < n_runs; i++)
		sojourn_record(router, port, &runs[i], left_tsc);
	return sent;
}

unsigned stage_tx(struct dp_router *router, struct port *port, uint64_t now_tsc)
{
	if (stage_tx_waits(port)) {
		stage_shape_waiting(port, now_tsc);
		port_dequeue(port, now_tsc);
	}
	if (port->n_tx == 0)
		return 0;
	if (unlikely(!__atomic_load_n(&port->tx_up, __ATOMIC_RELAXED))) {
		port->counters.drop_pkts[DP_DROP_LINK_DOWN] += port->n_tx;
		rte_pktmbuf_free_bulk(port->tx, port->n_tx);
		port->n_tx = 0;
		port->tx_waits = false;
		return 0;
	}
	return port_transmit(router, port);
}
