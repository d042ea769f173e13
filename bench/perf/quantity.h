#ifndef PERF_QUANTITY_H
#define PERF_QUANTITY_H

/**
 * @file
 * Numbers as people write them on a command line. Every function returns 0, -EINVAL when the text
 * is not such a quantity, or -ERANGE when it is one but out of range, and leaves the result
 * unchanged on error. Nothing is rounded: "1.5k" is 1500, "1.5" of something whole is -EINVAL.
 */

#include <stdint.h>

/** How a stream's load is given. */
enum perf_load_kind {
	PERF_LOAD_BPS,	   /**< value = bit/s in the stream's layer */
	PERF_LOAD_PPS,	   /**< value = packets/s */
	PERF_LOAD_LINE,	   /**< value = parts per million of the line's rate, counted in L1 */
	PERF_LOAD_UNPACED, /**< as fast as the port takes them; value unused */
};

/** A load as given; see perf_load_kind for the unit of value. */
struct perf_load {
	enum perf_load_kind kind;
	uint64_t value;
};

/** A count with an optional k, M or G (decimal). */
int perf_quantity_count(const char *text, uint64_t *count);

/** Bytes with an optional k, M, G (decimal) or Ki, Mi, Gi (binary). */
int perf_quantity_bytes(const char *text, uint64_t *bytes);

/** A time with ns, us, ms, s or m; a bare number is seconds. At most 10^9 s. */
int perf_quantity_ns(const char *text, uint64_t *ns);

/** "100M" (bit/s), "10kpps", "95%" (of the line) or "max". */
int perf_quantity_load(const char *text, struct perf_load *load);

/** A bit rate with an optional k, M or G, bit/s. */
int perf_quantity_bps(const char *text, uint64_t *bps);

/** Dotted IPv4 address, host byte order. */
int perf_quantity_ipv4(const char *text, uint32_t *address);

/** Six hexadecimal pairs joined by colons. */
int perf_quantity_mac(const char *text, uint8_t mac[6]);

#endif
