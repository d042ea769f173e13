#include "dataplane/stage.h"

_Static_assert(PORT_OFFER_PKTS >= PORT_RX_BURST, "an offer holds a whole receive burst");

/* A port without profile: straight to the device's queue. */
static void port_collect_unshaped(struct port *port)
{
	uint32_t i;

	for (i = 0; i < port->n_offer; i++) {
		if (unlikely(port->n_tx == PORT_TX_PKTS))
			stage_drop(port, port->offer[i].pkt, DP_DROP_TX_FULL);
		else
			port->tx[port->n_tx++] = port->offer[i].pkt;
	}
	port->n_offer = 0;
}

void stage_shape(struct port *port, uint64_t now_tsc)
{
	void *drops[PORT_OFFER_PKTS], *marks[PORT_TX_PKTS];
	struct shaper_out out = {
		.pkts = (void **)port->tx,
		.marks = marks,
		.drops = drops,
		.max_pkts = PORT_TX_PKTS,
		.max_drops = PORT_OFFER_PKTS,
		.npkts = port->n_tx,
	};

	if (port->shaper == NULL) {
		port_collect_unshaped(port);
		return;
	}
	stage_shape_waiting(port, now_tsc);
	shaper_offer_burst(port->shaper, now_tsc, port->offer, port->n_offer, &out);
	port->n_offer = 0;
	port->n_tx = out.npkts;
	if (unlikely(out.ndrops != 0)) {
		port->counters.drop_pkts[DP_DROP_SHAPER_FULL] += out.ndrops;
		rte_pktmbuf_free_bulk((struct rte_mbuf **)drops, out.ndrops);
	}
}
