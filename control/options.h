#ifndef CONTROL_OPTIONS_H
#define CONTROL_OPTIONS_H

/**
 * @file
 * The command line of sluiced.
 */

#include "control/calibrate.h"

#include <stdbool.h>

/** What was asked for. */
struct ctl_options {
	const char *path; /**< configuration file */
	bool check;	  /**< validate and exit */
	bool plan;	  /**< print the plan and exit */
	bool json;	  /**< as JSON */
	bool calibrate;	  /**< measure the host and exit */
	struct ctl_calibrate_options calibration;
};

/**
 * Reads the command line, and the environment variable SLUICE_LOG for the log's level.
 *
 * @param status exit status when the process is to end at once (--help, --version, wrong usage)
 * @return true to go on
 */
bool ctl_options_parse(int argc, char **argv, struct ctl_options *options, int *status);

#endif
