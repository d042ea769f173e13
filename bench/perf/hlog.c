#include "bench/perf/hlog.h"

#include "bench/perf/clock.h"
#include "bench/perf/file.h"

#include <errno.h>
#include <string.h>
#include <zlib.h>

/* HdrHistogram's V2 encoding; the 0x10 says that counts have variable length. */
#define COOKIE_V2 0x1c849313U
#define COOKIE_V2_COMPRESSED 0x1c849314U
#define DIGITS 2
#define HEADER_BYTES 40
/* A count takes at most nine bytes. */
#define RAW_BYTES (HEADER_BYTES + 9 * LAT_HIST_BUCKETS)
#define PACKED_BYTES (8 + 45000)

_Static_assert(LAT_HIST_SUB_BITS == 7, "two significant digits need 128 buckets per octave");
_Static_assert((PACKED_BYTES + 2) / 3 * 4 < PERF_HLOG_TEXT_BYTES, "base64 has room");

static uint8_t *put32(uint8_t *at, uint32_t value)
{
	int i;

	for (i = 0; i < 4; i++)
		at[i] = (uint8_t)(value >> (24 - 8 * i));
	return at + 4;
}

static uint8_t *put64(uint8_t *at, uint64_t value)
{
	at = put32(at, (uint32_t)(value >> 32));
	return put32(at, (uint32_t)value);
}

/* ZigZag, then seven bits a byte from the lowest; a ninth byte would hold eight. */
static uint8_t *put_varint(uint8_t *at, int64_t value)
{
	uint64_t bits = ((uint64_t)value << 1) ^ (uint64_t)(value >> 63);
	int i;

	for (i = 0; i < 8 && bits >= 0x80; i++) {
		*at++ = (uint8_t)(bits | 0x80);
		bits >>= 7;
	}
	*at++ = (uint8_t)bits;
	return at;
}

static uint32_t used_buckets(const struct lat_hist *hist)
{
	uint32_t used = LAT_HIST_BUCKETS;

	while (used > 0 && hist->buckets[used - 1] == 0)
		used--;
	return used;
}

/* Counts in order; a run of zeros is its length, negative. */
static uint8_t *put_counts(uint8_t *at, const struct lat_hist *hist)
{
	uint32_t i, used = used_buckets(hist);
	int64_t zeros = 0;

	for (i = 0; i < used; i++) {
		if (hist->buckets[i] == 0) {
			zeros++;
			continue;
		}
		if (zeros)
			at = put_varint(at, zeros == 1 ? 0 : -zeros);
		zeros = 0;
		at = put_varint(at, (int64_t)hist->buckets[i]);
	}
	return at;
}

static size_t encode_raw(const struct lat_hist *hist, uint8_t raw[RAW_BYTES])
{
	const double ratio = 1.0;
	uint64_t ratio_bits;
	uint8_t *at = raw;
	uint8_t *end = put_counts(raw + HEADER_BYTES, hist);

	memcpy(&ratio_bits, &ratio, sizeof(ratio_bits));
	at = put32(at, COOKIE_V2);
	at = put32(at, (uint32_t)(end - raw - HEADER_BYTES));
	at = put32(at, 0);
	at = put32(at, DIGITS);
	at = put64(at, 1);
	at = put64(at, (1ULL << LAT_HIST_MAX_BITS) - 1);
	(void)put64(at, ratio_bits);
	return (size_t)(end - raw);
}

static void encode_base64(const uint8_t *bytes, size_t count, char *text)
{
	static const char
		digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	size_t i;

	for (i = 0; i < count; i += 3) {
		uint32_t left = (uint32_t)(count - i);
		uint32_t bits = (uint32_t)bytes[i] << 16;

		bits |= left > 1 ? (uint32_t)bytes[i + 1] << 8 : 0;
		bits |= left > 2 ? bytes[i + 2] : 0;
		*text++ = digits[bits >> 18];
		*text++ = digits[bits >> 12 & 63];
		*text++ = left > 1 ? digits[bits >> 6 & 63] : '=';
		*text++ = left > 2 ? digits[bits & 63] : '=';
	}
	*text = '\0';
}

int perf_hlog_encode(const struct lat_hist *hist, char text[PERF_HLOG_TEXT_BYTES])
{
	static uint8_t raw[RAW_BYTES], packed[PACKED_BYTES];
	uLongf packed_bytes = sizeof(packed) - 8;
	size_t raw_bytes = encode_raw(hist, raw);

	if (compress(packed + 8, &packed_bytes, raw, raw_bytes) != Z_OK)
		return -ENOMEM;
	(void)put32(packed, COOKIE_V2_COMPRESSED);
	(void)put32(packed + 4, (uint32_t)packed_bytes);
	encode_base64(packed, packed_bytes + 8, text);
	return 0;
}

int perf_hlog_write(const struct perf_result *result, const char *path, struct perf_error *error)
{
	static char text[PERF_HLOG_TEXT_BYTES];
	uint64_t start_ns = result->run->engine.start_ns;
	double wall = (double)((int64_t)start_ns + perf_clock_wall_offset_ns()) / 1e9;
	FILE *file = perf_file_open(path, error);
	uint32_t i;
	int err = 0;

	if (!file)
		return -EIO;
	(void)fprintf(file, "#[Histogram log format version 1.2]\n");
	(void)fprintf(file, "#[StartTime: %.3f (seconds since epoch)]\n", wall);
	(void)fprintf(file, "\"StartTimestamp\",\"Interval_Length\",\"Interval_Max\","
			    "\"Interval_Compressed_Histogram\"\n");
	for (i = 0; i < result->streams && !err; i++) {
		const struct perf_stream_result *stream = &result->stream[i];

		if (!stream->arrivals)
			continue;
		err = perf_hlog_encode(&stream->arrivals->latency_ns, text);
		if (!err)
			(void)fprintf(file, "Tag=%s,%.3f,%.3f,%.6f,%s\n", stream->name, wall,
				      result->seconds,
				      (double)stream->arrivals->latency_ns.max / 1e6, text);
	}
	if (err) {
		(void)fclose(file);
		return perf_error_set(error, err, "out of memory for %s", path);
	}
	return perf_file_close(file, path, error);
}
