#include "bench/perf/sink.h"

#include <errno.h>
#include <stdlib.h>

int perf_sink_init(struct perf_sink *sink, struct perf_port *port,
		   const struct perf_sink_params *params)
{
	int err;

	*sink = (struct perf_sink){ .port = port, .params = *params };
	lat_hist_init(&sink->poll_gap_ns);
	err = perf_worst_init(&sink->worst);
	if (!err)
		err = perf_capture_init(&sink->capture, params->capture_pkts);
	if (err)
		perf_sink_fini(sink);
	return err;
}

static void destroy_arrivals(struct perf_arrivals *arrivals)
{
	if (!arrivals)
		return;
	perf_account_fini(&arrivals->account);
	perf_series_fini(&arrivals->series);
	free(arrivals);
}

void perf_sink_fini(struct perf_sink *sink)
{
	uint32_t i;

	for (i = 0; i < PERF_MAX_STREAMS; i++)
		destroy_arrivals(sink->streams[i]);
	perf_worst_fini(&sink->worst);
	perf_capture_fini(&sink->capture);
}

struct perf_arrivals *perf_sink_stream(struct perf_sink *sink, uint8_t number)
{
	const struct perf_sink_params *params = &sink->params;
	const struct perf_stream *known = sink->known[number];
	struct perf_arrivals *made;
	int err;

	if (sink->streams[number])
		return sink->streams[number];
	made = calloc(1, sizeof(*made));
	if (!made)
		return NULL;
	made->stream = known;
	made->ttl_min = UINT8_MAX;
	lat_hist_init(&made->latency_ns);
	lat_hist_init(&made->intended_ns);
	lat_hist_init(&made->gap_ns);
	err = perf_account_init(&made->account, known ? perf_stream_flows(known) : 1);
	if (!err && params->bin_ns)
		err = perf_series_init(&made->series, params->start_ns, params->bin_ns,
				       params->bins);
	if (err) {
		destroy_arrivals(made);
		return NULL;
	}
	sink->streams[number] = made;
	return made;
}

void perf_sink_note_poll(struct perf_sink *sink, uint64_t start_ns, bool full)
{
	if (sink->last_poll_ns)
		lat_hist_record(&sink->poll_gap_ns, start_ns - sink->last_poll_ns, 1);
	sink->last_poll_ns = start_ns;
	if (!full)
		sink->empty_poll_ns = start_ns;
}

static void record_times(struct perf_arrivals *arrivals, const struct perf_tag *tag,
			 uint64_t arrived_ns)
{
	uint64_t latency_ns = arrived_ns > tag->sent_ns ? arrived_ns - tag->sent_ns : 0;

	lat_hist_record(&arrivals->latency_ns, latency_ns, 1);
	lat_hist_record(&arrivals->intended_ns, latency_ns + tag->late_ns, 1);
	if (arrivals->account.received > 1) {
		uint64_t gap_ns = arrived_ns > arrivals->last_ns ? arrived_ns - arrivals->last_ns
								 : 0;

		lat_hist_record(&arrivals->gap_ns, gap_ns, 1);
		if (gap_ns > arrivals->max_gap_ns) {
			arrivals->max_gap_ns = gap_ns;
			arrivals->max_gap_start_ns = arrivals->last_ns;
		}
	} else {
		arrivals->first_ns = arrived_ns;
	}
	arrivals->last_ns = arrived_ns > arrivals->last_ns ? arrived_ns : arrivals->last_ns;
}

