/*
 * Where the time of packets went, and who is to blame for those beyond their bound. Whole turns are
 * real; the gaps of the host are noted by the test.
 */

#include "turn_fixture.h"

#define FRAME_BYTES 359U

static uint64_t ticks(uint64_t us)
{
	return us * clock_tsc_hz() / 1000000;
}

static void pause_us(unsigned us)
{
	uint64_t until = rte_rdtsc() + ticks(us);

	while (rte_rdtsc() < until)
		;
}

static const struct sojourn_class *class_get(unsigned index)
{
	return &fx.router->sojourn->classes[index];
}

/* A gap in the middle of a turn is a part of what was before its end. */
static void gaps_are_summed_to_a_time(void **state)
{
	static struct gap_log log;

	(void)state;
	assert_int_equal(gap_log_before(&log, 1000), 0);
	gap_log_add(&log, 1000, 2000, 600);
	gap_log_add(&log, 2000, 2100, 0);
	gap_log_add(&log, 5000, 5500, 100);
	assert_int_equal(gap_log_before(&log, 900), 0);
	assert_int_equal(gap_log_before(&log, 1500), 500);
	assert_int_equal(gap_log_before(&log, 1600), 600);
	assert_int_equal(gap_log_before(&log, 5000), 600);
	assert_int_equal(gap_log_before(&log, 5050), 650);
	assert_int_equal(gap_log_before(&log, 9000), 700);
	assert_int_equal(log.lost_tsc, 700);
	for (unsigned i = 0; i < GAP_LOG_GAPS; i++)
		gap_log_add(&log, 10000 + i * 100, 10100 + i * 100, 50);
	/* older ones are forgotten, their sum is not */
	assert_int_equal(gap_log_before(&log, 900), 700);
	assert_int_equal(gap_log_before(&log, 10100), 750);
}

static void parts_are_told_apart(void **state)
{
	const struct sojourn_class *class = class_get(0);

	(void)state;
	turns(1); /* finds nothing: what comes later came after it */
	pause_us(300);
	send_in(pkt_make(IP(198, 18, 1, 1), FRAME_BYTES));
	turns(1);
	assert_int_equal(lat_hist_count(&class->total), 1);
	assert_int_equal(lat_hist_count(&class->shaper), 0);
	assert_true(class->wait.max >= ticks(300));
	assert_int_equal(class->total.max, class->wait.max + class->pipeline.max);
}

/* Whole bursts do not empty a device: those behind the first wait since before it. */
static void a_backlog_waits_since_the_device_was_empty(void **state)
{
	const struct sojourn_class *class = class_get(0);
	uint64_t first;

	(void)state;
	turns(1);
	for (unsigned i = 0; i < 70; i++)
		send_in(pkt_make(IP(198, 18, 1, 1), 60));
	turns(1);
	first = class->wait.max;
	pause_us(200);
	turns(1);
	assert_true(class->wait.max >= first + ticks(200));
	pause_us(200);
	first = rte_rdtsc();
	turns(1); /* six: now it is empty */
	assert_true(class->wait.max >= ticks(400));
	assert_true(fx.router->ports[0].backlogs[0].since_tsc >= first);
	assert_int_equal(lat_hist_count(&class->total), 70);
}

/* A device that is never seen empty: its queue is no older than what it can hold. */
static void a_backlog_is_no_older_than_its_queue(void **state)
{
	const unsigned bursts = PORT_BACKLOG_PKTS / PORT_RX_BURST;
	uint64_t times[4 * PORT_BACKLOG_PKTS / PORT_RX_BURST];

	(void)state;
	turns(1);
	for (unsigned i = 0; i < 32; i++)
		send_in(pkt_make(IP(198, 18, 1, 1), 60));
	for (unsigned i = 0; i < 4 * bursts; i++) {
		for (unsigned j = 0; j < 32; j++)
			send_in(pkt_make(IP(198, 18, 1, 1), 60));
		times[i] = rte_rdtsc();
		turns(1);
		ring_empty(fx.from[1]);
		/* what was there twice the queue ago is gone; what is there may be a queue old */
		if (i >= 2 * bursts)
			assert_in_range(fx.router->ports[0].backlogs[0].since_tsc,
					times[i - 2 * bursts], times[i + 1 - bursts]);
	}
	turns(2);
	ring_empty(fx.from[1]);
}

static void queue_unset(struct port *port)
{
	assert_int_equal(shaper_queued_pkts(port->shaper), 0);
	rte_free(port->shaper_mem);
	port->shaper = NULL;
	port->busy = false;
}

static void drain(const struct port *port)
{
	do
		turns(1);
	while (shaper_queued_pkts(port->shaper) != 0 || port->tx.n != 0);
}

