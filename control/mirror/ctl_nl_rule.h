#ifndef CONTROL_MIRROR_CTL_NL_RULE_H
#define CONTROL_MIRROR_CTL_NL_RULE_H

/**
 * @file
 * Messages about routing rules to plain values. Pure; returns as in ctl_nl_decode.h.
 */

#include "control/mirror/ctl_addr.h"

#include <net/if.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <linux/netlink.h>

/** Ports of a rule: a range, or bits that have to agree. */
struct ctl_nl_ports {
	uint16_t min, max; /**< 0: any */
	uint16_t mask;	   /**< not 0: bits of min that count */
};

/**
 * RTM_NEWRULE and RTM_DELRULE of IPv4 and IPv6. All bytes of it are set, so that two rules are the
 * same when their bytes from family on are.
 */
struct ctl_nl_rule {
	bool removed;
	uint8_t family;	   /**< AF_INET or AF_INET6 */
	uint8_t action;	   /**< FR_ACT_* */
	bool invert;	   /**< it is for what does not match */
	bool l3mdev;	   /**< for packets of VRFs, each to its own table */
	bool unknown;	   /**< it asks for something that is not known here */
	uint8_t protocol;  /**< RTPROT_*: who made it */
	uint8_t ip_proto;  /**< 0: any */
	uint32_t priority; /**< the smallest first */
	uint32_t table;	   /**< FR_ACT_TO_TBL */
	uint32_t target;   /**< FR_ACT_GOTO: priority of the rule to go on with */
	struct ctl_addr src, dst;
	uint8_t src_depth, dst_depth; /**< bits, 0: any address */
	uint8_t dscp, dscp_mask;      /**< 6 bits, and those of them that count */
	char iif[IFNAMSIZ];	      /**< "": any */
	char oif[IFNAMSIZ];
	uint32_t mark, mark_mask;
	uint32_t uid_min, uid_max;
	uint64_t tun_id; /**< 0: any */
	uint32_t flow_label, flow_label_mask;
	struct ctl_nl_ports src_port, dst_port;
	int32_t suppress_depth;	  /**< found routes up to this depth do not count; -1: none */
	int32_t suppress_ifgroup; /**< nor those out of this group of links; -1: none */
};
int ctl_nl_decode_rule(const struct nlmsghdr *msg, size_t len, struct ctl_nl_rule *rule);

/**
 * The answer to ctl_nl_dump() of CTL_NL_MERGE: whether the kernel looks local and main up as one.
 *
 * @return 0, -EINVAL, or -ENOMSG (no such answer)
 */
int ctl_nl_decode_merge(const struct nlmsghdr *msg, size_t len, bool *merged);

#endif
