#include "control/cli/client.h"

#include "control/api.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include <json-c/json.h>

#define REPLY_TIMEOUT_S 10
#define CHUNK_BYTES 65536

static int fail(struct cli_client *client, int err, const char *what)
{
	(void)snprintf(client->error, sizeof(client->error), "%s: %s: %s", client->path, what,
		       strerror(err));
	return -err;
}

int cli_client_open(struct cli_client *client, const char *path)
{
	struct timeval limit = { .tv_sec = REPLY_TIMEOUT_S };
	struct sockaddr_un address = { .sun_family = AF_UNIX };

	*client = (struct cli_client){ .path = path, .fd = -1 };
	if (strlen(path) >= sizeof(address.sun_path))
		return fail(client, ENAMETOOLONG, "the path may have 107 characters");
	memcpy(address.sun_path, path, strlen(path) + 1);
	client->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (client->fd < 0)
		return fail(client, errno, "no socket could be made");
	if (setsockopt(client->fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit)) != 0 ||
	    setsockopt(client->fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit)) != 0)
		return fail(client, errno, "the socket takes no time limit");
	if (connect(client->fd, (const struct sockaddr *)&address, sizeof(address)) != 0)
		return fail(client, errno, "sluiced cannot be reached; is it running?");
	return 0;
}

void cli_client_close(struct cli_client *client)
{
	if (client->fd >= 0)
		(void)close(client->fd);
	free(client->buffer);
	client->fd = -1;
	client->buffer = NULL;
}

/* False is no error here: a daemon that refuses a client has closed, and left its reason. */
static bool request_send(struct cli_client *client, struct json_object *request)
{
	const char *text = json_object_to_json_string_ext(request, JSON_C_TO_STRING_PLAIN);
	char *line = NULL;
	int len = asprintf(&line, "%s\n", text != NULL ? text : "");
	size_t sent = 0;

	while (len > 0 && sent < (size_t)len) {
		ssize_t n = send(client->fd, line + sent, (size_t)len - sent, MSG_NOSIGNAL);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			break;
		sent += (size_t)n;
	}
	if (len >= 0)
		free(line);
	return len > 0 && sent == (size_t)len;
}

static bool buffer_grow(struct cli_client *client)
{
	char *buffer;

	if (client->size - client->used >= CHUNK_BYTES)
		return true;
	buffer = realloc(client->buffer, client->size * 2 + CHUNK_BYTES);
	if (buffer == NULL)
		return false;
	client->buffer = buffer;
	client->size = client->size * 2 + CHUNK_BYTES;
	return true;
}

/* Length of the next line in the buffer, without its newline; or -errno. */
static ssize_t line_receive(struct cli_client *client)
{
	size_t searched = 0;

	for (;;) {
		const char *end = client->used > searched ? memchr(client->buffer + searched, '\n',
								   client->used - searched)
							  : NULL;
		ssize_t n;

		if (end != NULL)
			return end - client->buffer;
		searched = client->used;
		if (!buffer_grow(client))
			return -ENOMEM;
		n = recv(client->fd, client->buffer + client->used, CHUNK_BYTES, 0);
		if (n == 0)
			return -ECONNRESET;
		if (n < 0 && errno != EINTR)
			return errno == EAGAIN ? -ETIMEDOUT : -errno;
		if (n > 0)
			client->used += (size_t)n;
	}
}

static struct json_object *reply_parse(const char *line, size_t len)
{
	struct json_tokener *tokener = json_tokener_new();
	struct json_object *reply = NULL;

	if (tokener == NULL)
		return NULL;
	reply = json_tokener_parse_ex(tokener, line, (int)len);
	if (json_tokener_get_error(tokener) != json_tokener_success) {
		json_object_put(reply);
		reply = NULL;
	}
	json_tokener_free(tokener);
	return reply;
}

/* Takes the reply. */
static struct json_object *reply_result(struct cli_client *client, struct json_object *reply)
{
	struct json_object *error = NULL, *result = NULL;

