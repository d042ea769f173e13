#include "bench/perf/packet.h"

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
	at[0] = (uint8_t)(value >> 8);
	at[1] = (uint8_t)value;
}

static void put32(uint8_t *at, uint32_t value)
{
	put16(at, value >> 16);
	put16(at + 2, value);
}

static uint16_t get16(const uint8_t *at)
{
	return (uint16_t)(at[0] << 8 | at[1]);
}

static uint32_t get32(const uint8_t *at)
{
	return (uint32_t)get16(at) << 16 | get16(at + 2);
}

static void put_le(uint8_t *at, uint64_t value, int bytes)
{
	int i;

	for (i = 0; i < bytes; i++)
		at[i] = (uint8_t)(value >> (8 * i));
}

static uint64_t get_le(const uint8_t *at, int bytes)
{
	uint64_t value = 0;
	int i;

	for (i = 0; i < bytes; i++)
		value |= (uint64_t)at[i] << (8 * i);
	return value;
}

void perf_tag_write(uint8_t *payload, const struct perf_tag *tag)
{
	put_le(payload, tag->id, 4);
	payload[4] = tag->warmup ? MAGIC_WARMUP : MAGIC_MEASURED;
	payload[5] = (uint8_t)(MAGIC_STREAM | tag->stream);
	put_le(payload + 6, tag->sent_ns, 8);
	put_le(payload + 14, tag->late_ns, 4);
}

bool perf_tag_read(const uint8_t *payload, uint32_t payload_bytes, struct perf_tag *tag)
{
	if (payload_bytes < PERF_TAG_BYTES ||
	    (payload[4] != MAGIC_MEASURED && payload[4] != MAGIC_WARMUP) ||
	    (payload[5] & ~STREAM_MASK) != MAGIC_STREAM)
		return false;
	tag->id = (uint32_t)get_le(payload, 4);
	tag->warmup = payload[4] == MAGIC_WARMUP;
	tag->stream = payload[5] & STREAM_MASK;
	tag->sent_ns = get_le(payload + 6, 8);
	tag->late_ns = (uint32_t)get_le(payload + 14, 4);
	return true;
}

uint32_t perf_checksum_add(uint32_t sum, const uint8_t *bytes, uint32_t count)
{
	uint64_t wide = sum;
	uint32_t i;

	for (i = 0; i + 1 < count; i += 2)
		wide += get16(bytes + i);
	if (count & 1)
		wide += (uint32_t)bytes[count - 1] << 8;
	while (wide >> 32)
		wide = (wide & UINT32_MAX) + (wide >> 32);
	return (uint32_t)wide;
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

/* Flow number -> one value of each range, sport turning fastest. */
static void write_flow(const struct perf_stream *stream, uint32_t flow, uint8_t *frame)
{
	uint8_t *ip = frame + IP_OFFSET;
	uint8_t *udp = frame + UDP_OFFSET;

	put16(udp, stream->sport.first + flow % stream->sport.count);
	flow /= stream->sport.count;
	put16(udp + 2, stream->dport.first + flow % stream->dport.count);
	flow /= stream->dport.count;
	put32(ip + 12, stream->src.first + flow % stream->src.count);
	flow /= stream->src.count;
	put32(ip + 16, stream->dst.first + flow % stream->dst.count);
}

uint32_t perf_packet_build(const struct perf_stream *stream, const struct perf_tag *tag,
			   uint8_t *frame)
{
	uint32_t bytes = perf_stream_frame_bytes(stream, tag->id) - PERF_FCS_BYTES;
	uint32_t ip_bytes = bytes - PERF_ETHER_BYTES;
	uint32_t udp_bytes = ip_bytes - PERF_IP_BYTES;
	uint8_t *ip = frame + IP_OFFSET;
	uint8_t *udp = frame + UDP_OFFSET;

	memcpy(frame, stream->dmac, 6);
	memcpy(frame + 6, stream->smac, 6);
	put16(frame + 12, 0x0800);
	memset(ip, 0, PERF_IP_BYTES);
	ip[0] = 0x45;
	ip[1] = (uint8_t)(stream->dscp << 2);
	put16(ip + 2, ip_bytes);
	put16(ip + 6, 0x4000); /* do not fragment: a fragment would lose the tag */
	ip[8] = stream->ttl;
	ip[9] = 17;
	write_flow(stream, perf_stream_flow(stream, tag->id), frame);
	put16(ip + 10, perf_checksum_fold(perf_checksum_add(0, ip, PERF_IP_BYTES)));

	put16(udp + 4, udp_bytes);
	put16(udp + 6, 0);
	perf_tag_write(udp + PERF_UDP_BYTES, tag);
	memset(udp + PERF_UDP_BYTES + PERF_TAG_BYTES, 0,
	       udp_bytes - PERF_UDP_BYTES - PERF_TAG_BYTES);
	if (stream->checksum) {
		/* The payload behind the tag is zero and adds nothing. */
		uint32_t sum = perf_checksum_add(17 + udp_bytes, ip + 12, 8);
		uint16_t field = perf_checksum_fold(
			perf_checksum_add(sum, udp, PERF_UDP_BYTES + PERF_TAG_BYTES));

		put16(udp + 6, field ? field : 0xffff);
	}
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
