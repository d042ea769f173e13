#ifndef CONTROL_LOG_H
#define CONTROL_LOG_H

/**
 * @file
 * The daemon's log: one line per event on stderr, "level module: text", for a terminal or the
 * journal. Control thread only; workers never log.
 */

#include <stdbool.h>

/** How much an event matters, in the order of the levels of a log. */
enum ctl_log_level {
	CTL_LOG_ERROR,
	CTL_LOG_WARNING,
	CTL_LOG_INFO,
	CTL_LOG_DEBUG,
};

/** Events above the level are not written; the default is CTL_LOG_INFO. */
void ctl_log_level_set(enum ctl_log_level level);

/** Level of a name (error, warning, info, debug). @return false for another name */
bool ctl_log_level_parse(const char *name, enum ctl_log_level *level);

/** Writes one line; a newline inside the text is written as a space. */
void ctl_log(enum ctl_log_level level, const char *module, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

#endif
