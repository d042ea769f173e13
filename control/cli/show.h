#ifndef CONTROL_CLI_SHOW_H
#define CONTROL_CLI_SHOW_H

/**
 * @file
 * The results of "show" as tables.
 */

#include <stdbool.h>
#include <stdio.h>

struct json_object;

/** Names of all objects, "a, b and c"; for help and errors. */
#define CLI_SHOW_OBJECTS                                                                           \
	"routers, ports, routes, neighbours, counters, latency, conformance, cores and classes"

/** True when there is an object of this name. */
bool cli_show_known(const char *object);

/**
 * Writes the rows of a result. Rows of the kernel's local table are left out of routes.
 *
 * @param object a known one
 * @return false: the result has no such rows, or memory ran out
 */
bool cli_show_print(const char *object, struct json_object *result, FILE *out);

#endif
