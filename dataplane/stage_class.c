/*
 * Classes: which one a packet belongs to, and whether it may have it.
 *
 * A packet takes tokens from its class and from the aggregate of the port it came in by, or from
 * neither. Where the aggregate is policed here (late, or an SLA of several colours) the class is
 * asked first and pays only when the aggregate passes. Where the aggregate was policed early, by
 * length alone, its tokens are already gone: what the class drops is given back at the time it was
 * taken, so that the packets of the next burst find them. Packets of the same burst that the
 * aggregate had refused meanwhile stay refused; that is what looking at nothing costs.
 */

#include "dataplane/class_table.h"
#include "dataplane/flow_hash.h"
#include "dataplane/pkt_tos.h"
#include "dataplane/punt.h"
#include "dataplane/stage.h"

#include <netinet/in.h>
#include <string.h>

#include <rte_ip.h>

/* Drop precedence of an assured forwarding DSCP (RFC 2597 section 6); all others are green. */
static const uint8_t dscp_colour[POLICER_MAX_DSCP + 1] = {
	[12] = POLICER_YELLOW, [20] = POLICER_YELLOW, [28] = POLICER_YELLOW, [36] = POLICER_YELLOW,
	[14] = POLICER_RED,    [22] = POLICER_RED,    [30] = POLICER_RED,    [38] = POLICER_RED,
};

/* Protocols whose header begins with source and destination port. */
static const bool protocol_has_ports[256] = {
	[IPPROTO_TCP] = true,  [IPPROTO_UDP] = true,	 [IPPROTO_DCCP] = true,
	[IPPROTO_SCTP] = true, [IPPROTO_UDPLITE] = true,
};

enum fate {
	FATE_PASS,
	FATE_DROP_CLASS,     /* by its own policer */
	FATE_DROP_AGGREGATE, /* by that of its port */
};

/* What a packet got in the end. */
struct outcome {
	enum fate fate;
	uint8_t colour; /* by its class */
	bool remark;
	uint8_t dscp;
};

/* Fragments have no ports, the first one included: a packet is of one class in all its parts. */
static inline void key_make(struct classifier_key *key, const struct rte_ipv4_hdr *ip)
{
	uint16_t ports[2] = { 0, 0 };

	key->has_ports = protocol_has_ports[ip->next_proto_id] &
			 ((ip->fragment_offset & RTE_BE16(FLOW_FRAGMENT_MASK)) == 0) &
			 (rte_be_to_cpu_16(ip->total_length) >= sizeof(*ip) + sizeof(ports));
	if (key->has_ports)
		memcpy(ports, ip + 1, sizeof(ports));
	key->src = rte_be_to_cpu_32(ip->src_addr);
	key->dst = rte_be_to_cpu_32(ip->dst_addr);
	key->dscp = ipv4_tos_dscp(ip);
	key->protocol = ip->next_proto_id;
	key->src_port = rte_be_to_cpu_16(ports[0]);
	key->dst_port = rte_be_to_cpu_16(ports[1]);
}

/* Extension headers hide the ports, fragments have them at most once. */
static inline void key_make_ipv6(struct classifier_key *key, const struct rte_ipv6_hdr *ip)
{
	uint16_t ports[2] = { 0, 0 };

	key->has_ports = protocol_has_ports[ip->proto] &
			 (rte_be_to_cpu_16(ip->payload_len) >= sizeof(ports));
	if (key->has_ports)
		memcpy(ports, ip + 1, sizeof(ports));
	key->src = key->dst = 0;
	key->dscp = pkt_tos_ipv6(ip) >> IPV4_TOS_DSCP_SHIFT;
	key->protocol = ip->proto;
	key->src_port = rte_be_to_cpu_16(ports[0]);
	key->dst_port = rte_be_to_cpu_16(ports[1]);
}

static void burst_classify_mixed(struct stage_burst *burst, const struct classifier *classifier)
{
	struct classifier_key key;

	for (unsigned i = 0; i < burst->n; i++) {
		const struct rte_mbuf *pkt = burst->pkts[i];

		if (pkt_is_ipv6(pkt)) {
			key_make_ipv6(&key, pkt_ipv6(pkt));
			burst->class_index[i] = (uint8_t)classifier_lookup_ipv6(classifier, &key);
		} else {
			key_make(&key, pkt_ipv4(pkt));
			burst->class_index[i] = (uint8_t)classifier_lookup(classifier, &key);
		}
	}
}

