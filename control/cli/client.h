#ifndef CONTROL_CLI_CLIENT_H
#define CONTROL_CLI_CLIENT_H

/**
 * @file
 * A connection to sluiced: requests out, results in. Blocking, with a time limit.
 */

#include <stddef.h>

struct json_object;

#define CLI_SENTENCE_MAX 1024

/** A connection. */
struct cli_client {
	const char *path;
	int fd;			      /**< -1 when not connected */
	char *buffer;		      /**< bytes received and not yet used */
	size_t used, size;	      /**< of buffer */
	char error[CLI_SENTENCE_MAX]; /**< sentence of the last failure */
};

/** Connects. @return 0, or -errno with a sentence in client->error */
int cli_client_open(struct cli_client *client, const char *path);

/** Closes and frees. Harmless after a failed cli_client_open(). */
void cli_client_close(struct cli_client *client);

/**
 * Sends a request and waits for its reply.
 *
 * @param request not released
 * @return the result, to be released; NULL with a sentence in client->error
 */
struct json_object *cli_client_request(struct cli_client *client, struct json_object *request);

/**
 * All rows of an object, however many replies they take.
 *
 * @param router NULL for all
 * @return {"OBJECT":[...]}, to be released; NULL with a sentence in client->error
 */
struct json_object *cli_client_show(struct cli_client *client, const char *object,
				    const char *router);

#endif
