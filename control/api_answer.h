#ifndef CONTROL_API_ANSWER_H
#define CONTROL_API_ANSWER_H

/**
 * @file
 * The envelope of the API: one line of request to one reply object. Knows no socket, so that it
 * can be tested and fuzzed alone. Control thread only.
 */

#include "control/api_server.h"

#include <stddef.h>

/**
 * Answers one request.
 *
 * @param methods the last one has no name
 * @param arg first argument of the methods
 * @param line, len the request without its newline; any bytes
 * @return a new object with "version" and either "result" or "error"; NULL without memory
 */
struct json_object *ctl_api_answer(const struct ctl_api_method *methods, void *arg,
				   const char *line, size_t len);

/** A new error reply with a sentence; NULL without memory. */
struct json_object *ctl_api_error(const char *sentence);

#endif
