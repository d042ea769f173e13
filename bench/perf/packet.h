#ifndef PERF_PACKET_H
#define PERF_PACKET_H

/**
 * @file
 * The packets of sluice-perf: UDP over IPv4, with a tag at the start of the UDP payload.
 *
 * Tag, 18 bytes, so that it fits the smallest frame (64 bytes with FCS):
 *
 *   0  id, 32 bits little endian: sequence number of the packet within its stream
 *   4  magic in the upper bits, and whether the packet belongs to the warm-up
 *   5  three bits of magic, five bits of stream number
 *   6  time of departure, ns, 64 bits little endian (perf_clock_now_ns())
 *  14  how much later than intended it left, ns, 32 bits little endian, saturating
 *
 * The id comes first and is little endian, as other tools expect that match packets before and
 * after a device. Intended departure = departure - lateness: a latency counted from there does
 * not hide the time in which the sender itself was stopped (coordinated omission).
 */

#include "bench/perf/stream.h"

#include <stdbool.h>
#include <stdint.h>

#define PERF_ETHER_BYTES 14U
#define PERF_IP_BYTES 20U
#define PERF_UDP_BYTES 8U
#define PERF_HEAD_BYTES (PERF_ETHER_BYTES + PERF_IP_BYTES + PERF_UDP_BYTES)
#define PERF_TAG_BYTES 18U

/** What a packet carries. */
struct perf_tag {
	uint32_t id;
	uint8_t stream; /**< below PERF_MAX_STREAMS */
	bool warmup;
	uint64_t sent_ns; /**< perf_clock_now_ns() */
	uint32_t late_ns; /**< saturates at 2^32 - 1 */
};

/** An arrival, as far as the headers tell. */
struct perf_arrival {
	struct perf_tag tag;
	uint32_t src, dst; /**< IPv4, host byte order; 0 where a socket hides the headers */
	uint16_t sport, dport;
	uint8_t ttl;
	bool checksum_bad; /**< the UDP checksum is there and wrong */
};

/** Why a frame is not one of ours. */
enum perf_verdict {
	PERF_PACKET_OURS,
	PERF_PACKET_FOREIGN, /**< not IPv4/UDP with our magic */
	PERF_PACKET_BROKEN,  /**< ours by its magic, but a length or the IP checksum is wrong */
};

/** Writes a tag at the start of a UDP payload of at least PERF_TAG_BYTES. */
void perf_tag_write(uint8_t *payload, const struct perf_tag *tag);

/** Reads a tag; false when the payload is too short or has no magic. */
bool perf_tag_read(const uint8_t *payload, uint32_t payload_bytes, struct perf_tag *tag);

/**
 * Builds a whole frame.
 *
 * @param frame room for perf_stream_max_frame_bytes()
 * @return bytes in memory, without FCS
 */
uint32_t perf_packet_build(const struct perf_stream *stream, const struct perf_tag *tag,
			   uint8_t *frame);

/** Bytes of UDP payload in a frame of a size with FCS. */
static inline uint32_t perf_packet_payload_bytes(uint32_t frame_bytes)
{
	return frame_bytes - PERF_FCS_BYTES - PERF_HEAD_BYTES;
}

/**
 * Reads a frame (without FCS; what is behind the IP length is padding).
 *
 * @param check_payload also verify the UDP checksum, which reads the whole packet
 */
enum perf_verdict perf_packet_parse(const uint8_t *frame, uint32_t bytes, bool check_payload,
				    struct perf_arrival *arrival);

/** Turns a packet round in place: swaps MAC addresses, IPv4 addresses and UDP ports. */
void perf_packet_swap(uint8_t *frame);

/** Sum of RFC 1071 over bytes, not folded, to start from or continue. */
uint32_t perf_checksum_add(uint32_t sum, const uint8_t *bytes, uint32_t count);

/** The checksum field for a sum, host byte order. */
uint16_t perf_checksum_fold(uint32_t sum);

#endif
