#ifndef CONTROL_CLI_RELOAD_H
#define CONTROL_CLI_RELOAD_H

/**
 * @file
 * The command "reload": has sluiced put its configuration file in force and prints what changed.
 */

#include "control/cli/client.h"

#include <stdbool.h>
#include <stdio.h>

/**
 * Begins a reload and waits until it is complete.
 *
 * @return the result, to be released; NULL with a sentence in client->error
 */
struct json_object *cli_reload_run(struct cli_client *client);

/** Prints a line for every router that changed. */
void cli_reload_print(struct json_object *result, FILE *out);

/** True when every router is as the file says. */
bool cli_reload_succeeded(struct json_object *result);

#endif
