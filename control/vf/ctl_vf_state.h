#ifndef CONTROL_VF_CTL_VF_STATE_H
#define CONTROL_VF_CTL_VF_STATE_H

/**
 * @file
 * What a PF has been told about one of its VFs, over netlink (libnl's rtnl_link_vf). Control
 * thread only.
 */

#include "control/conf.h"
#include "control/vf/ctl_vf_sysfs.h"

#include <stdbool.h>
#include <stdint.h>

/** Settings of a VF: places in a mask, and what is set one at a time. */
enum ctl_vf_setting {
	CTL_VF_SET_MAC,
	CTL_VF_SET_VLAN,
	CTL_VF_SET_SPOOF_CHECK,
	CTL_VF_SET_TRUST,
	CTL_VF_SET_LINK,
	CTL_VF_SET_RATE,
	CTL_VF_SETTINGS
};

/** The settings of a VF. */
struct ctl_vf_state {
	uint32_t known; /**< bits 1 << enum ctl_vf_setting of what the fields tell */
	uint8_t mac[6]; /**< all zeroes: the PF gives a random one */
	uint16_t vlan;	/**< 0 for none */
	bool spoof_check;
	bool trust;
	enum ctl_vf_link link;
	uint32_t rate_mbps; /**< 0: not limited */
};

/** Asks the kernel. @return 0, -ENODEV: no such PF or VF, or another -errno */
int ctl_vf_state_get(const struct ctl_vf_name *name, struct ctl_vf_state *state);

/** Tells the PF one setting. @return 0, -EOPNOTSUPP: its driver cannot, or another -errno */
int ctl_vf_state_set(const struct ctl_vf_name *name, const struct ctl_vf_state *state,
		     enum ctl_vf_setting setting);

/** What both know and have different: bits of enum ctl_vf_setting. */
uint32_t ctl_vf_state_compare(const struct ctl_vf_state *a, const struct ctl_vf_state *b);

/** Writes how ip(8) writes a setting, such as "vlan 401" or "trust on". */
void ctl_vf_state_text(const struct ctl_vf_state *state, enum ctl_vf_setting setting, char *text,
		       size_t size);

/**
 * What a port's configuration asks for: only what it says, or with provision all of it, with a MAC
 * address of its own, spoof check, trust, and a transmit rate that its shaper stays below.
 */
void ctl_vf_state_wanted(const struct ctl_conf_router *router, unsigned port,
			 struct ctl_vf_state *state);

/** Sets a PF up or down, or its MTU where that is not 0. @return 0 or -errno */
int ctl_pf_set(const char *pf, bool up, unsigned mtu);

#endif
