/*
 * Long-run rate and conformance of shaper/shaper.h by decade of rate, polled at random moments.
 *
 * The bytes between two departures that were polled at exactly their time are rate * time to a
 * tick; in between the shaper is polled late by random gaps within what its burst bears.
 */
#include "shaper/conformance.h"
#include "tests/shaper/port.h"

#include <math.h>

#define HZ 2600000000ULL
#define LONGEST 1518U
#define BACKLOG 64U

struct stream {
	struct port port;
	struct shaper_conformance meter;
	struct rate rate;
	uint64_t seed;
	uint64_t now_ticks;
	uint64_t number;
	uint32_t adjust_bytes;
};

/* Lengths are a function of the number, so that what comes out can be weighed. */
static uint32_t frame_len(uint64_t number)
{
	uint64_t state = number;

	return (uint32_t)port_random_in(&state, 60, 1514);
}

static void keep_backlogged(struct stream *stream)
{
	while (shaper_queued_pkts(stream->port.shaper) < BACKLOG) {
		struct shaper_pkt pkt = port_pkt(stream->number, frame_len(stream->number), 0);

		stream->number++;
		port_offer(&stream->port, stream->now_ticks, &pkt, 1);
	}
}

/* Polls once; returns the bytes that left. */
static uint64_t poll(struct stream *stream)
{
	struct port *port = &stream->port;
	uint64_t bytes = 0;

	port_reset_out(port);
	keep_backlogged(stream);
	while (port->out.npkts < PORT_BURST - BACKLOG && port_dequeue(port, stream->now_ticks) != 0)
		keep_backlogged(stream);
	for (uint32_t i = 0; i < port->out.npkts; i++)
		bytes += frame_len(port_number(port->out.pkts[i])) + stream->adjust_bytes;
	assert_int_equal(port->out.ndrops, 0);
	if (bytes != 0)
		shaper_conformance_record(&stream->meter, &stream->rate, stream->now_ticks,
					  (uint32_t)bytes);
	return bytes;
}

/* To exactly the next departure. */
static uint64_t poll_next(struct stream *stream)
{
	uint64_t next = shaper_next_event_ticks(stream->port.shaper, stream->now_ticks);

	assert_true((int64_t)(next - stream->now_ticks) > 0);
	stream->now_ticks = next;
	return poll(stream);
}

static void stream_open(struct stream *stream, uint64_t rate_bps, uint32_t burst_bytes,
			enum rate_layer layer)
{
	struct shaper_params params = port_params(HZ, rate_bps, burst_bytes);

	params.layer = layer;
	stream->seed = port_seed();
	stream->now_ticks = UINT64_MAX - HZ; /* wraps within the run at most rates */
	stream->number = 0;
	stream->adjust_bytes = (uint32_t)rate_layer_adjust_bytes(layer);
	port_open(&stream->port, &params, stream->now_ticks);
	assert_int_equal(rate_init(&stream->rate, RATE_BITS_PER_S, rate_bps, HZ), 0);
	shaper_conformance_init(&stream->meter, &stream->rate, stream->now_ticks);
}

/* Relative error of the rate over npkts packets, polled within gaps that cost max_gap_bytes. */
static double run(struct stream *stream, uint64_t rate_bps, uint64_t npkts, uint64_t max_gap_bytes)
{
	uint64_t max_gap = rate_cost(&stream->rate, (uint32_t)max_gap_bytes) >>
			   stream->rate.frac_bits;
	uint64_t start, first, bytes = 0;

	poll(stream);
	assert_true(poll_next(stream) > 0);
	start = stream->now_ticks;
	first = stream->port.sent;
	while (stream->port.sent - first < npkts) {
		stream->now_ticks += port_random_in(&stream->seed, 0, max_gap);
		bytes += poll(stream);
	}
	bytes += poll_next(stream);
	return (double)bytes * 8 * (double)HZ /
		       ((double)(stream->now_ticks - start) * (double)rate_bps) -
	       1;
}