static void burst_classify(struct stage_burst *burst, const struct classifier *classifier)
{
	struct classifier_key key;

	if (classifier->n_rules == 0) {
		memset(burst->class_index, 0, sizeof(burst->class_index));
		return;
	}
	if (unlikely(burst->has_ipv6)) {
		burst_classify_mixed(burst, classifier);
		return;
	}
	for (unsigned i = 0; i < burst->n; i++) {
		key_make(&key, pkt_ipv4(burst->pkts[i]));
		burst->class_index[i] = (uint8_t)classifier_lookup(classifier, &key);
	}
}

/* Whether the SLA of the port is applied here and not early. */
static inline bool port_polices(const struct stage_burst *burst)
{
	return burst->port->has_marker || (burst->port->has_police && burst->router->police_late);
}

/* The port's SLA of several colours, asked after the class. */
static bool marker_passes(struct port *port, uint64_t now_tsc, uint32_t len_bytes,
			  struct outcome *outcome, uint8_t colour)
{
	struct policer_verdict verdict = policer_check(&port->marker, &port->marker_state, now_tsc,
						       len_bytes, (enum policer_colour)colour);

	policer_count(&port->marker, &port->counters.colours, (enum policer_colour)verdict.colour,
		      len_bytes);
	if (verdict.action == POLICER_REMARK) {
		outcome->remark = true;
		outcome->dscp = verdict.dscp;
	}
	return verdict.action != POLICER_DROP;
}

/* Judges a packet and takes its tokens where it passes. */
static struct outcome pkt_judge(struct stage_burst *burst, struct class_state *class,
				const struct rte_mbuf *pkt)
{
	struct port *port = burst->port;
	const struct policer_level aggregate = { &port->police, &port->police_bucket };
	unsigned n_above = port->has_police && burst->router->police_late ? 1 : 0;
	uint8_t colour = dscp_colour[pkt_tos_dscp(pkt)];
	union policer_state next = class->state;
	struct policer_verdict verdict = policer_check_under(&class->policer, &next, &aggregate,
							     n_above, burst->now_tsc, pkt->pkt_len,
							     (enum policer_colour)colour);
	struct outcome outcome = { .colour = verdict.colour };

	if (verdict.by_aggregate) {
		outcome.fate = FATE_DROP_AGGREGATE;
		return outcome;
	}
	if (verdict.action == POLICER_DROP) {
		class->state = next;
		outcome.fate = FATE_DROP_CLASS;
		return outcome;
	}
	outcome.remark = verdict.action == POLICER_REMARK;
	outcome.dscp = verdict.dscp;
	if (class->policer.kind != POLICER_NONE)
		colour = verdict.colour;
	if (port->has_marker &&
	    !marker_passes(port, burst->now_tsc, pkt->pkt_len, &outcome, colour)) {
		outcome.fate = FATE_DROP_AGGREGATE;
		return outcome;
	}
	class->state = next;
	return outcome;
}

/* What routing protocols sent survives the overload of its class as it survives that of its port. */
static bool pkt_rescue(struct stage_burst *burst, struct class_state *class,
		       const struct rte_mbuf *pkt)
{
	struct port *port = burst->port;

	if (!punt_rescue(port, pkt, burst->now_tsc))
		return false;
	port->counters.control_rescued_pkts++;
	class->counters.rescued_pkts++;
	return true;
}

/* A rescued packet took no tokens of the aggregate, so none are given back for what may be one. */
static void class_refund(struct stage_burst *burst, const struct rte_mbuf *pkt)
{
	struct port *port = burst->port;

	if (!port->has_police || burst->router->police_late ||
	    (burst->n_rescued != 0 && punt_is_control(pkt)))
		return;
	policer_bucket_give(&port->police, &port->police_bucket, pkt->pkt_len);
}

static void pkt_drop(struct stage_burst *burst, struct class_state *class, struct rte_mbuf *pkt,
		     enum fate fate)
{
	struct port *port = burst->port;

	if (fate == FATE_DROP_CLASS) {
		class->counters.drop_pkts++;
		class->counters.drop_bytes += pkt->pkt_len;
		class_refund(burst, pkt);
		stage_drop(port, pkt, DP_DROP_CLASS_POLICED);
		return;
	}
	class->counters.aggregate_drop_pkts++;
	class->counters.aggregate_drop_bytes += pkt->pkt_len;
	port->counters.police_drop_pkts++;
	port->counters.police_drop_bytes += pkt->pkt_len;
	stage_drop(port, pkt, DP_DROP_POLICED);
}

