#ifndef TESTS_DATAPLANE_FLOW_DEVICE_H
#define TESTS_DATAPLANE_FLOW_DEVICE_H

/*
 * A device that steers: no test can have one, so three calls of rte_flow are played here over a ring
 * device with two queues. Rules are kept as they come, and frames go to the queue of the first rule
 * that they match, byte by byte.
 */

#include "dataplane/steer.h"
#include "turn_fixture.h"

#include <errno.h>
#include <limits.h>

#include <rte_errno.h>
#include <rte_flow.h>
#include <rte_tcp.h>

#define RULES_MAX 32U
#define ITEMS_MAX 3U
#define HEADER_MAX 40U
#define NEVER UINT_MAX

/* A header that a frame has to have, and what has to be in it. */
struct layer {
	enum rte_flow_item_type type;
	uint8_t spec[HEADER_MAX], mask[HEADER_MAX];
};

struct rte_flow {
	struct layer layers[ITEMS_MAX];
	unsigned n_layers;
	uint16_t queue;
};

/* What plays the device. */
static struct {
	uint16_t eth_id;
	struct rte_ring *queues[STEER_QUEUES];
	struct rte_flow rules[RULES_MAX];
	unsigned n_rules, n_validated;
	unsigned refuses_at, fails_at; /* number of the rule, or NEVER */
} hw;

static inline size_t header_bytes(enum rte_flow_item_type type)
{
	switch (type) {
	case RTE_FLOW_ITEM_TYPE_ETH:
		return sizeof(struct rte_ether_hdr);
	case RTE_FLOW_ITEM_TYPE_IPV4:
		return sizeof(struct rte_ipv4_hdr);
	case RTE_FLOW_ITEM_TYPE_IPV6:
		return sizeof(struct rte_ipv6_hdr);
	case RTE_FLOW_ITEM_TYPE_UDP:
		return sizeof(struct rte_udp_hdr);
	case RTE_FLOW_ITEM_TYPE_TCP:
		return sizeof(struct rte_tcp_hdr);
	case RTE_FLOW_ITEM_TYPE_ICMP6:
		return sizeof(struct rte_flow_item_icmp6);
	default:
		fail_msg("item %d is not played", (int)type);
		return 0;
	}
}

static inline void rule_read(struct rte_flow *rule, const struct rte_flow_item *items,
			     const struct rte_flow_action *actions)
{
	const struct rte_flow_action_queue *queue = actions->conf;

	memset(rule, 0, sizeof(*rule));
	for (; items->type != RTE_FLOW_ITEM_TYPE_END; items++) {
		struct layer *layer = &rule->layers[rule->n_layers++];

		assert_true(rule->n_layers <= ITEMS_MAX);
		layer->type = items->type;
		/* a mask of its own with every value, for drivers differ in what they take without */
		assert_int_equal(items->spec == NULL, items->mask == NULL);
		assert_null(items->last);
		if (items->spec == NULL)
			continue;
		memcpy(layer->spec, items->spec, header_bytes(items->type));
		memcpy(layer->mask, items->mask, header_bytes(items->type));
	}
	assert_int_equal(actions[0].type, RTE_FLOW_ACTION_TYPE_QUEUE);
	assert_int_equal(actions[1].type, RTE_FLOW_ACTION_TYPE_END);
	rule->queue = queue->index;
}

int rte_flow_validate(uint16_t port_id, const struct rte_flow_attr *attr,
		      const struct rte_flow_item pattern[], const struct rte_flow_action actions[],
		      struct rte_flow_error *error)
{
	struct rte_flow rule;

	(void)port_id;
	(void)error;
	assert_true(attr->ingress);
	rule_read(&rule, pattern, actions);
	return hw.n_validated++ == hw.refuses_at ? -ENOTSUP : 0;
}

