#include "bench/perf/schedule.h"

#define SECOND_NS 1000000000ULL

void perf_schedule_init(struct perf_schedule *schedule, const struct perf_stream *stream,
			uint64_t line_bps, uint64_t start_ns, uint64_t end_ns)
{
	uint64_t start = start_ns + stream->start_ns;
	enum rate_layer layer;
	struct rate rate = { 0 };

	*schedule = (struct perf_schedule){
		.burst_pkts = stream->burst_pkts,
		.burst_left = stream->burst_pkts,
		.line_ns = start,
		.due_ns = start,
		.end_ns = end_ns,
		.left_pkts = stream->count_pkts ? stream->count_pkts : UINT64_MAX,
	};
	if (stream->duration_ns && start + stream->duration_ns < end_ns)
		schedule->end_ns = start + stream->duration_ns;
	schedule->unpaced = perf_stream_rate(stream, line_bps, &rate, &layer) != 0;
	schedule->adjust_bytes = rate_layer_adjust_bytes(layer);
	schedule->counts_pkts = rate.unit == RATE_PKTS_PER_S;
	schedule->unit_ns = schedule->counts_pkts ? SECOND_NS : 8 * SECOND_NS;
	schedule->per_second = rate.value;
}

/* At most 9042 bytes * 8 * 10^9 below 2^47, and a rest below 2^39: 64 bits are plenty. */
static void pay(struct perf_schedule *schedule, uint64_t units)
{
	uint64_t cost = units * schedule->unit_ns + schedule->line_rest;

	schedule->line_ns += cost / schedule->per_second;
	schedule->line_rest = cost % schedule->per_second;
}

void perf_schedule_take(struct perf_schedule *schedule, uint32_t bytes, uint64_t now_ns)
{
	schedule->left_pkts--;
	if (schedule->unpaced) {
		schedule->due_ns = now_ns;
		return;
	}
	pay(schedule, schedule->counts_pkts ? 1 : (uint64_t)((int)bytes + schedule->adjust_bytes));
	if (--schedule->burst_left > 0)
		return;
	schedule->burst_left = schedule->burst_pkts;
	schedule->due_ns = schedule->line_ns + (schedule->line_rest > 0);
}
