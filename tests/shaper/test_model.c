/*
 * Randomised differential test of shaper/shaper.h: the same traffic through the shaper and through
 * a plain model, which counts tokens upwards in 128 bits, searches all classes every time and
 * keeps packets in arrays. Every packet must come out of both at the same call, in the same place,
 * with the same fate.
 */
#include "tests/shaper/port.h"

#define CLASSES 6U
#define MODEL_QUEUE 256U

/* A bucket whose tokens are counted, in stamp units. */
struct model_bucket {
	bool present;
	struct rate rate;
	rate_u128 tokens, full;
	uint64_t last_ticks;
};

struct model_pkt {
	uint64_t number;
	uint64_t offered_ticks;
	uint32_t len_bytes;
	bool ecn;
};

struct model_class {
	struct model_bucket bucket;
	struct model_pkt queue[MODEL_QUEUE];
	uint32_t npkts;
	uint64_t bytes, limit_bytes, deficit_bytes, quantum_bytes;
};

struct model {
	const struct shaper_params *params;
	struct model_bucket bucket;
	struct model_class classes[CLASSES];
	int turn[SHAPER_MAX_LEVELS];
	uint64_t pkts[PORT_BURST], marks[PORT_BURST], drops[PORT_BURST];
	uint32_t npkts, nmarks, ndrops;
};

static void bucket_open(struct model_bucket *bucket, const struct shaper_profile_params *params,
			uint64_t ticks_hz, uint64_t now_ticks)
{
	memset(bucket, 0, sizeof(*bucket));
	if (params->rate_bps == 0)
		return;
	bucket->present = true;
	assert_int_equal(rate_init(&bucket->rate, RATE_BITS_PER_S, params->rate_bps, ticks_hz), 0);
	bucket->full = (rate_u128)bucket->rate.unit_cost * params->burst_bytes;
	bucket->tokens = bucket->full;
	bucket->last_ticks = now_ticks;
}

static bool bucket_has(struct model_bucket *bucket, uint64_t now_ticks, uint32_t len_bytes)
{
	if (!bucket->present)
		return true;
	bucket->tokens += (rate_u128)(now_ticks - bucket->last_ticks) << bucket->rate.frac_bits;
	bucket->last_ticks = now_ticks;
	if (bucket->tokens > bucket->full)
		bucket->tokens = bucket->full;
	return bucket->tokens >= (rate_u128)bucket->rate.unit_cost * len_bytes;
}

static void bucket_take(struct model_bucket *bucket, uint32_t len_bytes)
{
	bucket->tokens -= (rate_u128)bucket->rate.unit_cost * len_bytes;
}

static uint64_t longest_bytes(const struct shaper_params *params)
{
	return params->max_frame_bytes + (uint64_t)rate_layer_adjust_bytes(params->layer);
}

static void model_open(struct model *model, const struct shaper_params *params, uint64_t now_ticks)
{
	memset(model, 0, sizeof(*model));
	model->params = params;
	bucket_open(&model->bucket, &params->aggregate, params->ticks_hz, now_ticks);
	for (uint32_t level = 0; level < SHAPER_MAX_LEVELS; level++)
		model->turn[level] = -1;
	for (uint32_t i = 0; i < params->nclasses; i++) {
		const struct shaper_class_params *from = &params->classes[i];
		uint64_t rate_bps = from->profile.rate_bps != 0 ? from->profile.rate_bps
								: params->aggregate.rate_bps;
		uint64_t lightest = from->weight;

		bucket_open(&model->classes[i].bucket, &from->profile, params->ticks_hz, now_ticks);
		model->classes[i].limit_bytes = from->limit_bytes != 0 ? from->limit_bytes
								       : UINT32_MAX;
		if (rate_bps != 0 && from->limit_ns != 0) {
			uint64_t in_time = (uint64_t)((rate_u128)rate_bps * from->limit_ns /
						      8000000000ULL);

			if (in_time < model->classes[i].limit_bytes)
				model->classes[i].limit_bytes = in_time;
		}
		for (uint32_t j = 0; j < params->nclasses; j++) {
			if (params->classes[j].level == from->level &&
			    params->classes[j].weight < lightest)
				lightest = params->classes[j].weight;
		}
		model->classes[i].quantum_bytes = from->weight *
						  ((longest_bytes(params) + lightest - 1) /
						   lightest);
	}
	/* The first turn goes to the class after the first one of its level. */
	for (uint32_t i = params->nclasses; i-- > 0;)
		model->turn[params->classes[i].level] = (int)i;
}

