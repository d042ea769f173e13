#include "bench/perf/sender.h"
#include "tests/perf/check.h"

#include <stdlib.h>
#include <string.h>

#define START_NS 1000000ULL
#define FRAME_BYTES 2048

/* A port of which every call takes at most room packets, and that remembers what it took. */
struct fake {
	uint32_t room;
	uint32_t reserve; /* most slots that it lends */
	uint64_t lent, dropped, taken;
	uint32_t ids[4096];
	uint32_t late_ns[4096];
	uint8_t memory[PERF_PORT_BURST][FRAME_BYTES];
};

static uint32_t reserve(struct perf_port *port, struct perf_slot *slots, uint32_t count)
{
	struct fake *fake = port->priv;
	uint32_t i;

	count = count < fake->reserve ? count : fake->reserve;
	for (i = 0; i < count; i++)
		slots[i].data = fake->memory[i];
	fake->lent += count;
	return count;
}

static uint32_t take(struct perf_port *port, struct perf_slot *slots, uint32_t count)
{
	struct fake *fake = port->priv;
	uint32_t i;

	count = count < fake->room ? count : fake->room;
	for (i = 0; i < count; i++) {
		struct perf_arrival arrival = { 0 };

		if (port->payload_only)
			assert_true(perf_tag_read(slots[i].data, slots[i].bytes, &arrival.tag));
		else
			assert_int_equal(
				perf_packet_parse(slots[i].data, slots[i].bytes, true, &arrival),
				PERF_PACKET_OURS);
		assert_true(fake->taken < LENGTH(fake->ids));
		fake->late_ns[fake->taken] = arrival.tag.late_ns;
		fake->ids[fake->taken++] = arrival.tag.id;
	}
	return count;
}

static void drop(struct perf_port *port, struct perf_slot *slots, uint32_t count)
{
	(void)slots;
	((struct fake *)port->priv)->dropped += count;
}

static const struct perf_port_ops fake_ops = {
	.tx_reserve = reserve,
	.tx_send = take,
	.tx_drop = drop,
};

struct bench {
	struct fake fake;
	struct perf_port port;
	struct perf_stream stream;
	struct perf_sender sender;
};

static struct bench *start(const char *text, uint32_t room, bool patient)
{
	struct bench *bench = calloc(1, sizeof(*bench));

	assert_non_null(bench);
	bench->fake.room = room;
	bench->fake.reserve = PERF_PORT_BURST;
	bench->port.ops = &fake_ops;
	bench->port.priv = &bench->fake;
	perf_stream_init(&bench->stream);
	assert_int_equal(perf_stream_parse(&bench->stream, text, NULL), 0);
	bench->sender.port = &bench->port;
	bench->sender.burst_pkts = 32;
	bench->sender.patient = patient;
	bench->sender.count = 1;
	assert_int_equal(perf_departures_create(&bench->sender.streams[0], &bench->stream, 0), 0);
	perf_sender_begin(&bench->sender, false, START_NS, UINT64_MAX);
	return bench;
}

static void finish(struct bench *bench)
{
	/* Every slot that was lent was sent or given back. */
	assert_int_equal(bench->fake.lent, bench->fake.taken + bench->fake.dropped);
	perf_departures_destroy(bench->sender.streams[0]);
	free(bench);
}

static void nothing_leaves_before_it_is_due(void **state)
{
	struct bench *bench = start("rate=1Mpps,count=1000", 64, false);
	uint64_t now_ns;

	(void)state;
	assert_int_equal(perf_sender_step(&bench->sender, START_NS - 1), 0);
	for (now_ns = START_NS; perf_sender_due_ns(&bench->sender) != UINT64_MAX; now_ns += 100) {
		(void)perf_sender_step(&bench->sender, now_ns);
		assert_int_equal(bench->fake.taken, (now_ns - START_NS) / 1000 + 1);
	}
	assert_int_equal(bench->sender.streams[0]->sent_pkts, 1000);
	assert_int_equal(bench->sender.streams[0]->late_ns.max, 0);
	finish(bench);
}

static void a_pause_is_made_up_for_in_bursts_and_shows_as_lateness(void **state)
{
	struct bench *bench = start("rate=1Mpps,count=100", 64, false);

	(void)state;
	assert_int_equal(perf_sender_step(&bench->sender, START_NS + 50000), 32);
	assert_int_equal(perf_sender_step(&bench->sender, START_NS + 50000), 19);
	assert_int_equal(perf_sender_step(&bench->sender, START_NS + 50000), 0);
	assert_int_equal(bench->fake.late_ns[0], 50000);
	assert_int_equal(bench->fake.late_ns[50], 0);
	assert_int_equal(bench->sender.streams[0]->late_ns.max, 50000);
	finish(bench);
}

