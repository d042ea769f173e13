#include "dataplane/pkt_meta.h"
#include "dataplane/stage.h"

#include <rte_cycles.h>
#include <rte_ethdev.h>

/* Nothing that is left in the device came before backlog->since_tsc, see struct port_backlog. */
static void backlog_note(struct port_backlog *backlog, uint64_t now_tsc, unsigned n)
{
	if (n == PORT_RX_BURST) {
		backlog->full_pkts += n;
		if (backlog->full_pkts < PORT_BACKLOG_PKTS)
			return;
		backlog->since_tsc = backlog->half_tsc;
		if (++backlog->full_queues >= PORT_BACKLOG_QUEUES)
			backlog->empty_tsc = backlog->since_tsc;
	} else {
		backlog->since_tsc = backlog->empty_tsc = now_tsc;
		backlog->full_queues = 0;
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

/*
 * A port that is down, or shares its device: leaves the port's own packets, counts what is nobody's.
 *
 * @return packets received by this port
 */
static unsigned receive_specially(struct stage_burst *burst, unsigned n)
{
	struct port *port = burst->port;
	unsigned n_mine = n, i;

	if (port->trunk != NULL && port->trunk->members[0] == port)
		n = trunk_receive(port->trunk, burst->pkts, n, &n_mine);
	for (i = n_mine; i < n; i++) {
		port->counters.rx_pkts++;
		port->counters.rx_bytes += burst->pkts[i]->pkt_len;
		stage_drop(port, burst->pkts[i], DP_DROP_VLAN);
	}
	if (__atomic_load_n(&port->rx_up, __ATOMIC_RELAXED) != PORT_DOWN)
		return n_mine;
	for (i = 0; i < n_mine; i++) {
		port->counters.rx_pkts++;
		port->counters.rx_bytes += burst->pkts[i]->pkt_len;
		stage_drop(port, burst->pkts[i], DP_DROP_PORT_DOWN);
	}
	return 0;
}

unsigned stage_rx(struct stage_burst *burst, uint64_t turn_tsc)
{
	struct port *port = burst->port;
	struct port_backlog *backlog = &port->backlogs[burst->queue];
	unsigned received, n;
	uint64_t wait_tsc;

	received = n = rte_eth_rx_burst(__atomic_load_n(&port->eth_id, __ATOMIC_RELAXED),
					burst->queue, burst->pkts, PORT_RX_BURST);
	burst->n = n;
	if (n == 0) {
		backlog_note(backlog, turn_tsc, 0);
		return 0;
	}
	burst->now_tsc = rte_rdtsc();
	stage_lengths_receive(&burst->lengths, burst->pkts, n);
	wait_tsc = burst->now_tsc - backlog->since_tsc;
	burst->wait_tsc = (uint32_t)RTE_MIN(wait_tsc, PKT_WAIT_TSC_MAX);
	backlog->rx_tsc = burst->now_tsc;
	backlog->behind_tsc = backlog->empty_tsc;
	backlog_note(backlog, burst->now_tsc, n);
	if (unlikely(__atomic_load_n(&port->rx_up, __ATOMIC_RELAXED) != PORT_UP)) {
		burst->n = n = receive_specially(burst, n);
		if (n == 0)
			return received;
		stage_lengths_load(&burst->lengths, burst->pkts, n);
	}
	port->counters.rx_pkts += n;
	port->counters.rx_bytes += burst->lengths.sum_bytes;
	arrivals_meter(port, burst);
	return received;
}
