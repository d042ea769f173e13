#ifndef TESTS_SHAPER_PORT_H
#define TESTS_SHAPER_PORT_H

/**
 * @file
 * A shaper under test: what is offered, what came out, and the books about it, in virtual time.
 *
 * Packets are indices into a table, so that order and lengths can be checked afterwards.
 */

#include "shaper/shaper.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define PORT_BURST 512U

/** A packet of the test. */
struct port_pkt {
	uint64_t offered_ticks;
	uint64_t left_ticks;
	uint32_t flow;
	uint32_t seq; /**< number among the packets of its class or flow */
	uint16_t len_bytes;
	uint8_t class_index;
	bool marked;
};

/** A shaper with its output arrays. */
struct port {
	struct shaper *shaper;
	struct shaper_params params;
	void *mem;
	void *pkts[PORT_BURST];
	void *marks[PORT_BURST];
	void *drops[PORT_BURST];
	struct shaper_out out;
	uint64_t offered;
	uint64_t sent;
	uint64_t dropped;
};

static inline void port_reset_out(struct port *port)
{
	port->out = (struct shaper_out){
		.pkts = port->pkts,
		.marks = port->marks,
		.drops = port->drops,
		.max_pkts = PORT_BURST,
		.max_drops = PORT_BURST,
	};
}

static inline void port_open(struct port *port, const struct shaper_params *params,
			     uint64_t now_ticks)
{
	char why[SHAPER_WHY_LEN] = "";

	memset(port, 0, sizeof(*port));
	port->params = *params;
	if (shaper_params_check(params, why, sizeof(why)) != 0)
		fail_msg("%s", why);
	port->mem = aligned_alloc(SHAPER_MEM_ALIGN, shaper_mem_bytes(params));
	assert_non_null(port->mem);
	assert_int_equal(shaper_init(port->mem, params, now_ticks, &port->shaper), 0);
	port_reset_out(port);
}

/** In = out + queued + drops, by the test's own count and by the shaper's. */
static inline void port_check_ledger(const struct port *port)
{
	uint64_t direct = 0, enqueued = 0, dequeued = 0, queued = 0, refused = 0, dropped_late = 0;

	for (uint32_t i = 0; i < port->params.nclasses; i++) {
		struct shaper_class_stats stats;

		assert_int_equal(shaper_class_stats_get(port->shaper, i, &stats), 0);
		direct += stats.direct_pkts;
		enqueued += stats.enqueued_pkts;
		dequeued += stats.dequeued_pkts;
		queued += stats.queued_pkts;
		for (int cause = 0; cause < SHAPER_DROP_CAUSES; cause++) {
			if (cause < SHAPER_DROP_LATE)
				refused += stats.drop_pkts[cause];
			else
				dropped_late += stats.drop_pkts[cause];
		}
	}
	refused += shaper_misdirected_pkts(port->shaper);
	assert_int_equal(port->offered, direct + enqueued + refused);
	assert_int_equal(enqueued, dequeued + queued + dropped_late);
	assert_int_equal(port->sent, direct + dequeued);
	assert_int_equal(port->dropped, refused + dropped_late);
	assert_int_equal(queued, shaper_queued_pkts(port->shaper));
}

static inline void port_close(struct port *port)
{
	port_check_ledger(port);
	free(port->mem);
}

/** Offers and counts; what came out stays in port->out until the next port_reset_out(). */
static inline void port_offer(struct port *port, uint64_t now_ticks, const struct shaper_pkt *pkts,
			      uint32_t npkts)
{
	uint32_t npkts_before = port->out.npkts, ndrops_before = port->out.ndrops;

	shaper_offer_burst(port->shaper, now_ticks, pkts, npkts, &port->out);
	port->offered += npkts;
	port->sent += port->out.npkts - npkts_before;
	port->dropped += port->out.ndrops - ndrops_before;
}

static inline uint32_t port_dequeue(struct port *port, uint64_t now_ticks)
{
	uint32_t ndrops_before = port->out.ndrops;
	uint32_t n = shaper_dequeue_burst(port->shaper, now_ticks, &port->out);

	port->sent += n;
	port->dropped += port->out.ndrops - ndrops_before;
	return n;
}

static inline struct shaper_class_stats port_stats(const struct port *port, uint32_t class_index)
{
	struct shaper_class_stats stats;

	assert_int_equal(shaper_class_stats_get(port->shaper, class_index, &stats), 0);
	return stats;
}

/** A packet that is known by its number only. */
static inline struct shaper_pkt port_pkt(uint64_t number, uint32_t frame_len_bytes,
					 uint32_t class_index)
{
	return (struct shaper_pkt){
		.pkt = (void *)(uintptr_t)(number + 1),
		.frame_len_bytes = (uint16_t)frame_len_bytes,
		.class_index = (uint8_t)class_index,
	};
}

static inline uint64_t port_number(const void *pkt)
{
	return (uint64_t)(uintptr_t)pkt - 1;
}

/** Parameters of one plain class without limits under an aggregate. */
static inline struct shaper_params port_params(uint64_t ticks_hz, uint64_t rate_bps,
					       uint32_t burst_bytes)
{
	return (struct shaper_params){
		.ticks_hz = ticks_hz,
		.layer = RATE_LAYER_L2,
		.max_frame_bytes = 1514,
		.aggregate = { .rate_bps = rate_bps, .burst_bytes = burst_bytes },
		.nclasses = 1,
		.classes[0] = { .weight = 1, .quota_pkts = 4096 },
	};
}

/** splitmix64: small, good, the same everywhere. */
static inline uint64_t port_random(uint64_t *state)
{
	uint64_t z = *state += 0x9e3779b97f4a7c15ULL;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9ULL;
	z = (z ^ z >> 27) * 0x94d049bb133111ebULL;
	return z ^ z >> 31;
}

/** A number in [low, high]. */
static inline uint64_t port_random_in(uint64_t *state, uint64_t low, uint64_t high)
{
	return low + port_random(state) % (high - low + 1);
}

/** Seed from SLUICE_TEST_SEED, or a fixed one; printed so that a failure can be run again. */
static inline uint64_t port_seed(void)
{
	const char *text = getenv("SLUICE_TEST_SEED");
	uint64_t seed = text != NULL ? strtoull(text, NULL, 0) : 20221128;

	print_message("seed %llu\n", (unsigned long long)seed);
	return seed;
}

/** How much work a randomised test does, in percent: less under sanitizers. */
static inline uint64_t port_share(uint64_t amount)
{
#ifdef __SANITIZE_ADDRESS__
	return amount / 20 + 1;
#else
	return amount;
#endif
}

#endif
