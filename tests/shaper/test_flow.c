/* Unit test of shaper/flow.h through shaper/shaper.h: flows with profiles of their own. */
#include "shaper/conformance.h"
#include "shaper/pacer.h"
#include "tests/shaper/port.h"

#include <math.h>

#define HZ 1000000000ULL
#define LONGEST 1518ULL
#define SLOT_TICKS 100U /* widest slot of the wheel at this clock */

static struct shaper_params flow_params(uint32_t nflows, const struct shaper_profile_params *table,
					uint32_t nprofiles, const uint16_t *of)
{
	struct shaper_params params = port_params(HZ, 0, 0);

	params.classes[0].quota_pkts = nflows * 8 > 4096 ? nflows * 8 : 4096;
	params.flows = (struct shaper_flow_params){
		.nflows = nflows,
		.quota_pkts = 64,
		.profiles = table,
		.nprofiles = nprofiles,
		.profile_of_flow = of,
	};
	return params;
}

static void offer_flow(struct port *port, uint64_t now_ticks, uint64_t number, uint32_t frame_len,
		       uint32_t flow)
{
	struct shaper_pkt pkt = port_pkt(number, frame_len, 0);

	pkt.flow = flow;
	port_offer(port, now_ticks, &pkt, 1);
}

static void flows_do_not_hold_back_each_other(void **state)
{
	/* One byte per 1000 ticks. */
	const struct shaper_profile_params table[] = { { 8000000, LONGEST } };
	struct shaper_params params = flow_params(2, table, 1, NULL);
	struct port port;

	(void)state;
	port_open(&port, &params, 0);
	offer_flow(&port, 0, 0, 1514, 0);
	offer_flow(&port, 0, 1, 1514, 0);
	offer_flow(&port, 0, 2, 1514, 1);
	offer_flow(&port, 0, 3, 60, 0); /* smaller, but behind number 1 */
	assert_int_equal(port.out.npkts, 2);
	assert_int_equal(port_number(port.out.pkts[1]), 2);
	port_dequeue(&port, 1517999);
	assert_int_equal(port.out.npkts, 2);
	port_dequeue(&port, 1518000 + SLOT_TICKS);
	assert_int_equal(port.out.npkts, 3);
	port_dequeue(&port, 1518000 + 64000 + 2 * SLOT_TICKS);
	assert_int_equal(port.out.npkts, 4);
	assert_true(shaper_next_event_ticks(port.shaper, 2000000) == UINT64_MAX);
	port_close(&port);
}

static void flow_quotas_are_kept(void **state)
{
	const struct shaper_profile_params table[] = { { 8000, LONGEST } };
	struct shaper_params params = flow_params(4, table, 1, NULL);
	struct shaper_pkt stray = port_pkt(0, 60, 0);
	struct port port;

	(void)state;
	params.flows.quota_pkts = 5;
	params.flows.quota_bytes = 4000;
	port_open(&port, &params, 0);
	for (uint64_t i = 0; i < 5; i++)
		offer_flow(&port, 0, i, 1514, 0); /* one passes, 3036 bytes queued, two dropped */
	assert_int_equal(port_stats(&port, 0).drop_pkts[SHAPER_DROP_FLOW_QUOTA], 2);
	for (uint64_t i = 5; i < 10; i++)
		offer_flow(&port, 0, i, 60, 0); /* three more until the quota of packets */
	assert_int_equal(port_stats(&port, 0).drop_pkts[SHAPER_DROP_FLOW_QUOTA], 4);
	offer_flow(&port, 0, 10, 1514, 3);
	assert_int_equal(port_stats(&port, 0).direct_pkts, 2);
	stray.flow = 4;
	port_offer(&port, 0, &stray, 1);
	assert_int_equal(shaper_misdirected_pkts(port.shaper), 1);
	port_close(&port);
}

/* A flow's own view of the test. */
struct flow_record {
	struct shaper_conformance meter;
	uint64_t next_offered; /* number of the packet offered next */
	uint64_t next_due;     /* number of the packet that must leave next */
	uint64_t bytes;
	uint64_t start_ticks;
	uint64_t last_ticks;
	bool started; /* the burst is used up: bytes count from here */
};

