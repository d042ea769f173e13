#include "control/cli/human.h"

#include <inttypes.h>
#include <stdio.h>

static const char *const prefixes[] = { "", "k", "M", "G", "T", "P" };
#define N_PREFIXES (sizeof(prefixes) / sizeof(prefixes[0]))

void cli_human_measured(char text[CLI_HUMAN_MAX], uint64_t value, const char *unit)
{
	unsigned prefix = 0;
	uint64_t scale = 1, hundredths;

	while (prefix + 1 < N_PREFIXES && value / scale >= 1000) {
		scale *= 1000;
		prefix++;
	}
	if (prefix == 0) {
		(void)snprintf(text, CLI_HUMAN_MAX, "%" PRIu64 " %s", value, unit);
		return;
	}
	hundredths = value / (scale / 100 != 0 ? scale / 100 : 1); /* scale >= 1000 here */
	(void)snprintf(text, CLI_HUMAN_MAX, "%" PRIu64 ".%02" PRIu64 " %s%s", hundredths / 100,
		       hundredths % 100, prefixes[prefix], unit);
}

void cli_human_exact(char text[CLI_HUMAN_MAX], uint64_t value, const char *unit)
{
	unsigned prefix = 0;

	while (prefix + 1 < N_PREFIXES && value >= 1000 && value % 1000 == 0) {
		value /= 1000;
		prefix++;
	}
	(void)snprintf(text, CLI_HUMAN_MAX, "%" PRIu64 " %s%s", value, prefixes[prefix], unit);
}

void cli_human_ns(char text[CLI_HUMAN_MAX], uint64_t ns)
{
	static const char *const units[] = { "us", "ms", "s" };
	uint64_t scale = 1000;
	unsigned unit = 0;

	if (ns < 1000) {
		(void)snprintf(text, CLI_HUMAN_MAX, "%" PRIu64 " ns", ns);
		return;
	}
	while (unit + 1 < sizeof(units) / sizeof(units[0]) && ns / scale >= 1000) {
		scale *= 1000;
		unit++;
	}
	(void)snprintf(text, CLI_HUMAN_MAX, "%" PRIu64 ".%03" PRIu64 " %s", ns / scale,
		       ns % scale / (scale / 1000), units[unit]);
}
