#include "bench/perf/csv.h"

#include "bench/perf/clock.h"
#include "bench/perf/file.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <sys/stat.h>

#define BUCKET_NS 100

/* What every file needs. */
struct csv {
	const struct perf_result *result;
	const char *directory;
	int64_t wall_offset_ns;
	struct perf_error *error;
};

static uint64_t wall_ns(const struct csv *csv, uint64_t ns)
{
	return ns + (uint64_t)csv->wall_offset_ns;
}

static int finish(const struct csv *csv, FILE *file)
{
	return perf_file_close(file, csv->directory, csv->error);
}

static int write_hist(const struct csv *csv, const char *stream, const char *what,
		      const char *column, const struct lat_hist *hist)
{
	FILE *file = perf_file_open_in(csv->directory, csv->error, "%s-%s.csv", stream, what);
	uint64_t bucket, open = 0, count = 0;
	uint32_t i;

	if (!file)
		return -EIO;
	(void)fprintf(file, "%s,count\n", column);
	for (i = 0; i < LAT_HIST_BUCKETS; i++) {
		bucket = lat_hist_bucket_floor(i) / BUCKET_NS;
		if (bucket != open && count) {
			(void)fprintf(file, "%" PRIu64 ",%" PRIu64 "\n", open, count);
			count = 0;
		}
		open = bucket;
		count += hist->buckets[i];
	}
	if (count)
		(void)fprintf(file, "%" PRIu64 ",%" PRIu64 "\n", open, count);
	return finish(csv, file);
}

/* Five steps to every halving of what is left, down to one packet in a million. */
static int write_percentiles(const struct csv *csv, const char *stream, const struct lat_hist *hist)
{
	FILE *file = perf_file_open_in(csv->directory, csv->error, "%s-percentiles.csv", stream);
	uint32_t rest = 1000000, step;

	if (!file)
		return -EIO;
	(void)fprintf(file, "percentile,value,1/(1-p)\n");
	for (; rest > 1; rest /= 2) {
		uint32_t last = 0;

		for (step = 0; step < 5; step++) {
			uint32_t above = rest - rest * step / 10;

			if (above == last)
				continue;
			last = above;
			(void)fprintf(file, "%.4f,%" PRIu64 ",%.3f\n",
				      (double)(1000000 - above) / 10000,
				      lat_hist_quantile(hist, 1000000 - above), 1e6 / above);
		}
	}
	(void)fprintf(file, "100.0000,%" PRIu64 ",inf\n", lat_hist_quantile(hist, 1000000));
	return finish(csv, file);
}

static int write_series(const struct csv *csv, const char *stream, const char *what,
			const struct perf_series *series)
{
	FILE *file = perf_file_open_in(csv->directory, csv->error, "%s-%s.csv", stream, what);
	uint32_t i;

	if (!file)
		return -EIO;
	(void)fprintf(file, "ts,count\n");
	for (i = 0; i < series->used; i++)
		(void)fprintf(file, "%" PRIu64 ",%" PRIu64 "\n",
			      wall_ns(csv, series->start_ns + i * series->bin_ns),
			      series->bin[i].pkts);
	return finish(csv, file);
}

static int write_stream(const struct csv *csv, const struct perf_stream_result *stream)
{
	int err = 0;

	if (stream->departures) {
		err = write_hist(csv, stream->name, "jitterpre", "gap_bucket",
				 &stream->departures->gap_ns);
		if (!err)
			err = write_series(csv, stream->name, "packetratepre",
					   &stream->departures->series);
	}
	if (err || !stream->arrivals)
		return err;
	err = write_hist(csv, stream->name, "hist", "latency_bucket",
			 &stream->arrivals->latency_ns);
	if (!err)
		err = write_hist(csv, stream->name, "jitterpost", "gap_bucket",
				 &stream->arrivals->gap_ns);
	if (!err)
		err = write_percentiles(csv, stream->name, &stream->arrivals->latency_ns);
	if (!err)
		err = write_series(csv, stream->name, "packetratepost", &stream->arrivals->series);
	return err;
}

static void print_hex(FILE *file, const uint8_t *bytes, uint32_t count)
{
	uint32_t i;

	for (i = 0; i < count; i++)
		(void)fprintf(file, "%02x", bytes[i]);
}

static int write_worst(const struct csv *csv)
{
	FILE *file = perf_file_open_in(csv->directory, csv->error, "worst.csv");
	uint32_t i, j;

	if (!file)
		return -EIO;
	(void)fprintf(file, "latency,prets,postts,header\n");
	for (i = 0; i < csv->result->ports; i++) {
		const struct perf_sink *sink = csv->result->port[i].sink;

		for (j = 0; sink && j < sink->worst.count; j++) {
			const struct perf_event *event = &sink->worst.events[j];

			(void)fprintf(file, "%" PRIu64 ",%" PRIu64 ",%" PRIu64 ",",
				      event->latency_ns, wall_ns(csv, event->sent_ns),
				      wall_ns(csv, event->arrived_ns));
			print_hex(file, event->snap, event->snap_bytes);
			(void)fputc('\n', file);
		}
	}
	return finish(csv, file);
}

