#ifndef CONTROL_CONF_SLA_H
#define CONTROL_CONF_SLA_H

/**
 * @file
 * The keys of an SLA against each other. Control thread only.
 */

#include "control/conf_keys.h"

/** Name of a kind as it is written. */
const char *ctl_conf_sla_kind_name(enum dp_sla_kind kind);

/**
 * Refuses keys that the kind has no use for and asks for those it needs, then turns bursts into
 * bytes or packets. The keys of the group have been loaded.
 */
void ctl_conf_sla_finish(struct ctl_loader *loader, struct ctl_conf_sla *sla,
			 const struct ctl_group *group);

#endif
