#include "control/log.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define LINE_MAX_BYTES 1024

static const char *const names[] = {
	[CTL_LOG_ERROR] = "error",
	[CTL_LOG_WARNING] = "warning",
	[CTL_LOG_INFO] = "info",
	[CTL_LOG_DEBUG] = "debug",
};

static enum ctl_log_level log_level = CTL_LOG_INFO; /* written and read by the control thread */

void ctl_log_level_set(enum ctl_log_level level)
{
	log_level = level;
}

bool ctl_log_level_parse(const char *name, enum ctl_log_level *level)
{
	for (unsigned i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (strcmp(names[i], name) != 0)
			continue;
		*level = (enum ctl_log_level)i;
		return true;
	}
	return false;
}

void ctl_log(enum ctl_log_level level, const char *module, const char *format, ...)
{
	char line[LINE_MAX_BYTES];
	va_list args;

	if (level > log_level)
		return;
	va_start(args, format);
	(void)vsnprintf(line, sizeof(line), format, args);
	va_end(args);
	for (char *c = line; *c != '\0'; c++)
		if (*c == '\n')
			*c = ' ';
	(void)fprintf(stderr, "%s %s: %s\n", names[level], module, line);
}