static int write_stats(const struct csv *csv)
{
	FILE *file = perf_file_open_in(csv->directory, csv->error, "stats.csv");
	uint32_t i;

	if (!file)
		return -EIO;
	(void)fprintf(file, "stream,sent,refused,received,lost,duplicates,reordered\n");
	for (i = 0; i < csv->result->streams; i++) {
		const struct perf_stream_result *stream = &csv->result->stream[i];
		const struct perf_departures *departures = stream->departures;
		const struct perf_arrivals *arrivals = stream->arrivals;

		(void)fprintf(file,
			      "%s,%" PRIu64 ",%" PRIu64 ",%" PRIu64 ",%" PRIu64 ",%" PRIu64
			      ",%" PRIu64 "\n",
			      stream->name, departures ? departures->sent_pkts : 0,
			      departures ? departures->refused_pkts : 0,
			      arrivals ? arrivals->account.received : 0, stream->lost_pkts,
			      arrivals ? arrivals->account.duplicates : 0,
			      arrivals ? arrivals->account.reordered : 0);
	}
	return finish(csv, file);
}

static void print_rates(FILE *file, const char *stream, const char *side,
			const struct perf_rates *rates)
{
	(void)fprintf(file, "%s,%s,%.3f,%.1f,%.1f,%.1f\n", stream, side, rates->pps, rates->bps[0],
		      rates->bps[1], rates->bps[2]);
}

static int write_rates(const struct csv *csv)
{
	FILE *file = perf_file_open_in(csv->directory, csv->error, "transferrate.csv");
	uint32_t i;

	if (!file)
		return -EIO;
	(void)fprintf(file, "stream,side,pps,l1_bps,l2_bps,l3_bps\n");
	for (i = 0; i < csv->result->streams; i++) {
		const struct perf_stream_result *stream = &csv->result->stream[i];

		if (stream->departures)
			print_rates(file, stream->name, "pre", &stream->sent);
		if (stream->arrivals)
			print_rates(file, stream->name, "post", &stream->received);
	}
	return finish(csv, file);
}

static int write_irq(const struct csv *csv, const struct perf_irq *before)
{
	static struct perf_irq now;
	FILE *file = perf_file_open_in(csv->directory, csv->error, "irq.csv");
	uint32_t line, cpu;

	if (!file)
		return -EIO;
	perf_irq_read(&now);
	(void)fprintf(file, "irq,cpu,delta\n");
	for (line = 0; line < now.lines; line++) {
		for (cpu = 0; cpu < now.cpus; cpu++) {
			uint64_t delta = perf_irq_since(&now, before, line, cpu);

			if (delta)
				(void)fprintf(file, "%s,%u,%" PRIu64 "\n", now.name[line], cpu,
					      delta);
		}
	}
	return finish(csv, file);
}

static int write_flows(const struct csv *csv)
{
	FILE *file = perf_file_open_in(csv->directory, csv->error, "latency-flows.csv");
	uint64_t j;
	uint32_t i;

	if (!file)
		return -EIO;
	(void)fprintf(file, "latency,prets,postts,id,srcport,dstport\n");
	for (i = 0; i < csv->result->ports; i++) {
		const struct perf_sink *sink = csv->result->port[i].sink;

		for (j = 0; sink && j < sink->capture.count; j++) {
			const struct perf_record *record = &sink->capture.records[j];

			(void)fprintf(
				file, "%" PRId64 ",%" PRIu64 ",%" PRIu64 ",%" PRIu32 ",%u,%u\n",
				(int64_t)(record->arrived_ns - record->sent_ns),
				wall_ns(csv, record->sent_ns), wall_ns(csv, record->arrived_ns),
				record->id, record->sport, record->dport);
		}
	}
	return finish(csv, file);
}

int perf_csv_write(const struct perf_result *result, const struct perf_irq *irq_before,
		   const char *directory, struct perf_error *error)
{
	const struct csv csv = {
		.result = result,
		.directory = directory,
		.wall_offset_ns = perf_clock_wall_offset_ns(),
		.error = error,
	};
	uint32_t i;
	int err = 0;

	if (mkdir(directory, 0777) != 0 && errno != EEXIST)
		return perf_error_set(error, -errno, "cannot make the directory %s: %s", directory,
				      strerror(errno));
	for (i = 0; i < result->streams && !err; i++)
		err = write_stream(&csv, &result->stream[i]);
	if (!err)
		err = write_worst(&csv);
	if (!err)
		err = write_stats(&csv);
	if (!err)
		err = write_rates(&csv);
	if (!err)
		err = write_irq(&csv, irq_before);
	if (!err && result->run->options->capture_pkts)
		err = write_flows(&csv);
	return err;
}
