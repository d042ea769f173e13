#include "dataplane/stage.h"

_Static_assert(PORT_OFFER_PKTS >= PORT_RX_BURST, "an offer holds a whole receive burst");

/* A port without profile: straight to the device's queue. */
static void port_collect_unshaped(struct port *port)
{
	uint32_t i;

	for (i = 0; i < port->n_offer; i++) {
		if (unlikely(tx_queue_room(&port->tx) == 0))
			stage_drop(port, port->offer[i].pkt, DP_DROP_TX_FULL);
		else
			port->tx.pkts[port->tx.n++] = port->offer[i].pkt;
	}
	port->n_offer = 0;
	tx_queue_note(&port->tx, 0);
}

/* Begins to count what the host takes while packets wait for the shaper. */
static void busy_begin(const struct dp_router *router, struct port *port, uint64_t came_tsc)
{
	if (port->busy || shaper_queued_pkts(port->shaper) == 0 || router->sojourn == NULL)
		return;
	port->busy = true;
	port->busy_lost_tsc = gap_log_before(router->sojourn->gaps, came_tsc);
}

void stage_shape(struct dp_router *router, struct port *port, uint64_t now_tsc, uint64_t came_tsc)
{
	void *drops[PORT_OFFER_PKTS], *marks[TX_QUEUE_PKTS];
	struct shaper_out out = {
		.pkts = (void **)port->tx.pkts,
		.marks = marks,
		.drops = drops,
		.max_pkts = TX_QUEUE_PKTS,
		.max_drops = PORT_OFFER_PKTS,
		.npkts = port->tx.n,
	};

	if (port->shaper == NULL) {
		port_collect_unshaped(port);
		return;
	}
	stage_shape_waiting(port, now_tsc);
	shaper_offer_burst(port->shaper, now_tsc, port->offer, port->n_offer, &out);
	port->n_offer = 0;
	port->tx.n = out.npkts;
	tx_queue_note(&port->tx, now_tsc);
	busy_begin(router, port, came_tsc);
	if (unlikely(out.ndrops != 0)) {
		port->counters.drop_pkts[DP_DROP_SHAPER_FULL] += out.ndrops;
		rte_pktmbuf_free_bulk((struct rte_mbuf **)drops, out.ndrops);
	}
}

bool stage_shape_pass(struct port *port, struct stage_burst *burst, uint8_t queue)
{
	const struct stage_lengths *lengths = stage_burst_lengths(burst);

	if (tx_queue_room(&port->tx) < burst->n)
		return false;
	if (port->shaper != NULL) {
		stage_shape_waiting(port, burst->now_tsc);
		if (!shaper_pass_burst(port->shaper, burst->now_tsc, queue,
				       &(struct shaper_lengths){ lengths->n, lengths->sum_bytes,
								 lengths->shortest_bytes,
								 lengths->longest_bytes }))
			return false;
	}
	tx_queue_append(&port->tx, burst->pkts,
			&(struct tx_run){ .rx_tsc = burst->now_tsc,
					  .due_tsc = burst->now_tsc,
					  .wait_tsc = burst->wait_tsc,
					  .n = (uint16_t)burst->n,
					  .class_index = stage_class_of(burst, 0) },
			lengths->sum_bytes);
	return true;
}
