#include "dataplane/stage_headers.h"

#include "dataplane/own_filter.h"
#include "dataplane/parse_ether.h"

#include <string.h>

#include <rte_ether.h>
#include <rte_ip.h>

/*
 * Eight packets at a time: a word of each header becomes one vector. Without vectors of this size
 * the compiler takes two smaller ones.
 */
#define LANES 8U
typedef uint32_t words4 __attribute__((vector_size(16)));
typedef uint32_t words8 __attribute__((vector_size(32)));
/* The same for comparisons of what is small, by > and <: all others take two instructions. */
typedef int32_t ints8 __attribute__((vector_size(32)));
typedef uint64_t longs2 __attribute__((vector_size(16)));

_Static_assert(STAGE_HEADERS_PKTS % LANES == 0, "a burst is padded to whole vectors");
_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "vectors hold words as they lie");

/* What plain IPv4 frames begin with: the port's MAC address, the type, version and length. */
struct frame_begin {
	longs2 word, mask;
};

static inline struct frame_begin frame_begin_plain(uint64_t port_mac)
{
	const uint8_t word[8] = { 0, 0, 0, 0, 0x08, 0x00, 0x45, 0 };
	const uint8_t mask[16] = { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0,    0,
				   0,	 0,    0,    0,	   0xff, 0xff, 0xff, 0 };
	struct frame_begin begin;
	uint64_t high;

	memcpy(&high, word, sizeof(high));
	begin.word = (longs2){ port_mac, high };
	memcpy(&begin.mask, mask, sizeof(begin.mask));
	return begin;
}

/* The first four words of the IPv4 headers of eight packets, as they lie in the frames. */
struct header_words {
	words8 len; /* version to total length */
	words8 id;
	words8 ttl; /* TTL to checksum */
	words8 src;
};

static inline words8 words_pair(const uint8_t *const *frames, unsigned i)
{
	words4 low, high;

	memcpy(&low, frames[i] + RTE_ETHER_HDR_LEN, sizeof(low));
	memcpy(&high, frames[i + LANES / 2] + RTE_ETHER_HDR_LEN, sizeof(high));
	return __builtin_shufflevector(low, high, 0, 1, 2, 3, 4, 5, 6, 7);
}

/* A transposition of 4 by 4 words in either half. */
static inline struct header_words header_words_load(const uint8_t *const *frames)
{
	words8 a = words_pair(frames, 0), b = words_pair(frames, 1);
	words8 c = words_pair(frames, 2), d = words_pair(frames, 3);
	words8 ab_low = __builtin_shufflevector(a, b, 0, 8, 1, 9, 4, 12, 5, 13);
	words8 ab_high = __builtin_shufflevector(a, b, 2, 10, 3, 11, 6, 14, 7, 15);
	words8 cd_low = __builtin_shufflevector(c, d, 0, 8, 1, 9, 4, 12, 5, 13);
	words8 cd_high = __builtin_shufflevector(c, d, 2, 10, 3, 11, 6, 14, 7, 15);

	return (struct header_words){
		.len = __builtin_shufflevector(ab_low, cd_low, 0, 1, 8, 9, 4, 5, 12, 13),
		.id = __builtin_shufflevector(ab_low, cd_low, 2, 3, 10, 11, 6, 7, 14, 15),
		.ttl = __builtin_shufflevector(ab_high, cd_high, 0, 1, 8, 9, 4, 5, 12, 13),
		.src = __builtin_shufflevector(ab_high, cd_high, 2, 3, 10, 11, 6, 7, 14, 15),
	};
}

static inline words8 swapped(words8 word)
{
	return word << 24 | (word & 0xff00) << 8 | (word >> 8 & 0xff00) | word >> 24;
}

static inline words8 halves_sum(words8 word)
{
	return (word & 0xffff) + (word >> 16);
}

/* All ones where the ten 16-bit words of a header add up to 0xffff (RFC 1071), in any byte order. */
static inline words8 checksum_good(const struct header_words *words, words8 dst)
{
	words8 sum = halves_sum(words->len) + halves_sum(words->id) + halves_sum(words->ttl) +
		     halves_sum(words->src) + halves_sum(dst);

	return (words8)(halves_sum(halves_sum(sum)) == 0xffff);
}

/* All ones where the first octet of an address is neither 0 nor 127 nor of class D or E. */
static inline words8 unicast_good(words8 address)
{
	words8 octet = address & 0xff;

	return (words8)(octet - 1 < 223) & (words8)(octet != 127);
}

static inline words8 words8_max(words8 a, words8 b)
{
	words8 greater = (words8)(a > b);

	return (a & greater) | (b & ~greater);
}

/* As parse_ether_is_whole(), for packets that may also be longer than their frames. */
static inline words8 length_good(words8 packet_end, words8 data_len)
{
	return (words8)(packet_end == data_len) |
	       ((words8)(data_len == PARSE_ETHER_MIN_BYTES) &
		(words8)((ints8)packet_end < (int32_t)PARSE_ETHER_MIN_BYTES));
}

/* The words of a filter, each in every lane. */
struct own_words {
	words8 word[OWN_FILTER_WORDS];
};

static inline struct own_words own_words_load(const struct dp_own_filter *own)
{
	struct own_words words;

	for (unsigned i = 0; i < OWN_FILTER_WORDS; i++)
		words.word[i] = (words8){ 0 } + __atomic_load_n(&own->word[i], __ATOMIC_RELAXED);
	return words;
}

