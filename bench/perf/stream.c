#include "bench/perf/stream.h"

#include <errno.h>
#include <string.h>

#define CLOCK_HZ 1000000000ULL

void perf_stream_init(struct perf_stream *stream)
{
	*stream = (struct perf_stream){
		.name = "s0",
		.load = { .kind = PERF_LOAD_BPS, .value = 1000000 },
		.layer = RATE_LAYER_L2,
		.sizes = { .kinds = 1, .bytes = { 64 }, .weight = { 1 }, .weight_sum = 1 },
		.burst_pkts = 1,
		.src = { 0xc6120001, 1 }, /* 198.18.0.1 */
		.dst = { 0xc6130001, 1 }, /* 198.19.0.1 */
		.sport = { 5000, 1 },
		.dport = { 5001, 1 },
		.ttl = 64,
		.checksum = true,
		.seed = 1,
	};
}

/* The finaliser of SplitMix64 (Steele, Lea, Flood, OOPSLA 2014). */
static uint64_t mix(uint64_t value)
{
	value += 0x9e3779b97f4a7c15ULL;
	value = (value ^ (value >> 30)) * 0xbf58476d1ce4e5b9ULL;
	value = (value ^ (value >> 27)) * 0x94d049bb133111ebULL;
	return value ^ (value >> 31);
}

uint32_t perf_stream_flows(const struct perf_stream *stream)
{
	uint64_t flows = (uint64_t)stream->sport.count * stream->dport.count;

	flows = flows > UINT32_MAX ? UINT32_MAX : flows * stream->src.count;
	flows = flows > UINT32_MAX ? UINT32_MAX : flows * stream->dst.count;
	return flows > UINT32_MAX ? UINT32_MAX : (uint32_t)flows;
}

uint32_t perf_stream_flow(const struct perf_stream *stream, uint32_t id)
{
	uint32_t flows;

	if ((stream->sport.count | stream->dport.count | stream->src.count | stream->dst.count) ==
	    1)
		return 0;
	flows = perf_stream_flows(stream);
	if (stream->random_flows)
		return (uint32_t)(mix(stream->seed ^ (uint64_t)id << 20) % flows);
	return id % flows;
}

uint32_t perf_stream_frame_bytes(const struct perf_stream *stream, uint32_t id)
{
	const struct perf_sizes *sizes = &stream->sizes;
	uint32_t draw, i;

	if (sizes->kinds == 1)
		return sizes->bytes[0];
	draw = (uint32_t)(mix(~stream->seed ^ (uint64_t)id << 20) >> 33);
	if (sizes->kinds == 0)
		return sizes->span_min_bytes +
		       draw % (1U + sizes->span_max_bytes - sizes->span_min_bytes);
	draw %= sizes->weight_sum;
	for (i = 0; i < sizes->kinds - 1 && draw >= sizes->weight[i]; i++)
		draw -= sizes->weight[i];
	return sizes->bytes[i];
}

uint32_t perf_stream_max_frame_bytes(const struct perf_stream *stream)
{
	const struct perf_sizes *sizes = &stream->sizes;
	uint32_t max = sizes->kinds == 0 ? sizes->span_max_bytes : 0;
	uint32_t i;

	for (i = 0; i < sizes->kinds; i++)
		max = sizes->bytes[i] > max ? sizes->bytes[i] : max;
	return max;
}

uint64_t perf_stream_mean_frame_milli(const struct perf_stream *stream)
{
	const struct perf_sizes *sizes = &stream->sizes;
	uint64_t sum = 0;
	uint32_t i;

	if (sizes->kinds == 0)
		return ((uint64_t)sizes->span_min_bytes + sizes->span_max_bytes) * 500;
	for (i = 0; i < sizes->kinds; i++)
		sum += (uint64_t)sizes->bytes[i] * sizes->weight[i];
	return sum * 1000 / sizes->weight_sum;
}

int perf_stream_rate(const struct perf_stream *stream, uint64_t line_bps, struct rate *rate,
		     enum rate_layer *layer)
{
	*layer = stream->layer;
	switch (stream->load.kind) {
	case PERF_LOAD_BPS:
		return rate_init(rate, RATE_BITS_PER_S, stream->load.value, CLOCK_HZ);
	case PERF_LOAD_PPS:
		return rate_init(rate, RATE_PKTS_PER_S, stream->load.value, CLOCK_HZ);
	case PERF_LOAD_LINE:
		*layer = RATE_LAYER_L1;
		if (stream->load.value > UINT32_MAX || line_bps > RATE_MAX_BPS)
			return -ERANGE;
		return rate_init(rate, RATE_BITS_PER_S, line_bps / 1000 * stream->load.value / 1000,
				 CLOCK_HZ);
	case PERF_LOAD_UNPACED:
		return -ENODATA;
	}
	return -EINVAL;
}

static int check_ports(const struct perf_stream *stream, struct perf_error *error)
{
	if (stream->sport.first == 0 || stream->sport.first + stream->sport.count > 65536 ||
	    stream->dport.first == 0 || stream->dport.first + stream->dport.count > 65536)
		return perf_error_set(
			error, -ERANGE,
			"stream %s: UDP ports must lie in 1 to 65535, with their range",
			stream->name);
	return 0;
}

int perf_stream_check(const struct perf_stream *stream, uint64_t line_bps, struct perf_error *error)
{
	enum rate_layer layer;
	struct rate rate;
	int err;

	if (stream->load.kind == PERF_LOAD_LINE && line_bps == 0)
		return perf_error_set(error, -EINVAL,
				      "stream %s: a load in %% needs the line's rate, --line BITS",
				      stream->name);
	err = perf_stream_rate(stream, line_bps, &rate, &layer);
	if (err && err != -ENODATA)
		return perf_error_set(
			error, err,
			"stream %s: the load must be 1 kbit/s to 400 Gbit/s, or 1 pps to "
			"1 Gpps",
			stream->name);
	if (stream->dmac_set && stream->gateway != 0)
		return perf_error_set(
			error, -EINVAL,
			"stream %s: give either dmac or gw (whose MAC is asked for), not "
			"both",
			stream->name);
	return check_ports(stream, error);
}
