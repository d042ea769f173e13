/*
 * Reverse path filter (RFC 3704 2.2 to 2.4), as Linux does it in fib_validate_source(). Only what
 * the data path forwards by itself comes here: the kernel looks at the sources of the rest, with the
 * twin's settings.
 */

#include "dataplane/pkt_family.h"
#include "dataplane/punt.h"
#include "dataplane/routing.h"
#include "dataplane/rules.h"
#include "dataplane/stage.h"

enum verdict { RPF_PASS, RPF_DROP, RPF_ASK };

static bool leads_out_of(const struct dp_nh *nh, uint16_t port)
{
	return (nh->kind == DP_NH_FORWARD || nh->kind == DP_NH_GLEAN) && nh->port == port;
}

/* Any path of a route will do (RFC 3704 2.3). */
static bool group_leads_out_of(const struct dp_nh_table *table, const struct nh_group *group,
			       uint16_t port)
{
	for (unsigned i = 0; i < group->n_members; i++) {
		if (leads_out_of(dp_nh_get(table, group->members[i]), port))
			return true;
	}
	return false;
}

/* nh: of the route to the source. */
static enum verdict source_judge(const struct dp_nh_table *table, const struct dp_nh *nh,
				 uint16_t port, enum dp_rpf rpf)
{
	switch ((enum dp_nh_kind)nh->kind) {
	case DP_NH_FORWARD:
	case DP_NH_GLEAN:
		return rpf == DP_RPF_LOOSE || leads_out_of(nh, port) ? RPF_PASS : RPF_DROP;
	case DP_NH_GROUP:
		return rpf == DP_RPF_LOOSE || group_leads_out_of(table, nh->group, port) ? RPF_PASS
											 : RPF_DROP;
	case DP_NH_UNREACHABLE:
	case DP_NH_THROW:
		/* a route that only the kernel understands may still lead through the port */
		return nh->index == DP_NH_NONE ? RPF_DROP : RPF_ASK;
	case DP_NH_LOCAL:
	case DP_NH_BLACKHOLE:
		break;
	}
	return RPF_DROP;
}

/* Disposes of a packet if it has to. @return whether it stays */
static bool pkt_passes(struct stage_burst *burst, struct rte_mbuf *pkt, const struct dp_nh *nh,
		       enum dp_rpf rpf)
{
	const struct dp_routing *routing = burst->router->routing;

	switch (source_judge(&routing->nexthops, nh, burst->port->index, rpf)) {
	case RPF_PASS:
		return true;
	case RPF_ASK:
		punt_pkt(burst->router, burst->port, pkt, DP_PUNT_EXCEPTION, burst->now_tsc);
		return false;
	case RPF_DROP:
		break;
	}
	stage_drop(burst->port, pkt, DP_DROP_RPF);
	return false;
}

/* By rules the way back may depend on all that the way there does: the kernel decides. */
static void burst_ask(struct stage_burst *burst)
{
	unsigned i, n = 0;

	for (i = 0; i < burst->n; i++) {
		struct rte_mbuf *pkt = burst->pkts[i];

		if (pkt_is_ipv6(pkt))
			stage_burst_keep(burst, i, n++);
		else
			punt_pkt(burst->router, burst->port, pkt, DP_PUNT_EXCEPTION,
				 burst->now_tsc);
	}
	burst->n = n;
}

void stage_rpf(struct stage_burst *burst, enum dp_rpf rpf)
{
	const struct dp_nh *nh[PORT_RX_BURST];
	uint32_t src[PORT_RX_BURST];
	unsigned i, n = 0;

	if (rules_get(burst->router->routing, false) != NULL) {
		burst_ask(burst);
		return;
	}
	/* what is read of an IPv6 packet here leads nowhere that matters */
	for (i = 0; i < burst->n; i++)
		src[i] = rte_be_to_cpu_32(pkt_ipv4(burst->pkts[i])->src_addr);
	dp_routing_lookup_burst(burst->router->routing, src, nh, burst->n);
	for (i = 0; i < burst->n; i++) {
		struct rte_mbuf *pkt = burst->pkts[i];

		if (!pkt_is_ipv6(pkt) && !pkt_passes(burst, pkt, nh[i], rpf))
			continue;
		stage_burst_keep(burst, i, n++);
	}
	burst->n = n;
}
