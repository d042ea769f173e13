#include "bench/perf/pcap.h"

#include "bench/perf/clock.h"
#include "bench/perf/file.h"

#include <errno.h>

#define MAGIC_NS 0xa1b23c4dU
#define LINK_ETHERNET 1U
#define LINK_USER0 147U

struct pcap_header {
	uint32_t magic;
	uint16_t major, minor;
	uint32_t zone, accuracy, snap_bytes, link;
};

struct pcap_record {
	uint32_t seconds, ns, kept_bytes, frame_bytes;
};

static int find_link(const struct perf_result *result, uint32_t *link, struct perf_error *error)
{
	uint32_t i, ethernet = 0, payload = 0;

	for (i = 0; i < result->ports; i++) {
		const struct perf_sink *sink = result->port[i].sink;

		if (sink && sink->capture.capacity) {
			ethernet += !sink->port->payload_only;
			payload += sink->port->payload_only;
		}
	}
	if (ethernet && payload)
		return perf_error_set(error, -EINVAL,
				      "--pcap: one file cannot hold frames and socket payloads");
	*link = payload ? LINK_USER0 : LINK_ETHERNET;
	return 0;
}

static void write_capture(FILE *file, const struct perf_sink *sink, int64_t wall_offset_ns)
{
	uint64_t i;

	for (i = 0; i < sink->capture.count; i++) {
		const struct perf_record *from = &sink->capture.records[i];
		uint64_t wall_ns = from->arrived_ns + (uint64_t)wall_offset_ns;
		uint32_t hidden = sink->port->payload_only ? PERF_HEAD_BYTES : 0;
		struct pcap_record record = {
			.seconds = (uint32_t)(wall_ns / 1000000000),
			.ns = (uint32_t)(wall_ns % 1000000000),
			.kept_bytes = from->snap_bytes,
			.frame_bytes = from->frame_bytes - hidden,
		};

		(void)fwrite(&record, sizeof(record), 1, file);
		(void)fwrite(from->snap, from->snap_bytes, 1, file);
	}
}

int perf_pcap_write(const struct perf_result *result, const char *path, struct perf_error *error)
{
	struct pcap_header header = {
		.magic = MAGIC_NS,
		.major = 2,
		.minor = 4,
		.snap_bytes = PERF_SNAP_BYTES,
	};
	int64_t wall_offset_ns = perf_clock_wall_offset_ns();
	FILE *file;
	uint32_t i;
	int err = find_link(result, &header.link, error);

	if (err)
		return err;
	file = perf_file_open(path, error);
	if (!file)
		return -EIO;
	(void)fwrite(&header, sizeof(header), 1, file);
	for (i = 0; i < result->ports; i++)
		if (result->port[i].sink)
			write_capture(file, result->port[i].sink, wall_offset_ns);
	return perf_file_close(file, path, error);
}