/* 10 Mbit/s: 363 bytes take 290 us; four fit the burst, six wait up to 1742 us and more. */
static void the_shaper_is_a_part(void **state)
{
	struct port *out = &fx.router->ports[1];
	const struct sojourn_class *class = class_get(0);

	(void)state;
	port_shaper_make(out, 10000000, 1518);
	turns(1);
	for (unsigned i = 0; i < 10; i++)
		send_in(pkt_make(IP(198, 18, 1, 1), FRAME_BYTES));
	drain(out);
	assert_int_equal(lat_hist_count(&class->total), 10);
	assert_int_equal(lat_hist_count(&class->shaper), 6);
	assert_true(class->shaper.max >= ticks(6 * 290 - 4 * 290));
	assert_true(class->total.max >= class->shaper.max);
	assert_false(out->busy);
	queue_unset(out);
}

/* All of the delay is ours as long as nobody notes a gap. */
static void queueing_beyond_the_bound_is_ours(void **state)
{
	struct port *out = &fx.router->ports[1];
	const struct sojourn_class *class = class_get(0);

	(void)state;
	out->bound_tsc[0] = ticks(1000);
	port_shaper_make(out, 10000000, 1518);
	turns(1);
	for (unsigned i = 0; i < 20; i++)
		send_in(pkt_make(IP(198, 18, 1, 1), FRAME_BYTES));
	drain(out);
	sojourn_settle(fx.router->sojourn);
	/* beyond 1 ms are all but those of the burst and the next three at least */
	assert_in_range(class->queue_pkts, 12, 20);
	assert_int_equal(class->gap_pkts, 0);
	queue_unset(out);
}

/* The host took 3 ms before the receive call. */
static void a_gap_before_the_packet_was_received_is_the_hosts(void **state)
{
	static struct gap_log log;
	const struct sojourn_class *class = class_get(0);
	uint64_t begin;

	(void)state;
	fx.router->sojourn->gaps = &log;
	fx.router->ports[1].bound_tsc[0] = ticks(1000);
	turns(1);
	begin = rte_rdtsc();
	pause_us(3000);
	/* and whatever the real one takes on the rest of the way */
	gap_log_add(&log, begin, rte_rdtsc(), clock_tsc_hz());
	send_in(pkt_make(IP(198, 18, 1, 1), FRAME_BYTES));
	turns(1);
	sojourn_settle(fx.router->sojourn);
	assert_int_equal(class->gap_pkts, 1);
	assert_int_equal(class->queue_pkts, 0);
}

/* The same delay without a gap, and with one that explains only half of it. */
static void a_gap_that_is_too_short_is_no_excuse(void **state)
{
	static struct gap_log log;
	const struct sojourn_class *class = class_get(0);

	(void)state;
	fx.router->sojourn->gaps = &log;
	fx.router->ports[1].bound_tsc[0] = ticks(1000);
	for (unsigned lost_us = 0; lost_us <= 1500; lost_us += 1500) {
		uint64_t begin;

		turns(1);
		begin = rte_rdtsc();
		pause_us(3000);
		gap_log_add(&log, begin, rte_rdtsc(), ticks(lost_us));
		send_in(pkt_make(IP(198, 18, 1, 1), FRAME_BYTES));
		turns(1);
		sojourn_settle(fx.router->sojourn);
	}
	assert_int_equal(class->gap_pkts, 0);
	assert_int_equal(class->queue_pkts, 2);
}

/* A gap of the turn itself is known when the turn is over, which is when it is asked for. */
static void a_gap_within_the_turn_is_the_hosts(void **state)
{
	static struct gap_log log;
	const struct sojourn_class *class = class_get(0);
	struct sojourn *sojourn = fx.router->sojourn;
	const struct sojourn_run run = {
		.rx_tsc = 10000, .due_tsc = 10000, .left_tsc = 90000, .wait_tsc = 100, .n = 3
	};

	(void)state;
	sojourn->gaps = &log;
	assert_int_equal(sojourn_record(sojourn, &run), 80100);
	sojourn_late_add(sojourn, &run, 1000, 9900, UINT64_MAX);
	gap_log_add(&log, 9900, 90100, 79500);
	sojourn_settle(sojourn);
	assert_int_equal(class->gap_pkts, 3);
	assert_int_equal(class->queue_pkts, 0);
}