static void record_details(struct perf_sink *sink, const struct perf_slot *slot,
			   const struct perf_arrival *arrival, uint64_t arrived_ns,
			   uint32_t frame_bytes)
{
	const struct perf_tag *tag = &arrival->tag;
	struct perf_event event = {
		.latency_ns = arrived_ns > tag->sent_ns ? arrived_ns - tag->sent_ns : 0,
		.sent_ns = tag->sent_ns,
		.arrived_ns = arrived_ns,
		.id = tag->id,
		.stream = tag->stream,
	};
	struct perf_record *record;

	perf_worst_offer(&sink->worst, &event, slot->data, slot->bytes);
	record = perf_capture_next(&sink->capture, slot->data, slot->bytes);
	if (!record)
		return;
	record->sent_ns = tag->sent_ns;
	record->arrived_ns = arrived_ns;
	record->id = tag->id;
	record->stream = tag->stream;
	record->sport = arrival->sport;
	record->dport = arrival->dport;
	record->frame_bytes = (uint16_t)frame_bytes;
}

static void record_meters(struct perf_sink *sink, uint8_t stream, uint64_t after_ns,
			  uint64_t before_ns, uint32_t frame_bytes)
{
	uint32_t i;

	if (before_ns - after_ns > sink->max_busy_gap_ns)
		sink->max_busy_gap_ns = before_ns - after_ns;
	for (i = 0; i < sink->meters; i++)
		if (sink->meter[i].stream < 0 || sink->meter[i].stream == stream)
			perf_meter_record(&sink->meter[i], after_ns, before_ns, frame_bytes);
}

static enum perf_verdict parse(const struct perf_sink *sink, const struct perf_slot *slot,
			       struct perf_arrival *arrival)
{
	*arrival = (struct perf_arrival){ 0 };
	if (!sink->port->payload_only)
		return perf_packet_parse(slot->data, slot->bytes, sink->params.check_payload,
					 arrival);
	arrival->src = slot->peer_address;
	arrival->sport = slot->peer_port;
	return perf_tag_read(slot->data, slot->bytes, &arrival->tag) ? PERF_PACKET_OURS
								     : PERF_PACKET_FOREIGN;
}

enum perf_verdict perf_sink_record(struct perf_sink *sink, const struct perf_slot *slot,
				   uint64_t after_ns, uint64_t now_ns)
{
	uint64_t arrived_ns = slot->kernel_ns ? slot->kernel_ns : now_ns;
	uint32_t frame_bytes = slot->bytes + (sink->port->payload_only ? PERF_HEAD_BYTES : 0);
	struct perf_arrivals *arrivals;
	struct perf_arrival arrival;
	enum perf_verdict verdict = parse(sink, slot, &arrival);
	uint32_t flow;

	if (verdict != PERF_PACKET_OURS) {
		sink->foreign_pkts += verdict == PERF_PACKET_FOREIGN;
		sink->broken_pkts += verdict == PERF_PACKET_BROKEN;
		return verdict;
	}
	arrivals = perf_sink_stream(sink, arrival.tag.stream);
	if (!arrivals) {
		sink->lost_memory_pkts++;
		return verdict;
	}
	if (arrival.tag.warmup) {
		arrivals->warmup_pkts++;
		return verdict;
	}
	flow = arrivals->stream ? perf_stream_flow(arrivals->stream, arrival.tag.id) : 0;
	(void)perf_account_record(&arrivals->account, arrival.tag.id, flow);
	arrivals->first_bytes = arrivals->bytes ? arrivals->first_bytes : frame_bytes;
	arrivals->bytes += frame_bytes;
	arrivals->checksum_bad_pkts += arrival.checksum_bad;
	arrivals->ttl_min = arrival.ttl < arrivals->ttl_min ? arrival.ttl : arrivals->ttl_min;
	arrivals->ttl_max = arrival.ttl > arrivals->ttl_max ? arrival.ttl : arrivals->ttl_max;
	record_times(arrivals, &arrival.tag, arrived_ns);
	if (arrivals->series.bin)
		perf_series_count(&arrivals->series, arrived_ns, frame_bytes);
	record_details(sink, slot, &arrival, arrived_ns, frame_bytes);
	record_meters(sink, arrival.tag.stream, slot->kernel_ns ? arrived_ns : after_ns, arrived_ns,
		      frame_bytes);
	__atomic_store_n(&sink->total_pkts, sink->total_pkts + 1, __ATOMIC_RELAXED);
	return verdict;
}
