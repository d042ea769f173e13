#ifndef CONTROL_PLAN_CALIBRATION_H
#define CONTROL_PLAN_CALIBRATION_H

/**
 * @file
 * What was measured on a host, as a file, and what is assumed where nothing was. Control thread.
 */

#include "dataplane/dp_calibrate.h"

#include <stdbool.h>
#include <stdint.h>

#define CTL_CALIBRATION_CORES 256 /**< cores of a file */
#define CTL_HOST_TEXT_MAX 128	  /**< a name or model, bytes with the final NUL */
#define CTL_ORIGIN_MAX 512	  /**< a sentence, bytes with the final NUL */

/** Assumed without a measurement; see README.md. */
#define CTL_DEFAULT_GAP_NS 1000000.0
#define CTL_DEFAULT_HZ 2000000000.0

/** Who was measured. */
struct ctl_host_id {
	char host[CTL_HOST_TEXT_MAX];
	char kernel[CTL_HOST_TEXT_MAX];
	char cpu[CTL_HOST_TEXT_MAX]; /**< model */
};

/** One core. */
struct ctl_core_gap {
	unsigned core;
	uint64_t polls;
	uint64_t p999999_ns, max_ns; /**< time between two polls */
};

/** A calibration. */
struct ctl_calibration {
	struct ctl_host_id id;
	char date[32];	  /**< ISO 8601 */
	unsigned seconds; /**< of each core */
	double hz;	  /**< TSC cycles/s by CLOCK_MONOTONIC_RAW */
	struct dp_costs costs;
	struct ctl_core_gap cores[CTL_CALIBRATION_CORES];
	unsigned n_cores;
	char origin[CTL_ORIGIN_MAX]; /**< one sentence: where the values come from */
};

/** Names this host. */
void ctl_host_id_get(struct ctl_host_id *id);

/** The stated, conservative values of a host that nobody measured. */
void ctl_calibration_default(struct ctl_calibration *calibration);

/**
 * Reads a file and judges whether it may be used on a host; the defaults where it may not: it is
 * missing, cannot be read, or was written on another host or processor. origin says which.
 *
 * @return whether the file's values are used
 */
bool ctl_calibration_load(const char *path, const struct ctl_host_id *here,
			  struct ctl_calibration *calibration);

/**
 * Writes a file; the folder is made where it is missing, and an old file is replaced as a whole.
 *
 * @return 0 or -errno; then the old file is as it was
 */
int ctl_calibration_save(const char *path, const struct ctl_calibration *calibration);

/** Largest gap of a core, ns; that of the worst core measured where this one was not. */
double ctl_calibration_gap_ns(const struct ctl_calibration *calibration, unsigned core);

#endif
