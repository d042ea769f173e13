#ifndef DATAPLANE_STAGE_HEADERS_H
#define DATAPLANE_STAGE_HEADERS_H

/**
 * @file
 * What the stages need of the IPv4 headers of a burst, read from the packets once and laid out by
 * field, so that checks of all packets are a few vector instructions. Worker only.
 */

#include <endian.h>
#include <stdint.h>
#include <string.h>

#include <rte_ether.h>
#include <rte_mbuf.h>

/** Most packets of one struct stage_headers. */
#define STAGE_HEADERS_PKTS 32U
/** mtu_bytes of a packet whose TTL ends here: it fits no MTU. */
#define STAGE_HEADERS_TTL_ENDS UINT32_MAX

/** Fields of the packets of a burst. */
struct stage_headers {
	uint32_t n;				/**< packets that they were read from */
	uint32_t dst[STAGE_HEADERS_PKTS];	/**< destination, host byte order */
	uint32_t mtu_bytes[STAGE_HEADERS_PKTS]; /**< total length, or STAGE_HEADERS_TTL_ENDS */
	uint32_t data_len[STAGE_HEADERS_PKTS];	/**< of the first segment */
	uint32_t src[STAGE_HEADERS_PKTS];	/**< source, host byte order */
	uint32_t len_word[STAGE_HEADERS_PKTS];	/**< version to total length, host byte order */
	uint32_t ttl_word[STAGE_HEADERS_PKTS];	/**< TTL to checksum, host byte order */
	uint64_t sum[STAGE_HEADERS_PKTS];	/**< of the five words, any byte order */
	uint64_t frame_diff;			/**< bits by which any Ethernet header differs */
};

/** What an Ethernet frame of plain IPv4 begins with: two words of 64 bits and their masks. */
struct stage_ether {
	uint64_t word[2], mask[2];
};

/** The beginning of plain IPv4 to a port: its MAC address, IPv4's type, no options. */
static inline struct stage_ether stage_ether_plain(uint64_t port_mac)
{
	const uint8_t word[8] = { 0, 0, 0, 0, 0x08, 0x00, 0x45, 0 };
	const uint8_t mask[2][8] = { { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0, 0 },
				     { 0, 0, 0, 0, 0xff, 0xff, 0xff, 0 } };
	struct stage_ether ether = { .word = { port_mac, 0 } };

	memcpy(&ether.word[1], word, sizeof(word));
	memcpy(ether.mask, mask, sizeof(mask));
	return ether;
}

/** Reads one packet. Buffers are longer than all headers, so a short frame does no harm. */
static inline void stage_headers_read(struct stage_headers *headers, const struct rte_mbuf *pkt,
				      const struct stage_ether *ether, unsigned i)
{
	const uint8_t *frame = rte_pktmbuf_mtod(pkt, const uint8_t *);
	uint64_t ends[2];
	uint32_t words[5];

	memcpy(ends, frame, sizeof(ends));
	memcpy(words, frame + RTE_ETHER_HDR_LEN, sizeof(words));
	headers->frame_diff |= ((ends[0] ^ ether->word[0]) & ether->mask[0]) |
			       ((ends[1] ^ ether->word[1]) & ether->mask[1]);
	headers->data_len[i] = pkt->data_len;
	headers->len_word[i] = words[0];
	headers->ttl_word[i] = words[2];
	headers->src[i] = words[3];
	headers->dst[i] = words[4];
	headers->sum[i] = (uint64_t)words[0] + words[1] + words[2] + words[3] + words[4];
}

/**
 * Puts the fields of n packets into host byte order and derives mtu_bytes. DPDK's conversions are
 * assembly, which the compiler cannot make vectors of.
 */
static inline void stage_headers_convert(struct stage_headers *headers, unsigned n)
{
	for (unsigned i = 0; i < n; i++) {
		uint32_t len_word = be32toh(headers->len_word[i]);
		uint32_t ttl_word = be32toh(headers->ttl_word[i]);

		headers->len_word[i] = len_word;
		headers->mtu_bytes[i] = ttl_word >> 24 > 1 ? (uint16_t)len_word
							   : STAGE_HEADERS_TTL_ENDS;
		headers->src[i] = be32toh(headers->src[i]);
		headers->dst[i] = be32toh(headers->dst[i]);
	}
}

/** Reads a burst. Afterwards frame_diff is 0 iff all frames begin as ether says. */
static inline void stage_headers_load(struct stage_headers *headers, struct rte_mbuf *const *pkts,
				      unsigned n, const struct stage_ether *ether)
{
	headers->frame_diff = 0;
	for (unsigned i = 0; i < n; i++)
		stage_headers_read(headers, pkts[i], ether, i);
	stage_headers_convert(headers, n);
	headers->n = n;
}

#endif
