#include "bench/perf/error.h"

#include <stdarg.h>
#include <stdio.h>

int perf_error_set(struct perf_error *error, int code, const char *format, ...)
{
	va_list args;

	if (!error)
		return code;
	va_start(args, format);
	(void)vsnprintf(error->text, sizeof(error->text), format, args);
	va_end(args);
	return code;
}
