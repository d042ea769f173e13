#include "dataplane/steer.h"

#include "dataplane/punt.h"

#include <errno.h>
#include <netinet/in.h>
#include <stddef.h>

#include <rte_byteorder.h>
#include <rte_common.h>
#include <rte_errno.h>
#include <rte_flow.h>

/* Ethernet, IP, what IP carries, end. */
#define ITEMS 4U

/* What frames of a rule have; a field of 0 may be anything. */
struct rule {
	uint16_t ether_type;
	uint8_t proto; /* of IPv4 or IPv6 */
	uint16_t src_port, dst_port;
	uint8_t icmp6_type;
};

static const struct rule rules[] = {
	{ .ether_type = RTE_ETHER_TYPE_ARP },
	{ RTE_ETHER_TYPE_IPV4, .proto = PUNT_PROTO_OSPF },
	{ RTE_ETHER_TYPE_IPV4, .proto = IPPROTO_UDP, .dst_port = PUNT_PORT_BFD_CONTROL },
	{ RTE_ETHER_TYPE_IPV4, .proto = IPPROTO_UDP, .dst_port = PUNT_PORT_BFD_ECHO },
	{ RTE_ETHER_TYPE_IPV4, .proto = IPPROTO_UDP, .dst_port = PUNT_PORT_BFD_MULTIHOP },
	{ RTE_ETHER_TYPE_IPV4, .proto = IPPROTO_TCP, .dst_port = PUNT_PORT_BGP },
	{ RTE_ETHER_TYPE_IPV4, .proto = IPPROTO_TCP, .src_port = PUNT_PORT_BGP },
	{ RTE_ETHER_TYPE_IPV6, .proto = PUNT_PROTO_OSPF },
	{ RTE_ETHER_TYPE_IPV6, .proto = IPPROTO_UDP, .dst_port = PUNT_PORT_BFD_CONTROL },
	{ RTE_ETHER_TYPE_IPV6, .proto = IPPROTO_UDP, .dst_port = PUNT_PORT_BFD_ECHO },
	{ RTE_ETHER_TYPE_IPV6, .proto = IPPROTO_UDP, .dst_port = PUNT_PORT_BFD_MULTIHOP },
	{ RTE_ETHER_TYPE_IPV6, .proto = IPPROTO_TCP, .dst_port = PUNT_PORT_BGP },
	{ RTE_ETHER_TYPE_IPV6, .proto = IPPROTO_TCP, .src_port = PUNT_PORT_BGP },
	/* router solicitation to redirect (RFC 4861) */
	{ RTE_ETHER_TYPE_IPV6, .proto = IPPROTO_ICMPV6, .icmp6_type = 133 },
	{ RTE_ETHER_TYPE_IPV6, .proto = IPPROTO_ICMPV6, .icmp6_type = 134 },
	{ RTE_ETHER_TYPE_IPV6, .proto = IPPROTO_ICMPV6, .icmp6_type = 135 },
	{ RTE_ETHER_TYPE_IPV6, .proto = IPPROTO_ICMPV6, .icmp6_type = 136 },
	{ RTE_ETHER_TYPE_IPV6, .proto = IPPROTO_ICMPV6, .icmp6_type = 137 },
};

/* A rule as rte_flow takes it. */
struct flow {
	struct rte_flow_attr attr;
	struct rte_flow_item items[ITEMS];
	struct rte_flow_action actions[2];
	struct rte_flow_action_queue queue;
	struct {
		struct rte_flow_item_eth eth;
		struct rte_flow_item_ipv4 ipv4;
		struct rte_flow_item_ipv6 ipv6;
		struct rte_flow_item_udp udp;
		struct rte_flow_item_tcp tcp;
		struct rte_flow_item_icmp6 icmp6;
	} spec, mask;
};

static rte_be16_t all_if(uint16_t value)
{
	return value != 0 ? UINT16_MAX : 0;
}

/* Drivers know what a frame is by the items that stand in a row, so that types need no values. */
static struct rte_flow_item ether_item(struct flow *flow, const struct rule *rule)
{
	if (rule->proto != 0)
		return (struct rte_flow_item){ .type = RTE_FLOW_ITEM_TYPE_ETH };
	flow->spec.eth.type = rte_cpu_to_be_16(rule->ether_type);
	flow->mask.eth.type = UINT16_MAX;
	return (struct rte_flow_item){ .type = RTE_FLOW_ITEM_TYPE_ETH,
				       .spec = &flow->spec.eth,
				       .mask = &flow->mask.eth };
}