	if (json_object_object_get_ex(reply, "error", &error))
		(void)snprintf(client->error, sizeof(client->error), "%s",
			       json_object_get_string(error));
	else if (json_object_object_get_ex(reply, "result", &result))
		result = json_object_get(result);
	else
		(void)fail(client, EPROTO, "the reply has neither result nor error");
	json_object_put(reply);
	return result;
}

struct json_object *cli_client_request(struct cli_client *client, struct json_object *request)
{
	struct json_object *reply;
	ssize_t len;

	if (request == NULL) {
		(void)fail(client, ENOMEM, "the request cannot be made");
		return NULL;
	}
	(void)request_send(client, request);
	len = line_receive(client);
	if (len < 0) {
		(void)fail(client, (int)-len, "sluiced does not answer");
		return NULL;
	}
	reply = reply_parse(client->buffer, (size_t)len);
	client->used -= (size_t)len + 1;
	memmove(client->buffer, client->buffer + len + 1, client->used);
	if (reply == NULL) {
		(void)fail(client, EPROTO, "the reply is not JSON");
		return NULL;
	}
	return reply_result(client, reply);
}

/* Where the next reply begins: at a key, where there is one, or at an offset. */
struct place {
	char key[256];
	uint64_t offset; /* 0 without key: that was all */
};

static struct json_object *show_request(const char *object, const char *router,
					const struct place *place)
{
	struct json_object *request = json_object_new_object();

	if (request == NULL)
		return NULL;
	json_object_object_add(request, "version", json_object_new_int(CTL_API_VERSION));
	json_object_object_add(request, "method", json_object_new_string("show"));
	json_object_object_add(request, "object", json_object_new_string(object));
	if (router != NULL)
		json_object_object_add(request, "router", json_object_new_string(router));
	if (place->key[0] != '\0')
		json_object_object_add(request, "key", json_object_new_string(place->key));
	else
		json_object_object_add(request, "offset", json_object_new_uint64(place->offset));
	return request;
}

/* @return false when the page is the last one */
static bool place_next(struct json_object *page, struct place *place)
{
	struct json_object *value = NULL;

	*place = (struct place){ .offset = 0 };
	if (json_object_object_get_ex(page, "next_key", &value))
		(void)snprintf(place->key, sizeof(place->key), "%s", json_object_get_string(value));
	else if (json_object_object_get_ex(page, "next", &value))
		place->offset = json_object_get_uint64(value);
	return value != NULL;
}

/* Moves the rows of a reply behind those of the first one. */
static bool rows_append(struct json_object *all, struct json_object *page, const char *object)
{
	struct json_object *to = json_object_object_get(all, object);
	struct json_object *from = json_object_object_get(page, object);

	if (!json_object_is_type(to, json_type_array) ||
	    !json_object_is_type(from, json_type_array))
		return false;
	for (size_t i = 0; i < json_object_array_length(from); i++)
		if (json_object_array_add(to,
					  json_object_get(json_object_array_get_idx(from, i))) != 0)
			return false;
	return true;
}

struct json_object *cli_client_show(struct cli_client *client, const char *object,
				    const char *router)
{
	struct json_object *all = NULL, *page;
	struct place place = { .offset = 0 };
	bool more;

	do {
		struct json_object *request = show_request(object, router, &place);

		page = cli_client_request(client, request);
		json_object_put(request);
		if (page == NULL)
			break;
		more = place_next(page, &place);
		if (all == NULL) {
			all = page;
			json_object_object_del(all, "next");
			json_object_object_del(all, "next_key");
			continue;
		}
		if (!rows_append(all, page, object)) {
			(void)fail(client, EPROTO, "the reply has no rows");
			json_object_put(page);
			page = NULL;
			break;
		}
		json_object_put(page);
	} while (more);
	if (page != NULL)
		return all;
	json_object_put(all);
	return NULL;
}
