#ifndef PERF_FILE_H
#define PERF_FILE_H

/**
 * @file
 * Files of results: opened with a sentence when they cannot be, and closed with one when not
 * everything reached the disk. Main thread.
 */

#include "bench/perf/error.h"

#include <stdio.h>

/** Opens a file for writing. @return NULL with the error set */
FILE *perf_file_open(const char *path, struct perf_error *error);

/** Opens DIRECTORY/NAME for writing; NAME is formatted. @return NULL with the error set */
FILE *perf_file_open_in(const char *directory, struct perf_error *error, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/** Closes a file. @return 0, or -EIO when some of it could not be written */
int perf_file_close(FILE *file, const char *path, struct perf_error *error);

#endif