static void what_is_refused_is_counted_and_its_numbers_are_missing(void **state)
{
	struct bench *bench = start("rate=max,count=96", 20, false);
	const struct perf_departures *departures = bench->sender.streams[0];

	(void)state;
	while (perf_sender_due_ns(&bench->sender) != UINT64_MAX)
		(void)perf_sender_step(&bench->sender, START_NS);
	assert_int_equal(departures->sent_pkts, 60);
	assert_int_equal(departures->refused_pkts, 36);
	assert_int_equal(bench->fake.ids[19], 19);
	assert_int_equal(bench->fake.ids[20], 32);
	assert_int_equal(departures->next_id, 96);
	finish(bench);
}

static void patience_sends_everything_in_order_and_later(void **state)
{
	struct bench *bench = start("rate=1Gpps,count=96", 20, true);
	const struct perf_departures *departures = bench->sender.streams[0];
	uint64_t now_ns = START_NS + 1000;
	uint32_t i;

	(void)state;
	while (perf_sender_due_ns(&bench->sender) != UINT64_MAX) {
		(void)perf_sender_step(&bench->sender, now_ns);
		now_ns += 1000;
	}
	assert_int_equal(departures->sent_pkts, 96);
	assert_int_equal(departures->refused_pkts, 0);
	for (i = 0; i < 96; i++)
		assert_int_equal(bench->fake.ids[i], i);
	/* The second call sent what the first could not, and says when that really was. */
	assert_int_equal(bench->fake.late_ns[0], 1000);
	assert_int_equal(bench->fake.late_ns[20], 2000 - 20);
	finish(bench);
}

static void an_end_turns_what_waits_into_refusals(void **state)
{
	struct bench *bench = start("rate=max,count=50", 10, true);
	const struct perf_departures *departures = bench->sender.streams[0];

	(void)state;
	(void)perf_sender_step(&bench->sender, START_NS);
	perf_sender_end(&bench->sender);
	assert_int_equal(departures->sent_pkts, 10);
	assert_int_equal(departures->refused_pkts, 22);
	assert_true(departures->behind);
	assert_int_equal(bench->sender.waiting, 0);
	assert_int_equal(perf_sender_due_ns(&bench->sender), UINT64_MAX);
	finish(bench);
}

static void a_port_without_memory_refuses(void **state)
{
	struct bench *bench = start("rate=max,count=32", 64, true);

	(void)state;
	bench->fake.reserve = 0;
	(void)perf_sender_step(&bench->sender, START_NS);
	assert_int_equal(bench->sender.streams[0]->refused_pkts, 32);
	finish(bench);
}

static void warm_up_is_not_counted_and_has_its_own_numbers(void **state)
{
	struct bench *bench = start("rate=1Mpps,count=10", 64, false);
	const struct perf_departures *departures = bench->sender.streams[0];

	(void)state;
	perf_sender_begin(&bench->sender, true, START_NS, START_NS + 20000);
	(void)perf_sender_step(&bench->sender, START_NS + 30000);
	assert_int_equal(departures->warmup_pkts, 20);
	perf_sender_begin(&bench->sender, false, START_NS + 40000, UINT64_MAX);
	(void)perf_sender_step(&bench->sender, START_NS + 60000);
	assert_int_equal(departures->sent_pkts, 10);
	assert_int_equal(bench->fake.ids[20], 0);
	assert_int_equal(bench->sender.total_pkts, 10);
	finish(bench);
}

static void sockets_get_payloads_and_destinations(void **state)
{
	struct bench *bench = start("rate=max,count=4,size=100,dport=7+2", 64, false);

	(void)state;
	bench->port.payload_only = true;
	(void)perf_sender_step(&bench->sender, START_NS);
	assert_int_equal(bench->sender.slots[0].bytes, 100 - 4 - 42);
	assert_int_equal(bench->sender.slots[1].peer_port, 8);
	assert_int_equal(bench->sender.slots[1].peer_address, bench->stream.dst.first);
	assert_int_equal(bench->sender.streams[0]->sent_bytes, 4 * 96);
	finish(bench);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing_leaves_before_it_is_due),
		cmocka_unit_test(a_pause_is_made_up_for_in_bursts_and_shows_as_lateness),
		cmocka_unit_test(what_is_refused_is_counted_and_its_numbers_are_missing),
		cmocka_unit_test(patience_sends_everything_in_order_and_later),
		cmocka_unit_test(an_end_turns_what_waits_into_refusals),
		cmocka_unit_test(a_port_without_memory_refuses),
		cmocka_unit_test(warm_up_is_not_counted_and_has_its_own_numbers),
		cmocka_unit_test(sockets_get_payloads_and_destinations),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
