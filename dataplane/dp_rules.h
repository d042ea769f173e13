#ifndef DATAPLANE_DP_RULES_H
#define DATAPLANE_DP_RULES_H

/**
 * @file
 * Policy routing: which tables a packet's destination is looked up in, by rules as those of Linux.
 *
 * A packet goes through the rules of its family in order. One that it matches leads to a table, to
 * a nexthop, or to a later rule. A packet that finds no route in the table of a rule, or one of kind
 * DP_NH_THROW, goes on with the next rule; behind the last one there is no route.
 *
 * A list of rules is replaced as a whole: a worker sees the old one or the new one for all packets
 * of a burst, never a part of each. Without rules only the main table is looked up, at no cost.
 */

#include "dataplane/dp_table.h"

#include <stdbool.h>

#define DP_RULES_MAX 1024U		 /**< rules of a family */
#define DP_RULE_ANY_PORT UINT32_MAX	 /**< in_ports: where a packet came in does not matter */
#define DP_RULE_FLOW_LABEL_MASK 0xfffffU /**< bits that a flow label has (RFC 8200 section 6) */

/** What becomes of a packet that matches a rule. */
enum dp_rule_action {
	DP_RULE_TABLE,	 /**< it is looked up in a table */
	DP_RULE_GOTO,	 /**< it goes on with a later rule */
	DP_RULE_NEXTHOP, /**< its way is decided */
	DP_RULE_KERNEL,	 /**< only the kernel can decide its way */
};

/** Ports that match: of TCP, UDP, UDP-Lite, SCTP or DCCP, and what ESP and AH have there. */
struct dp_rule_ports {
	uint16_t mask;	   /**< not 0: bits of min that have to agree; else the range counts */
	uint16_t min, max; /**< both belong to it; max 0 without mask: any */
};

/** A rule. A packet matches when all of its parts do; addresses as they lie in a packet. */
struct dp_rule {
	bool invert;	   /**< it matches what does not match the parts */
	uint32_t in_ports; /**< bit n: came in by port n of the configuration; DP_RULE_ANY_PORT */
	uint8_t src_depth, dst_depth;		 /**< prefix length, bits; 0: any address */
	struct dp_ip6 src, dst;			 /**< prefixes; IPv4 in the first four bytes */
	uint8_t dscp, dscp_mask;		 /**< DSCP, 6 bits, and those of it that count */
	uint32_t flow_label;			 /**< IPv6, 20 bits */
	uint32_t flow_label_mask;		 /**< those of it that count; 0 in IPv4 */
	uint8_t protocol;			 /**< behind IPv6's extension headers; 0: any */
	struct dp_rule_ports src_port, dst_port; /**< fragments have port 0, as all without ports */
	enum dp_rule_action action;
	struct dp_table *table; /**< TABLE: of this routing; it outlives the rule */
	bool passes_default;	/**< TABLE: a packet whose only route is the default goes on */
	uint32_t nexthop;	/**< NEXTHOP: index */
	unsigned target; /**< GOTO: place in the list, behind this rule; the number of rules: end */
};

/**
 * Puts a list of rules in the place of a family's present one. Control thread.
 *
 * @param rules copied; NULL: no rules, the main table alone
 * @param n 0 to DP_RULES_MAX; a list of none means that there is no route at all
 * @return 0; -EINVAL (too many, a depth, target or action out of range, bits that the family does
 *	   not have), -ENOENT (no such nexthop), -ENOMEM; then nothing has changed
 */
int dp_rules_set(struct dp_routing *routing, bool ipv6, const struct dp_rule *rules, unsigned n);

/** Number of rules that are in force, 0 also without a list. Control thread. */
unsigned dp_rules_count(const struct dp_routing *routing, bool ipv6);

/** What of a packet decides its way. */
struct dp_flow {
	bool ipv6;
	unsigned in_port; /**< where it came in, place in the configuration */
	struct dp_ip6 src, dst;
	uint8_t dscp;
	uint32_t flow_label;
	uint8_t protocol;
	uint16_t src_port, dst_port;
};

/** What the data path would do with a packet: index of the nexthop. Control thread. */
uint32_t dp_flow_lookup(const struct dp_routing *routing, const struct dp_flow *flow);

#endif
