#include "control/api.h"
#include "control/cli/audit.h"
#include "control/cli/client.h"
#include "control/cli/daemon.h"
#include "control/cli/reload.h"
#include "control/cli/show.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <json-c/json.h>

#define JSON_FLAGS                                                                                 \
	(JSON_C_TO_STRING_PRETTY | JSON_C_TO_STRING_SPACED | JSON_C_TO_STRING_NOSLASHESCAPE)

struct options {
	const char *socket;
	bool json;
	unsigned watch_s; /* 0: once */
};

static const char usage[] =
	"usage: sluice [OPTIONS] show OBJECT [ROUTER]\n"
	"       sluice [OPTIONS] audit ROUTER\n"
	"       sluice [OPTIONS] reload\n"
	"       sluice [--json] plan FILE\n"
	"       sluice calibrate [--output FILE] [--seconds N] [--core N]\n"
	"       sluice [OPTIONS] version\n"
	"\n"
	"Shows what sluiced does. OBJECT is one of " CLI_SHOW_OBJECTS ".\n"
	"An audit compares the kernel's tables with the data path now and prints every "
	"difference;\n"
	"the exit status is 1 if there is one.\n"
	"A reload has sluiced read its configuration again and prints which routers it changed; "
	"the "
	"exit\n"
	"status is 1 if the file is refused, and then nothing has changed, or if a router failed.\n"
	"A plan says whether a configuration fits links, cores and buffers, and every delay bound "
	"with its\n"
	"terms; the exit status is 1 if something does not fit. It uses what calibrate measured on "
	"this host.\n"
	"\n"
	"  -s, --socket PATH    socket of sluiced (default " CTL_API_SOCKET ")\n"
	"  -j, --json           print JSON as the daemon sent it; routes include the local table\n"
	"  -w, --watch SECONDS  repeat\n"
	"  -h, --help           print this and exit\n";

static const struct option long_options[] = {
	{ "socket", required_argument, NULL, 's' },
	{ "json", no_argument, NULL, 'j' },
	{ "watch", required_argument, NULL, 'w' },
	{ "help", no_argument, NULL, 'h' },
	{ NULL, 0, NULL, 0 },
};

static int fail(const char *sentence)
{
	(void)fprintf(stderr, "sluice: %s\n", sentence);
	return EXIT_FAILURE;
}

static bool print_result(const struct options *options, const char *object,
			 struct json_object *result)
{
	if (!options->json)
		return cli_show_print(object, result, stdout);
	return puts(json_object_to_json_string_ext(result, JSON_FLAGS)) >= 0;
}

static int show_once(const struct options *options, const char *object, const char *router)
{
	struct json_object *result;
	struct cli_client client;
	int status = EXIT_SUCCESS;

	if (cli_client_open(&client, options->socket) != 0) {
		status = fail(client.error);
		cli_client_close(&client);
		return status;
	}
	result = cli_client_show(&client, object, router);
	if (result == NULL)
		status = fail(client.error);
	else if (!print_result(options, object, result) || fflush(stdout) != 0)
		status = fail("the result could not be printed");
	json_object_put(result);
	cli_client_close(&client);
	return status;
}

static int show(const struct options *options, int argc, char **argv)
{
	const char *object = argc > 1 ? argv[1] : "";
	const char *router = argc > 2 ? argv[2] : NULL;
	int status;

	if (argc > 3)
		return fail("too many arguments; see sluice --help");
	if (!cli_show_known(object)) {
		(void)fprintf(stderr, "sluice: \"%s\" cannot be shown; name one of %s\n", object,
			      CLI_SHOW_OBJECTS);
		return EXIT_FAILURE;
	}
	for (;;) {
		if (options->watch_s != 0 && isatty(STDOUT_FILENO) && !options->json)
			(void)fputs("\033[H\033[2J", stdout);
		status = show_once(options, object, router);
		if (status != EXIT_SUCCESS || options->watch_s == 0)
			return status;
		(void)sleep(options->watch_s);
	}
}

/* What a command is told by sluiced, printed. @return the exit status */
static int told(const struct options *options, const struct cli_client *client,
		struct json_object *result, void (*print)(struct json_object *result, FILE *out),
		bool (*is_good)(struct json_object *result))
{
	int status = EXIT_SUCCESS;

	if (result == NULL)
		status = fail(client->error);
	else if (options->json)
		(void)puts(json_object_to_json_string_ext(result, JSON_FLAGS));
	else
		print(result, stdout);
	if (result != NULL && !is_good(result))
		status = EXIT_FAILURE;
	if (fflush(stdout) != 0)
		status = fail("the result could not be printed");
	return status;
}

static int audit(const struct options *options, const char *router)
{
	struct json_object *result = NULL;
	struct cli_client client;
	int status;

	if (cli_client_open(&client, options->socket) == 0)
		result = cli_audit_run(&client, router);
	status = told(options, &client, result, cli_audit_print, cli_audit_agrees);
	json_object_put(result);
	cli_client_close(&client);
	return status;
}

