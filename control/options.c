#include "control/options.h"

#include "control/log.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>

static const char usage
	[] = "usage: sluiced -c FILE [--check] [-v]\n"
	     "\n"
	     "Rate-controlled virtual routers: runs every router of FILE until SIGINT or SIGTERM.\n"
	     "\n"
	     "  -c, --config FILE  configuration\n"
	     "      --check        report every error of FILE and exit: 0 without errors, 1 with "
	     "errors\n"
	     "  -v, --verbose      log details (also: SLUICE_LOG=error, warning, info or debug)\n"
	     "      --version      print the version and exit\n"
	     "  -h, --help         print this and exit\n";

static const struct option long_options[] = {
	{ "config", required_argument, NULL, 'c' }, { "check", no_argument, NULL, 'C' },
	{ "verbose", no_argument, NULL, 'v' },	    { "version", no_argument, NULL, 'V' },
	{ "help", no_argument, NULL, 'h' },	    { NULL, 0, NULL, 0 },
};

static bool finish(int value, int *status)
{
	*status = value;
	return false;
}

static bool log_level_from_environment(int *status)
{
	const char *name = getenv("SLUICE_LOG");
	enum ctl_log_level level;

	if (name == NULL)
		return true;
	if (!ctl_log_level_parse(name, &level)) {
		(void)fprintf(stderr,
			      "sluiced: SLUICE_LOG=%s is no level; use error, warning, info or "
			      "debug\n",
			      name);
		return finish(2, status);
	}
	ctl_log_level_set(level);
	return true;
}

/* False ends the process with *status. */
static bool option_apply(int option, struct ctl_options *options, int *status)
{
	switch (option) {
	case 'c':
		options->path = optarg;
		return true;
	case 'C':
		options->check = true;
		return true;
	case 'v':
		ctl_log_level_set(CTL_LOG_DEBUG);
		return true;
	case 'V':
		(void)printf("sluiced %s\n", SLUICE_VERSION);
		return finish(0, status);
	case 'h':
		(void)fputs(usage, stdout);
		return finish(0, status);
	default:
		(void)fputs(usage, stderr);
		return finish(2, status);
	}
}

bool ctl_options_parse(int argc, char **argv, struct ctl_options *options, int *status)
{
	int option;

	*options = (struct ctl_options){ 0 };
	if (!log_level_from_environment(status))
		return false;
	while ((option = getopt_long(argc, argv, "c:vh", long_options, NULL)) != -1)
		if (!option_apply(option, options, status))
			return false;
	if (optind != argc) {
		(void)fprintf(stderr, "sluiced: \"%s\" is not an option; see sluiced --help\n",
			      argv[optind]);
		return finish(2, status);
	}
	if (options->path == NULL) {
		(void)fprintf(stderr, "sluiced: no configuration; start it with -c FILE\n");
		return finish(2, status);
	}
	return true;
}