static uint32_t flow_frame(uint32_t flow, uint64_t number)
{
	uint64_t seed = ((uint64_t)flow << 40) + number;

	return (uint32_t)port_random_in(&seed, 60, 1514);
}

static void check_departures(struct port *port, struct flow_record *records,
			     const struct rate *rates, const uint16_t *of,
			     const struct shaper_profile_params *table, uint64_t now_ticks)
{
	for (uint32_t i = 0; i < port->out.npkts; i++) {
		uint64_t number = port_number(port->out.pkts[i]);
		uint32_t flow = (uint32_t)(number >> 40), len;
		struct flow_record *record = &records[flow];

		number &= (1ULL << 40) - 1;
		assert_int_equal(number, record->next_due);
		record->next_due++;
		len = flow_frame(flow, number) + 4;
		shaper_conformance_record(&record->meter, &rates[of[flow]], now_ticks, len);
		record->bytes += len;
		record->last_ticks = now_ticks;
		if (!record->started && record->bytes > table[of[flow]].burst_bytes &&
		    record->next_offered - record->next_due > 30) {
			record->started = true;
			record->bytes = 0;
			record->start_ticks = now_ticks;
		}
	}
}

/*
 * All flows backlogged all the time: each one keeps its rate, its burst and its order. The profiles
 * allow for the time between two polls.
 */
static void every_flow_keeps_its_profile(void **state)
{
	enum { FLOWS = 512, PROFILES = 6, RUN_MS = 400 };
	static const struct shaper_profile_params table[PROFILES] = {
		{ 1000000, 3 * LONGEST },  { 3333333, 3 * LONGEST },	{ 10000000, 5 * LONGEST },
		{ 77777777, 8 * LONGEST }, { 250000000, 16 * LONGEST }, { 30000, 2 * LONGEST }
	};
	static struct flow_record records[FLOWS];
	static uint16_t of[FLOWS];
	struct rate rates[PROFILES];
	uint64_t seed = port_seed(), now = 0, end = port_share(RUN_MS) * 1000000;
	struct shaper_params params;
	struct port port;

	(void)state;
	for (uint32_t i = 0; i < FLOWS; i++)
		of[i] = i < 8 ? 4 : (uint16_t)port_random_in(&seed, 0, 5) % (i % 16 == 0 ? 4 : 3);
	of[9] = 5;
	params = flow_params(FLOWS, table, PROFILES, of);
	params.classes[0].quota_pkts = FLOWS * 64;
	port_open(&port, &params, now);
	for (uint32_t i = 0; i < PROFILES; i++)
		assert_int_equal(rate_init(&rates[i], RATE_BITS_PER_S, table[i].rate_bps, HZ), 0);
	for (uint32_t i = 0; i < FLOWS; i++)
		shaper_conformance_init(&records[i].meter, &rates[of[i]], now);
	for (; now < end; now += port_random_in(&seed, 0, 10000)) {
		port_reset_out(&port);
		for (uint32_t k = 0; k < 128; k++) {
			uint32_t flow = (uint32_t)port_random_in(&seed, 0, FLOWS - 1);
			struct flow_record *record;

			if (k < 32)
				flow = k % 8; /* the fast ones need more */
			record = &records[flow];
			if (record->next_offered - record->next_due >= 40)
				continue;
			offer_flow(&port, now, ((uint64_t)flow << 40) + record->next_offered,
				   flow_frame(flow, record->next_offered), flow);
			record->next_offered++;
		}
		assert_int_equal(port.out.ndrops, 0);
		port_dequeue(&port, now);
		check_departures(&port, records, rates, of, table, now);
	}
	for (uint32_t i = 0; i < FLOWS; i++) {
		uint64_t burst = table[of[i]].burst_bytes;
		double expected;

		assert_true(shaper_conformance_burst_bytes(&records[i].meter, &rates[of[i]]) <=
			    burst);
		if (!records[i].started || records[i].next_offered == records[i].next_due)
			continue;
		/* From one departure to another, each within a packet and a poll of empty. */
		expected = (double)table[of[i]].rate_bps / 8e9 *
			   (double)(records[i].last_ticks - records[i].start_ticks);
		assert_true(fabs((double)records[i].bytes - expected) <= 2 * LONGEST + 320);
	}
	port_close(&port);
}

