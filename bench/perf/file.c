#include "bench/perf/file.h"

#include <errno.h>
#include <stdarg.h>
#include <stdbool.h>
#include <string.h>

FILE *perf_file_open(const char *path, struct perf_error *error)
{
	FILE *file = fopen(path, "we");

	if (!file)
		(void)perf_error_set(error, -errno, "cannot write %s: %s", path, strerror(errno));
	return file;
}

FILE *perf_file_open_in(const char *directory, struct perf_error *error, const char *format, ...)
{
	char path[4096], name[256];
	va_list args;

	va_start(args, format);
	(void)vsnprintf(name, sizeof(name), format, args);
	va_end(args);
	if (snprintf(path, sizeof(path), "%s/%s", directory, name) >= (int)sizeof(path)) {
		(void)perf_error_set(error, -ENAMETOOLONG, "the name %.80s... is too long",
				     directory);
		return NULL;
	}
	return perf_file_open(path, error);
}

int perf_file_close(FILE *file, const char *path, struct perf_error *error)
{
	bool failed = ferror(file) != 0;

	failed = fclose(file) != 0 || failed;
	return failed ? perf_error_set(error, -EIO, "could not write all of %s", path) : 0;
}
