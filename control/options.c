#include "control/options.h"

#include "control/conf.h"
#include "control/log.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>

static const char usage
	[] = "usage: sluiced -c FILE [--check | --plan [--json]] [-v]\n"
	     "       sluiced --calibrate [--output FILE] [--seconds N] [--core N]\n"
	     "\n"
	     "Rate-controlled virtual routers: runs every router of FILE until SIGINT or SIGTERM.\n"
	     "\n"
	     "  -c, --config FILE  configuration\n"
	     "      --check        report every error of FILE and exit: 0 without errors, 1 with "
	     "errors\n"
	     "      --plan         print how much of links and cores FILE takes and every delay "
	     "bound, and\n"
	     "                     exit: 0 if it fits, 1 if not\n"
	     "      --json         print the plan as JSON\n"
	     "      --calibrate    measure this host for plans, and exit\n"
	     "      --output FILE  where the calibration goes (default " CTL_CALIBRATION_PATH ")\n"
	     "      --seconds N    how long gaps are measured (default 10)\n"
	     "      --core N       measure this core only\n"
	     "  -v, --verbose      log details (also: SLUICE_LOG=error, warning, info or debug)\n"
	     "      --version      print the version and exit\n"
	     "  -h, --help         print this and exit\n";

static const struct option long_options[] = {
	{ "config", required_argument, NULL, 'c' },  { "check", no_argument, NULL, 'C' },
	{ "plan", no_argument, NULL, 'P' },	     { "json", no_argument, NULL, 'j' },
	{ "calibrate", no_argument, NULL, 'K' },     { "output", required_argument, NULL, 'o' },
	{ "seconds", required_argument, NULL, 's' }, { "core", required_argument, NULL, 'n' },
	{ "verbose", no_argument, NULL, 'v' },	     { "version", no_argument, NULL, 'V' },
	{ "help", no_argument, NULL, 'h' },	     { NULL, 0, NULL, 0 },
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

static bool number_parse(const char *noun, unsigned least, unsigned most, unsigned *number,
			 int *status)
{
	char *end = NULL;
	unsigned long value = strtoul(optarg, &end, 10);

	if (end != optarg && *end == '\0' && optarg[0] != '-' && value >= least && value <= most) {
		*number = (unsigned)value;
		return true;
	}
	(void)fprintf(stderr, "sluiced: --%s takes a whole number, %u to %u\n", noun, least, most);
	return finish(2, status);
}

/* False ends the process with *status. */
static bool calibrate_option_apply(int option, struct ctl_calibrate_options *options, int *status)
{
	if (option == 'o')
		options->output = optarg;
	else if (option == 's')
		return number_parse("seconds", 1, CTL_CALIBRATE_SECONDS_MAX, &options->seconds,
				    status);
	else if (option == 'n') {
		options->one_core = true;
		return number_parse("core", 0, CTL_CORE_MAX, &options->core, status);
	}
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
	case 'P':
		options->plan = true;
		return true;
	case 'j':
		options->json = true;
		return true;
	case 'K':
		options->calibrate = true;
		return true;
	case 'o':
	case 's':
	case 'n':
		return calibrate_option_apply(option, &options->calibration, status);
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

	*options = (struct ctl_options){ .calibration = { .output = CTL_CALIBRATION_PATH,
							  .seconds = CTL_CALIBRATE_SECONDS } };
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
	if (options->path == NULL && !options->calibrate) {
		(void)fprintf(stderr, "sluiced: no configuration; start it with -c FILE\n");
		return finish(2, status);
	}
	return true;
}