/* Unshaped port: each packet leaves at the first poll after its time, rounded up to a slot. */
static void departures_are_on_time(void **state)
{
	enum { FLOWS = 64 };
	static const struct shaper_profile_params table[] = { { 20000000, 2 * LONGEST } };
	struct shaper_params params = flow_params(FLOWS, table, 1, NULL);
	struct shaper_profile profile;
	struct shaper_pacer pacers[FLOWS];
	uint64_t seed = port_seed(), now = 0, number[FLOWS] = { 0 };
	struct port port;

	(void)state;
	assert_int_equal(shaper_profile_init(&profile, table[0].rate_bps, table[0].burst_bytes, HZ),
			 0);
	port_open(&port, &params, now);
	for (uint32_t i = 0; i < FLOWS; i++)
		shaper_pacer_init(&pacers[i], &profile, now);
	for (uint64_t loop = 0; loop < port_share(200000); loop++) {
		uint64_t last = now;
		uint32_t flow = (uint32_t)port_random_in(&seed, 0, FLOWS - 1);

		now += port_random_in(&seed, 1, 20000);
		port_reset_out(&port);
		port_dequeue(&port, now);
		offer_flow(&port, now, ((uint64_t)flow << 40) + number[flow],
			   flow_frame(flow, number[flow]), flow);
		number[flow]++;
		for (uint32_t i = 0; i < port.out.npkts; i++) {
			uint64_t id = port_number(port.out.pkts[i]);
			struct shaper_pacer *pacer = &pacers[id >> 40];
			uint32_t len = flow_frame((uint32_t)(id >> 40), id & 0xffffffffff) + 4;

			/* Never early, and not a whole poll and slot late unless it just came. */
			assert_true(shaper_pacer_conforms(pacer, &profile, now, len));
			if (i + 1 != port.out.npkts && last > SLOT_TICKS)
				assert_false(shaper_pacer_conforms(pacer, &profile,
								   last - SLOT_TICKS, len));
			shaper_pacer_charge(pacer, &profile, now, len);
		}
	}
	port_close(&port);
}

/* 72 s and more between two packets: beyond the far circle of the wheel. */
static void slow_flows_are_exact(void **state)
{
	static const struct shaper_profile_params table[] = { { 1000, 9022 } };
	struct shaper_params params = flow_params(3, table, 1, NULL);
	uint64_t now = 0;
	struct port port;

	(void)state;
	params.max_frame_bytes = 9018;
	port_open(&port, &params, now);
	for (uint64_t i = 0; i < 12; i++)
		offer_flow(&port, now, i, 9018, (uint32_t)i % 3);
	assert_int_equal(port.out.npkts, 3);
	for (uint64_t round = 1; round <= 3; round++) {
		uint64_t due = round * 9022 * 8 * (HZ / 1000);

		port_reset_out(&port);
		/* Woken whenever the shaper asks for it: never too late, and not all the time. */
		for (uint32_t wakes = 0; now < due; wakes++) {
			assert_true(wakes < 20);
			assert_int_equal(port_dequeue(&port, now), 0);
			assert_true(shaper_next_event_ticks(port.shaper, now) <= due + SLOT_TICKS);
			now = shaper_next_event_ticks(port.shaper, now);
		}
		assert_true(now >= due);
		port_dequeue(&port, now);
		assert_int_equal(port.out.npkts, 3);
	}
	port_close(&port);
}

/* As many flows as there may be, one packet each, all in one far slot and in step. */
static void all_flows_at_once(void **state)
{
	enum { FLOWS = SHAPER_MAX_FLOWS };
	static const struct shaper_profile_params table[] = { { 1000000, LONGEST } };
	static uint8_t seen[FLOWS];
	struct shaper_params params = flow_params(FLOWS, table, 1, NULL);
	const uint64_t due = 1518ULL * 8000;
	uint64_t now = 0, count = 0;
	struct port port;

	(void)state;
	params.classes[0].quota_pkts = FLOWS;
	params.flows.quota_pkts = 1;
	port_open(&port, &params, now);
	for (uint64_t k = 0; k < 2; k++) {
		for (uint32_t i = 0; i < FLOWS; i++) {
			if (i % 256 == 0)
				port_reset_out(&port);
			offer_flow(&port, now, i, 1514, i);
		}
	}
	assert_int_equal(port_stats(&port, 0).direct_pkts, FLOWS);
	assert_int_equal(shaper_queued_pkts(port.shaper), FLOWS);
	for (now = 0; now < due; now += 50000) {
		port_reset_out(&port);
		assert_int_equal(port_dequeue(&port, now), 0);
	}
	now = due + SLOT_TICKS;
	while (shaper_queued_pkts(port.shaper) != 0) {
		port_reset_out(&port);
		assert_int_equal(port_dequeue(&port, now), PORT_BURST);
		for (uint32_t i = 0; i < port.out.npkts; i++)
			seen[port_number(port.out.pkts[i])]++;
		count += port.out.npkts;
	}
	assert_int_equal(count, FLOWS);
	for (uint32_t i = 0; i < FLOWS; i++)
		assert_int_equal(seen[i], 1);
	port_close(&port);
}

