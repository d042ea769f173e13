#include "bench/perf/clock.h"

int64_t perf_clock_wall_offset_ns(void)
{
	struct timespec wall;
	uint64_t before = perf_clock_now_ns();
	uint64_t after;

	(void)clock_gettime(CLOCK_REALTIME, &wall);
	after = perf_clock_now_ns();
	return (int64_t)wall.tv_sec * 1000000000 + wall.tv_nsec -
	       (int64_t)(before + (after - before) / 2);
}

uint32_t perf_clock_read_cost_ns(void)
{
	const uint32_t reads = 1000;
	uint64_t start = perf_clock_now_ns();
	uint64_t end = start;
	uint32_t i;

	for (i = 0; i < reads; i++)
		end = perf_clock_now_ns();
	return (uint32_t)((end - start) / reads);
}
