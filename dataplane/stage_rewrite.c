#include "dataplane/routing.h"
#include "dataplane/stage.h"

#include <rte_ip.h>

/*
 * One unaligned 16-byte store writes both MAC addresses and the type; its last two bytes are the
 * first two of the IP header and are put back as they were.
 */
static inline void ether_rewrite(struct rte_mbuf *pkt, const struct dp_nh *nh)
{
	uint8_t *frame = rte_pktmbuf_mtod(pkt, uint8_t *);
	uint8_t header[16];

	memcpy(header, nh->rewrite, sizeof(header));
	memcpy(header + RTE_ETHER_HDR_LEN, frame + RTE_ETHER_HDR_LEN, 2);
	memcpy(frame, header, sizeof(header));
}

/*
 * TTL and checksum share no word, but the decrement changes the checksum by a constant
 * (RFC 1141): add 0x0100 in network order, with the carry around.
 */
static inline void ttl_decrement(struct rte_mbuf *pkt)
{
	struct rte_ipv4_hdr *ip = rte_pktmbuf_mtod_offset(pkt, struct rte_ipv4_hdr *,
							  RTE_ETHER_HDR_LEN);
	uint32_t sum = ip->hdr_checksum + (uint32_t)RTE_BE16(0x0100);

	ip->hdr_checksum = (uint16_t)(sum + (sum >= 0xffff));
	ip->time_to_live--;
}

void stage_rewrite(struct stage_burst *burst)
{
	struct dp_router *router = burst->router;
	uint32_t touched = 0;
	unsigned i;

	for (i = 0; i < burst->n; i++) {
		const struct dp_nh *nh = burst->nh[i];

		ether_rewrite(burst->pkts[i], nh);
		ttl_decrement(burst->pkts[i]);
		stage_collect(&router->ports[nh->port], burst->pkts[i], PORT_CLASS_TENANT);
		touched |= 1U << nh->port;
	}
	for (; touched != 0; touched &= touched - 1)
		stage_shape(&router->ports[__builtin_ctz(touched)], burst->now_tsc);
}