static struct rte_flow_item ip_item(struct flow *flow, const struct rule *rule)
{
	bool is_ipv4 = rule->ether_type == RTE_ETHER_TYPE_IPV4;
	struct rte_flow_item item = { .type = is_ipv4 ? RTE_FLOW_ITEM_TYPE_IPV4
						      : RTE_FLOW_ITEM_TYPE_IPV6 };

	if (rule->proto != PUNT_PROTO_OSPF)
		return item;
	flow->spec.ipv4.hdr.next_proto_id = flow->spec.ipv6.hdr.proto = rule->proto;
	flow->mask.ipv4.hdr.next_proto_id = flow->mask.ipv6.hdr.proto = UINT8_MAX;
	item.spec = is_ipv4 ? (const void *)&flow->spec.ipv4 : &flow->spec.ipv6;
	item.mask = is_ipv4 ? (const void *)&flow->mask.ipv4 : &flow->mask.ipv6;
	return item;
}

static struct rte_flow_item l4_item(struct flow *flow, const struct rule *rule)
{
	switch (rule->proto) {
	case IPPROTO_UDP:
		flow->spec.udp.hdr.dst_port = rte_cpu_to_be_16(rule->dst_port);
		flow->mask.udp.hdr.dst_port = UINT16_MAX;
		return (struct rte_flow_item){ .type = RTE_FLOW_ITEM_TYPE_UDP,
					       .spec = &flow->spec.udp,
					       .mask = &flow->mask.udp };
	case IPPROTO_TCP:
		flow->spec.tcp.hdr.dst_port = rte_cpu_to_be_16(rule->dst_port);
		flow->mask.tcp.hdr.dst_port = all_if(rule->dst_port);
		flow->spec.tcp.hdr.src_port = rte_cpu_to_be_16(rule->src_port);
		flow->mask.tcp.hdr.src_port = all_if(rule->src_port);
		return (struct rte_flow_item){ .type = RTE_FLOW_ITEM_TYPE_TCP,
					       .spec = &flow->spec.tcp,
					       .mask = &flow->mask.tcp };
	case IPPROTO_ICMPV6:
		flow->spec.icmp6.type = rule->icmp6_type;
		flow->mask.icmp6.type = UINT8_MAX;
		return (struct rte_flow_item){ .type = RTE_FLOW_ITEM_TYPE_ICMP6,
					       .spec = &flow->spec.icmp6,
					       .mask = &flow->mask.icmp6 };
	default:
		return (struct rte_flow_item){ .type = RTE_FLOW_ITEM_TYPE_END };
	}
}

/* The result points into itself. */
static void flow_fill(struct flow *flow, const struct rule *rule, uint16_t queue)
{
	unsigned n = 0;

	*flow = (struct flow){ .attr.ingress = 1, .queue.index = queue };
	flow->items[n++] = ether_item(flow, rule);
	if (rule->proto != 0) {
		flow->items[n++] = ip_item(flow, rule);
		flow->items[n++] = l4_item(flow, rule);
	}
	flow->items[RTE_MIN(n, ITEMS - 1)].type = RTE_FLOW_ITEM_TYPE_END;
	flow->actions[0] = (struct rte_flow_action){ .type = RTE_FLOW_ACTION_TYPE_QUEUE,
						     .conf = &flow->queue };
	flow->actions[1].type = RTE_FLOW_ACTION_TYPE_END;
}

bool steer_is_offered(uint16_t eth_id)
{
	struct rte_flow_error error;
	struct flow flow;

	for (unsigned i = 0; i < RTE_DIM(rules); i++) {
		flow_fill(&flow, &rules[i], 0);
		if (rte_flow_validate(eth_id, &flow.attr, flow.items, flow.actions, &error) != 0)
			return false;
	}
	return true;
}

int steer_start(uint16_t eth_id)
{
	struct rte_flow_error error;
	struct flow flow;
	int err;

	for (unsigned i = 0; i < RTE_DIM(rules); i++) {
		flow_fill(&flow, &rules[i], STEER_QUEUE);
		if (rte_flow_create(eth_id, &flow.attr, flow.items, flow.actions, &error) != NULL)
			continue;
		err = rte_errno != 0 ? -rte_errno : -EIO;
		(void)rte_flow_flush(eth_id, &error);
		return err;
	}
	return 0;
}