static int reload(const struct options *options)
{
	struct json_object *result = NULL;
	struct cli_client client;
	int status;

	if (cli_client_open(&client, options->socket) == 0)
		result = cli_reload_run(&client);
	status = told(options, &client, result, cli_reload_print, cli_reload_succeeded);
	json_object_put(result);
	cli_client_close(&client);
	return status;
}

/* The client has a version also where no daemon runs. */
static int version(const struct options *options)
{
	struct json_object *request = json_object_new_object(), *result = NULL;
	struct cli_client client;
	int status = EXIT_SUCCESS;

	(void)json_object_object_add(request, "method", json_object_new_string("version"));
	if (cli_client_open(&client, options->socket) == 0)
		result = cli_client_request(&client, request);
	if (options->json && result != NULL)
		(void)json_object_object_add(result, "client",
					     json_object_new_string(SLUICE_VERSION));
	if (options->json)
		(void)puts(result != NULL ? json_object_to_json_string_ext(result, JSON_FLAGS)
					  : "{ \"client\": \"" SLUICE_VERSION "\" }");
	else
		(void)printf("sluice %s\nsluiced %s\n", SLUICE_VERSION,
			     result != NULL ? json_object_get_string(
						      json_object_object_get(result, "daemon"))
					    : "is not reached");
	if (fflush(stdout) != 0)
		status = fail("the version could not be printed");
	json_object_put(result);
	json_object_put(request);
	cli_client_close(&client);
	return status;
}

static int daemon_run(const char *const args[])
{
	(void)fprintf(stderr, "sluice: sluiced cannot be started: %s; install it beside sluice\n",
		      strerror(-cli_daemon_exec(args)));
	return EXIT_FAILURE;
}

static int plan(const struct options *options, const char *path)
{
	return daemon_run((const char *const[]){ "sluiced", "--plan", "-c", path,
						 options->json ? "--json" : NULL, NULL });
}

/* Its options are sluiced's. */
static int calibrate(int argc, char **argv)
{
	const char *args[16] = { "sluiced", "--calibrate" };
	size_t n = 2;

	if ((size_t)argc > sizeof(args) / sizeof(args[0]) - n)
		return fail("too many arguments; see sluice --help");
	for (int i = 1; i < argc; i++)
		args[n++] = argv[i];
	return daemon_run(args);
}

static bool watch_parse(const char *text, unsigned *seconds)
{
	char *end = NULL;
	unsigned long value;

	errno = 0;
	value = strtoul(text, &end, 10);
	if (errno != 0 || end == text || *end != '\0' || text[0] == '-' || value < 1 ||
	    value > 3600)
		return false;
	*seconds = (unsigned)value;
	return true;
}

/* False ends the process with *status. */
static bool options_parse(int argc, char **argv, struct options *options, int *status)
{
	int option;

	while ((option = getopt_long(argc, argv, "s:jw:h", long_options, NULL)) != -1) {
		if (option == 's') {
			options->socket = optarg;
		} else if (option == 'j') {
			options->json = true;
		} else if (option == 'w' && watch_parse(optarg, &options->watch_s)) {
			continue;
		} else if (option == 'w') {
			*status = fail("--watch takes whole seconds, 1 to 3600");
			return false;
		} else {
			(void)fputs(usage, option == 'h' ? stdout : stderr);
			*status = option == 'h' ? EXIT_SUCCESS : EXIT_FAILURE;
			return false;
		}
	}
	return true;
}

int main(int argc, char **argv)
{
	struct options options = { .socket = CTL_API_SOCKET };
	int status = EXIT_FAILURE;

	if (argc > 1 && strcmp(argv[1], "calibrate") == 0)
		return calibrate(argc - 1, argv + 1);
	if (!options_parse(argc, argv, &options, &status))
		return status;
	argc -= optind;
	argv += optind;
	if (argc > 0 && strcmp(argv[0], "show") == 0)
		return show(&options, argc, argv);
	if (argc == 2 && strcmp(argv[0], "audit") == 0)
		return audit(&options, argv[1]);
	if (argc > 0 && strcmp(argv[0], "audit") == 0)
		return fail("an audit takes one router; see sluice --help");
	if (argc == 1 && strcmp(argv[0], "reload") == 0)
		return reload(&options);
	if (argc > 0 && strcmp(argv[0], "reload") == 0)
		return fail("a reload takes no argument: sluiced reads its own file; see sluice "
			    "--help");
	if (argc == 2 && strcmp(argv[0], "plan") == 0)
		return plan(&options, argv[1]);
	if (argc > 0 && strcmp(argv[0], "plan") == 0)
		return fail("a plan takes one configuration; see sluice --help");
	if (argc == 1 && strcmp(argv[0], "version") == 0)
		return version(&options);
	if (argc == 0)
		return fail("no command; see sluice --help");
	(void)fprintf(stderr, "sluice: \"%s\" is not a command; see sluice --help\n", argv[0]);
	return EXIT_FAILURE;
}
