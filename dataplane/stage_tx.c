#include "dataplane/pkt_meta.h"
#include "dataplane/pkt_tos.h"
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
	void *drops[DEQUEUE_DROPS], *marks[TX_QUEUE_PKTS];
	struct shaper_out out = {
		.pkts = (void **)port->tx.pkts,
		.marks = marks,
		.drops = drops,
		.max_pkts = TX_QUEUE_PKTS,
		.max_drops = DEQUEUE_DROPS,
		.npkts = port->tx.n,
	};

	shaper_dequeue_burst(port->shaper, now_tsc, &out);
	port->tx.n = out.npkts;
	tx_queue_note(&port->tx, now_tsc);
	for (uint32_t i = 0; i < out.nmarks; i++)
		pkt_tos_set_ce(marks[i]);
	if (unlikely(out.ndrops != 0)) {
		head_drops_count(port, out.ndrops);
		rte_pktmbuf_free_bulk((struct rte_mbuf **)drops, out.ndrops);
	}
}

/* Nothing that packets of a burst waited for had come before. */
static uint64_t run_behind_tsc(const struct dp_router *router, const struct tx_run *run)
{
	for (unsigned i = 0; i < router->n_ports * STEER_QUEUES; i++) {
		const struct port_backlog *backlog = &router->ports[i / STEER_QUEUES]
							      .backlogs[i % STEER_QUEUES];

		if (backlog->rx_tsc == run->rx_tsc)
			return backlog->behind_tsc;
	}
	return run->rx_tsc - run->wait_tsc;
}

/* How long packets were there: until the device had taken them, so nothing is left out. */
static void run_record(struct dp_router *router, const struct port *port, const struct tx_run *run,
		       uint32_t n, uint64_t left_tsc)
{
	const struct sojourn_run sojourn = {
		.rx_tsc = run->rx_tsc,
		.due_tsc = run->due_tsc,
		.left_tsc = left_tsc,
		.wait_tsc = run->wait_tsc,
		.n = n,
		.class_index = run->class_index,
	};
	uint64_t bound_tsc = port->bound_tsc[run->class_index];

	if (unlikely(sojourn_record(router->sojourn, &sojourn) > bound_tsc))
		sojourn_late_add(router->sojourn, &sojourn, bound_tsc, run_behind_tsc(router, run),
				 port->busy ? port->busy_lost_tsc : UINT64_MAX);
}

static void sojourns_record(struct dp_router *router, const struct port *port, unsigned sent,
			    uint64_t left_tsc)
{
	const struct tx_run *run = port->tx.runs;

	if (router->sojourn == NULL)
		return;
	for (; sent != 0; run++) {
		unsigned n = RTE_MIN(sent, run->n);

		if (run->rx_tsc != PKT_RX_TSC_NONE)
			run_record(router, port, run, n, left_tsc);
		sent -= n;
	}
}

/* Length of packets in the layer of the port's shaper. */
static uint32_t layer_bytes(const struct port *port, uint64_t frames_bytes, unsigned n)
{
	return (uint32_t)frames_bytes + n * (uint32_t)port->shape_adjust_bytes;
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

/* Sends all of tx that the device takes. */
static unsigned port_transmit(struct dp_router *router, struct port *port, bool tagged)
{
	struct tx_queue *tx = &port->tx;
	uint64_t left_tsc;
	unsigned sent;

	if (unlikely(tagged))
		sent = trunk_transmit(port, tx->pkts, tx->n);
	else
		sent = rte_eth_tx_burst(__atomic_load_n(&port->eth_id, __ATOMIC_RELAXED), 0,
					tx->pkts, (uint16_t)tx->n);
	/* the worker may have lost its core since the shaper let these go, or while they went */
	left_tsc = rte_rdtsc();
	if (port->shaper != NULL)
		shaper_depart(port->shaper, left_tsc, layer_bytes(port, tx->bytes, tx->n));
	sojourns_record(router, port, sent, left_tsc);
	departures_count(port, sent, tx_queue_advance(tx, sent), left_tsc);
	return sent;
}

/* The port is down, or shares its device. */
static unsigned transmit_specially(struct dp_router *router, struct port *port)
{
	if (__atomic_load_n(&port->tx_up, __ATOMIC_RELAXED) != PORT_DOWN)
		return port_transmit(router, port, true);
	port->counters.drop_pkts[DP_DROP_LINK_DOWN] += tx_queue_flush(&port->tx);
	return 0;
}

unsigned stage_tx(struct dp_router *router, struct port *port, uint64_t now_tsc)
{
	unsigned sent;

	if (stage_tx_waits(port)) {
		stage_shape_waiting(port, now_tsc);
		port_dequeue(port, now_tsc);
	}
	if (port->tx.n == 0)
		return 0;
	if (unlikely(__atomic_load_n(&port->tx_up, __ATOMIC_RELAXED) != PORT_UP))
		sent = transmit_specially(router, port);
	else
		sent = port_transmit(router, port, false);
	/* what was the last of the queue has been judged by now */
	port->busy = port->busy && shaper_queued_pkts(port->shaper) != 0;
	return sent;
}