static bool class_ready(struct model *model, uint32_t index, uint64_t now_ticks)
{
	struct model_class *class = &model->classes[index];

	return class->npkts != 0 &&
	       bucket_has(&class->bucket, now_ticks, class->queue[0].len_bytes);
}

static bool any_ready(struct model *model, uint64_t now_ticks)
{
	for (uint32_t i = 0; i < model->params->nclasses; i++) {
		if (class_ready(model, i, now_ticks))
			return true;
	}
	return false;
}

static uint64_t ticks_of_ns(const struct shaper_params *params, uint64_t ns)
{
	return ns == 0 ? UINT64_MAX
		       : (uint64_t)(((rate_u128)ns * params->ticks_hz + 500000000) / 1000000000);
}

static void model_offer(struct model *model, uint64_t now_ticks, const struct shaper_pkt *pkt,
			uint32_t room)
{
	const struct shaper_class_params *params = &model->params->classes[pkt->class_index];
	struct model_class *class = &model->classes[pkt->class_index];
	uint32_t len = pkt->frame_len_bytes +
		       (uint32_t)rate_layer_adjust_bytes(model->params->layer);
	uint64_t number = port_number(pkt->pkt);

	if (pkt->frame_len_bytes > model->params->max_frame_bytes) {
		model->drops[model->ndrops++] = number;
		return;
	}
	if (!any_ready(model, now_ticks) && class->npkts == 0 && model->npkts < room &&
	    bucket_has(&model->bucket, now_ticks, len) &&
	    bucket_has(&class->bucket, now_ticks, len)) {
		bucket_take(&model->bucket, len);
		bucket_take(&class->bucket, len);
		model->pkts[model->npkts++] = number;
		return;
	}
	if (class->npkts >= params->quota_pkts || class->bytes + len > class->limit_bytes) {
		model->drops[model->ndrops++] = number;
		return;
	}
	class->queue[class->npkts++] = (struct model_pkt){
		.number = number,
		.offered_ticks = now_ticks,
		.len_bytes = len,
		.ecn = (pkt->flags & SHAPER_PKT_ECN) != 0,
	};
	class->bytes += len;
}

/* Deficit round robin among the ready classes of the first level that has any; -1: none ready. */
static int model_pick(struct model *model, uint64_t now_ticks)
{
	uint32_t level = SHAPER_MAX_LEVELS, nready = 0, alone = 0;
	int at;

	for (uint32_t i = 0; i < model->params->nclasses; i++) {
		if (class_ready(model, i, now_ticks) && model->params->classes[i].level < level)
			level = model->params->classes[i].level;
	}
	for (uint32_t i = 0; i < model->params->nclasses; i++) {
		if (model->params->classes[i].level == level && class_ready(model, i, now_ticks)) {
			nready++;
			alone = i;
		}
	}
	if (nready <= 1)
		return nready == 0 ? -1 : (int)alone;
	at = model->turn[level];
	if (class_ready(model, (uint32_t)at, now_ticks) &&
	    model->classes[at].deficit_bytes >= model->classes[at].queue[0].len_bytes)
		return at;
	do
		at = (at + 1) % (int)model->params->nclasses;
	while (model->params->classes[at].level != level ||
	       !class_ready(model, (uint32_t)at, now_ticks));
	model->classes[at].deficit_bytes += model->classes[at].quantum_bytes;
	model->turn[level] = at;
	return at;
}

