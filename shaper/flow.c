#include "shaper/flow.h"

#define SLOTS_PER_S 10000000U

static void flows_empty(struct shaper_flows *flows, uint64_t current_slot)
{
	shaper_wheel_init(flows->wheel, flows->next, current_slot);
	flows->first = 0;
	flows->end = 0;
	flows->due_chain = SHAPER_WHEEL_END;
	flows->far_chain = SHAPER_WHEEL_END;
	flows->far_slot = SHAPER_WHEEL_NEVER;
}

void shaper_flows_init(struct shaper_flows *flows, uint64_t now_ticks, uint64_t ticks_hz)
{
	flows->slot_shift = 0;
	while (ticks_hz >> (flows->slot_shift + 1) >= SLOTS_PER_S)
		flows->slot_shift++;
	flows->base_ticks = now_ticks;
	for (uint32_t i = 0; i < flows->nflows; i++) {
		flows->flows[i] = (struct shaper_flow){ 0 };
		flows->next[i] = SHAPER_WHEEL_END;
		shaper_pacer_init(&flows->flows[i].pacer, shaper_flows_profile(flows, i),
				  now_ticks);
	}
	flows_empty(flows, 0);
}

/* Files flows of the far chain again, a portion or all of them. */
static void far_refile(struct shaper_flows *flows, uint32_t nflows, uint64_t now_ticks)
{
	uint32_t index = flows->far_chain;

	for (; nflows != 0 && index != SHAPER_WHEEL_END; nflows--) {
		uint32_t next = flows->next[index];

		shaper_flow_file(flows, index, shaper_flow_due_ticks(flows, index, now_ticks),
				 now_ticks);
		index = next;
	}
	flows->far_chain = index;
	if (index == SHAPER_WHEEL_END)
		flows->far_slot = SHAPER_WHEEL_NEVER;
}

static void far_take(struct shaper_flows *flows)
{
	flows->far_slot = flows->wheel->far_slot;
	flows->far_chain = shaper_wheel_take_far(flows->wheel);
}

void shaper_flows_prepare(struct shaper_flows *flows, uint64_t now_ticks)
{
	struct shaper_wheel *wheel = flows->wheel;

	if (flows->far_chain == SHAPER_WHEEL_END && wheel->far_slot != SHAPER_WHEEL_NEVER &&
	    wheel->far_slot <= wheel->current_slot + SHAPER_WHEEL_AHEAD)
		far_take(flows);
	far_refile(flows, SHAPER_FLOWS_PORTION, now_ticks);
}

/* The next chain of flows that are due; SHAPER_WHEEL_END when there is none. */
static uint32_t due_take(struct shaper_flows *flows, uint64_t now_ticks)
{
	uint64_t now_slot = shaper_flows_slot(flows, now_ticks);
	uint32_t chain = shaper_wheel_take(flows->wheel, now_slot);

	while (chain == SHAPER_WHEEL_END) {
		if (flows->far_chain == SHAPER_WHEEL_END && flows->wheel->far_slot <= now_slot)
			far_take(flows);
		if (flows->far_chain == SHAPER_WHEEL_END || flows->far_slot > now_slot)
			break;
		far_refile(flows, UINT32_MAX, now_ticks);
		chain = shaper_wheel_take(flows->wheel, now_slot);
	}
	return chain;
}

bool shaper_flows_fetch(struct shaper_flows *flows, const struct shaper_pool *pool,
			uint64_t now_ticks)
{
	uint32_t index = flows->due_chain;

	flows->first = 0;
	flows->end = 0;
	while (flows->end < SHAPER_FLOWS_WINDOW) {
		if (index == SHAPER_WHEEL_END)
			index = due_take(flows, now_ticks);
		if (index == SHAPER_WHEEL_END)
			break;
		flows->window[flows->end++] = index;
		__builtin_prefetch(&flows->flows[index], 1);
		index = flows->next[index];
	}
	flows->due_chain = index;
	for (uint32_t i = 0; i < flows->end; i++)
		__builtin_prefetch(&pool->entries[flows->flows[flows->window[i]].queue.head], 1);
	return flows->end != 0;
}

void shaper_flows_refile(struct shaper_flows *flows, uint64_t now_ticks)
{
	flows_empty(flows, shaper_flows_slot(flows, now_ticks));
	for (uint32_t i = 0; i < flows->nflows; i++) {
		if (flows->flows[i].queue.npkts != 0)
			shaper_flow_file(flows, i, shaper_flow_due_ticks(flows, i, now_ticks),
					 now_ticks);
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
	uint64_t slot = shaper_wheel_next_slot(flows->wheel);

	if (flows->far_slot < slot)
		slot = flows->far_slot;
	if (slot == SHAPER_WHEEL_NEVER)
		return UINT64_MAX;
	return flows->base_ticks + (slot << flows->slot_shift);
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
	flows_empty(flows, flows->wheel->current_slot);
	return NULL;
}
