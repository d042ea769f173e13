#ifndef CONTROL_CLI_AUDIT_H
#define CONTROL_CLI_AUDIT_H

/**
 * @file
 * The command "audit": has a router's mirror compared with the kernel and prints what differs.
 */

#include "control/cli/client.h"

#include <stdbool.h>
#include <stdio.h>

/**
 * Begins an audit and waits until it is complete.
 *
 * @return the result, to be released; NULL with a sentence in client->error
 */
struct json_object *cli_audit_run(struct cli_client *client, const char *router);

/** Prints every difference of a result, and a line that sums it up. */
void cli_audit_print(struct json_object *result, FILE *out);

/** True when the result has no difference. */
bool cli_audit_agrees(struct json_object *result);

#endif