static struct model_pkt model_pop(struct model_class *class)
{
	struct model_pkt pkt = class->queue[0];

	class->npkts--;
	class->bytes -= pkt.len_bytes;
	memmove(class->queue, class->queue + 1, class->npkts * sizeof(pkt));
	return pkt;
}

/* Only a backlog earns a share. */
static void forget_unready(struct model *model, uint64_t now_ticks)
{
	for (uint32_t i = 0; i < model->params->nclasses; i++) {
		if (!class_ready(model, i, now_ticks))
			model->classes[i].deficit_bytes = 0;
	}
}

static void model_dequeue(struct model *model, uint64_t now_ticks, uint32_t room)
{
	int at;

	while (model->npkts < room && (at = model_pick(model, now_ticks)) >= 0) {
		const struct shaper_class_params *params = &model->params->classes[at];
		struct model_class *class = &model->classes[at];
		uint64_t wait = now_ticks - class->queue[0].offered_ticks;
		bool over_ecn = wait > ticks_of_ns(model->params, params->ecn_ns);
		struct model_pkt pkt;

		if (wait > ticks_of_ns(model->params, params->limit_ns) ||
		    (over_ecn && !class->queue[0].ecn)) {
			model->drops[model->ndrops++] = model_pop(class).number;
			forget_unready(model, now_ticks);
			continue;
		}
		if (!bucket_has(&model->bucket, now_ticks, class->queue[0].len_bytes))
			return;
		pkt = model_pop(class);
		bucket_take(&model->bucket, pkt.len_bytes);
		bucket_take(&class->bucket, pkt.len_bytes);
		class->deficit_bytes = class->deficit_bytes > pkt.len_bytes
					       ? class->deficit_bytes - pkt.len_bytes
					       : 0;
		if (over_ecn)
			model->marks[model->nmarks++] = pkt.number;
		model->pkts[model->npkts++] = pkt.number;
		forget_unready(model, now_ticks);
	}
}

static void random_profile(uint64_t *seed, struct shaper_profile_params *profile, uint64_t max_bps,
			   uint64_t longest)
{
	profile->rate_bps = port_random_in(seed, max_bps / 20 + RATE_MIN_BPS, max_bps);
	profile->burst_bytes = (uint32_t)port_random_in(seed, longest, 8 * longest);
}

static struct shaper_params random_params(uint64_t *seed)
{
	struct shaper_params params = {
		.ticks_hz = port_random_in(seed, 1, 5) * 1000000000,
		.layer = (enum rate_layer)port_random_in(seed, 0, 2),
		.max_frame_bytes = (uint32_t)port_random_in(seed, 200, 9014),
		.nclasses = (uint32_t)port_random_in(seed, 1, CLASSES),
	};
	uint64_t max_bps = RATE_MIN_BPS * 40 << port_random_in(seed, 0, 23);
	uint64_t longest = longest_bytes(&params);
	uint64_t longest_ns;

	if (port_random_in(seed, 0, 7) != 0) {
		random_profile(seed, &params.aggregate, max_bps, longest);
		max_bps = params.aggregate.rate_bps;
	}
	longest_ns = longest * 8000000000ULL / (max_bps / 20 + RATE_MIN_BPS);
	for (uint32_t i = 0; i < params.nclasses; i++) {
		struct shaper_class_params *class = &params.classes[i];

		class->level = (uint32_t)port_random_in(seed, 0, 2);
		class->weight = (uint32_t)port_random_in(seed, 1, 20);
		class->quota_pkts = (uint32_t)port_random_in(seed, 1, MODEL_QUEUE);
		if (max_bps >= 20 * RATE_MIN_BPS && port_random_in(seed, 0, 2) == 0)
			random_profile(seed, &class->profile, max_bps - RATE_MIN_BPS * 2, longest);
		if (port_random_in(seed, 0, 2) == 0)
			class->limit_bytes = (uint32_t)port_random_in(seed, longest, 100 * longest);
		if (port_random_in(seed, 0, 2) == 0)
			class->limit_ns = longest_ns * port_random_in(seed, 2, 20);
		if (port_random_in(seed, 0, 2) == 0)
			class->ecn_ns = port_random_in(seed, 1, longest_ns * 2 - 1);
	}
	return params;
}

