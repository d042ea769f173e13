#include "shaper/flow.h"

#define SLOTS_PER_S 10000000U

void shaper_flows_init(struct shaper_flows *flows, uint64_t now_ticks, uint64_t ticks_hz)
{
	flows->slot_shift = 0;
	while (ticks_hz >> (flows->slot_shift + 1) >= SLOTS_PER_S)
		flows->slot_shift++;
	flows->base_ticks = now_ticks;
	flows->chain = SHAPER_WHEEL_END;
	for (uint32_t i = 0; i < flows->nflows; i++) {
		flows->flows[i] = (struct shaper_flow){ .next = SHAPER_WHEEL_END };
		shaper_pacer_init(&flows->flows[i].pacer, shaper_flows_profile(flows, i),
				  now_ticks);
	}
	shaper_wheel_init(flows->wheel, 0);
}

/* When the first packet of a flow conforms; now_ticks when it does already. */
static uint64_t flow_due_ticks(const struct shaper_flows *flows, uint32_t index, uint64_t now_ticks)
{
	const struct shaper_flow *flow = &flows->flows[index];

	return shaper_pacer_due_ticks(&flow->pacer, shaper_flows_profile(flows, index), now_ticks,
				      shaper_word_len_bytes(flow->queue.head_word));
}

/* Files a flow for a time; one that is due now goes behind all that were due before. */
static void flow_file(struct shaper_flows *flows, uint32_t index, uint64_t due_ticks,
		      uint64_t now_ticks)
{
	uint64_t slot = shaper_flows_slot(flows, now_ticks);

	if (due_ticks != now_ticks)
		slot = shaper_flows_slot(flows, due_ticks + (1ULL << flows->slot_shift) - 1);
	flows->flows[index].next = shaper_wheel_file(flows->wheel, slot, index);
}

bool shaper_flows_fetch(struct shaper_flows *flows, uint64_t now_ticks)
{
	uint64_t now_slot = shaper_flows_slot(flows, now_ticks);
	enum shaper_wheel_take found;
	uint32_t chain = SHAPER_WHEEL_END;

	while (flows->chain == SHAPER_WHEEL_END) {
		found = shaper_wheel_take(flows->wheel, now_slot, &chain);
		if (found == SHAPER_WHEEL_NONE)
			return false;
		if (found == SHAPER_WHEEL_DUE) {
			flows->chain = chain;
			break;
		}
		while (chain != SHAPER_WHEEL_END) {
			uint32_t index = chain;

			chain = flows->flows[index].next;
			flow_file(flows, index, flow_due_ticks(flows, index, now_ticks), now_ticks);
		}
	}
	return true;
}

void *shaper_flows_pop(struct shaper_flows *flows, struct shaper_pool *pool, uint64_t now_ticks,
		       bool sent)
{
	uint32_t index = flows->chain;
	struct shaper_flow *flow = &flows->flows[index];
	uint32_t len = shaper_word_len_bytes(flow->queue.head_word);
	void *pkt = shaper_queue_pop(pool, &flow->queue);
	uint64_t due;

	if (sent) {
		shaper_pacer_charge(&flow->pacer, shaper_flows_profile(flows, index), now_ticks,
				    len);
		flow->queue.turn_bytes = (uint16_t)(flow->queue.turn_bytes + len);
	}
	if (flow->queue.npkts == 0) {
		flow->queue.turn_bytes = 0;
		flows->chain = flow->next;
		return pkt;
	}
	due = flow_due_ticks(flows, index, now_ticks);
	if (due == now_ticks && flow->queue.turn_bytes < flows->turn_bytes)
		return pkt;
	if (due == now_ticks)
		flow->queue.turn_bytes = (uint16_t)(flow->queue.turn_bytes - flows->turn_bytes);
	else
		flow->queue.turn_bytes = 0;
	flows->chain = flow->next;
	flow_file(flows, index, due, now_ticks);
	return pkt;
}

void shaper_flows_push(struct shaper_flows *flows, struct shaper_pool *pool, uint32_t index,
		       void *pkt, uint32_t word, uint64_t now_ticks)
{
	struct shaper_flow *flow = &flows->flows[index];

	shaper_queue_push(pool, &flow->queue, pkt, word, now_ticks);
	if (flow->queue.npkts == 1)
		flow_file(flows, index, flow_due_ticks(flows, index, now_ticks), now_ticks);
}

void shaper_flows_refile(struct shaper_flows *flows, uint64_t now_ticks)
{
	shaper_wheel_init(flows->wheel, shaper_flows_slot(flows, now_ticks));
	flows->chain = SHAPER_WHEEL_END;
	for (uint32_t i = 0; i < flows->nflows; i++) {
		if (flows->flows[i].queue.npkts != 0)
			flow_file(flows, i, flow_due_ticks(flows, i, now_ticks), now_ticks);
	}
}

void shaper_flows_refresh(struct shaper_flows *flows, uint32_t first, uint32_t end,
			  uint64_t now_ticks)
{
	for (uint32_t i = first; i < end; i++)
		shaper_pacer_refresh(&flows->flows[i].pacer, shaper_flows_profile(flows, i),
				     now_ticks);
}

uint64_t shaper_flows_next_ticks(const struct shaper_flows *flows)
{
	if (flows->wheel->next_slot == SHAPER_WHEEL_NEVER)
		return UINT64_MAX;
	return flows->base_ticks + (flows->wheel->next_slot << flows->slot_shift);
}

void *shaper_flows_flush(struct shaper_flows *flows, struct shaper_pool *pool, uint32_t *len_bytes)
{
	for (; flows->flush_next < flows->nflows; flows->flush_next++) {
		struct shaper_queue *queue = &flows->flows[flows->flush_next].queue;

		queue->turn_bytes = 0;
		if (queue->npkts == 0)
			continue;
		*len_bytes = shaper_word_len_bytes(queue->head_word);
		return shaper_queue_pop(pool, queue);
	}
	flows->flush_next = 0;
	flows->chain = SHAPER_WHEEL_END;
	shaper_wheel_init(flows->wheel, flows->wheel->current_slot);
	return NULL;
}
