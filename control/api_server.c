#include "control/api_server.h"

#include "control/api.h"
#include "control/api_answer.h"
#include "control/api_socket.h"
#include "control/log.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>
#include <sys/socket.h>
#include <unistd.h>

#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>
#include <event2/listener.h>
#include <json-c/json.h>

#define ACCEPT_PAUSE_S 1

struct client {
	LIST_ENTRY(client) entry;
	struct ctl_api_server *server;
	struct bufferevent *stream;
	bool ended;   /* the peer sends no more; what it sent is still answered */
	bool closing; /* close when the output has left */
};

struct ctl_api_server {
	struct ctl_api_server_params params;
	struct ctl_api_socket sock;
	struct evconnlistener *listener;
	struct event *resume; /* accepting again after descriptors ran out */
	LIST_HEAD(, client) clients;
	unsigned n_clients;
};

static void client_free(struct client *client)
{
	LIST_REMOVE(client, entry);
	client->server->n_clients--;
	bufferevent_free(client->stream);
	free(client);
}

/* Appends the line of a reply; takes the object. False: without memory nothing can be said. */
static bool reply_send(struct client *client, struct json_object *reply)
{
	struct evbuffer *output = bufferevent_get_output(client->stream);
	const char *text = NULL;
	size_t len = 0;
	bool sent;

	if (reply != NULL)
		text = json_object_to_json_string_length(
			reply, JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE, &len);
	sent = text != NULL && evbuffer_add(output, text, len) == 0 &&
	       evbuffer_add(output, "\n", 1) == 0;
	json_object_put(reply);
	return sent;
}

static bool refuse(struct client *client, const char *sentence)
{
	client->closing = true;
	(void)bufferevent_disable(client->stream, EV_READ);
	return reply_send(client, ctl_api_error(sentence));
}

/* What is left in the input holds no newline. */
static bool serve_rest(struct client *client, size_t left)
{
	if (left > CTL_API_LINE_MAX)
		return refuse(client, "the request is too long; a line may have 65536 bytes");
	if (client->ended && left != 0)
		return refuse(client, "the request ends without a newline; send complete lines");
	if (client->ended)
		client->closing = true;
	return true;
}

/* At most one request, and only when the last reply has left: that bounds memory per client. */
static bool serve_one(struct client *client)
{
	struct evbuffer *input = bufferevent_get_input(client->stream);
	const struct ctl_api_server_params *params = &client->server->params;
	size_t len = 0;
	char *line;
	bool sent;

	line = evbuffer_readln(input, &len, EVBUFFER_EOL_LF);
	if (line == NULL)
		return serve_rest(client, evbuffer_get_length(input));
	if (len > 0 && line[len - 1] == '\r')
		len--;
	if (len > CTL_API_LINE_MAX)
		sent = serve_rest(client, len);
	else
		sent = reply_send(client, ctl_api_answer(params->methods, params->arg, line, len));
	free(line);
	return sent;
}

static void client_serve(struct client *client)
{
	struct evbuffer *output = bufferevent_get_output(client->stream);

	bool failed;

	if (evbuffer_get_length(output) != 0)
		return;
	failed = !client->closing && !serve_one(client);
	if (failed || (client->closing && evbuffer_get_length(output) == 0))
		client_free(client);
}

static void on_ready(struct bufferevent *stream, void *arg)
{
	(void)stream;
	client_serve(arg);
}

static void on_event(struct bufferevent *stream, short what, void *arg)
{
	struct client *client = arg;
	bool replying = evbuffer_get_length(bufferevent_get_output(stream)) != 0;

	if ((what & BEV_EVENT_EOF) != 0) {
		client->ended = true;
		client_serve(client);
	} else if ((what & BEV_EVENT_TIMEOUT) != 0 && (what & BEV_EVENT_READING) != 0 && replying) {
		(void)bufferevent_enable(stream, EV_READ); /* busy reading a long reply */
	} else {
		client_free(client);
	}
}

