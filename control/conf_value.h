#ifndef CONTROL_CONF_VALUE_H
#define CONTROL_CONF_VALUE_H

/**
 * @file
 * Values that several keys share. Each function adds one error when it returns false.
 */

#include "control/conf_keys.h"

#include <stddef.h>

/** Adds: KEY "VALUE" WHAT; RIGHT. The setting is a string. */
void ctl_value_error(struct ctl_loader *loader, const config_setting_t *setting, const char *what,
		     const char *right);

/** Copies a string of 1 to size - 1 bytes. */
bool ctl_value_text(struct ctl_loader *loader, const config_setting_t *setting, char *text,
		    size_t size);

/** Copies a name: letters, digits, '_', '-', '.', the first no '-' or '.'. */
bool ctl_value_name(struct ctl_loader *loader, const config_setting_t *setting, char *name,
		    size_t size);

/** Reads a whole number from min to max. */
bool ctl_value_int(struct ctl_loader *loader, const config_setting_t *setting, unsigned min,
		   unsigned max, unsigned *value);

/** Reads packets per second, RATE_MIN_PPS or more; adds no error. */
bool ctl_value_pps(const config_setting_t *setting, uint64_t *pps);

/** Reads a delay bound: CTL_DELAY_MIN_NS to CTL_DELAY_MAX_NS. */
bool ctl_value_delay(struct ctl_loader *loader, const config_setting_t *setting, uint64_t *ns);

/**
 * Adds the error for a quantity that ctl_units_*() refused.
 *
 * @param err what they returned
 * @param noun the base unit
 * @return false
 */
bool ctl_value_quantity_error(struct ctl_loader *loader, const config_setting_t *setting, int err,
			      const char *noun, const char *right);

#endif
