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

enum verdict { RPF_PASS, RPF_DROP, RPF_OWN, RPF_ASK };

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

/* One that nothing is sent over counts as well. */
static bool any_path_leads_out_of(const struct dp_nh_table *table, const struct dp_nh *nh,
				  uint16_t port)
{
	if ((nh->unused_ports >> port & 1) != 0)
		return true;
	return nh->kind == DP_NH_GROUP ? group_leads_out_of(table, nh->group, port)
				       : leads_out_of(nh, port);
}

/* nh: of the route to the source. */
static enum verdict source_judge(const struct dp_nh_table *table, const struct dp_nh *nh,
				 uint16_t port, enum dp_rpf rpf)
{
	switch ((enum dp_nh_kind)nh->kind) {
	case DP_NH_FORWARD:
	case DP_NH_GLEAN:
	case DP_NH_GROUP:
		return rpf != DP_RPF_STRICT || any_path_leads_out_of(table, nh, port) ? RPF_PASS
										      : RPF_DROP;
	case DP_NH_UNREACHABLE:
	case DP_NH_THROW:
		if (nh == &rules_kernel)
			return RPF_ASK;
		if (rpf == DP_RPF_OFF)
			return RPF_PASS;
		/* a route that only the kernel understands may still lead through the port */
		return nh->index == DP_NH_NONE ? RPF_DROP : RPF_ASK;
	case DP_NH_BLACKHOLE:
		return rpf == DP_RPF_OFF ? RPF_PASS : RPF_DROP;
	case DP_NH_LOCAL:
		break;
	}
	return RPF_OWN;
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
	case RPF_OWN:
		stage_drop(burst->port, pkt, DP_DROP_MARTIAN_SRC);
		return false;
	case RPF_DROP:
		break;
	}
	stage_drop(burst->port, pkt, DP_DROP_RPF);
	return false;
}

/* Packets that leave by one port, and their places in the burst. */
struct leaving {
	unsigned n;
	uint16_t port;
	struct rte_mbuf *pkts[PORT_RX_BURST];
	uint8_t at[PORT_RX_BURST];
};

/* Those that leave as the first one does. @return the others */
static uint64_t leaving_gather(struct leaving *leaving, const struct stage_burst *burst,
			       uint64_t pkts)
{
	uint64_t others = 0;

	leaving->n = 0;
	leaving->port = burst->nh[__builtin_ctzll(pkts)]->port;
	for (; pkts != 0; pkts &= pkts - 1) {
		unsigned i = (unsigned)__builtin_ctzll(pkts);

		if (burst->nh[i]->port != leaving->port) {
			others |= 1ULL << i;
			continue;
		}
		leaving->pkts[leaving->n] = burst->pkts[i];
		leaving->at[leaving->n++] = (uint8_t)i;
	}
	return others;
}

/* The nexthops of what would be answered to the packets, which are IPv4. */
static void look_back_by_rules(const struct stage_burst *burst, const struct rules *rules,
			       uint64_t pkts, const struct dp_nh **nh)
{
	const struct dp_nh *found[PORT_RX_BURST];
	struct leaving leaving;
	struct rules_key key;

	for (unsigned i = 0; i < burst->n; i++)
		nh[i] = &rules_kernel;
	while (pkts != 0) {
		pkts = leaving_gather(&leaving, burst, pkts);
		rules_key_load_back(&key, rules, leaving.pkts, leaving.n, leaving.port);
		rules_lookup_burst(burst->router->routing, rules, &key, found);
		for (unsigned i = 0; i < leaving.n; i++)
			nh[leaving.at[i]] = found[i];
	}
}

/* Without rules nothing but the source counts. What is read of an IPv6 packet here is not used. */
static void look_back(const struct stage_burst *burst, const struct dp_nh **nh)
{
	uint32_t src[PORT_RX_BURST];

	for (unsigned i = 0; i < burst->n; i++)
		src[i] = rte_be_to_cpu_32(pkt_ipv4(burst->pkts[i])->src_addr);
	dp_routing_lookup_burst(burst->router->routing, src, nh, burst->n);
}

static uint64_t burst_ipv4(const struct stage_burst *burst)
{
	uint64_t pkts = 0;

	for (unsigned i = 0; i < burst->n; i++)
		pkts |= (uint64_t)!pkt_is_ipv6(burst->pkts[i]) << i;
	return pkts;
}

void stage_rpf(struct stage_burst *burst, enum dp_rpf rpf)
{
	const struct rules *rules = rules_get(burst->router->routing, false);
	const struct dp_nh *nh[PORT_RX_BURST];
	uint64_t ipv4 = burst_ipv4(burst);
	unsigned i, n = 0;

	if (rules != NULL)
		look_back_by_rules(burst, rules, ipv4, nh);
	else
		look_back(burst, nh);
	for (i = 0; i < burst->n; i++) {
		if ((ipv4 >> i & 1) != 0 && !pkt_passes(burst, burst->pkts[i], nh[i], rpf))
			continue;
		stage_burst_keep(burst, i, n++);
	}
	burst->n = n;
}