struct rte_flow *rte_flow_create(uint16_t port_id, const struct rte_flow_attr *attr,
				 const struct rte_flow_item pattern[],
				 const struct rte_flow_action actions[],
				 struct rte_flow_error *error)
{
	(void)port_id;
	(void)error;
	assert_true(attr->ingress);
	assert_true(hw.n_rules < RULES_MAX);
	if (hw.n_rules == hw.fails_at) {
		rte_errno = ENOSPC;
		return NULL;
	}
	rule_read(&hw.rules[hw.n_rules], pattern, actions);
	return &hw.rules[hw.n_rules++];
}

int rte_flow_flush(uint16_t port_id, struct rte_flow_error *error)
{
	(void)port_id;
	(void)error;
	hw.n_rules = 0;
	return 0;
}

/* Where the header of a layer begins, if the frame has one there. */
static inline const uint8_t *layer_find(const uint8_t *frame, enum rte_flow_item_type type)
{
	uint16_t ether_type = (uint16_t)(frame[12] << 8 | frame[13]);
	bool is_ipv6 = ether_type == RTE_ETHER_TYPE_IPV6;
	uint8_t proto = is_ipv6 ? frame[20] : frame[23];
	const uint8_t *ip = frame + RTE_ETHER_HDR_LEN;
	const uint8_t *l4 = ip + (is_ipv6 ? sizeof(struct rte_ipv6_hdr) : (ip[0] & 0xfU) * 4);
	bool is_ip = is_ipv6 || ether_type == RTE_ETHER_TYPE_IPV4;

	switch (type) {
	case RTE_FLOW_ITEM_TYPE_ETH:
		return frame;
	case RTE_FLOW_ITEM_TYPE_IPV4:
		return is_ip && !is_ipv6 ? ip : NULL;
	case RTE_FLOW_ITEM_TYPE_IPV6:
		return is_ipv6 ? ip : NULL;
	case RTE_FLOW_ITEM_TYPE_UDP:
		return is_ip && proto == IPPROTO_UDP ? l4 : NULL;
	case RTE_FLOW_ITEM_TYPE_TCP:
		return is_ip && proto == IPPROTO_TCP ? l4 : NULL;
	default:
		return is_ipv6 && proto == IPPROTO_ICMPV6 ? l4 : NULL;
	}
}

static inline bool rule_matches(const struct rte_flow *rule, const uint8_t *frame)
{
	for (unsigned i = 0; i < rule->n_layers; i++) {
		const struct layer *layer = &rule->layers[i];
		const uint8_t *header = layer_find(frame, layer->type);

		if (header == NULL)
			return false;
		for (size_t j = 0; j < header_bytes(layer->type); j++) {
			if (((header[j] ^ layer->spec[j]) & layer->mask[j]) != 0)
				return false;
		}
	}
	return true;
}

static inline uint16_t queue_of(const struct rte_mbuf *pkt)
{
	for (unsigned i = 0; i < hw.n_rules; i++) {
		if (rule_matches(&hw.rules[i], rte_pktmbuf_mtod(pkt, const uint8_t *)))
			return hw.rules[i].queue;
	}
	return 0;
}

static inline void hw_receive(struct rte_mbuf *pkt)
{
	assert_int_equal(rte_ring_enqueue(hw.queues[queue_of(pkt)], pkt), 0);
}

/* A device with two receive queues beside those of the fixture. */
static inline void hw_make(void)
{
	struct rte_eth_conf conf = { 0 };

	hw.queues[0] = rte_ring_create("hw0", RING_PKTS, 0, 0);
	hw.queues[1] = rte_ring_create("hw1", RING_PKTS, 0, 0);
	hw.eth_id = (uint16_t)rte_eth_from_rings("hw", hw.queues, STEER_QUEUES, &fx.from[0], 1, 0);
	assert_int_equal(rte_eth_dev_configure(hw.eth_id, STEER_QUEUES, 1, &conf), 0);
	for (uint16_t i = 0; i < STEER_QUEUES; i++)
		assert_int_equal(rte_eth_rx_queue_setup(hw.eth_id, i, 64, 0, NULL, fx.router->pool),
				 0);
	assert_int_equal(rte_eth_tx_queue_setup(hw.eth_id, 0, 64, 0, NULL), 0);
	assert_int_equal(rte_eth_dev_start(hw.eth_id), 0);
}

#endif
