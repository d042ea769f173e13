#include "control/api.h"
#include "control/api_socket.h"
#include "tests/control/api_site.h"

#include <signal.h>
#include <sys/stat.h>

#include <event2/thread.h>

#define ASK "{\"method\":\"echo\",\"value\":1}\n"
#define ANSWER "{\"version\":1,\"result\":1}"

static void one_request(void **state)
{
	int fd = dial(*state);

	say(fd, ASK, strlen(ASK));
	hear_exactly(fd, ANSWER);
	say(fd, "{\"version\":1,\"method\":\"echo\",\"value\":{\"a/b\":[1,2.5,\"\\n\"]}}\r\n", 60);
	hear_exactly(fd, "{\"version\":1,\"result\":{\"a/b\":[1,2.5,\"\\n\"]}}");
	assert_int_equal(close(fd), 0);
}

static void errors_keep_the_connection(void **state)
{
	static const struct {
		const char *line;
		const char *words;
	} cases[] = {
		{ "\n", "is not JSON" },
		{ "garbage\n", "is not JSON" },
		{ "{\n", "is not JSON" },
		{ "{}}\n", "is not JSON" },
		{ "{} {}\n", "is not JSON" },
		{ "{\"a\":'x'}\n", "is not JSON" },
		{ "[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[\n", "is not JSON" },
		{ "\"\xff\xfe\"\n", "is not JSON" },
		{ "null\n", "is not JSON" },
		{ "[1]\n", "is not an object" },
		{ "7\n", "is not JSON" },
		{ "{}\n", "names no method; the methods are echo, big" },
		{ "{\"method\":7}\n", "names no method" },
		{ "{\"method\":\"drop\"}\n",
		  "method \\\"drop\\\" is not known; the methods are echo" },
		{ "{\"version\":2,\"method\":\"echo\"}\n",
		  "protocol version is not known; version 1" },
		{ "{\"version\":\"1\",\"method\":\"echo\"}\n", "protocol version is not known" },
		{ "{\"method\":\"echo\"}\n", "nothing to echo; give a value" },
	};
	int fd = dial(*state);

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		print_message("%s", cases[i].line);
		say(fd, cases[i].line, strlen(cases[i].line));
		hear_error(fd, cases[i].words);
	}
	say(fd, "a\0b\n", 4);
	hear_error(fd, "is not JSON");
	say(fd, ASK, strlen(ASK));
	hear_exactly(fd, ANSWER);
	assert_int_equal(close(fd), 0);
}

static void pieces_and_heaps(void **state)
{
	int fd = dial(*state);
	char ask[64];

	for (size_t i = 0; i < strlen(ASK); i++)
		say(fd, ASK + i, 1);
	hear_exactly(fd, ANSWER);
	/* sent before any reply is read; the order is kept */
	for (int i = 0; i < 500; i++) {
		(void)snprintf(ask, sizeof(ask), "{\"method\":\"echo\",\"value\":%d}\n", i);
		say(fd, ask, strlen(ask));
	}
	for (int i = 0; i < 500; i++) {
		(void)snprintf(ask, sizeof(ask), "{\"version\":1,\"result\":%d}", i);
		hear_exactly(fd, ask);
	}
	assert_int_equal(close(fd), 0);
}

/* The longest line is served; one byte more ends the connection. */
static void long_lines(void **state)
{
	static char line[2UL * CTL_API_LINE_MAX + 2];
	int fd = dial(*state);

	memset(line, ' ', sizeof(line));
	memcpy(line, ASK, sizeof(ASK) - 2); /* blanks instead of the newline */
	line[CTL_API_LINE_MAX] = '\n';
	say(fd, line, CTL_API_LINE_MAX + 1);
	hear_exactly(fd, ANSWER);
	line[CTL_API_LINE_MAX] = ' ';
	line[CTL_API_LINE_MAX + 1] = '\n';
	say(fd, line, CTL_API_LINE_MAX + 2);
	hear_error(fd, "too long");
	hear_end(fd);
	fd = dial(*state);
	line[CTL_API_LINE_MAX + 1] = ' ';
	say(fd, line, sizeof(line));
	hear_error(fd, "too long");
	hear_end(fd);
}

/* A peer that sends no more still gets its answers. */
static void half_closed(void **state)
{
	int fd = dial(*state);

	say(fd, ASK ASK, 2 * strlen(ASK));
	assert_int_equal(shutdown(fd, SHUT_WR), 0);
	hear_exactly(fd, ANSWER);
	hear_exactly(fd, ANSWER);
	hear_end(fd);
	fd = dial(*state);
	say(fd, ASK "{\"method\"", strlen(ASK) + 9);
	assert_int_equal(shutdown(fd, SHUT_WR), 0);
	hear_exactly(fd, ANSWER);
	hear_error(fd, "ends without a newline");
	hear_end(fd);
	fd = dial(*state);
	assert_int_equal(shutdown(fd, SHUT_WR), 0);
	hear_end(fd);
}

static void a_hundred_clients(void **state)
{
	int fds[100];

	for (int i = 0; i < 100; i++)
		fds[i] = dial(*state);
	for (int i = 0; i < 100; i++)
		say(fds[i], ASK, strlen(ASK));
	for (int i = 99; i >= 0; i--) {
		hear_exactly(fds[i], ANSWER);
		assert_int_equal(close(fds[i]), 0);
	}
}

