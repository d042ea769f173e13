#include "bench/perf/lane.h"

#include "bench/perf/arp.h"
#include "bench/perf/clock.h"

#include <errno.h>
#include <string.h>

/* Sends a copy of a frame out of turn; false when the port has no room for it. */
static bool send_copy(struct perf_port *port, const struct perf_slot *from)
{
	struct perf_slot slot;

	if (port->ops->tx_reserve(port, &slot, 1) != 1)
		return false;
	memcpy(slot.data, from->data, from->bytes);
	slot.bytes = from->bytes;
	slot.peer_address = from->peer_address;
	slot.peer_port = from->peer_port;
	if (port->ops->tx_send(port, &slot, 1) == 1)
		return true;
	port->ops->tx_drop(port, &slot, 1);
	return false;
}

static void answer(struct perf_lane *lane, const struct perf_slot *slot, enum perf_verdict verdict)
{
	struct perf_port *port = lane->port;

	if (verdict == PERF_PACKET_OURS && lane->echoes) {
		if (!port->payload_only)
			perf_packet_swap(slot->data);
		lane->echo_refused_pkts += !send_copy(port, slot);
	} else if (verdict == PERF_PACKET_FOREIGN && port->answers_arp &&
		   perf_arp_answer(slot->data, slot->bytes, port->mac)) {
		/* A lost answer is asked for again. */
		(void)send_copy(port, slot);
	}
}

uint32_t perf_lane_receive(struct perf_lane *lane, uint64_t now_ns)
{
	struct perf_slot slots[PERF_PORT_BURST];
	struct perf_sink *sink = &lane->sink;
	uint64_t after_ns = sink->empty_poll_ns ? sink->empty_poll_ns : now_ns;
	uint32_t i, got = lane->port->ops->rx_poll(lane->port, slots, PERF_PORT_BURST);

	perf_sink_note_poll(sink, now_ns, got == PERF_PORT_BURST);
	if (got == 0)
		return 0;
	now_ns = perf_clock_now_ns();
	for (i = 0; i < got; i++)
		answer(lane, &slots[i], perf_sink_record(sink, &slots[i], after_ns, now_ns));
	lane->port->ops->rx_release(lane->port, slots, got);
	return got;
}

static bool look_for_answer(struct perf_lane *lane, uint32_t target, uint8_t mac[6])
{
	struct perf_slot slots[PERF_PORT_BURST];
	uint32_t i, got = lane->port->ops->rx_poll(lane->port, slots, PERF_PORT_BURST);
	bool told = false;

	for (i = 0; i < got; i++) {
		told = told || perf_arp_tells(slots[i].data, slots[i].bytes, target, mac);
		if (!told)
			answer(lane, &slots[i], PERF_PACKET_FOREIGN);
	}
	lane->port->ops->rx_release(lane->port, slots, got);
	return told;
}

int perf_lane_resolve(struct perf_lane *lane, uint32_t sender, uint32_t target, uint64_t wait_ns,
		      uint8_t mac[6])
{
	const uint64_t again_ns = 100000000;
	uint64_t start_ns = perf_clock_now_ns();
	uint64_t asked_ns = start_ns - again_ns;
	uint8_t frame[PERF_ARP_FRAME_BYTES];
	struct perf_slot slot = { .data = frame, .bytes = sizeof(frame) };
	uint64_t now_ns;

	perf_arp_request(frame, lane->port->mac, sender, target);
	while ((now_ns = perf_clock_now_ns()) - start_ns < wait_ns) {
		if (now_ns - asked_ns >= again_ns) {
			(void)send_copy(lane->port, &slot);
			asked_ns = now_ns;
		}
		if (look_for_answer(lane, target, mac))
			return 0;
	}
	return -EHOSTUNREACH;
}
