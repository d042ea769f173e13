#ifndef PERF_IRQ_H
#define PERF_IRQ_H

/**
 * @file
 * How often each processor was interrupted, by what: /proc/interrupts before and after.
 */

#include <stdint.h>

#define PERF_IRQ_LINES 256
#define PERF_IRQ_CPUS 64

/** One reading. */
struct perf_irq {
	uint32_t lines;
	uint32_t cpus;
	char name[PERF_IRQ_LINES][12];
	uint64_t count[PERF_IRQ_LINES][PERF_IRQ_CPUS];
};

/** Reads the counters; a system without them gives none. Main thread. */
void perf_irq_read(struct perf_irq *irq);

/** What a line counted on a processor since an earlier reading. */
uint64_t perf_irq_since(const struct perf_irq *now, const struct perf_irq *before, uint32_t line,
			uint32_t cpu);

#endif
