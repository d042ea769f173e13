/*
 * Property test of shaper/shaper.h: any parameters that are accepted and any traffic.
 *
 * What leaves fits the aggregate's, the class's and the flow's profile over every window; packets
 * of a class without flows, and of a flow, leave in order; each packet leaves or is dropped once;
 * the books balance; nothing happens before the announced next event.
 */
#include "shaper/conformance.h"
#include "shaper/shaper.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MAX_CLASSES 8U
#define MAX_FLOWS 32U
#define MAX_BURST 64U
#define MAX_PKTS 65536U

#define REQUIRE(property)                                                                          \
	do {                                                                                       \
		if (!(property)) {                                                                 \
			fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #property);             \
			abort();                                                                   \
		}                                                                                  \
	} while (0)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Input bytes, zeroes after the end. */
struct input {
	const uint8_t *at;
	size_t left;
};

struct meter {
	bool present;
	uint64_t burst_bytes;
	struct rate rate;
	struct shaper_conformance conformance;
};

struct pkt {
	uint16_t frame_len;
	uint8_t class_index;
	uint8_t flow;
	bool gone;
};

struct world {
	struct shaper *shaper;
	struct shaper_params params;
	struct shaper_profile_params table[4];
	uint16_t of[MAX_FLOWS];
	struct meter port, classes[MAX_CLASSES], flows[MAX_FLOWS];
	int64_t last_class[MAX_CLASSES], last_flow[MAX_FLOWS];
	struct pkt pkts[MAX_PKTS];
	uint32_t offered, sent, dropped;
	uint64_t now_ticks;
	void *out_pkts[MAX_BURST], *out_marks[MAX_BURST], *out_drops[MAX_BURST];
};

static uint64_t take(struct input *input, unsigned nbytes)
{
	uint64_t value = 0;

	while (nbytes-- != 0) {
		value <<= 8;
		if (input->left != 0) {
			value |= *input->at++;
			input->left--;
		}
	}
	return value;
}

static void take_profile(struct input *input, struct shaper_profile_params *profile)
{
	unsigned magnitude = (unsigned)take(input, 1) % 40;

	profile->rate_bps = magnitude == 0 ? 0 : take(input, 1) + (1ULL << magnitude);
	profile->burst_bytes = magnitude == 0 ? 0 : (uint32_t)take(input, 2);
}

static void take_params(struct input *input, struct world *world)
{
	struct shaper_params *params = &world->params;
	uint8_t kind = (uint8_t)take(input, 1);

	params->ticks_hz = 1000000ULL << take(input, 1) % 14;
	params->layer = (enum rate_layer)(kind % 3);
	params->max_frame_bytes = (uint32_t)take(input, 2) % 9019;
	take_profile(input, &params->aggregate);
	params->nclasses = take(input, 1) % MAX_CLASSES + 1;
	for (uint32_t i = 0; i < params->nclasses; i++) {
		struct shaper_class_params *class = &params->classes[i];
		uint8_t has = (uint8_t)take(input, 1);

		class->level = has % 4;
		class->weight = (uint32_t)take(input, 1) % 20 + 1;
		class->quota_pkts = (uint32_t)take(input, 1) + 1;
		if ((has & 16) != 0)
			take_profile(input, &class->profile);
		if ((has & 32) != 0)
			class->limit_bytes = (uint32_t)take(input, 3);
		if ((has & 64) != 0)
			class->limit_ns = take(input, 4);
		if ((has & 128) != 0)
			class->ecn_ns = take(input, 3);
	}
	if ((kind & 8) == 0)
		return;
	for (unsigned i = 0; i < 4; i++)
		take_profile(input, &world->table[i]);
	for (unsigned i = 0; i < MAX_FLOWS; i++)
		world->of[i] = i % 4;
	params->flows = (struct shaper_flow_params){
		.nflows = (uint32_t)take(input, 1) % MAX_FLOWS + 1,
		.class_index = (uint32_t)take(input, 1) % params->nclasses,
		.quota_pkts = (uint32_t)take(input, 1) % 32 + 1,
		.profiles = world->table,
		.nprofiles = 4,
		.profile_of_flow = (kind & 16) != 0 ? world->of : NULL,
	};
}

static void meter_open(struct meter *meter, const struct shaper_profile_params *profile,
		       uint64_t ticks_hz, uint64_t now_ticks)
{
	meter->present = profile->rate_bps != 0;
	if (!meter->present)
		return;
	meter->burst_bytes = profile->burst_bytes;
	REQUIRE(rate_init(&meter->rate, RATE_BITS_PER_S, profile->rate_bps, ticks_hz) == 0);
	shaper_conformance_init(&meter->conformance, &meter->rate, now_ticks);
}

static void meter_record(struct meter *meter, uint64_t now_ticks, uint32_t len_bytes)
{
	if (!meter->present)
		return;
	shaper_conformance_record(&meter->conformance, &meter->rate, now_ticks, len_bytes);
	REQUIRE(shaper_conformance_burst_bytes(&meter->conformance, &meter->rate) <=
		meter->burst_bytes);
}

static void world_open(struct world *world, void *mem)
{
	const struct shaper_params *params = &world->params;
	const struct shaper_flow_params *flows = &params->flows;

	REQUIRE(shaper_init(mem, params, world->now_ticks, &world->shaper) == 0);
	meter_open(&world->port, &params->aggregate, params->ticks_hz, world->now_ticks);
	for (uint32_t i = 0; i < params->nclasses; i++) {
		meter_open(&world->classes[i], &params->classes[i].profile, params->ticks_hz,
			   world->now_ticks);
		world->last_class[i] = -1;
	}
	for (uint32_t i = 0; i < flows->nflows; i++) {
		meter_open(&world->flows[i],
			   &flows->profiles[flows->profile_of_flow != NULL ? world->of[i] : 0],
			   params->ticks_hz, world->now_ticks);
		world->last_flow[i] = -1;
	}
}

