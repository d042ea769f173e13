#include "shaper/state.h"

#include "shaper/sweep.h"

/* The queue that holds the next packet of a class, or NULL when none is due. */
static const struct shaper_queue *class_head(struct shaper *shaper, struct shaper_class *class,
					     uint64_t now_ticks)
{
	if ((class->has & SHAPER_HAS_FLOWS) == 0)
		return class->queue.npkts != 0 ? &class->queue : NULL;
	if (!shaper_flows_any_due(&shaper->flows, &shaper->pool, now_ticks))
		return NULL;
	return shaper_flows_head(&shaper->flows);
}

void shaper_class_settle(struct shaper *shaper, struct shaper_class *class, uint64_t now_ticks)
{
	const struct shaper_queue *head = class_head(shaper, class, now_ticks);
	uint32_t len;

	shaper->waiting &= ~shaper_class_bit(class);
	if (head == NULL) {
		shaper_sched_clear(&shaper->sched, class->rank);
		return;
	}
	len = shaper_word_len_bytes(head->head_word);
	if ((class->has & SHAPER_HAS_PROFILE) != 0 &&
	    !shaper_pacer_conforms(&class->pacer, &class->profile, now_ticks, len)) {
		class->due_ticks = shaper_pacer_due_ticks(&class->pacer, &class->profile, now_ticks,
							  len);
		shaper->waiting |= shaper_class_bit(class);
		shaper_sched_clear(&shaper->sched, class->rank);
		return;
	}
	shaper_sched_set(&shaper->sched, class->rank, len);
}

void shaper_settle_all(struct shaper *shaper, uint64_t now_ticks)
{
	for (uint32_t i = 0; i < shaper->nclasses; i++)
		shaper_class_settle(shaper, &shaper->classes[i], now_ticks);
	shaper->next_event_ticks = now_ticks;
}

void shaper_promote(struct shaper *shaper, uint64_t now_ticks)
{
	uint64_t busy = shaper->sched.ready | shaper->waiting;
	struct shaper_class *class;

	if (now_ticks - shaper->sweep_ticks >= shaper->sweep_every_ticks)
		shaper_sweep(shaper, now_ticks);
	for (uint64_t left = shaper->waiting; left != 0; left &= left - 1) {
		class = &shaper->classes[shaper->class_of_rank[__builtin_ctzll(left)]];
		if ((int64_t)(now_ticks - class->due_ticks) >= 0)
			shaper_class_settle(shaper, class, now_ticks);
	}
	if (shaper->flow_class == UINT32_MAX)
		return;
	shaper_flows_prepare(&shaper->flows, now_ticks);
	class = &shaper->classes[shaper->flow_class];
	if ((busy & shaper_class_bit(class)) == 0)
		shaper_class_settle(shaper, class, now_ticks);
}
