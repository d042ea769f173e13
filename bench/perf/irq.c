#include "bench/perf/irq.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static uint32_t count_cpus(const char *header)
{
	uint32_t cpus = 0;

	while ((header = strstr(header, "CPU")) != NULL) {
		cpus++;
		header += 3;
	}
	return cpus < PERF_IRQ_CPUS ? cpus : PERF_IRQ_CPUS;
}

/* "  NAME:  COUNT COUNT ... description" */
static void read_line(struct perf_irq *irq, char *text)
{
	char *colon = strchr(text, ':');
	char *start = text + strspn(text, " ");
	char *at, *end;
	uint32_t cpu;

	if (!colon || colon - start >= (long)sizeof(irq->name[0]))
		return;
	*colon = '\0';
	(void)snprintf(irq->name[irq->lines], sizeof(irq->name[0]), "%s", start);
	at = colon + 1;
	for (cpu = 0; cpu < irq->cpus; cpu++, at = end) {
		irq->count[irq->lines][cpu] = strtoull(at, &end, 10);
		if (end == at)
			break;
	}
	irq->lines++;
}

void perf_irq_read(struct perf_irq *irq)
{
	FILE *file = fopen("/proc/interrupts", "re");
	char text[4096];

	memset(irq, 0, sizeof(*irq));
	if (!file)
		return;
	if (fgets(text, sizeof(text), file))
		irq->cpus = count_cpus(text);
	while (irq->lines < PERF_IRQ_LINES && fgets(text, sizeof(text), file))
		read_line(irq, text);
	(void)fclose(file);
}

uint64_t perf_irq_since(const struct perf_irq *now, const struct perf_irq *before, uint32_t line,
			uint32_t cpu)
{
	uint32_t i;

	for (i = 0; i < before->lines; i++)
		if (strcmp(before->name[i], now->name[line]) == 0)
			return now->count[line][cpu] - before->count[i][cpu];
	return now->count[line][cpu];
}
