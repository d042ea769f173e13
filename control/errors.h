#ifndef CONTROL_ERRORS_H
#define CONTROL_ERRORS_H

/**
 * @file
 * A list of sentences about a configuration, each with its place: all of them are shown at once.
 * Not thread-safe; one list belongs to one caller.
 */

#include <stdbool.h>
#include <stdio.h>

#define CTL_SENTENCE_MAX 512 /**< bytes of one sentence with the final NUL; longer ones are cut */

/** Place of a setting. line 0 in the source of a setting: it is absent or was not valid. */
struct ctl_src {
	const char *file; /**< as the user wrote it; owned by the configuration */
	unsigned line;	  /**< counted from 1 */
};

/** One sentence: what is wrong, and what would be right. */
struct ctl_error {
	struct ctl_src src;
	char text[CTL_SENTENCE_MAX];
};

/** All sentences; start from { 0 }. */
struct ctl_errors {
	struct ctl_error *items;
	unsigned n;
	bool truncated; /**< memory ran out: there are more errors than items */
};

/** Adds a sentence, formatted as by printf. */
void ctl_errors_add(struct ctl_errors *errors, struct ctl_src src, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/** Writes "file:line: ", "file: " or nothing: what goes before a sentence. */
void ctl_src_print(struct ctl_src src, char *text, size_t size);

/** Sorts by file (in order of first appearance) and line; equal lines keep their order. */
void ctl_errors_sort(struct ctl_errors *errors);

/** Writes one line per sentence: "file:line: text", "file: text" or "text". */
void ctl_errors_print(const struct ctl_errors *errors, FILE *out);

/** Frees the list and makes it empty. */
void ctl_errors_fini(struct ctl_errors *errors);

#endif
