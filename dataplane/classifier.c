#include "dataplane/classifier.h"

#include <string.h>

static void dscp_add(struct classifier *classifier, const struct dp_class_match *match,
		     uint64_t bit)
{
	for (unsigned i = 0; i < 64; i++)
		classifier->dscp[i] |= (match->dscp_mask >> i & 1) != 0 ? bit : 0;
	if (match->dscp_mask != DP_DSCP_ANY)
		classifier->fields |= CLASSIFIER_DSCP;
}

static void protocol_add(struct classifier *classifier, const struct dp_class_match *match,
			 uint64_t bit)
{
	bool any = match->protocol == DP_PROTOCOL_ANY;

	for (unsigned i = 0; i < 256; i++)
		classifier->protocol[i] |= any || match->protocol == i ? bit : 0;
	if (!any)
		classifier->fields |= CLASSIFIER_PROTOCOL;
}

/* Octet o of a prefix fixes as many of its high bits as the depth leaves it. */
static void prefix_add(uint64_t table[4][256], uint32_t prefix, unsigned depth, uint64_t bit)
{
	for (unsigned octet = 0; octet < 4; octet++) {
		unsigned left = depth > 8 * octet ? depth - 8 * octet : 0;
		unsigned mask = (0xff00U >> (left < 8 ? left : 8)) & 0xff;
		unsigned want = prefix >> (24 - 8 * octet) & 0xff;

		for (unsigned i = 0; i < 256; i++)
			table[octet][i] |= ((i ^ want) & mask) == 0 ? bit : 0;
	}
}

/* @return whether the range looks at ports at all */
static bool range_add(uint64_t *table, struct dp_port_range *to, const struct dp_port_range *range,
		      uint64_t bit)
{
	*to = (struct dp_port_range){ .max = UINT16_MAX };
	if (range->set)
		*to = *range;
	for (unsigned i = to->min >> 8; i <= (unsigned)to->max >> 8; i++)
		table[i] |= bit;
	if (!range->set)
		table[CLASSIFIER_NO_PORTS] |= bit;
	return range->set;
}

void classifier_init(struct classifier *classifier, const struct dp_class_config *classes,
		     unsigned n)
{
	memset(classifier, 0, sizeof(*classifier));
	classifier->n_rules = n;
	for (unsigned rule = 0; rule < n; rule++) {
		const struct dp_class_match *match = &classes[rule].match;
		uint64_t bit = 1ULL << rule;

		classifier->rules |= bit;
		dscp_add(classifier, match, bit);
		protocol_add(classifier, match, bit);
		prefix_add(classifier->src, match->src, match->src_depth, bit);
		prefix_add(classifier->dst, match->dst, match->dst_depth, bit);
		if (match->src_depth != 0 || match->dst_depth != 0)
			classifier->ipv4_only |= bit;
		if (match->src_depth != 0)
			classifier->fields |= CLASSIFIER_SRC;
		if (match->dst_depth != 0)
			classifier->fields |= CLASSIFIER_DST;
		if (range_add(classifier->src_port, &classifier->src_range[rule], &match->src_port,
			      bit) |
		    range_add(classifier->dst_port, &classifier->dst_range[rule], &match->dst_port,
			      bit))
			classifier->fields |= CLASSIFIER_PORTS;
	}
}
