#ifndef DATAPLANE_CLASSIFIER_H
#define DATAPLANE_CLASSIFIER_H

/**
 * @file
 * First match among up to 64 rules, at a cost that hardly depends on their number.
 *
 * Every field of a packet selects a 64-bit word from a table: bit r is set iff rule r allows that
 * value. The conjunction of the words has the rules that match, its lowest bit the first of them.
 * Addresses have one table per octet: a prefix is a condition on each octet alone, so these are
 * exact, as are DSCP and protocol. Of ports only the high byte is looked up; what it lets through
 * is compared with the range, in order.
 *
 * Pure: no DPDK, no heap. Built by control, then constant and read by the worker.
 */

#include "dataplane/dp_class.h"

#include <stdbool.h>
#include <stdint.h>

/** Fields that at least one rule looks at. */
enum {
	CLASSIFIER_DSCP = 1,
	CLASSIFIER_PROTOCOL = 2,
	CLASSIFIER_SRC = 4,
	CLASSIFIER_DST = 8,
	CLASSIFIER_PORTS = 16,
};

/** Row of port tables for packets without ports. */
#define CLASSIFIER_NO_PORTS 256U

/** What of a packet is looked at. */
struct classifier_key {
	uint32_t src, dst; /**< IPv4, host byte order */
	uint8_t dscp;	   /**< 0 to 63 */
	uint8_t protocol;  /**< IPv6: next header of the fixed header */
	bool has_ports;	   /**< src_port and dst_port are valid */
	uint16_t src_port, dst_port;
};

/** Rules, compiled. */
struct classifier {
	uint32_t n_rules;
	uint32_t fields;    /**< CLASSIFIER_ bits */
	uint64_t rules;	    /**< a bit for each */
	uint64_t ipv4_only; /**< those that ask for an address */
	uint64_t dscp[64];
	uint64_t protocol[256];
	uint64_t src[4][256]; /**< by octet, the highest first */
	uint64_t dst[4][256];
	uint64_t src_port[CLASSIFIER_NO_PORTS + 1]; /**< by high byte */
	uint64_t dst_port[CLASSIFIER_NO_PORTS + 1];
	struct dp_port_range src_range[DP_CLASSES_MAX]; /**< 0 to 65535 where ports do not matter */
	struct dp_port_range dst_range[DP_CLASSES_MAX];
};

/** Compiles the matches of n classes, at most DP_CLASSES_MAX. Control thread. */
void classifier_init(struct classifier *classifier, const struct dp_class_config *classes,
		     unsigned n);

/** The first of some rules that matches in some fields, n_rules when none does. Any thread. */
static inline uint32_t classifier_match(const struct classifier *classifier,
					const struct classifier_key *key, uint64_t rules,
					uint32_t fields)
{
	/* the same for all packets, so that the branches cost next to nothing */
	if ((fields & CLASSIFIER_DSCP) != 0)
		rules &= classifier->dscp[key->dscp];
	if ((fields & CLASSIFIER_PROTOCOL) != 0)
		rules &= classifier->protocol[key->protocol];
	if ((fields & CLASSIFIER_SRC) != 0)
		rules &= classifier->src[0][key->src >> 24] &
			 classifier->src[1][key->src >> 16 & 0xff] &
			 classifier->src[2][key->src >> 8 & 0xff] &
			 classifier->src[3][key->src & 0xff];
	if ((fields & CLASSIFIER_DST) != 0)
		rules &= classifier->dst[0][key->dst >> 24] &
			 classifier->dst[1][key->dst >> 16 & 0xff] &
			 classifier->dst[2][key->dst >> 8 & 0xff] &
			 classifier->dst[3][key->dst & 0xff];
	if ((fields & CLASSIFIER_PORTS) != 0) {
		rules &= classifier->src_port[key->has_ports ? key->src_port >> 8
							     : CLASSIFIER_NO_PORTS] &
			 classifier->dst_port[key->has_ports ? key->dst_port >> 8
							     : CLASSIFIER_NO_PORTS];
		for (; rules != 0; rules &= rules - 1) {
			unsigned rule = (unsigned)__builtin_ctzll(rules);
			const struct dp_port_range *src = &classifier->src_range[rule];
			const struct dp_port_range *dst = &classifier->dst_range[rule];

			if (key->src_port >= src->min && key->src_port <= src->max &&
			    key->dst_port >= dst->min && key->dst_port <= dst->max)
				return rule;
		}
	}
	return rules != 0 ? (uint32_t)__builtin_ctzll(rules) : classifier->n_rules;
}

/** The first rule that matches an IPv4 packet, n_rules when none does. Any thread. */
static inline uint32_t classifier_lookup(const struct classifier *classifier,
					 const struct classifier_key *key)
{
	return classifier_match(classifier, key, classifier->rules, classifier->fields);
}

/** The same for an IPv6 packet, of which src and dst of the key are not looked at. */
static inline uint32_t classifier_lookup_ipv6(const struct classifier *classifier,
					      const struct classifier_key *key)
{
	return classifier_match(classifier, key, classifier->rules & ~classifier->ipv4_only,
				classifier->fields & ~(uint32_t)(CLASSIFIER_SRC | CLASSIFIER_DST));
}

#endif