/* More flows than the port has rate for: they share it evenly in bytes, whatever their packets. */
static void flows_share_a_short_aggregate(void **state)
{
	enum { FLOWS = 8 };
	static const struct shaper_profile_params table[] = { { 800000000, 4 * LONGEST } };
	struct shaper_params params = flow_params(FLOWS, table, 1, NULL);
	struct shaper_conformance meter;
	uint64_t sent[FLOWS] = { 0 }, queued[FLOWS] = { 0 }, now, total = 0;
	struct rate rate;
	struct port port;

	(void)state;
	params.aggregate = (struct shaper_profile_params){ 1000000000, 4 * LONGEST };
	port_open(&port, &params, 0);
	assert_int_equal(rate_init(&rate, RATE_BITS_PER_S, 1000000000, HZ), 0);
	shaper_conformance_init(&meter, &rate, 0);
	for (now = 0; now < port_share(100000000); now += 3000) {
		port_reset_out(&port);
		for (uint32_t i = 0; i < FLOWS; i++) {
			for (; queued[i] < 40; queued[i]++)
				offer_flow(&port, now, i, i % 2 == 0 ? 60 : 1514, i);
		}
		port_dequeue(&port, now);
		for (uint32_t i = 0; i < port.out.npkts; i++) {
			uint64_t flow = port_number(port.out.pkts[i]);
			uint32_t len = flow % 2 == 0 ? 64 : 1518;

			queued[flow]--;
			sent[flow] += len;
			total += len;
			shaper_conformance_record(&meter, &rate, now, len);
		}
	}
	assert_true(shaper_conformance_burst_bytes(&meter, &rate) <= 4 * LONGEST);
	for (uint32_t i = 0; i < FLOWS; i++) {
		/* Within a burst at the start and two turns. */
		assert_true(fabs((double)sent[i] - (double)total / FLOWS) <= 6 * LONGEST);
	}
	port_close(&port);
}

/* New rates move flows that wait to their new times; a control class above is not touched. */
static void flows_are_retuned(void **state)
{
	struct shaper_profile_params table[] = { { 8000, LONGEST } };
	struct shaper_params params = flow_params(2, table, 1, NULL);
	struct port port;

	(void)state;
	port_open(&port, &params, 0);
	offer_flow(&port, 0, 0, 1514, 0);
	offer_flow(&port, 0, 1, 1514, 0); /* due after 1518 ms */
	assert_int_equal(port.out.npkts, 1);
	port_dequeue(&port, 0);
	table[0].rate_bps = 8000000; /* due after 1518 us */
	assert_int_equal(shaper_retune(port.shaper, &params, 0, NULL, 0), 0);
	assert_int_equal(port_dequeue(&port, 1518000 - 1), 0);
	assert_true(shaper_next_event_ticks(port.shaper, 1518000 - 1) <= 1518000 + SLOT_TICKS);
	assert_int_equal(port_dequeue(&port, 1518000 + SLOT_TICKS), 1);
	port_close(&port);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(flows_do_not_hold_back_each_other),
		cmocka_unit_test(flow_quotas_are_kept),
		cmocka_unit_test(every_flow_keeps_its_profile),
		cmocka_unit_test(departures_are_on_time),
		cmocka_unit_test(slow_flows_are_exact),
		cmocka_unit_test(all_flows_at_once),
		cmocka_unit_test(flows_share_a_short_aggregate),
		cmocka_unit_test(flows_are_retuned),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
