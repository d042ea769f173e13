#include "bench/perf/worst.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

int perf_worst_init(struct perf_worst *worst)
{
	worst->count = 0;
	worst->events = calloc(PERF_WORST_EVENTS, sizeof(*worst->events));
	return worst->events ? 0 : -ENOMEM;
}

void perf_worst_fini(struct perf_worst *worst)
{
	free(worst->events);
	worst->events = NULL;
}

static void swap(struct perf_event *a, struct perf_event *b)
{
	struct perf_event saved = *a;

	*a = *b;
	*b = saved;
}

static void sift_up(struct perf_event *events, uint32_t at)
{
	while (at > 0 && events[at].latency_ns < events[(at - 1) / 2].latency_ns) {
		swap(&events[at], &events[(at - 1) / 2]);
		at = (at - 1) / 2;
	}
}

static void sift_down(struct perf_event *events, uint32_t count, uint32_t at)
{
	for (;;) {
		uint32_t least = at;
		uint32_t child = 2 * at + 1;
		uint32_t end = child + 2 < count ? child + 2 : count;

		for (; child < end; child++)
			if (events[child].latency_ns < events[least].latency_ns)
				least = child;
		if (least == at)
			return;
		swap(&events[at], &events[least]);
		at = least;
	}
}

void perf_worst_offer(struct perf_worst *worst, const struct perf_event *event,
		      const uint8_t *frame, uint32_t frame_bytes)
{
	bool full = worst->count == PERF_WORST_EVENTS;
	uint32_t at = full ? 0 : worst->count;
	struct perf_event *kept;

	if (full && event->latency_ns <= worst->events[0].latency_ns)
		return;
	kept = &worst->events[at];
	*kept = *event;
	kept->snap_bytes = (uint8_t)(frame_bytes < PERF_SNAP_BYTES ? frame_bytes : PERF_SNAP_BYTES);
	memcpy(kept->snap, frame, kept->snap_bytes);
	if (full) {
		sift_down(worst->events, worst->count, 0);
		return;
	}
	worst->count++;
	sift_up(worst->events, at);
}

static int by_arrival(const void *a, const void *b)
{
	const struct perf_event *left = a;
	const struct perf_event *right = b;

	return (left->arrived_ns > right->arrived_ns) - (left->arrived_ns < right->arrived_ns);
}

void perf_worst_sort(struct perf_worst *worst)
{
	qsort(worst->events, worst->count, sizeof(*worst->events), by_arrival);
}
