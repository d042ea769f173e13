#include "bench/perf/schedule.h"

void perf_schedule_init(struct perf_schedule *schedule, const struct perf_stream *stream,
			uint64_t line_bps, uint64_t start_ns, uint64_t end_ns)
{
	uint64_t start = start_ns + stream->start_ns;
	enum rate_layer layer;

	*schedule = (struct perf_schedule){
		.burst_pkts = stream->burst_pkts,
		.burst_left = stream->burst_pkts,
		.due_ns = start,
		.end_ns = end_ns,
		.left_pkts = stream->count_pkts ? stream->count_pkts : UINT64_MAX,
	};
	if (stream->duration_ns && start + stream->duration_ns < end_ns)
		schedule->end_ns = start + stream->duration_ns;
	schedule->unpaced = perf_stream_rate(stream, line_bps, &schedule->rate, &layer) != 0;
	schedule->adjust_bytes = rate_layer_adjust_bytes(layer);
	schedule->stamp = rate_stamp(&schedule->rate, start);
}

static uint32_t charge(const struct perf_schedule *schedule, uint32_t bytes)
{
	if (schedule->rate.unit == RATE_PKTS_PER_S)
		return 1;
	return (uint32_t)((int)bytes + schedule->adjust_bytes);
}

void perf_schedule_take(struct perf_schedule *schedule, uint32_t bytes, uint64_t now_ns)
{
	schedule->left_pkts--;
	if (schedule->unpaced) {
		schedule->due_ns = now_ns;
		return;
	}
	schedule->stamp += rate_cost(&schedule->rate, charge(schedule, bytes));
	if (--schedule->burst_left > 0)
		return;
	schedule->burst_left = schedule->burst_pkts;
	schedule->due_ns = rate_stamp_to_ticks(&schedule->rate, schedule->stamp, schedule->due_ns);
}
