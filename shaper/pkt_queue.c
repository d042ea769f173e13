#include "shaper/pkt_queue.h"

void shaper_pool_init(struct shaper_pool *pool, struct shaper_entry *entries, uint32_t *free,
		      uint64_t *enqueued_ticks, uint32_t npkts)
{
	*pool = (struct shaper_pool){
		.entries = entries,
		.enqueued_ticks = enqueued_ticks,
		.free = free,
		.nfree = npkts,
	};
	for (uint32_t i = 0; i < npkts; i++) {
		entries[i] = (struct shaper_entry){ 0 };
		free[i] = npkts - 1 - i;
		if (enqueued_ticks != NULL)
			enqueued_ticks[i] = 0;
	}
}