/* @return whether the packet is still there */
static bool pkt_police(struct stage_burst *burst, struct class_state *class, struct rte_mbuf *pkt)
{
	struct outcome outcome = pkt_judge(burst, class, pkt);
	struct worker_counters *counters = &burst->port->counters;

	if (outcome.fate != FATE_DROP_AGGREGATE)
		policer_count(&class->policer, &class->counters.colours,
			      (enum policer_colour)outcome.colour, pkt->pkt_len);
	if (outcome.fate != FATE_PASS) {
		if (pkt_rescue(burst, class, pkt))
			return true;
		pkt_drop(burst, class, pkt, outcome.fate);
		return false;
	}
	if (port_polices(burst)) {
		counters->police_pass_pkts++;
		counters->police_pass_bytes += pkt->pkt_len;
	}
	if (outcome.remark) {
		pkt_tos_set_dscp(pkt, outcome.dscp);
		class->counters.remark_pkts++;
	}
	return true;
}

/* What pkt_police() does, for a bucket without aggregate above it: most classes have no more. */
static inline bool pkt_police_bucket(struct stage_burst *burst, struct class_state *class,
				     struct rte_mbuf *pkt)
{
	bool conforms = policer_bucket_take(&class->policer.single, &class->state.single,
					    burst->now_tsc, pkt->pkt_len);

	policer_count(&class->policer, &class->counters.colours,
		      conforms ? POLICER_GREEN : POLICER_RED, pkt->pkt_len);
	if (likely(conforms) || pkt_rescue(burst, class, pkt))
		return true;
	pkt_drop(burst, class, pkt, FATE_DROP_CLASS);
	return false;
}

/* @return whether the packet is still there */
static inline bool pkt_handle(struct stage_burst *burst, struct class_state *class,
			      struct rte_mbuf *pkt, bool aggregate)
{
	if (aggregate)
		return pkt_police(burst, class, pkt);
	if (class->bucket_only)
		return pkt_police_bucket(burst, class, pkt);
	if (class->policer.kind != POLICER_NONE)
		return pkt_police(burst, class, pkt);
	policer_count(&class->policer, &class->counters.colours, POLICER_GREEN, pkt->pkt_len);
	return true;
}

static bool burst_has_one_class(const struct stage_burst *burst)
{
	uint8_t diff = 0;

	for (unsigned i = 0; i < burst->n; i++)
		diff |= burst->class_index[i] ^ burst->class_index[0];
	return diff == 0;
}

/*
 * What pkt_handle() does to packets of one class without aggregate, by their lengths alone.
 *
 * @return false when they are to be handled one by one; nothing has happened to them
 */
static bool burst_handle(struct stage_burst *burst, struct class_state *class)
{
	const struct stage_lengths *lengths = stage_burst_lengths(burst);

	if (class->bucket_only) {
		if (!policer_bucket_take_all(&class->policer.single, &class->state.single,
					     burst->now_tsc, lengths->sum_bytes,
					     lengths->shortest_bytes, lengths->n))
			return false;
	} else if (class->policer.kind != POLICER_NONE) {
		return false;
	}
	policer_count_burst(&class->policer, &class->counters.colours, POLICER_GREEN, lengths->n,
			    lengths->sum_bytes);
	return true;
}

void stage_class(struct stage_burst *burst)
{
	struct class_table *table = burst->router->classes;
	bool aggregate = port_polices(burst);
	unsigned n = 0;

	if (unlikely(burst->n == 0))
		return;
	burst_classify(burst, &table->classifier);
	burst->one_class = burst_has_one_class(burst);
	if (burst->one_class && !aggregate &&
	    likely(burst_handle(burst, &table->classes[burst->class_index[0]])))
		return;
	for (unsigned i = 0; i < burst->n; i++) {
		struct class_state *class = &table->classes[burst->class_index[i]];
		struct rte_mbuf *pkt = burst->pkts[i];

		if (!pkt_handle(burst, class, pkt, aggregate))
			continue;
		burst->class_index[n] = burst->class_index[i];
		burst->pkts[n++] = pkt;
	}
	burst->n = n;
}