/* Past the limit one line is said without a buffer; a full socket loses it. */
static void turn_away(evutil_socket_t fd)
{
	static const char line[] = "{\"version\":1,\"error\":\"too many clients are connected; try "
				   "again later\"}\n";

	(void)send(fd, line, sizeof(line) - 1, MSG_NOSIGNAL | MSG_DONTWAIT);
	(void)close(fd);
}

static struct client *client_create(struct ctl_api_server *server, evutil_socket_t fd)
{
	struct timeval idle = { .tv_sec = server->params.idle_s };
	struct client *client = calloc(1, sizeof(*client));

	if (client == NULL)
		return NULL;
	client->server = server;
	client->stream = bufferevent_socket_new(server->params.base, fd, BEV_OPT_CLOSE_ON_FREE);
	if (client->stream == NULL) {
		free(client);
		return NULL;
	}
	bufferevent_setcb(client->stream, on_ready, on_ready, on_event, client);
	bufferevent_setwatermark(client->stream, EV_READ, 0, CTL_API_LINE_MAX + 2);
	(void)bufferevent_set_timeouts(client->stream, &idle, &idle);
	return client;
}

static void on_accept(struct evconnlistener *listener, evutil_socket_t fd, struct sockaddr *peer,
		      int peer_len, void *arg)
{
	struct ctl_api_server *server = arg;
	struct client *client;

	(void)listener;
	(void)peer;
	(void)peer_len;
	if (server->n_clients >= server->params.clients_max) {
		turn_away(fd);
		return;
	}
	client = client_create(server, fd);
	if (client == NULL) {
		(void)close(fd);
		return;
	}
	LIST_INSERT_HEAD(&server->clients, client, entry);
	server->n_clients++;
	if (bufferevent_enable(client->stream, EV_READ | EV_WRITE) != 0)
		client_free(client);
}

/* Without descriptors accept() fails at once, again and again: wait instead. */
static void on_accept_error(struct evconnlistener *listener, void *arg)
{
	struct timeval pause = { .tv_sec = ACCEPT_PAUSE_S };
	struct ctl_api_server *server = arg;

	ctl_log(CTL_LOG_WARNING, "api", "a client could not be accepted: %s", strerror(errno));
	if (event_add(server->resume, &pause) == 0)
		(void)evconnlistener_disable(listener);
}

static void on_resume(evutil_socket_t fd, short what, void *arg)
{
	struct ctl_api_server *server = arg;

	(void)fd;
	(void)what;
	(void)evconnlistener_enable(server->listener);
}

static bool listener_create(struct ctl_api_server *server)
{
	server->resume = event_new(server->params.base, -1, 0, on_resume, server);
	server->listener = evconnlistener_new(server->params.base, on_accept, server,
					      LEV_OPT_CLOSE_ON_EXEC, 0, server->sock.fd);
	if (server->resume == NULL || server->listener == NULL)
		return false;
	evconnlistener_set_error_cb(server->listener, on_accept_error);
	return true;
}

int ctl_api_server_create(const struct ctl_api_server_params *params,
			  struct ctl_api_server **server, struct dp_why *why)
{
	struct ctl_api_server *made = calloc(1, sizeof(*made));
	int err = -ENOMEM;

	if (made == NULL)
		goto memory;
	made->params = *params;
	LIST_INIT(&made->clients);
	err = ctl_api_socket_open(&made->sock, params->path, why);
	if (err != 0) {
		free(made);
		return err;
	}
	if (listener_create(made)) {
		*server = made;
		return 0;
	}
	err = -ENOMEM;
	ctl_api_server_destroy(made);
memory:
	(void)snprintf(why->text, sizeof(why->text), "socket %s: out of memory", params->path);
	return err;
}

void ctl_api_server_destroy(struct ctl_api_server *server)
{
	struct client *client, *next;

	if (server == NULL)
		return;
	for (client = LIST_FIRST(&server->clients); client != NULL; client = next) {
		next = LIST_NEXT(client, entry);
		client_free(client);
	}
	if (server->listener != NULL)
		evconnlistener_free(server->listener);
	if (server->resume != NULL)
		event_free(server->resume);
	ctl_api_socket_close(&server->sock);
	free(server);
}
