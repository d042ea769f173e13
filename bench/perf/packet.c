#include "bench/perf/packet.h"

#include <endian.h>
#include <string.h>

#define MAGIC_MEASURED 0xa6
#define MAGIC_WARMUP 0xa7
#define MAGIC_STREAM 0xa0
#define STREAM_MASK 0x1f

#define IP_OFFSET PERF_ETHER_BYTES
#define UDP_OFFSET (IP_OFFSET + PERF_IP_BYTES)

_Static_assert(PERF_MAX_STREAMS <= STREAM_MASK + 1, "the stream number has five bits");

static void put16(uint8_t *at, uint32_t value)
{
	uint16_t big = htobe16((uint16_t)value);

	memcpy(at, &big, sizeof(big));
}

static void put32(uint8_t *at, uint32_t value)
{
	uint32_t big = htobe32(value);

	memcpy(at, &big, sizeof(big));
}

static uint16_t get16(const uint8_t *at)
{
	return (uint16_t)(at[0] << 8 | at[1]);
}

static uint32_t get32(const uint8_t *at)
{
	return (uint32_t)get16(at) << 16 | get16(at + 2);
}

static uint64_t get_le64(const uint8_t *at)
{
	uint64_t value;

	memcpy(&value, at, sizeof(value));
	return le64toh(value);
}

static uint32_t get_le32(const uint8_t *at)
{
	uint32_t value;

	memcpy(&value, at, sizeof(value));
	return le32toh(value);
}

void perf_tag_write(uint8_t *payload, const struct perf_tag *tag)
{
	uint32_t id = htole32(tag->id);
	uint64_t sent_ns = htole64(tag->sent_ns);
	uint32_t late_ns = htole32(tag->late_ns);

	memcpy(payload, &id, sizeof(id));
	payload[4] = tag->warmup ? MAGIC_WARMUP : MAGIC_MEASURED;
	payload[5] = (uint8_t)(MAGIC_STREAM | tag->stream);
	memcpy(payload + 6, &sent_ns, sizeof(sent_ns));
	memcpy(payload + 14, &late_ns, sizeof(late_ns));
}

bool perf_tag_read(const uint8_t *payload, uint32_t payload_bytes, struct perf_tag *tag)
{
	if (payload_bytes < PERF_TAG_BYTES ||
	    (payload[4] != MAGIC_MEASURED && payload[4] != MAGIC_WARMUP) ||
	    (payload[5] & ~STREAM_MASK) != MAGIC_STREAM)
		return false;
	tag->id = get_le32(payload);
	tag->warmup = payload[4] == MAGIC_WARMUP;
	tag->stream = payload[5] & STREAM_MASK;
	tag->sent_ns = get_le64(payload + 6);
	tag->late_ns = get_le32(payload + 14);
	return true;
}

/* Carries of a wide sum go round to its lowest bits. */
static uint32_t wrap32(uint64_t wide)
{
	wide = (wide & UINT32_MAX) + (wide >> 32);
	return (uint32_t)((wide & UINT32_MAX) + (wide >> 32));
}

uint32_t perf_checksum_add(uint32_t sum, const uint8_t *bytes, uint32_t count)
{
	/* RFC 1071: a sum in the other byte order is the sum with its bytes swapped. */
	uint64_t wide = 0;
	uint32_t i;

	for (i = 0; i + 4 <= count; i += 4)
		wide += get_le32(bytes + i);
	for (; i < count; i++)
		wide += (uint64_t)bytes[i] << (8 * (i & 3));
	return wrap32((uint64_t)sum +
		      __builtin_bswap16((uint16_t)~perf_checksum_fold(wrap32(wide))));
}

uint16_t perf_checksum_fold(uint32_t sum)
{
	sum = (sum & 0xffff) + (sum >> 16);
	sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)~sum;
}

/* RFC 768: over the pseudo header (addresses, protocol, UDP length), header and payload. */
static uint32_t udp_sum(const uint8_t *frame, uint32_t udp_bytes)
{
	uint32_t sum = 17 + udp_bytes;

	sum = perf_checksum_add(sum, frame + IP_OFFSET + 12, 8);
	return perf_checksum_add(sum, frame + UDP_OFFSET, udp_bytes);
}

/* What differs between the flows of a stream. */
struct flow {
	uint32_t src, dst, sport, dport;
};

/* Flow number -> one value of each range, sport turning fastest. */
static struct flow find_flow(const struct perf_stream *stream, uint32_t id)
{
	struct flow flow = { stream->src.first, stream->dst.first, stream->sport.first,
			     stream->dport.first };
	uint32_t number = perf_stream_flow(stream, id);

	if (number == 0)
		return flow;
	flow.sport += number % stream->sport.count;
	number /= stream->sport.count;
	flow.dport += number % stream->dport.count;
	number /= stream->dport.count;
	flow.src += number % stream->src.count;
	number /= stream->src.count;
	flow.dst += number % stream->dst.count;
	return flow;
}

/* Sum of a tag's bytes as it is written: words in the other byte order, swapped at the end. */
static uint32_t sum_tag(const struct perf_tag *tag)
{
	uint32_t magic = (uint32_t)(MAGIC_STREAM | tag->stream) << 8 |
			 (tag->warmup ? MAGIC_WARMUP : MAGIC_MEASURED);
	uint64_t wide = (uint64_t)tag->id + magic + (tag->sent_ns & UINT32_MAX) +
			(tag->sent_ns >> 32) + tag->late_ns;

	return __builtin_bswap16((uint16_t)~perf_checksum_fold(wrap32(wide)));
}

