#ifndef CONTROL_CONF_UNITS_H
#define CONTROL_CONF_UNITS_H

/**
 * @file
 * Quantities as people write them: "100M", "2.5G", "64pps", "16Ki", "500us".
 *
 * A number is digits with at most one decimal point, at most 18 digits in all; no sign, no
 * exponent and no space. It is computed exactly: a value that is no whole number of the base unit
 * is refused and never rounded. All functions are pure and may be called from any thread.
 */

#include "policer/rate.h"

#include <stdint.h>

/** What a burst was written in. */
enum ctl_burst_unit {
	CTL_BURST_BYTES, /**< "16k" (1000), "16Ki" (1024) or plain bytes */
	CTL_BURST_PKTS,	 /**< "32pkts" */
	CTL_BURST_NS,	 /**< "1ms": as much as the rate delivers in that time */
};

/**
 * A rate: bit/s with k, M or G (decimal), packets/s with pps, kpps, Mpps or Gpps.
 *
 * @param text what was written
 * @param unit result: what value counts
 * @param value result: bit/s or packets/s; any size, see RATE_MIN_BPS and its like for the range
 * @return 0; -EINVAL: no number or unknown suffix; -EDOM: no whole number of the base unit;
 *         -ERANGE: does not fit 64 bits. Results are unchanged on error.
 */
int ctl_units_rate(const char *text, enum rate_unit *unit, uint64_t *value);

/** A burst, in one of the units of enum ctl_burst_unit; errors as ctl_units_rate(). */
int ctl_units_burst(const char *text, enum ctl_burst_unit *unit, uint64_t *value);

/** A time in ns, us, ms or s; the suffix is required. Errors as ctl_units_rate(). */
int ctl_units_time(const char *text, uint64_t *ns);

/**
 * Bytes (or packets) that a rate delivers in a time, rounded down, as a burst given in time means.
 *
 * @param unit, value a rate in the range of rate_init()
 * @return 0, or -ERANGE when the rate is out of range; units is unchanged then
 */
int ctl_units_burst_of_time(enum rate_unit unit, uint64_t value, uint64_t ns, uint64_t *units);

#endif
