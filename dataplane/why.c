#include "dataplane/why.h"

#include <stdarg.h>
#include <stdio.h>

void why_set(struct dp_why *why, const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	vsnprintf(why->text, sizeof(why->text), format, ap);
	va_end(ap);
}
