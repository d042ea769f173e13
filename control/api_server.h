#ifndef CONTROL_API_SERVER_H
#define CONTROL_API_SERVER_H

/**
 * @file
 * The server side of api.h: connections, lines and the envelope of requests and replies. What a
 * method does is in a table that the caller brings. Everything runs in the control thread.
 *
 * Memory per client is bounded: CTL_API_LINE_MAX of input, and one reply, because the next
 * request of a client is read only when the last reply has left.
 */

#include "dataplane/dp.h"

#include <stdbool.h>

struct ctl_api_server;
struct event_base;
struct json_object;

/** One method of the API. */
struct ctl_api_method {
	const char *name;
	/**
	 * Answers a request.
	 *
	 * @param result a new object on success; the server releases it
	 * @return 0, or -errno with a sentence in why
	 */
	int (*handle)(void *arg, struct json_object *request, struct json_object **result,
		      struct dp_why *why);
};

/** What a server is made from; methods and arg outlive it. */
struct ctl_api_server_params {
	struct event_base *base;
	const char *path;		      /**< of the socket; its folder is made if missing */
	const struct ctl_api_method *methods; /**< the last one has no name */
	void *arg;			      /**< first argument of every method */
	unsigned clients_max;		      /**< connections at a time */
	unsigned idle_s;		      /**< seconds until a silent connection is closed */
};

/**
 * Creates the socket with mode 0660 and listens. A socket file that no process serves any more is
 * replaced. Requests are answered when the event loop runs. The process must ignore SIGPIPE.
 *
 * @return 0, or -errno with a sentence in why: -EADDRINUSE (another process serves the socket),
 *	   -EEXIST (the path is no socket), -ENAMETOOLONG, -ENOMEM, or what the system answered;
 *	   then nothing is left behind
 */
int ctl_api_server_create(const struct ctl_api_server_params *params,
			  struct ctl_api_server **server, struct dp_why *why);

/** Closes all connections and removes the socket file, and its folder if it was made for it. */
void ctl_api_server_destroy(struct ctl_api_server *server);

#endif
