#ifndef PERF_ERROR_H
#define PERF_ERROR_H

/**
 * @file
 * One sentence for the user: what is wrong, where, and what would be right.
 */

#define PERF_ERROR_BYTES 320

/** The first error of a call. Owner: the caller that passes it down. */
struct perf_error {
	char text[PERF_ERROR_BYTES];
};

/**
 * Writes the sentence.
 *
 * @param error may be NULL: then only the code is passed on
 * @param code a negative errno value
 * @return code, so that a failure can be reported and returned in one statement
 */
int perf_error_set(struct perf_error *error, int code, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

#endif
