#include "control/rates.h"

#include <limits.h>

#define NS_PER_S 1000000000ULL

static void rate_update(struct ctl_rate *rate, uint64_t elapsed_ns, uint64_t pkts, uint64_t bytes,
			enum rate_layer layer)
{
	uint64_t d_pkts = pkts - rate->pkts;
	int64_t d_bytes = (int64_t)(bytes - rate->bytes) +
			  (int64_t)d_pkts * rate_layer_adjust_bytes(layer);
	uint64_t bits = d_bytes > 0 ? (uint64_t)d_bytes * CHAR_BIT : 0;

	if (elapsed_ns != 0) {
		rate->pps = (uint64_t)((rate_u128)d_pkts * NS_PER_S / elapsed_ns);
		rate->bps = (uint64_t)((rate_u128)bits * NS_PER_S / elapsed_ns);
	}
	rate->pkts = pkts;
	rate->bytes = bytes;
}

void ctl_rates_update(struct ctl_port_rates *rates, uint64_t now_ns,
		      const struct dp_port_counters *counters, enum rate_layer rx_layer,
		      enum rate_layer tx_layer)
{
	uint64_t elapsed_ns = rates->started ? now_ns - rates->last_ns : 0;

	if (rates->started && elapsed_ns == 0)
		return;
	rate_update(&rates->rx, elapsed_ns, counters->rx_pkts, counters->rx_bytes, rx_layer);
	rate_update(&rates->tx, elapsed_ns, counters->tx_pkts, counters->tx_bytes, tx_layer);
	rates->started = true;
	rates->last_ns = now_ns;
	rates->elapsed_ns = elapsed_ns;
}
