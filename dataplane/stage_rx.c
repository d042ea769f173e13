#include "dataplane/stage.h"

#include <rte_cycles.h>
#include <rte_ethdev.h>
#include <rte_prefetch.h>

unsigned stage_rx(struct stage_burst *burst)
{
	struct port *port = burst->port;
	unsigned n, i;

	n = rte_eth_rx_burst(port->eth_id, 0, burst->pkts, PORT_RX_BURST);
	burst->n = n;
	if (n == 0)
		return 0;
	burst->now_tsc = rte_rdtsc();
	for (i = 0; i < n; i++)
		rte_prefetch0(rte_pktmbuf_mtod(burst->pkts[i], void *));
	stage_lengths_load(&burst->lengths, burst->pkts, n);
	port->counters.rx_pkts += n;
	port->counters.rx_bytes += burst->lengths.sum_bytes;
	if (unlikely(!__atomic_load_n(&port->rx_up, __ATOMIC_RELAXED))) {
		port->counters.drop_pkts[DP_DROP_PORT_DOWN] += n;
		rte_pktmbuf_free_bulk(burst->pkts, n);
		burst->n = 0;
	}
	return n;
}