static void check_sent(struct world *world, const void *out)
{
	uint64_t number = (uint64_t)(uintptr_t)out - 1;
	struct pkt *pkt = &world->pkts[number];
	uint32_t len = pkt->frame_len + (uint32_t)rate_layer_adjust_bytes(world->params.layer);
	int64_t *last = &world->last_class[pkt->class_index];

	REQUIRE(number < world->offered && !pkt->gone);
	pkt->gone = true;
	world->sent++;
	meter_record(&world->port, world->now_ticks, len);
	meter_record(&world->classes[pkt->class_index], world->now_ticks, len);
	if (world->params.flows.nflows != 0 &&
	    pkt->class_index == world->params.flows.class_index) {
		meter_record(&world->flows[pkt->flow], world->now_ticks, len);
		last = &world->last_flow[pkt->flow];
	}
	REQUIRE((int64_t)number > *last);
	*last = (int64_t)number;
}

static void check_out(struct world *world, const struct shaper_out *out)
{
	REQUIRE(out->npkts <= out->max_pkts && out->ndrops <= out->max_drops);
	for (uint32_t i = 0; i < out->npkts; i++)
		check_sent(world, out->pkts[i]);
	for (uint32_t i = 0; i < out->ndrops; i++) {
		struct pkt *pkt = &world->pkts[(uintptr_t)out->drops[i] - 1];

		REQUIRE(!pkt->gone);
		pkt->gone = true;
		world->dropped++;
	}
	for (uint32_t i = 0; i < out->nmarks; i++)
		REQUIRE(world->pkts[(uintptr_t)out->marks[i] - 1].gone);
	REQUIRE(world->offered == world->sent + world->dropped + shaper_queued_pkts(world->shaper));
}

static struct shaper_out empty_out(struct world *world, uint32_t room)
{
	return (struct shaper_out){
		.pkts = world->out_pkts,
		.marks = world->out_marks,
		.drops = world->out_drops,
		.max_pkts = room,
		.max_drops = MAX_BURST,
	};
}

static void offer(struct world *world, struct input *input, struct shaper_out *out)
{
	struct shaper_pkt pkts[MAX_BURST / 2];
	uint32_t npkts = (uint32_t)take(input, 1) % (MAX_BURST / 2);

	for (uint32_t i = 0; i < npkts && world->offered < MAX_PKTS; i++) {
		struct pkt *pkt = &world->pkts[world->offered];
		uint32_t nflows = world->params.flows.nflows;

		*pkt = (struct pkt){
			.frame_len = (uint16_t)(take(input, 2) % 9100),
			.class_index = (uint8_t)(take(input, 1) % world->params.nclasses),
			.flow = (uint8_t)(take(input, 1) % (nflows != 0 ? nflows : 1)),
		};
		pkts[i] = (struct shaper_pkt){
			.pkt = (void *)(uintptr_t)(++world->offered),
			.frame_len_bytes = pkt->frame_len,
			.class_index = pkt->class_index,
			.flags = pkt->frame_len % 2 != 0 ? SHAPER_PKT_ECN : 0,
			.flow = pkt->flow,
		};
		shaper_offer_burst(world->shaper, world->now_ticks, &pkts[i], 1, out);
	}
}

static void check_next_event(struct world *world, struct shaper_out *out)
{
	uint64_t next = shaper_next_event_ticks(world->shaper, world->now_ticks);
	uint64_t queued = shaper_queued_pkts(world->shaper);

	REQUIRE((queued == 0) == (next == UINT64_MAX));
	if (queued == 0 || next - world->now_ticks < 2)
		return;
	world->now_ticks = next - 1;
	out->npkts = out->nmarks = out->ndrops = 0;
	REQUIRE(shaper_dequeue_burst(world->shaper, world->now_ticks, out) == 0);
	check_out(world, out);
}

static void run(struct world *world, struct input *input)
{
	struct shaper_out out;

	while (input->left != 0 && world->offered < MAX_PKTS - MAX_BURST) {
		uint8_t step = (uint8_t)take(input, 1);

		world->now_ticks += take(input, 1) << (step & 31);
		out = empty_out(world, (step & 64) != 0 ? step % 8 : MAX_BURST);
		if ((step & 32) == 0)
			offer(world, input, &out);
		check_out(world, &out);
		out.npkts = out.nmarks = out.ndrops = 0;
		shaper_dequeue_burst(world->shaper, world->now_ticks, &out);
		check_out(world, &out);
		if ((step & 128) != 0 && out.npkts < out.max_pkts)
			check_next_event(world, &out);
	}
	do {
		out = empty_out(world, 0);
		shaper_flush_burst(world->shaper, &out);
		check_out(world, &out);
	} while (shaper_queued_pkts(world->shaper) != 0);
	REQUIRE(world->offered == world->sent + world->dropped);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct world world;
	struct input input = { .at = data, .left = size };
	char why[SHAPER_WHY_LEN] = "";
	void *mem;

	memset(&world, 0, sizeof(world));
	take_params(&input, &world);
	world.now_ticks = take(&input, 1) % 2 == 0 ? take(&input, 4) : 0 - take(&input, 3);
	if (shaper_params_check(&world.params, why, sizeof(why)) != 0) {
		REQUIRE(why[0] != '\0' && strlen(why) < sizeof(why) - 1);
		return 0;
	}
	mem = aligned_alloc(SHAPER_MEM_ALIGN, shaper_mem_bytes(&world.params));
	REQUIRE(mem != NULL);
	world_open(&world, mem);
	run(&world, &input);
	free(mem);
	return 0;
}
