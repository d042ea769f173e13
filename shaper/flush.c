#include "shaper/state.h"

static void count(struct shaper *shaper, struct shaper_class *class, uint32_t len_bytes)
{
	struct shaper_class_stats *stats = &class->stats;

	shaper->queued_pkts--;
	stats->queued_pkts--;
	stats->queued_bytes -= len_bytes;
	stats->drop_pkts[SHAPER_DROP_FLUSH]++;
	stats->drop_bytes[SHAPER_DROP_FLUSH] += len_bytes;
}

/* Any packet of a class, NULL when it has none. */
static void *take(struct shaper *shaper, struct shaper_class *class, uint32_t *len_bytes)
{
	if ((class->has & SHAPER_HAS_FLOWS) != 0)
		return shaper_flows_flush(&shaper->flows, &shaper->pool, len_bytes);
	if (class->queue.npkts == 0)
		return NULL;
	*len_bytes = shaper_word_len_bytes(class->queue.head_word);
	return shaper_queue_pop(&shaper->pool, &class->queue);
}

uint64_t shaper_flush_burst(struct shaper *shaper, struct shaper_out *out)
{
	for (uint32_t i = 0; i < shaper->nclasses; i++) {
		struct shaper_class *class = &shaper->classes[i];

		while (class->stats.queued_pkts != 0 && out->ndrops < out->max_drops) {
			uint32_t len = 0;
			void *pkt = take(shaper, class, &len);

			count(shaper, class, len);
			out->drops[out->ndrops++] = pkt;
		}
		if (class->stats.queued_pkts != 0)
			break;
		shaper_sched_clear(&shaper->sched, class->rank);
		shaper->waiting &= ~(1ULL << class->rank);
		if ((class->has & SHAPER_HAS_FLOWS) != 0)
			(void)shaper_flows_flush(&shaper->flows, &shaper->pool, &(uint32_t){ 0 });
	}
	return shaper->queued_pkts;
}
