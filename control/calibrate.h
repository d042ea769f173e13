#ifndef CONTROL_CALIBRATE_H
#define CONTROL_CALIBRATE_H

/**
 * @file
 * `sluice calibrate`: measures this host, says what spoils guarantees, writes the file that plans
 * use. Runs instead of the daemon, in the control thread.
 */

#include <stdbool.h>

#define CTL_CALIBRATE_SECONDS 10	/**< default length of the gap measurement */
#define CTL_CALIBRATE_SECONDS_MAX 86400 /**< longest */

/** What to measure. */
struct ctl_calibrate_options {
	const char *output; /**< file */
	unsigned seconds;   /**< of the gap measurement; all cores at the same time */
	bool one_core;	    /**< core alone is measured, and not all that may be used */
	unsigned core;
};

/** @return 0, or -errno after saying why on stderr */
int ctl_calibrate(const struct ctl_calibrate_options *options);

#endif
