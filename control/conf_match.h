#ifndef CONTROL_CONF_MATCH_H
#define CONTROL_CONF_MATCH_H

/**
 * @file
 * What a class matches: match = { dscp = "af11,af12"; dst = "198.18.0.0/16"; protocol = "udp";
 * dst_port = "5000-5999"; }. Control thread only.
 */

#include "control/conf_keys.h"

/** Keys of a match; object: struct dp_class_match. */
extern const struct ctl_group ctl_group_match;

/** Reads "198.18.0.0/16" or "198.18.0.1"; false after adding an error. */
bool ctl_match_prefix(struct ctl_loader *loader, const config_setting_t *setting, uint32_t *prefix,
		      uint8_t *depth);

#endif
