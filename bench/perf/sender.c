#include "bench/perf/sender.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

int perf_departures_create(struct perf_departures **departures, const struct perf_stream *stream,
			   uint8_t number)
{
	struct perf_departures *created = calloc(1, sizeof(*created));

	if (!created)
		return -ENOMEM;
	created->stream = stream;
	created->number = number;
	lat_hist_init(&created->late_ns);
	lat_hist_init(&created->gap_ns);
	*departures = created;
	return 0;
}

void perf_departures_destroy(struct perf_departures *departures)
{
	if (departures)
		perf_series_fini(&departures->series);
	free(departures);
}

void perf_sender_begin(struct perf_sender *sender, bool warmup, uint64_t start_ns, uint64_t end_ns)
{
	uint32_t i;

	sender->warmup = warmup;
	for (i = 0; i < sender->count; i++) {
		struct perf_departures *stream = sender->streams[i];

		perf_schedule_init(&stream->schedule, stream->stream, sender->port->line_bps,
				   start_ns, end_ns);
		if (warmup)
			stream->schedule.left_pkts = UINT64_MAX;
		stream->next_id = 0;
	}
}

static uint32_t first_due(const struct perf_sender *sender, uint64_t *due_ns)
{
	uint32_t i, first = 0;

	*due_ns = UINT64_MAX;
	for (i = 0; i < sender->count; i++) {
		uint64_t due = perf_schedule_due_ns(&sender->streams[i]->schedule);

		if (due < *due_ns) {
			*due_ns = due;
			first = i;
		}
	}
	return first;
}

uint64_t perf_sender_due_ns(const struct perf_sender *sender)
{
	uint64_t due_ns;

	if (sender->waiting > 0)
		return 0;
	(void)first_due(sender, &due_ns);
	return due_ns;
}

/* Takes up to one burst of due packets off the plans; remembers whose they are and their times. */
static uint32_t collect(struct perf_sender *sender, uint64_t now_ns)
{
	uint32_t n;

	for (n = 0; n < sender->burst_pkts; n++) {
		struct perf_departures *stream;
		uint64_t due_ns;
		uint32_t i = first_due(sender, &due_ns);

		if (due_ns > now_ns)
			break;
		stream = sender->streams[i];
		sender->owner[n] = (uint8_t)i;
		sender->ids[n] = (uint32_t)stream->next_id++;
		sender->due_ns[n] = stream->schedule.unpaced ? now_ns : due_ns;
		perf_schedule_take(&stream->schedule,
				   perf_stream_frame_bytes(stream->stream, sender->ids[n]) -
					   PERF_FCS_BYTES,
				   now_ns);
	}
	return n;
}

static void build_payload(const struct perf_stream *stream, const struct perf_tag *tag,
			  struct perf_slot *slot)
{
	uint32_t flow = perf_stream_flow(stream, tag->id);

	slot->bytes = perf_packet_payload_bytes(perf_stream_frame_bytes(stream, tag->id));
	perf_tag_write(slot->data, tag);
	memset(slot->data + PERF_TAG_BYTES, 0, slot->bytes - PERF_TAG_BYTES);
	/* The socket's own port is the source of every flow: only destinations can differ. */
	slot->peer_port = (uint16_t)(stream->dport.first + flow % stream->dport.count);
	flow /= stream->dport.count;
	slot->peer_address = stream->dst.first + flow % stream->dst.count;
}

static void build(struct perf_sender *sender, uint32_t i, uint64_t now_ns)
{
	const struct perf_departures *stream = sender->streams[sender->owner[i]];
	uint64_t late_ns = now_ns - sender->due_ns[i];
	struct perf_tag tag = {
		.id = sender->ids[i],
		.stream = stream->number,
		.warmup = sender->warmup,
		.sent_ns = now_ns,
		.late_ns = late_ns > UINT32_MAX ? UINT32_MAX : (uint32_t)late_ns,
	};

	if (sender->port->payload_only)
		build_payload(stream->stream, &tag, &sender->slots[i]);
	else
		sender->slots[i].bytes = perf_packet_build(stream->stream, &tag,
							   sender->slots[i].data);
}

static void count_sent(struct perf_sender *sender, uint32_t i, uint64_t now_ns)
{
	struct perf_departures *stream = sender->streams[sender->owner[i]];
	uint32_t bytes = sender->slots[i].bytes;

	if (sender->warmup) {
		stream->warmup_pkts++;
		return;
	}
	bytes += sender->port->payload_only ? PERF_HEAD_BYTES : 0;
	if (stream->sent_pkts++ == 0)
		stream->first_ns = now_ns;
	else
		lat_hist_record(&stream->gap_ns, now_ns - stream->last_ns, 1);
	stream->sent_bytes += bytes;
	stream->last_ns = now_ns;
	lat_hist_record(&stream->late_ns, now_ns - sender->due_ns[i], 1);
	if (stream->series.bin)
		perf_series_count(&stream->series, now_ns, bytes);
}

static void refuse(struct perf_sender *sender, uint32_t first, uint32_t end)
{
	uint32_t i;

	for (i = first; i < end && !sender->warmup; i++)
		sender->streams[sender->owner[i]]->refused_pkts++;
}

/* Sends slots [waiting_first, waiting_first + waiting). */
static uint32_t send_waiting(struct perf_sender *sender, uint64_t now_ns)
{
	uint32_t first = sender->waiting_first;
	struct perf_slot *slots = &sender->slots[first];
	uint32_t sent = sender->port->ops->tx_send(sender->port, slots, sender->waiting);
	uint32_t i;

	for (i = first; i < first + sent; i++)
		count_sent(sender, i, now_ns);
	if (!sender->warmup)
		__atomic_store_n(&sender->total_pkts, sender->total_pkts + sent, __ATOMIC_RELAXED);
	sender->waiting -= sent;
	sender->waiting_first += sent;
	if (sender->waiting > 0 && !sender->patient) {
		sender->port->ops->tx_drop(sender->port, slots + sent, sender->waiting);
		refuse(sender, first + sent, first + sent + sender->waiting);
		sender->waiting = 0;
	}
	return sent;
}

void perf_sender_end(struct perf_sender *sender)
{
	uint32_t i, end = sender->waiting_first + sender->waiting;

	for (i = 0; i < sender->count; i++) {
		struct perf_schedule *schedule = &sender->streams[i]->schedule;

		sender->streams[i]->behind = perf_schedule_due_ns(schedule) != UINT64_MAX;
		schedule->left_pkts = 0;
	}
	if (sender->waiting == 0)
		return;
	refuse(sender, sender->waiting_first, end);
	sender->port->ops->tx_drop(sender->port, &sender->slots[sender->waiting_first],
				   sender->waiting);
	sender->waiting = 0;
}

uint32_t perf_sender_step(struct perf_sender *sender, uint64_t now_ns)
{
	uint32_t i, wanted, got;

	if (sender->waiting > 0) {
		for (i = 0; i < sender->waiting; i++)
			build(sender, sender->waiting_first + i, now_ns);
		return send_waiting(sender, now_ns);
	}
	wanted = collect(sender, now_ns);
	if (wanted == 0)
		return 0;
	got = sender->port->ops->tx_reserve(sender->port, sender->slots, wanted);
	refuse(sender, got, wanted);
	for (i = 0; i < got; i++)
		build(sender, i, now_ns);
	sender->waiting_first = 0;
	sender->waiting = got;
	return got > 0 ? send_waiting(sender, now_ns) : 0;
}