static uint32_t sum_address(uint32_t address)
{
	return (address >> 16) + (address & 0xffff);
}

static void write_ip(const struct perf_stream *stream, const struct flow *flow, uint32_t ip_bytes,
		     uint8_t *ip)
{
	const uint32_t no_fragment = 0x4000; /* a fragment would lose the tag */
	uint32_t first = 0x4500U | (uint32_t)stream->dscp << 2;
	uint32_t lifetime = (uint32_t)stream->ttl << 8 | 17;
	uint32_t sum = first + ip_bytes + no_fragment + lifetime + sum_address(flow->src) +
		       sum_address(flow->dst);

	put16(ip, first);
	put16(ip + 2, ip_bytes);
	put32(ip + 4, no_fragment);
	put16(ip + 8, lifetime);
	put16(ip + 10, perf_checksum_fold(sum));
	put32(ip + 12, flow->src);
	put32(ip + 16, flow->dst);
}

/*
 * Header and tag; the payload behind the tag is zero and adds nothing to the checksum. The sum is
 * made from the values: reading back what was just stored in other widths would stall.
 */
static void write_udp(const struct perf_stream *stream, const struct flow *flow, uint32_t udp_bytes,
		      const struct perf_tag *tag, uint8_t *udp)
{
	uint16_t field = 0;

	if (stream->checksum) {
		/* RFC 768: over the pseudo header as well, where the length stands again. */
		field = perf_checksum_fold(17 + 2 * udp_bytes + flow->sport + flow->dport +
					   sum_address(flow->src) + sum_address(flow->dst) +
					   sum_tag(tag));
		field = field ? field : 0xffff;
	}
	put16(udp, flow->sport);
	put16(udp + 2, flow->dport);
	put16(udp + 4, udp_bytes);
	put16(udp + 6, field);
	perf_tag_write(udp + PERF_UDP_BYTES, tag);
	if (udp_bytes > PERF_UDP_BYTES + PERF_TAG_BYTES)
		memset(udp + PERF_UDP_BYTES + PERF_TAG_BYTES, 0,
		       udp_bytes - PERF_UDP_BYTES - PERF_TAG_BYTES);
}

uint32_t perf_packet_build(const struct perf_stream *stream, const struct perf_tag *tag,
			   uint8_t *frame)
{
	uint32_t bytes = perf_stream_frame_bytes(stream, tag->id) - PERF_FCS_BYTES;
	uint32_t ip_bytes = bytes - PERF_ETHER_BYTES;
	struct flow flow = find_flow(stream, tag->id);

	memcpy(frame, stream->dmac, 6);
	memcpy(frame + 6, stream->smac, 6);
	put16(frame + 12, 0x0800);
	write_ip(stream, &flow, ip_bytes, frame + IP_OFFSET);
	write_udp(stream, &flow, ip_bytes - PERF_IP_BYTES, tag, frame + UDP_OFFSET);
	return bytes;
}

static bool lengths_agree(const uint8_t *ip, uint32_t bytes)
{
	uint32_t ip_bytes = get16(ip + 2);
	uint32_t udp_bytes = get16(ip + PERF_IP_BYTES + 4);

	return ip_bytes <= bytes - PERF_ETHER_BYTES && udp_bytes + PERF_IP_BYTES == ip_bytes;
}

enum perf_verdict perf_packet_parse(const uint8_t *frame, uint32_t bytes, bool check_payload,
				    struct perf_arrival *arrival)
{
	const uint8_t *ip = frame + IP_OFFSET;
	const uint8_t *udp = frame + UDP_OFFSET;
	uint32_t udp_bytes;

	if (bytes < PERF_HEAD_BYTES + PERF_TAG_BYTES || get16(frame + 12) != 0x0800 ||
	    ip[0] != 0x45 || ip[9] != 17 ||
	    !perf_tag_read(udp + PERF_UDP_BYTES, bytes - PERF_HEAD_BYTES, &arrival->tag))
		return PERF_PACKET_FOREIGN;
	if (!lengths_agree(ip, bytes) ||
	    perf_checksum_fold(perf_checksum_add(0, ip, PERF_IP_BYTES)) != 0)
		return PERF_PACKET_BROKEN;
	arrival->ttl = ip[8];
	arrival->src = get32(ip + 12);
	arrival->dst = get32(ip + 16);
	arrival->sport = get16(udp);
	arrival->dport = get16(udp + 2);
	udp_bytes = get16(udp + 4);
	arrival->checksum_bad = check_payload && get16(udp + 6) != 0 &&
				perf_checksum_fold(udp_sum(frame, udp_bytes)) != 0;
	return PERF_PACKET_OURS;
}

static void swap_bytes(uint8_t *a, uint8_t *b, size_t count)
{
	uint8_t saved[6];

	memcpy(saved, a, count);
	memcpy(a, b, count);
	memcpy(b, saved, count);
}

void perf_packet_swap(uint8_t *frame)
{
	swap_bytes(frame, frame + 6, 6);
	swap_bytes(frame + IP_OFFSET + 12, frame + IP_OFFSET + 16, 4);
	swap_bytes(frame + UDP_OFFSET, frame + UDP_OFFSET + 2, 2);
}
