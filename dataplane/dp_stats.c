#include "dataplane/dp_stats.h"

#include "dataplane/clock.h"
#include "dataplane/router.h"
#include "dataplane/worker.h"

#include <errno.h>

#include <rte_mempool.h>

const char *dp_drop_name(enum dp_drop reason)
{
	static const char *const names[DP_DROP_COUNT] = {
		[DP_DROP_PORT_DOWN] = "port-down",
		[DP_DROP_VLAN] = "vlan",
		[DP_DROP_POLICED] = "policed",
		[DP_DROP_TRUNCATED] = "truncated",
		[DP_DROP_MAC] = "mac",
		[DP_DROP_ETHERTYPE] = "ethertype",
		[DP_DROP_VERSION] = "version",
		[DP_DROP_LENGTH] = "length",
		[DP_DROP_CHECKSUM] = "checksum",
		[DP_DROP_MARTIAN_SRC] = "martian-source",
		[DP_DROP_MARTIAN_DST] = "martian-destination",
		[DP_DROP_MULTICAST] = "multicast",
		[DP_DROP_CLASS_POLICED] = "class-policed",
		[DP_DROP_BLACKHOLE] = "blackhole",
		[DP_DROP_RPF] = "reverse-path",
		[DP_DROP_PUNT_LIMIT] = "punt-limit",
		[DP_DROP_PUNT_FULL] = "punt-full",
		[DP_DROP_LINK_DOWN] = "link-down",
		[DP_DROP_SHAPER_FULL] = "shaper-full",
		[DP_DROP_SHAPER_LATE] = "shaper-late",
		[DP_DROP_SHAPER_ECN] = "shaper-ecn",
		[DP_DROP_TX_FULL] = "tx-full",
	};

	return names[reason];
}

const char *dp_punt_name(enum dp_punt punt)
{
	static const char *const names[DP_PUNT_COUNT] = {
		[DP_PUNT_CONTROL] = "control",
		[DP_PUNT_ARP] = "arp",
		[DP_PUNT_ARP_STRANGER] = "arp_stranger",
		[DP_PUNT_ND] = "nd",
		[DP_PUNT_ICMP] = "icmp",
		[DP_PUNT_NEIGHBOUR] = "neighbour",
		[DP_PUNT_NEIGHBOUR6] = "neighbour6",
		[DP_PUNT_LOCAL] = "local",
		[DP_PUNT_EXCEPTION] = "exception",
		[DP_PUNT_EXCEPTION6] = "exception6",
	};

	return names[punt];
}

static uint64_t load(const uint64_t *word)
{
	return __atomic_load_n(word, __ATOMIC_RELAXED);
}

static uint64_t port_queued_pkts(const struct port *port)
{
	uint64_t queued = __atomic_load_n(&port->tx.n, __ATOMIC_RELAXED);

	return port->shaper == NULL ? queued : queued + shaper_queued_pkts(port->shaper);
}

void dp_port_counters_get(const struct dp_router *router, unsigned index,
			  struct dp_port_counters *to)
{
	const struct port *port = &router->ports[index];
	const struct worker_counters *from = &port->counters;
	unsigned i;

	*to = (struct dp_port_counters){
		.rx_pkts = load(&from->rx_pkts),
		.rx_bytes = load(&from->rx_bytes),
		.tx_pkts = load(&from->tx_pkts),
		.tx_bytes = load(&from->tx_bytes),
		.injected_pkts = load(&from->injected_pkts),
		.injected_bytes = load(&from->injected_bytes),
		.police_pass_pkts = load(&from->police_pass_pkts),
		.police_pass_bytes = load(&from->police_pass_bytes),
		.police_drop_pkts = load(&from->police_drop_pkts),
		.police_drop_bytes = load(&from->police_drop_bytes),
		.control_rescued_pkts = load(&from->control_rescued_pkts),
		.queued_pkts = port_queued_pkts(port),
		.twin_rx_pkts = load(&port->host.twin_rx_pkts),
		.twin_tx_pkts = load(&port->host.twin_tx_pkts),
		.twin_drop_pkts = load(&port->host.twin_drop_pkts),
	};
	for (i = 0; i < POLICER_COLOURS; i++) {
		to->police_colour_pkts[i] = load(&from->colours.pkts[i]);
		to->police_colour_bytes[i] = load(&from->colours.bytes[i]);
	}
	for (i = 0; i < DP_PUNT_COUNT; i++) {
		to->punt_pkts[i] = load(&from->punt_pkts[i]);
		to->punt_drop_pkts[i] = load(&from->punt_drop_pkts[i]);
	}
	for (i = 0; i < DP_DROP_COUNT; i++)
		to->drop_pkts[i] = load(&from->drop_pkts[i]);
}

void dp_ledger_get(const struct dp_router *router, struct dp_ledger *ledger)
{
	struct dp_port_counters counters;
	unsigned port, i;

	*ledger = (struct dp_ledger){ 0 };
	for (port = 0; port < router->n_ports; port++) {
		dp_port_counters_get(router, port, &counters);
		ledger->in_pkts += counters.rx_pkts + counters.injected_pkts;
		ledger->out_pkts += counters.tx_pkts + counters.queued_pkts;
		for (i = 0; i < DP_PUNT_COUNT; i++)
			ledger->out_pkts += counters.punt_pkts[i];
		for (i = 0; i < DP_DROP_COUNT; i++)
			ledger->out_pkts += counters.drop_pkts[i];
	}
}

int dp_conformance_get(const struct dp_router *router, unsigned index,
		       struct dp_conformance *conformance)
{
	const struct port *port = &router->ports[index];

	if (!port->has_meter)
		return -ENOENT;
	*conformance = (struct dp_conformance){
		.burst_bytes = port->shape_burst_bytes,
		.measured_burst_bytes = shaper_conformance_burst_bytes(&port->meter,
								       &port->meter_rate),
		.tx_pkts = load(&port->counters.tx_pkts),
	};
	return 0;
}

int dp_arrivals_get(const struct dp_router *router, unsigned index,
		    struct dp_conformance *conformance)
{
	const struct port *port = &router->ports[index];

	if (!port->has_rx_meter)
		return -ENOENT;
	*conformance = (struct dp_conformance){
		.burst_bytes = router->config.ports[index].police.burst,
		.measured_burst_bytes = shaper_conformance_burst_bytes(&port->rx_meter,
								       &port->rx_meter_rate),
		.tx_pkts = load(&port->counters.rx_pkts),
	};
	return 0;
}

int dp_core_stats_get(unsigned core, struct dp_core_stats *stats)
{
	return worker_stats_get(core, stats);
}

int dp_share_get(const struct dp_router *router, struct dp_share *share)
{
	return worker_share_get(router, share);
}

void dp_pool_stats_get(const struct dp_router *router, struct dp_pool_stats *stats)
{
	*stats = (struct dp_pool_stats){
		.size_pkts = router->pool->size,
		.in_use_pkts = rte_mempool_in_use_count(router->pool),
	};
}
