#ifndef PERF_HLOG_H
#define PERF_HLOG_H

/**
 * @file
 * Latency histograms as an HdrHistogram log, version 1.2, one line per stream, tagged with its
 * name: what HdrHistogram's own tools plot and merge.
 *
 * lat_hist has the very buckets of an HdrHistogram with two significant digits and a unit of 1 ns
 * (256 sub-buckets, 128 of them in every octave but the first), so counts are copied, not
 * converted.
 */

#include "bench/perf/result.h"

#include <stddef.h>

/** Longest text of an encoded histogram, bytes with the terminating 0. */
#define PERF_HLOG_TEXT_BYTES 65536

/**
 * Encodes a histogram: V2 format, zlib, base64.
 *
 * @param text room for PERF_HLOG_TEXT_BYTES
 * @return 0, or -ENOMEM when zlib lacks memory
 */
int perf_hlog_encode(const struct lat_hist *hist, char text[PERF_HLOG_TEXT_BYTES]);

/** Writes the log. @return 0 or -errno */
int perf_hlog_write(const struct perf_result *result, const char *path, struct perf_error *error);

#endif
