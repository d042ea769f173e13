/*
 * What rules see of a packet: as Linux does it for packets that it forwards, with its flow
 * dissector. Fragments have no ports, the first one included; ports are the first four bytes of
 * TCP, UDP, UDP-Lite, SCTP, DCCP and ESP, and those behind the first four of AH; extension headers
 * of IPv6 are passed over, up to a number of them.
 */

#include "dataplane/flow_hash.h"
#include "dataplane/pkt_tos.h"
#include "dataplane/rules.h"

#include <netinet/in.h>

#define HEADERS_MAX 15U /* extension headers that are passed over */
#define EXTENSION_BYTES 8U
#define NO_PORTS UINT16_MAX

/* What is behind the IP header. */
struct transport {
	uint8_t protocol;
	uint16_t ports_at; /* offset of the ports in the packet, NO_PORTS without */
};

static uint16_t ports_offset(uint8_t protocol, uint32_t at_bytes)
{
	switch (protocol) {
	case IPPROTO_TCP:
	case IPPROTO_UDP:
	case IPPROTO_UDPLITE:
	case IPPROTO_SCTP:
	case IPPROTO_DCCP:
	case IPPROTO_ESP:
		return (uint16_t)at_bytes;
	case IPPROTO_AH:
		return (uint16_t)(at_bytes + sizeof(uint32_t));
	default:
		return NO_PORTS;
	}
}

static struct transport transport_ipv4(const struct rte_mbuf *pkt)
{
	const struct rte_ipv4_hdr *ip = pkt_ipv4(pkt);
	struct transport transport = { .protocol = ip->next_proto_id, .ports_at = NO_PORTS };

	if ((ip->fragment_offset & RTE_BE16(FLOW_FRAGMENT_MASK)) == 0)
		transport.ports_at = ports_offset(ip->next_proto_id,
						  RTE_ETHER_HDR_LEN + (ip->version_ihl & 0xfU) * 4);
	return transport;
}

static struct transport transport_ipv6(const struct rte_mbuf *pkt)
{
	struct transport transport = { .protocol = pkt_ipv6(pkt)->proto, .ports_at = NO_PORTS };
	uint32_t at_bytes = RTE_ETHER_HDR_LEN + sizeof(struct rte_ipv6_hdr);

	for (unsigned i = 0; i < HEADERS_MAX; i++) {
		const uint8_t *header = rte_pktmbuf_mtod_offset(pkt, const uint8_t *, at_bytes);
		bool is_fragment = transport.protocol == IPPROTO_FRAGMENT;

		if (!is_fragment && transport.protocol != IPPROTO_HOPOPTS &&
		    transport.protocol != IPPROTO_ROUTING &&
		    transport.protocol != IPPROTO_DSTOPTS) {
			transport.ports_at = ports_offset(transport.protocol, at_bytes);
			return transport;
		}
		if (at_bytes + EXTENSION_BYTES > pkt->data_len)
			return transport;
		transport.protocol = header[0];
		if (is_fragment)
			return transport;
		at_bytes += (header[1] + 1U) * EXTENSION_BYTES;
	}
	return transport;
}

static void transport_load(struct rules_key *key, unsigned i, const struct rte_mbuf *pkt,
			   struct transport transport)
{
	uint16_t ports[2] = { 0, 0 };

	if (transport.ports_at != NO_PORTS && transport.ports_at + sizeof(ports) <= pkt->data_len)
		memcpy(ports, rte_pktmbuf_mtod_offset(pkt, const uint8_t *, transport.ports_at),
		       sizeof(ports));
	key->protocol[i] = transport.protocol;
	key->src_port[i] = rte_be_to_cpu_16(ports[0]);
	key->dst_port[i] = rte_be_to_cpu_16(ports[1]);
}

static void words_load(uint32_t lanes[4][RULES_PKTS], unsigned i, const uint8_t addr[16])
{
	uint32_t words[4];

	memcpy(words, addr, sizeof(words));
	for (unsigned word = 0; word < 4; word++)
		lanes[word][i] = rte_be_to_cpu_32(words[word]);
}

static void load_ipv4(struct rules_key *key, uint32_t fields, struct rte_mbuf *const *pkts)
{
	for (unsigned i = 0; i < key->n; i++) {
		const struct rte_ipv4_hdr *ip = pkt_ipv4(pkts[i]);

		key->dst[0][i] = rte_be_to_cpu_32(ip->dst_addr);
		key->src[0][i] = rte_be_to_cpu_32(ip->src_addr);
		key->traffic[i] = (uint32_t)ipv4_tos_dscp(ip) << RULES_LABEL_BITS;
		if ((fields & RULES_TRANSPORT) != 0)
			transport_load(key, i, pkts[i], transport_ipv4(pkts[i]));
	}
}

static void load_ipv6(struct rules_key *key, uint32_t fields, struct rte_mbuf *const *pkts)
{
	for (unsigned i = 0; i < key->n; i++) {
		const struct rte_ipv6_hdr *ip = pkt_ipv6(pkts[i]);

		memcpy(&key->addr6[i], ip->dst_addr, sizeof(key->addr6[i]));
		if ((fields & RULES_DST) != 0)
			words_load(key->dst, i, ip->dst_addr);
		if ((fields & RULES_SRC) != 0)
			words_load(key->src, i, ip->src_addr);
		key->traffic[i] = (uint32_t)(pkt_tos_ipv6(ip) >> IPV4_TOS_DSCP_SHIFT)
					  << RULES_LABEL_BITS |
				  (rte_be_to_cpu_32(ip->vtc_flow) & FLOW_LABEL_MASK);
		if ((fields & RULES_TRANSPORT) != 0)
			transport_load(key, i, pkts[i], transport_ipv6(pkts[i]));
	}
}

static inline void swap(uint32_t *a, uint32_t *b)
{
	uint32_t was = *a;

	*a = *b;
	*b = was;
}

void rules_key_load_back(struct rules_key *key, const struct rules *rules,
			 struct rte_mbuf *const *pkts, unsigned n, unsigned out_port)
{
	key->n = n;
	key->in_port = out_port;
	load_ipv4(key, rules->fields, pkts);
	for (unsigned i = 0; i < n; i++)
		swap(&key->src[0][i], &key->dst[0][i]);
	if ((rules->fields & RULES_TRANSPORT) == 0)
		return;
	for (unsigned i = 0; i < n; i++)
		swap(&key->src_port[i], &key->dst_port[i]);
}

void rules_key_load(struct rules_key *key, const struct rules *rules, struct rte_mbuf *const *pkts,
		    unsigned n, unsigned in_port)
{
	key->n = n;
	key->in_port = in_port;
	if (rules->ipv6)
		load_ipv6(key, rules->fields, pkts);
	else
		load_ipv4(key, rules->fields, pkts);
}
