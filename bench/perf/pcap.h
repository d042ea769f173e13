#ifndef PERF_PCAP_H
#define PERF_PCAP_H

/**
 * @file
 * Captured packets as a pcap file with nanoseconds (magic 0xa1b23c4d), at most 64 bytes of each.
 */

#include "bench/perf/result.h"

/**
 * Writes the captures of all ports, in order of arrival at each. Times are wall-clock times.
 * A UDP socket never sees headers: its packets are written as link type USER0 (147), from the UDP
 * payload on. Ports of both kinds in one run cannot share a file.
 *
 * @return 0, -EINVAL for mixed kinds, or -errno
 */
int perf_pcap_write(const struct perf_result *result, const char *path, struct perf_error *error);

#endif
