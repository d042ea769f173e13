#ifndef TESTS_CONTROL_API_SITE_H
#define TESTS_CONTROL_API_SITE_H

/* An API server in a thread of its own, and a client's side of its socket. */

#include "control/api_server.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cmocka.h>
#include <event2/event.h>
#include <json-c/json.h>

#define WAIT_MS 5000

/* The server runs in a thread of its own, as a client sees it: another program. */
struct site {
	char folder[32];
	char path[64];
	struct event_base *base;
	struct ctl_api_server *server;
	pthread_t thread;
};

static int echo(void *arg, struct json_object *request, struct json_object **result,
		struct dp_why *why)
{
	struct json_object *value = NULL;

	(void)arg;
	if (!json_object_object_get_ex(request, "value", &value)) {
		(void)snprintf(why->text, sizeof(why->text), "nothing to echo; give a value");
		return -EINVAL;
	}
	*result = json_object_get(value);
	return 0;
}

/* A reply of about a megabyte. */
static int big(void *arg, struct json_object *request, struct json_object **result,
	       struct dp_why *why)
{
	static char text[1 << 20];

	(void)arg;
	(void)request;
	(void)why;
	memset(text, 'x', sizeof(text) - 1);
	*result = json_object_new_string(text);
	return 0;
}

static const struct ctl_api_method methods[] = { { "echo", echo }, { "big", big }, { NULL, NULL } };

static void *loop_run(void *arg)
{
	struct site *site = arg;

	(void)event_base_loop(site->base, EVLOOP_NO_EXIT_ON_EMPTY);
	return NULL;
}

static int server_start(struct site *site, unsigned clients_max, unsigned idle_s,
			struct dp_why *why)
{
	struct ctl_api_server_params params = { .base = site->base,
						.path = site->path,
						.methods = methods,
						.clients_max = clients_max,
						.idle_s = idle_s };

	return ctl_api_server_create(&params, &site->server, why);
}

static int site_begin_with(void **state, unsigned clients_max, unsigned idle_s)
{
	struct site *site = calloc(1, sizeof(*site));
	struct dp_why why = { "" };

	assert_non_null(site);
	(void)snprintf(site->folder, sizeof(site->folder), "/tmp/sluice-api-XXXXXX");
	assert_non_null(mkdtemp(site->folder));
	(void)snprintf(site->path, sizeof(site->path), "%s/s.sock", site->folder);
	site->base = event_base_new();
	assert_non_null(site->base);
	if (server_start(site, clients_max, idle_s, &why) != 0)
		fail_msg("%s", why.text);
	assert_int_equal(pthread_create(&site->thread, NULL, loop_run, site), 0);
	*state = site;
	return 0;
}

static int site_begin(void **state)
{
	return site_begin_with(state, 128, 30);
}

static int site_begin_few(void **state)
{
	return site_begin_with(state, 2, 30);
}

static int site_begin_hasty(void **state)
{
	return site_begin_with(state, 128, 1);
}

static void on_stop(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	(void)event_base_loopbreak(arg);
}

static int site_end(void **state)
{
	struct site *site = *state;
	struct timeval now = { 0 };

	/* by an event: the loop forgets a break that comes before it began */
	assert_int_equal(event_base_once(site->base, -1, EV_TIMEOUT, on_stop, site->base, &now), 0);
	assert_int_equal(pthread_join(site->thread, NULL), 0);
	ctl_api_server_destroy(site->server);
	/* libevent frees a connection in the turn after it was closed */
	assert_true(event_base_loop(site->base, EVLOOP_NONBLOCK) >= 0);
	event_base_free(site->base);
	assert_int_not_equal(access(site->path, F_OK), 0); /* the socket file is gone */
	assert_int_equal(rmdir(site->folder), 0);
	free(site);
	return 0;
}

static int dial(const struct site *site)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	assert_true(fd >= 0);
	memcpy(address.sun_path, site->path, strlen(site->path) + 1);
	assert_int_equal(connect(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	return fd;
}

static void say(int fd, const char *text, size_t len)
{
	while (len > 0) {
		ssize_t n = send(fd, text, len, MSG_NOSIGNAL);

		if (n < 0)
			return; /* the server may have closed: what it said is checked */
		text += n;
		len -= (size_t)n;
	}
}

/* The next line, NULL at the end of the connection; fails after WAIT_MS. */
static char *hear(int fd)
{
	size_t used = 0, size = 4096;
	char *line = malloc(size);

	assert_non_null(line);
	for (;;) {
		struct pollfd wait = { .fd = fd, .events = POLLIN };
		ssize_t n;

		assert_int_equal(poll(&wait, 1, WAIT_MS), 1);
		n = recv(fd, line + used, 1, 0);
		if (n <= 0) {
			free(line);
			return NULL;
		}
		if (line[used] == '\n') {
			line[used] = '\0';
			return line;
		}
		if (++used == size) {
			size *= 2;
			line = realloc(line, size);
			assert_non_null(line);
		}
	}
}

static void hear_exactly(int fd, const char *expected)
{
	char *line = hear(fd);

	assert_non_null(line);
	assert_string_equal(line, expected);
	free(line);
}

static void hear_error(int fd, const char *words)
{
	char *line = hear(fd);

	assert_non_null(line);
	assert_ptr_equal(strstr(line, "{\"version\":1,\"error\":\""), line);
	if (strstr(line, words) == NULL)
		fail_msg("%s does not say: %s", line, words);
	free(line);
}

static void hear_end(int fd)
{
	char *line = hear(fd);

	if (line != NULL)
		fail_msg("unexpected: %s", line);
	assert_int_equal(close(fd), 0);
}

#endif