static void compare(const uint64_t *model, uint32_t nmodel, void *const *pkts, uint32_t npkts)
{
	assert_int_equal(npkts, nmodel);
	for (uint32_t i = 0; i < npkts; i++)
		assert_int_equal(port_number(pkts[i]), model[i]);
}

/* Packets per loop and the length of a loop: from idle to ten times the rate. */
static void run_traffic(struct port *port, struct model *model, uint64_t *seed, uint64_t loops,
			uint64_t start_ticks)
{
	const struct shaper_params *params = model->params;
	uint64_t bps = params->aggregate.rate_bps != 0 ? params->aggregate.rate_bps : 100000000;
	uint64_t pace = (uint64_t)((rate_u128)params->max_frame_bytes * 8 * params->ticks_hz / bps);
	uint64_t now = start_ticks, number = 0;

	for (uint64_t loop = 0; loop < loops; loop++) {
		struct shaper_pkt pkts[16];
		uint32_t npkts = (uint32_t)port_random_in(seed, 0, 16);
		uint32_t room = port_random_in(seed, 0, 5) == 0
					? (uint32_t)port_random_in(seed, 0, 8)
					: PORT_BURST;

		now += port_random_in(seed, 0, port_random_in(seed, 0, 30) * pace);
		if (port_random_in(seed, 0, 500) == 0)
			now += port_random_in(seed, 0, 1ULL << 50);
		for (uint32_t i = 0; i < npkts; i++) {
			pkts[i] = port_pkt(
				number++,
				(uint32_t)port_random_in(seed, 34, params->max_frame_bytes + 2),
				(uint32_t)port_random_in(seed, 0, params->nclasses - 1));
			pkts[i].flags = port_random_in(seed, 0, 1) ? SHAPER_PKT_ECN : 0;
		}
		port_reset_out(port);
		port->out.max_pkts = room;
		model->npkts = model->nmarks = model->ndrops = 0;
		port_offer(port, now, pkts, npkts);
		for (uint32_t i = 0; i < npkts; i++)
			model_offer(model, now, &pkts[i], room);
		compare(model->pkts, model->npkts, port->pkts, port->out.npkts);
		port_dequeue(port, now);
		model_dequeue(model, now, room);
		compare(model->pkts, model->npkts, port->pkts, port->out.npkts);
		compare(model->drops, model->ndrops, port->drops, port->out.ndrops);
		compare(model->marks, model->nmarks, port->marks, port->out.nmarks);
	}
}

static void shaper_equals_model(void **state)
{
	uint64_t seed = port_seed(), sent = 0, dropped = 0, offered = 0;
	static struct model model;

	(void)state;
	for (uint64_t round = 0; round < port_share(600); round++) {
		struct shaper_params params;
		uint64_t start = round % 4 == 0 ? UINT64_MAX - 1000000 : port_random(&seed) >> 1;
		struct port port;

		do
			params = random_params(&seed);
		while (shaper_params_check(&params, NULL, 0) != 0);
		port_open(&port, &params, start);
		model_open(&model, &params, start);
		run_traffic(&port, &model, &seed, 2000, start);
		offered += port.offered;
		sent += port.sent;
		dropped += port.dropped;
		port_close(&port);
	}
	print_message("%llu packets offered, %llu sent, %llu dropped, no difference\n",
		      (unsigned long long)offered, (unsigned long long)sent,
		      (unsigned long long)dropped);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(shaper_equals_model) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