static void too_many_clients(void **state)
{
	int first = dial(*state), second, third;

	say(first, ASK, strlen(ASK));
	hear_exactly(first, ANSWER);
	second = dial(*state);
	say(second, ASK, strlen(ASK));
	hear_exactly(second, ANSWER);
	third = dial(*state);
	hear_error(third, "too many clients");
	hear_end(third);
	assert_int_equal(shutdown(first, SHUT_WR), 0);
	hear_end(first);
	third = dial(*state);
	say(third, ASK, strlen(ASK));
	hear_exactly(third, ANSWER);
	assert_int_equal(close(second), 0);
	assert_int_equal(close(third), 0);
}

/* One that asks and never reads holds one reply of memory; others are served. */
static void slow_reader(void **state)
{
	static const char ask[] = "{\"method\":\"big\"}\n";
	int slow = dial(*state), fd;
	struct timeval limit = { .tv_usec = 100000 };
	size_t sent = 0;

	assert_int_equal(setsockopt(slow, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit)), 0);
	while (sent < 64UL * CTL_API_LINE_MAX) {
		ssize_t n = send(slow, ask, strlen(ask), MSG_NOSIGNAL);

		if (n < 0)
			break;
		sent += (size_t)n;
	}
	assert_true(sent < 64UL * CTL_API_LINE_MAX); /* the server stopped reading */
	fd = dial(*state);
	say(fd, ASK, strlen(ASK));
	hear_exactly(fd, ANSWER);
	assert_int_equal(close(fd), 0);
	assert_int_equal(close(slow), 0);
}

/* A silent connection ends after the idle time; whoever waits for it needs no clock. */
static void idle_client(void **state)
{
	int fd = dial(*state);

	hear_end(fd);
}

static void leaves_at_once(void **state)
{
	int fd;

	for (int i = 0; i < 100; i++) {
		fd = dial(*state);
		say(fd, "{\"method\":\"big\"}\n{\"meth", 23);
		assert_int_equal(close(fd), 0);
	}
	fd = dial(*state);
	say(fd, ASK, strlen(ASK));
	hear_exactly(fd, ANSWER);
	assert_int_equal(close(fd), 0);
}

static void socket_file(void **state)
{
	const struct site *site = *state;
	struct ctl_api_socket other;
	struct dp_why why = { "" };
	struct stat st;

	assert_int_equal(stat(site->path, &st), 0);
	assert_true(S_ISSOCK(st.st_mode));
	assert_int_equal(st.st_mode & 0777, 0660);
	assert_int_equal(ctl_api_socket_open(&other, site->path, &why), -EADDRINUSE);
	assert_non_null(strstr(why.text, site->path));
	assert_non_null(strstr(why.text, "in use"));
	assert_int_equal(access(site->path, F_OK), 0);
}

static void stale_and_strange_files(void **state)
{
	const struct site *site = *state;
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	struct ctl_api_socket sock;
	struct dp_why why = { "" };
	char path[64];
	FILE *file;
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	(void)snprintf(path, sizeof(path), "%s/stale", site->folder);
	memcpy(address.sun_path, path, strlen(path) + 1);
	assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	assert_int_equal(close(fd), 0); /* its process is dead now */
	assert_int_equal(ctl_api_socket_open(&sock, path, &why), 0);
	ctl_api_socket_close(&sock);
	assert_int_not_equal(access(path, F_OK), 0);

	file = fopen(path, "w");
	assert_non_null(file);
	assert_int_equal(fclose(file), 0);
	assert_int_equal(ctl_api_socket_open(&sock, path, &why), -EEXIST);
	assert_non_null(strstr(why.text, "is no socket"));
	assert_int_equal(unlink(path), 0);
	assert_int_equal(ctl_api_socket_open(&sock, "/nonexistent/a/b", &why), -ENOENT);
	assert_int_equal(ctl_api_socket_open(&sock, "relative", &why), -EINVAL);
}

static void folder_is_made_and_removed(void **state)
{
	const struct site *site = *state;
	struct ctl_api_socket sock;
	struct dp_why why = { "" };
	char folder[64], path[80];

	(void)snprintf(folder, sizeof(folder), "%s/new", site->folder);
	(void)snprintf(path, sizeof(path), "%s/s", folder);
	assert_int_equal(ctl_api_socket_open(&sock, path, &why), 0);
	assert_int_equal(access(path, F_OK), 0);
	ctl_api_socket_close(&sock);
	assert_int_not_equal(access(folder, F_OK), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(one_request, site_begin, site_end),
		cmocka_unit_test_setup_teardown(errors_keep_the_connection, site_begin, site_end),
		cmocka_unit_test_setup_teardown(pieces_and_heaps, site_begin, site_end),
		cmocka_unit_test_setup_teardown(long_lines, site_begin, site_end),
		cmocka_unit_test_setup_teardown(half_closed, site_begin, site_end),
		cmocka_unit_test_setup_teardown(a_hundred_clients, site_begin, site_end),
		cmocka_unit_test_setup_teardown(too_many_clients, site_begin_few, site_end),
		cmocka_unit_test_setup_teardown(slow_reader, site_begin, site_end),
		cmocka_unit_test_setup_teardown(idle_client, site_begin_hasty, site_end),
		cmocka_unit_test_setup_teardown(leaves_at_once, site_begin, site_end),
		cmocka_unit_test_setup_teardown(socket_file, site_begin, site_end),
		cmocka_unit_test_setup_teardown(stale_and_strange_files, site_begin, site_end),
		cmocka_unit_test_setup_teardown(folder_is_made_and_removed, site_begin, site_end),
	};

	/* as the daemon's loop does: a client that left must not end the process */
	if (signal(SIGPIPE, SIG_IGN) == SIG_ERR || evthread_use_pthreads() != 0)
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
