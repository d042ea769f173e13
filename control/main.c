#include "control/conf_read.h"
#include "control/daemon.h"
#include "control/log.h"
#include "control/options.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static enum ctl_judge_as judge_as(const struct ctl_options *options)
{
	if (!options->plan)
		return CTL_JUDGE_SILENTLY;
	return options->json ? CTL_JUDGE_AS_JSON : CTL_JUDGE_AS_TABLE;
}

/* Every error is on stderr when it fails. */
static int conf_read(const struct ctl_options *options, struct ctl_conf *conf,
		     struct ctl_errors *notes)
{
	struct ctl_errors errors = { 0 };
	int err = ctl_conf_read(options->path, judge_as(options), conf, &errors, notes);

	ctl_errors_print(&errors, stderr);
	ctl_errors_fini(&errors);
	return err;
}

static void check_report(const char *path, const struct ctl_conf *conf, struct ctl_errors *notes)
{
	unsigned ports = 0;

	for (unsigned i = 0; i < conf->n_routers; i++)
		ports += conf->routers[i].config.n_ports;
	(void)printf("%s: no errors; routers: %u, ports: %u, SLAs: %u\n", path, conf->n_routers,
		     ports, conf->n_slas);
	ctl_errors_print(notes, stdout);
	(void)printf("not checked, because nothing was started: rights, memory, drivers, peers\n");
}

static int serve(const char *path, struct ctl_conf *conf)
{
	struct ctl_daemon daemon;
	struct dp_why why = { "" };
	int err = ctl_daemon_start(&daemon, path, conf, &why);

	if (err != 0) {
		(void)fprintf(stderr, "sluiced: %s\n",
			      why.text[0] != '\0' ? why.text : strerror(-err));
		return err;
	}
	err = ctl_daemon_run(&daemon);
	if (err != 0)
		(void)fprintf(stderr, "sluiced: the event loop failed: %s\n", strerror(-err));
	ctl_daemon_stop(&daemon);
	return err;
}

int main(int argc, char **argv)
{
	struct ctl_options options;
	struct ctl_conf conf = { 0 };
	struct ctl_errors notes = { 0 };
	int status = EXIT_FAILURE;
	int err;

	if (!ctl_options_parse(argc, argv, &options, &status))
		return status;
	if (options.calibrate)
		return ctl_calibrate(&options.calibration) == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
	err = conf_read(&options, &conf, &notes);
	if (err != 0 || options.plan) {
		ctl_errors_print(&notes, stderr);
	} else if (options.check) {
		check_report(options.path, &conf, &notes);
	} else {
		for (unsigned i = 0; i < notes.n; i++)
			ctl_log(CTL_LOG_WARNING, "conf", "%s", notes.items[i].text);
		err = serve(options.path, &conf);
	}
	ctl_errors_fini(&notes);
	ctl_conf_fini(&conf);
	return err == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
