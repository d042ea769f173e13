#ifndef DATAPLANE_RULES_H
#define DATAPLANE_RULES_H

/**
 * @file
 * Rules as workers see them: compiled, immutable, published as a whole. See dp_rules.h.
 *
 * A burst goes through the rules together: each rule takes the packets that it matches, as bits of
 * one word, to its table; those that find a route there have their nexthop, the others stay. What
 * rules look at is laid out by field, so that a rule is compared with all packets at once.
 */

#include "dataplane/dp_rules.h"
#include "dataplane/routing.h"

#include <stdalign.h>
#include <stdint.h>

struct rte_mbuf;

#define RULES_PKTS 32U	     /**< packets of a burst at most */
#define RULES_LABEL_BITS 20U /**< of struct rules_key.traffic: the flow label; above it the DSCP */

/** Fields that at least one rule looks at. */
enum {
	RULES_SRC = 1,
	RULES_DST = 2,
	RULES_TRAFFIC = 4,
	RULES_PROTOCOL = 8,
	RULES_SRC_PORT = 16,
	RULES_DST_PORT = 32,
	RULES_TRANSPORT = RULES_PROTOCOL | RULES_SRC_PORT | RULES_DST_PORT,
};

/** What rules look at, of packets of one family. Valid up to n; what no rule looks at is not set. */
struct rules_key {
	unsigned n;	  /**< to RULES_PKTS */
	unsigned in_port; /**< of all of them: where they came in */
	/** Addresses by words of 32 bits, in host byte order; IPv4 has the first. */
	alignas(32) uint32_t src[4][RULES_PKTS];
	alignas(32) uint32_t dst[4][RULES_PKTS];
	alignas(32) uint32_t traffic[RULES_PKTS]; /**< DSCP, and the flow label of IPv6 */
	alignas(32) uint32_t protocol[RULES_PKTS];
	alignas(32) uint32_t src_port[RULES_PKTS];
	alignas(32) uint32_t dst_port[RULES_PKTS];
	struct dp_ip6 addr6[RULES_PKTS]; /**< IPv6: destinations as they lie in packets */
};

/** Ports of a rule. */
struct rules_ports {
	uint32_t value, mask; /**< bits that have to agree */
	uint32_t min, span;   /**< port - min <= span */
};

/** A rule, compiled. */
struct rules_rule {
	uint32_t fields; /**< RULES_ bits: what it looks at */
	uint32_t in_ports;
	bool invert;
	bool passes_default;
	uint8_t action;	   /**< enum dp_rule_action */
	uint8_t src_words; /**< words of 32 bits that the prefix reaches into */
	uint8_t dst_words;
	uint32_t target;	      /**< GOTO */
	uint32_t nexthop;	      /**< NEXTHOP */
	const struct dp_table *table; /**< TABLE */
	uint32_t src[4], src_mask[4];
	uint32_t dst[4], dst_mask[4];
	uint32_t traffic, traffic_mask;
	uint32_t protocol;
	struct rules_ports src_port, dst_port;
};

/** A list of rules. */
struct rules {
	uint32_t n;
	uint32_t fields; /**< of all of them */
	bool ipv6;
	bool has_goto;
	struct rules_rule rules[];
};

/**
 * The rules of a family that are in force, NULL: the main table alone. Reader thread; valid until
 * it is quiescent.
 */
static inline const struct rules *rules_get(const struct dp_routing *routing, bool ipv6)
{
	return __atomic_load_n(&routing->rules[ipv6], __ATOMIC_ACQUIRE);
}

/** Reads what rules look at from the headers of parsed packets of their family. Worker. */
void rules_key_load(struct rules_key *key, const struct rules *rules, struct rte_mbuf *const *pkts,
		    unsigned n, unsigned in_port);

/**
 * Reads the same of the answers to packets of IPv4: as if they came in by out_port from where the
 * packets go to, on their way to the packets' sources (fib_validate_source() of Linux). Worker.
 */
void rules_key_load_back(struct rules_key *key, const struct rules *rules,
			 struct rte_mbuf *const *pkts, unsigned n, unsigned out_port);

/** What a rule of action DP_RULE_KERNEL leads to: of kind DP_NH_UNREACHABLE, index DP_NH_NONE. */
extern const struct dp_nh rules_kernel;

/**
 * Finds the nexthops of packets. Reader thread; the objects are valid until it is quiescent.
 *
 * @param nh receives key->n objects, none of them NULL; groups as dp_routing_lookup_burst()
 */
void rules_lookup_burst(const struct dp_routing *routing, const struct rules *rules,
			const struct rules_key *key, const struct dp_nh **nh);

#endif