static void rate_is_kept_by_decade(void **state)
{
	static const uint64_t rates[] = { 1000,	       10000,	     100000,	  1000000,
					  10000000,    100000000,    1000000000,  10000000000,
					  40000000000, 100000000000, 400000000000 };
	const uint32_t burst = 8 * LONGEST;

	(void)state;
	print_message("%15s %12s %12s %16s\n", "rate bit/s", "error", "burst bytes",
		      "worst excess");
	for (size_t i = 0; i < sizeof(rates) / sizeof(rates[0]); i++) {
		struct stream stream;
		double error;
		uint64_t worst;

		stream_open(&stream, rates[i], burst, RATE_LAYER_L2);
		/* The bucket holds less than a packet when nothing can leave. */
		error = run(&stream, rates[i], port_share(1000000), burst - 2 * LONGEST);
		worst = shaper_conformance_burst_bytes(&stream.meter, &stream.rate);
		print_message("%15llu %12.2e %12u %16lld\n", (unsigned long long)rates[i], error,
			      burst, (long long)worst - burst);
		assert_true(fabs(error) <= 1e-6);
		assert_true(worst <= burst);
		port_close(&stream.port);
	}
}

static void layers_count_their_bytes(void **state)
{
	const uint32_t burst = 8 * 1538;

	(void)state;
	for (int layer = RATE_LAYER_L1; layer <= RATE_LAYER_L3; layer++) {
		struct stream stream;

		stream_open(&stream, 100000000, burst, (enum rate_layer)layer);
		assert_true(fabs(run(&stream, 100000000, port_share(50000), burst - 2 * 1538)) <=
			    1e-6);
		assert_true(shaper_conformance_burst_bytes(&stream.meter, &stream.rate) <= burst);
		port_close(&stream.port);
	}
}

/* Gaps far beyond the burst: what catches up is the burst and no more, and nothing is early. */
static void catching_up_is_limited_to_the_burst(void **state)
{
	const uint32_t burst = 20000;
	struct stream stream;

	(void)state;
	stream_open(&stream, 1000000000, burst, RATE_LAYER_L2);
	for (uint64_t i = 0; i < port_share(20000); i++) {
		uint64_t bytes;

		stream.now_ticks += port_random_in(&stream.seed, 0, HZ / 100);
		bytes = poll(&stream);
		assert_true(bytes <= burst);
		assert_int_equal(poll(&stream), 0);
	}
	assert_true(shaper_conformance_burst_bytes(&stream.meter, &stream.rate) <= burst);
	port_close(&stream.port);
}

/* Full buckets after pauses of every length, up to years, by the shaper's own clock or beyond. */
static void any_pause_fills_the_bucket(void **state)
{
	static const uint64_t rates[] = { 1000, 1000000000, RATE_MAX_BPS };

	(void)state;
	for (size_t r = 0; r < sizeof(rates) / sizeof(rates[0]); r++) {
		struct shaper_params params = port_params(HZ, rates[r], 3 * LONGEST);
		uint64_t now = 7;
		struct port port;

		port_open(&port, &params, now);
		for (unsigned bits = 45; bits < 62; bits++) {
			struct shaper_pkt pkts[4];

			/* 3 * 1518 bytes take 36 s at 1 kbit/s: 2^37 ticks. */
			now += (1ULL << bits) + bits;
			for (uint32_t i = 0; i < 4; i++)
				pkts[i] = port_pkt(i, 1514, 0);
			port_reset_out(&port);
			port_offer(&port, now, pkts, 4);
			assert_int_equal(port.out.npkts, 3);
			now += HZ * 40;
			assert_int_equal(port_dequeue(&port, now), 1);
		}
		port_close(&port);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rate_is_kept_by_decade),
		cmocka_unit_test(layers_count_their_bytes),
		cmocka_unit_test(catching_up_is_limited_to_the_burst),
		cmocka_unit_test(any_pause_fills_the_bucket),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
