#include "dataplane/pkt_meta.h"
#include "dataplane/pkt_tos.h"
#include "dataplane/routing.h"
#include "dataplane/stage.h"

#include <rte_ip.h>

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "ttl_decrement() counts on it");

_Static_assert(offsetof(struct dp_nh, rewrite) == 0, "a nexthop begins with the MAC addresses");

/*
 * Eight 16-bit words: the Ethernet header and the first two bytes of the IP header. Of a nexthop only
 * the first six, the MAC addresses, are of use.
 */
typedef uint16_t frame_begin __attribute__((vector_size(16)));

static inline frame_begin frame_begin_of(const struct dp_nh *nh)
{
	frame_begin begin;

	memcpy(&begin, nh, sizeof(begin));
	return begin;
}

/*
 * One unaligned 16-byte store writes both MAC addresses; its last four bytes are the type and the
 * first two of the IP header and are put back as they were.
 */
static inline void ether_rewrite(uint8_t *frame, frame_begin to)
{
	frame_begin from;

	memcpy(&from, frame, sizeof(from));
	to = __builtin_shufflevector(to, from, 0, 1, 2, 3, 4, 5, 14, 15);
	memcpy(frame, &to, sizeof(to));
}

/*
 * TTL, protocol and checksum are one word, from low to high: 1 is taken from the TTL, which is 2 or
 * more, and 0x0100 in network order is added to the checksum with the carry around (RFC 1141).
 */
static inline void ttl_decrement(uint8_t *ip)
{
	uint8_t *at = ip + offsetof(struct rte_ipv4_hdr, time_to_live);
	uint32_t word;

	memcpy(&word, at, sizeof(word));
	word += 0xffff + ((uint32_t)(word >= 0xfffe0000) << 16);
	memcpy(at, &word, sizeof(word));
}

/* may_be_ipv6: a constant, false for bursts that have none. */
static inline void pkt_rewrite(struct rte_mbuf *pkt, frame_begin begin, bool may_be_ipv6)
{
	uint8_t *frame = rte_pktmbuf_mtod(pkt, uint8_t *);

	ether_rewrite(frame, begin);
	if (may_be_ipv6 && pkt_is_ipv6(pkt))
		pkt_ipv6(pkt)->hop_limits--;
	else
		ttl_decrement(frame + RTE_ETHER_HDR_LEN);
}

/* Into the collection of a port, with the stamp that its way through queues needs. */
static inline struct shaper_pkt *pkt_collect(const struct stage_burst *burst, struct port *out,
					     unsigned i, uint8_t queue)
{
	pkt_rx_tsc_set(burst->pkts[i], burst->now_tsc);
	pkt_wait_tsc_set(burst->pkts[i], burst->wait_tsc);
	pkt_class_set(burst->pkts[i], stage_class_of(burst, i));
	return stage_collect(out, burst->pkts[i], queue);
}

static inline void burst_rewrite(struct stage_burst *burst, bool may_be_ipv6)
{
	for (unsigned i = 0; i < burst->n; i++)
		pkt_rewrite(burst->pkts[i], frame_begin_of(burst->nh[i]), may_be_ipv6);
}

/* The nexthop's header stays in a register. */
static inline void burst_rewrite_one_nh(struct stage_burst *burst)
{
	const frame_begin begin = frame_begin_of(burst->nh[0]);

	for (unsigned i = 0; i < burst->n; i++)
		pkt_rewrite(burst->pkts[i], begin, false);
}

/*
 * Tries to let all packets pass at once: they have to go to one queue of one port.
 *
 * @return false when they are to be collected
 */
static inline bool burst_pass(struct stage_burst *burst)
{
	struct port *out = &burst->router->ports[burst->nh[0]->port];
	uint8_t queue = PORT_QUEUE_TENANT;

	if (!burst->one_port)
		return false;
	if (burst->router->classes != NULL) {
		if (!burst->one_class || port_queues_divide(&out->queues, burst->class_index[0]))
			return false;
		queue = out->queues.of_class[burst->class_index[0]];
	}
	return stage_shape_pass(out, burst, queue);
}

/* Each packet into the tenant's queue of its port. @return ports that got some, one bit each */
static uint32_t burst_collect(const struct stage_burst *burst)
{
	uint32_t touched = 0;

	for (unsigned i = 0; i < burst->n; i++) {
		struct port *out = &burst->router->ports[burst->nh[i]->port];

		pkt_collect(burst, out, i, PORT_QUEUE_TENANT);
		touched |= 1U << out->index;
	}
	return touched;
}

/* The same, each packet into the queue and flow of its class. */
static inline uint32_t burst_collect_classes(const struct stage_burst *burst, bool may_be_ipv6)
{
	uint32_t touched = 0;

	for (unsigned i = 0; i < burst->n; i++) {
		struct port *out = &burst->router->ports[burst->nh[i]->port];
		struct rte_mbuf *pkt = burst->pkts[i];
		uint8_t class_index = burst->class_index[i], queue;
		struct shaper_pkt *offer;
		uint32_t flow;
		bool is_ect;

		if (may_be_ipv6 && pkt_is_ipv6(pkt)) {
			queue = port_queues_lookup_ipv6(&out->queues, class_index, pkt, &flow);
			is_ect = (pkt_tos_ipv6(pkt_ipv6(pkt)) & IPV4_TOS_ECN_MASK) != 0;
		} else {
			const struct rte_ipv4_hdr *ip = pkt_ipv4(pkt);

			queue = port_queues_lookup(&out->queues, class_index, pkt,
						   rte_be_to_cpu_32(ip->dst_addr), &flow);
			is_ect = ipv4_tos_is_ect(ip);
		}
		offer = pkt_collect(burst, out, i, queue);
		offer->flow = flow;
		offer->flags = is_ect ? SHAPER_PKT_ECN : 0;
		touched |= 1U << out->index;
	}
	return touched;
}

void stage_rewrite(struct stage_burst *burst)
{
	struct dp_router *router = burst->router;
	uint32_t touched;

	if (unlikely(burst->n == 0))
		return;
	if (unlikely(burst->has_ipv6))
		burst_rewrite(burst, true);
	else if (burst->one_nh)
		burst_rewrite_one_nh(burst);
	else
		burst_rewrite(burst, false);
	if (likely(burst_pass(burst)))
		return;
	if (router->classes == NULL)
		touched = burst_collect(burst);
	else if (likely(!burst->has_ipv6))
		touched = burst_collect_classes(burst, false);
	else
		touched = burst_collect_classes(burst, true);
	for (; touched != 0; touched &= touched - 1)
		stage_shape(router, &router->ports[__builtin_ctz(touched)], burst->now_tsc,
			    burst->port->backlogs[burst->queue].behind_tsc);
}
