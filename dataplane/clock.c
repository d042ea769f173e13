#include "dataplane/clock.h"

#include <time.h>

#include <rte_cycles.h>

#define SECOND_NS 1000000000ULL
#define CALIBRATION_NS 200000000L
#define BRACKETS 64

__extension__ typedef unsigned __int128 clock_u128;

/* Writer: control thread in clock_calibrate(), before any reader exists. */
static uint64_t tsc_hz;

struct clock_point {
	uint64_t tsc;
	uint64_t ns;
};

static uint64_t raw_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC_RAW, &ts);
	return (uint64_t)ts.tv_sec * SECOND_NS + (uint64_t)ts.tv_nsec;
}

static struct clock_point clock_point_read(void)
{
	struct clock_point best = { 0 };
	uint64_t best_width = UINT64_MAX;
	int i;

	for (i = 0; i < BRACKETS; i++) {
		uint64_t before = rte_rdtsc_precise();
		uint64_t ns = raw_ns();
		uint64_t width = rte_rdtsc_precise() - before;

		if (width < best_width) {
			best_width = width;
			best = (struct clock_point){ .tsc = before + width / 2, .ns = ns };
		}
	}
	return best;
}

uint64_t clock_calibrate(void)
{
	const struct timespec interval = { .tv_nsec = CALIBRATION_NS };
	struct clock_point start = clock_point_read(), end;
	uint64_t elapsed_ns;

	nanosleep(&interval, NULL);
	end = clock_point_read();
	elapsed_ns = end.ns - start.ns;
	tsc_hz = (uint64_t)(((clock_u128)(end.tsc - start.tsc) * SECOND_NS + elapsed_ns / 2) /
			    elapsed_ns);
	return tsc_hz;
}

uint64_t clock_tsc_hz(void)
{
	return tsc_hz;
}

uint64_t clock_tsc_to_ns(uint64_t tsc)
{
	return (uint64_t)((clock_u128)tsc * SECOND_NS / tsc_hz);
}

uint64_t clock_ns_to_tsc(uint64_t ns)
{
	return (uint64_t)((clock_u128)ns * tsc_hz / SECOND_NS);
}