/* What waits in the queue behind a gap is late by it, long after. */
static void a_gap_is_an_excuse_until_the_queue_is_empty(void **state)
{
	static struct gap_log log;
	struct port *out = &fx.router->ports[1];
	const struct sojourn_class *class = class_get(0);
	uint64_t begin, late;

	(void)state;
	fx.router->sojourn->gaps = &log;
	out->bound_tsc[0] = ticks(2000);
	port_shaper_make(out, 10000000, 1518);
	turns(1);
	begin = rte_rdtsc();
	pause_us(4000);
	/* and whatever the real one takes until the queue is empty */
	gap_log_add(&log, begin, rte_rdtsc(), clock_tsc_hz());
	/* what came meanwhile, at the rate of the profile */
	for (unsigned i = 0; i < 14; i++)
		send_in(pkt_make(IP(198, 18, 1, 1), FRAME_BYTES));
	turns(1);
	/* one that comes when the gap is over waits behind them */
	send_in(pkt_make(IP(198, 18, 1, 1), FRAME_BYTES));
	drain(out);
	sojourn_settle(fx.router->sojourn);
	late = class->gap_pkts;
	assert_in_range(late, 14, 15);
	assert_int_equal(class->queue_pkts, 0);
	/* with the queue empty again the gap is history */
	for (unsigned i = 0; i < 20; i++)
		send_in(pkt_make(IP(198, 18, 1, 1), FRAME_BYTES));
	drain(out);
	sojourn_settle(fx.router->sojourn);
	assert_true(class->queue_pkts != 0);
	queue_unset(out);
}

/* Whole bursts only: the device is not seen empty. All packets are beyond a bound of 0. */
static void queues_pass(unsigned n)
{
	for (unsigned i = 0; i < n * PORT_BACKLOG_PKTS / PORT_RX_BURST; i++) {
		for (unsigned j = 0; j < PORT_RX_BURST; j++)
			send_in(pkt_make(IP(198, 18, 1, 1), 60));
		turns(1);
		ring_empty(fx.from[1]);
		sojourn_settle(fx.router->sojourn);
	}
}

/* All packets are late from now on, and a gap that lasted longer than the whole test is over. */
static void late_behind_a_gap(struct gap_log *log)
{
	uint64_t begin;

	fx.router->sojourn->gaps = log;
	fx.router->ports[1].bound_tsc[0] = 0;
	turns(1);
	begin = rte_rdtsc();
	pause_us(10);
	gap_log_add(log, begin, rte_rdtsc(), 3600 * clock_tsc_hz());
}

/* What came in a gap delays those that come later: longer than it took to replace it by others. */
static void a_gap_is_an_excuse_until_the_device_is_empty(void **state)
{
	static struct gap_log log;
	const struct sojourn_class *class = class_get(0);
	uint64_t late;

	(void)state;
	late_behind_a_gap(&log);
	queues_pass(PORT_BACKLOG_QUEUES - 1);
	assert_int_equal(class->queue_pkts, 0);
	late = class->gap_pkts;
	assert_int_equal(late, (PORT_BACKLOG_QUEUES - 1) * PORT_BACKLOG_PKTS);
	/* the last of the backlog, and one behind it */
	for (unsigned i = 0; i < 2; i++) {
		send_in(pkt_make(IP(198, 18, 1, 1), 60));
		turns(1);
		sojourn_settle(fx.router->sojourn);
	}
	assert_int_equal(class->gap_pkts, late + 1);
	assert_int_equal(class->queue_pkts, 1);
}

/* A device that is never empty is overloaded, whatever the host did long ago. */
static void a_gap_is_no_excuse_for_overload(void **state)
{
	static struct gap_log log;
	const struct sojourn_class *class = class_get(0);
	uint64_t late;

	(void)state;
	late_behind_a_gap(&log);
	queues_pass(PORT_BACKLOG_QUEUES + 1);
	late = class->gap_pkts;
	assert_in_range(late, (PORT_BACKLOG_QUEUES - 1) * PORT_BACKLOG_PKTS,
			(PORT_BACKLOG_QUEUES + 1) * PORT_BACKLOG_PKTS);
	queues_pass(1);
	assert_int_equal(class->gap_pkts, late);
	assert_true(class->queue_pkts >= PORT_BACKLOG_PKTS);
	turns(1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TURN_TEST(gaps_are_summed_to_a_time),
		TURN_TEST(parts_are_told_apart),
		TURN_TEST(a_backlog_waits_since_the_device_was_empty),
		TURN_TEST(a_backlog_is_no_older_than_its_queue),
		TURN_TEST(the_shaper_is_a_part),
		TURN_TEST(queueing_beyond_the_bound_is_ours),
		TURN_TEST(a_gap_before_the_packet_was_received_is_the_hosts),
		TURN_TEST(a_gap_that_is_too_short_is_no_excuse),
		TURN_TEST(a_gap_within_the_turn_is_the_hosts),
		TURN_TEST(a_gap_is_an_excuse_until_the_queue_is_empty),
		TURN_TEST(a_gap_is_an_excuse_until_the_device_is_empty),
		TURN_TEST(a_gap_is_no_excuse_for_overload),
	};

	return turn_fixture_main(tests, RTE_DIM(tests));
}
