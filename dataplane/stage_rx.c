#include "dataplane/pkt_meta.h"
#include "dataplane/stage.h"

#include <rte_cycles.h>
#include <rte_ethdev.h>
#include <rte_prefetch.h>

/* Nothing that is left in the device came before backlog->since_tsc. */
static void backlog_note(struct port_backlog *backlog, uint64_t now_tsc, unsigned n)
{
	if (n == PORT_RX_BURST) {
		backlog->full_pkts += n;
		if (backlog->full_pkts < PORT_BACKLOG_PKTS)
			return;
		backlog->since_tsc = backlog->half_tsc;
	} else {
		backlog->since_tsc = now_tsc;
	}
	backlog->half_tsc = now_tsc;
	backlog->full_pkts = 0;
}

static void arrivals_meter(struct port *port, const struct stage_burst *burst)
{
	if (port->has_rx_meter)
		shaper_conformance_record(&port->rx_meter, &port->rx_meter_rate, burst->now_tsc,
					  burst->lengths.sum_bytes +
						  burst->n * (uint32_t)port->police_adjust_bytes);
}

unsigned stage_rx(struct stage_burst *burst, uint64_t turn_tsc)
{
	struct port *port = burst->port;
	uint64_t wait_tsc;
	unsigned n, i;

	n = rte_eth_rx_burst(port->eth_id, 0, burst->pkts, PORT_RX_BURST);
	burst->n = n;
	if (n == 0) {
		backlog_note(&port->backlog, turn_tsc, 0);
		return 0;
	}
	burst->now_tsc = rte_rdtsc();
	for (i = 0; i < n; i++)
		rte_prefetch0(rte_pktmbuf_mtod(burst->pkts[i], void *));
	wait_tsc = burst->now_tsc - port->backlog.since_tsc;
	burst->wait_tsc = (uint32_t)RTE_MIN(wait_tsc, PKT_WAIT_TSC_MAX);
	backlog_note(&port->backlog, burst->now_tsc, n);
	stage_lengths_load(&burst->lengths, burst->pkts, n);
	port->counters.rx_pkts += n;
	port->counters.rx_bytes += burst->lengths.sum_bytes;
	arrivals_meter(port, burst);
	if (unlikely(!__atomic_load_n(&port->rx_up, __ATOMIC_RELAXED))) {
		port->counters.drop_pkts[DP_DROP_PORT_DOWN] += n;
		rte_pktmbuf_free_bulk(burst->pkts, n);
		burst->n = 0;
	}
	return n;
}