/* As own_filter_has(), in the lowest bit; the others are undefined. */
static inline words8 own_bits(const struct own_words *own, words8 address)
{
	words8 hash = address * OWN_FILTER_FACTOR;
	words8 bits = own->word[0] >> (hash >> (32 - OWN_FILTER_INDEX_BITS));

	for (unsigned i = 1; i < OWN_FILTER_WORDS; i++)
		bits &= own->word[i] >>
			(hash << i * OWN_FILTER_INDEX_BITS >> (32 - OWN_FILTER_INDEX_BITS));
	return bits;
}

/* The places behind the last packet repeat it, so that vectors need no end of their own. */
static inline void burst_pad(struct rte_mbuf **pkts, uint32_t n)
{
	for (uint32_t i = n; i % LANES != 0; i++)
		pkts[i] = pkts[n - 1];
}

static inline uint32_t words8_reduce_max(words8 word)
{
	uint32_t max = 0;

	for (unsigned i = 0; i < LANES; i++)
		max = word[i] > max ? word[i] : max;
	return max;
}

static inline bool words8_all(words8 word)
{
	uint64_t halves[4];

	memcpy(halves, &word, sizeof(halves));
	return (halves[0] & halves[1] & halves[2] & halves[3]) == UINT64_MAX;
}

/* What of a packet is read by itself. */
struct frames {
	const uint8_t *begin[STAGE_HEADERS_PKTS];
	alignas(32) uint32_t data_len[STAGE_HEADERS_PKTS];
};

/* Finds the frame of a packet and its destination. @return what differs from a plain beginning */
static inline longs2 frame_find(struct frames *frames, struct stage_headers *headers,
				const struct rte_mbuf *pkt, uint32_t i,
				const struct frame_begin *plain)
{
	const uint8_t *frame = rte_pktmbuf_mtod(pkt, const uint8_t *);
	longs2 begin;

	memcpy(&begin, frame, sizeof(begin));
	memcpy(&headers->dst[i],
	       frame + RTE_ETHER_HDR_LEN + offsetof(struct rte_ipv4_hdr, dst_addr),
	       sizeof(headers->dst[i]));
	frames->data_len[i] = pkt->data_len;
	frames->begin[i] = frame;
	return (begin ^ plain->word) & plain->mask;
}

/* All of them, up to a whole number of vectors. @return whether each begins as a plain one */
static inline bool frames_find(struct frames *frames, struct stage_headers *headers,
			       struct rte_mbuf *const *pkts, uint32_t n, uint64_t port_mac)
{
	const struct frame_begin plain = frame_begin_plain(port_mac);
	longs2 diff = { 0 };

	for (uint32_t first = 0; first < n; first += LANES) {
		for (uint32_t i = first; i < first + LANES; i++)
			diff |= frame_find(frames, headers, pkts[i], i, &plain);
	}
	return (diff[0] | diff[1]) == 0;
}

/*
 * The fields of eight packets.
 *
 * @param may_be_own gets the lowest bit of lanes whose source may be the router's own
 * @return all ones for a packet whose IPv4 header is plain
 */
static inline words8 lanes_load(struct stage_headers *headers, const struct frames *frames,
				uint32_t first, const struct own_words *own, words8 *may_be_own)
{
	struct header_words words = header_words_load(&frames->begin[first]);
	words8 dst, data_len, total_len, mtu_bytes, good;

	memcpy(&dst, &headers->dst[first], sizeof(dst));
	memcpy(&data_len, &frames->data_len[first], sizeof(data_len));
	total_len = (words.len >> 8 & 0xff00) | words.len >> 24;
	mtu_bytes = total_len | (words8)((ints8)(words.ttl & 0xff) < 2);
	good = checksum_good(&words, dst) & unicast_good(words.src) & unicast_good(dst) &
	       (words8)((ints8)total_len > (int32_t)sizeof(struct rte_ipv4_hdr) - 1) &
	       length_good(total_len + RTE_ETHER_HDR_LEN, data_len);
	*may_be_own |= own_bits(own, words.src);
	dst = swapped(dst);
	memcpy(&headers->dst[first], &dst, sizeof(dst));
	memcpy(&headers->mtu_bytes[first], &mtu_bytes, sizeof(mtu_bytes));
	return good;
}

void stage_headers_load(struct stage_headers *headers, struct rte_mbuf **pkts, uint32_t n,
			uint64_t port_mac, const struct dp_own_filter *own)
{
	const struct own_words words = own_words_load(own);
	struct frames frames;
	words8 good = (words8){ 0 } - 1, mtu_max = { 0 }, may_be_own = { 0 };
	bool plain;

	burst_pad(pkts, n);
	plain = frames_find(&frames, headers, pkts, n, port_mac);
	for (uint32_t i = 0; i < n; i += LANES) {
		words8 mtu_bytes;

		good &= lanes_load(headers, &frames, i, &words, &may_be_own);
		memcpy(&mtu_bytes, &headers->mtu_bytes[i], sizeof(mtu_bytes));
		mtu_max = words8_max(mtu_max, mtu_bytes);
	}
	headers->n = n;
	headers->mtu_bytes_max = words8_reduce_max(mtu_max);
	headers->plain = plain && words8_all(good);
	headers->may_be_own = !words8_all((may_be_own & 1) - 1);
}
