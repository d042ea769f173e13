#include "dataplane/parse_ether.h"

#include <rte_ether.h>

#define VLAN_ID_MASK 0x0fff

static bool is_priority_tagged(const struct rte_mbuf *pkt)
{
	const struct rte_ether_hdr *eth = rte_pktmbuf_mtod(pkt, const struct rte_ether_hdr *);
	const struct rte_vlan_hdr *tag = (const void *)(eth + 1);

	return pkt->data_len >= sizeof(*eth) + sizeof(*tag) &&
	       (eth->ether_type == RTE_BE16(RTE_ETHER_TYPE_VLAN) ||
		eth->ether_type == RTE_BE16(RTE_ETHER_TYPE_QINQ)) &&
	       (tag->vlan_tci & RTE_BE16(VLAN_ID_MASK)) == 0;
}

void parse_ether_untag(struct rte_mbuf *pkt)
{
	while (is_priority_tagged(pkt)) {
		uint8_t *frame = rte_pktmbuf_mtod(pkt, uint8_t *);

		memmove(frame + sizeof(struct rte_vlan_hdr), frame, 2 * RTE_ETHER_ADDR_LEN);
		rte_pktmbuf_adj(pkt, sizeof(struct rte_vlan_hdr));
	}
}

bool parse_ether_trim(struct rte_mbuf *pkt)
{
	uint32_t ip_bytes = pkt_is_ipv6(pkt) ? rte_be_to_cpu_16(pkt_ipv6(pkt)->payload_len) +
						       (uint32_t)sizeof(struct rte_ipv6_hdr)
					     : rte_be_to_cpu_16(pkt_ipv4(pkt)->total_length);
	uint32_t packet_end = ip_bytes + RTE_ETHER_HDR_LEN;

	if (parse_ether_is_whole(packet_end, pkt->data_len))
		return false;
	rte_pktmbuf_trim(pkt, (uint16_t)(pkt->data_len - packet_end));
	return true;
}
