#ifndef DATAPLANE_PORT_GROUPS_H
#define DATAPLANE_PORT_GROUPS_H

/**
 * @file
 * The multicast groups of a port whose device filters them. A VF is no place for a mode that hears
 * everything: few NICs grant it without trust. So it names the groups of routing protocols and those
 * that its twin's kernel has joined. Control thread only.
 */

#include "dataplane/port.h"

#include <stdbool.h>

/**
 * Tells the device the groups, where they are other than it was told before.
 *
 * @return false when the device takes no list, or none so long
 */
bool port_groups_follow(struct port *port);

#endif
