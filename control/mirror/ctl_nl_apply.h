#ifndef CONTROL_MIRROR_CTL_NL_APPLY_H
#define CONTROL_MIRROR_CTL_NL_APPLY_H

/**
 * @file
 * Where decoding and the rib meet.
 */

#include "control/mirror/ctl_rib.h"

#include <linux/netlink.h>

/**
 * Decodes a message and tells the rib.
 *
 * @param len bytes that are readable from its start
 * @param dump it is part of a dump
 * @return 0, -EINVAL (malformed), -ENOMSG (nothing that the rib follows), -ENOMEM
 */
int ctl_nl_apply(struct ctl_rib *rib, const struct nlmsghdr *msg, size_t len, bool dump);

/**
 * Decodes a message of a dump and has the rib compared with it.
 *
 * @return 0, -EINVAL (malformed), -ENOMSG (nothing that is compared)
 */
int ctl_nl_audit(struct ctl_rib *rib, const struct nlmsghdr *msg, size_t len);

#endif
