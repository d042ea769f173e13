#include "control/vf/ctl_vf_setup.h"

#include "control/log.h"
#include "control/vf/ctl_vf_bind.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BIT(setting) (1U << (setting))

/* A driver that cannot do a setting is named once, and does the others. */
static int setting_apply(struct ctl_vf *vf, const struct ctl_vf_state *wanted,
			 enum ctl_vf_setting setting, struct dp_why *why)
{
	char text[64];
	int err = ctl_vf_state_set(&vf->name, wanted, setting);

	ctl_vf_state_text(wanted, setting, text, sizeof(text));
	if (err == 0) {
		ctl_log(CTL_LOG_INFO, vf->name.pf, "VF %u: %s", vf->name.index, text);
		return 0;
	}
	if (setting == CTL_VF_SET_RATE || err == -EOPNOTSUPP) {
		ctl_log(CTL_LOG_WARNING, vf->name.pf, "VF %u: its PF cannot set %s: %s",
			vf->name.index, text, strerror(-err));
		vf->refused |= BIT(setting);
		return 0;
	}
	(void)snprintf(why->text, sizeof(why->text), "VF %u of %s: its PF refuses %s: %s",
		       vf->name.index, vf->name.pf, text, strerror(-err));
	return err;
}

static int settings_apply(struct ctl_vf *vf, struct dp_why *why)
{
	struct ctl_vf_state wanted, state;
	uint32_t differ;
	int err = ctl_vf_state_get(&vf->name, &state);

	if (err != 0) {
		(void)snprintf(why->text, sizeof(why->text), "%s says nothing of its VF %u: %s",
			       vf->name.pf, vf->name.index, strerror(-err));
		return err;
	}
	ctl_vf_state_wanted(vf->router, vf->port, &wanted);
	differ = ctl_vf_state_compare(&wanted, &state) & ~vf->refused;
	for (unsigned i = 0; i < CTL_VF_SETTINGS && err == 0; i++) {
		if ((differ & BIT(i)) == 0)
			continue;
		err = setting_apply(vf, &wanted, (enum ctl_vf_setting)i, why);
		/* what a first round changed is what was there before, also after a repair */
		if (err == 0 && (vf->refused & BIT(i)) == 0 && vf->changed == 0)
			vf->before = state;
		if (err == 0 && (vf->refused & BIT(i)) == 0)
			vf->changed |= BIT(i);
	}
	return err;
}

static int driver_apply(struct ctl_vf *vf, const struct ctl_vf_sysfs *now, struct dp_why *why)
{
	int err;

	if (ctl_driver_is_bifurcated(now->driver) || strcmp(now->driver, CTL_VFIO_DRIVER) == 0)
		return 0;
	if (!vf->bound)
		memcpy(vf->driver_before, now->driver, sizeof(vf->driver_before));
	err = ctl_vfio_load();
	if (err == 0)
		err = ctl_vf_bind(vf->address, CTL_VFIO_DRIVER);
	if (err != 0)
		(void)snprintf(why->text, sizeof(why->text),
			       "VF %u of %s (%s) cannot be bound to vfio-pci: %s", vf->name.index,
			       vf->name.pf, vf->address, strerror(-err));
	else
		ctl_log(CTL_LOG_INFO, vf->name.pf, "VF %u: bound %s to vfio-pci", vf->name.index,
			vf->address);
	vf->bound = err == 0;
	return err;
}

/* Whoever has it up, or has it in another namespace, uses it. */
static int use_check(const struct ctl_vf *vf, const struct ctl_vf_sysfs *now, struct dp_why *why)
{
	char flags[16];
	bool vfio = strcmp(now->driver, CTL_VFIO_DRIVER) == 0;
	bool free_driver = now->driver[0] == '\0' || vfio || ctl_driver_is_bifurcated(now->driver);

	if (vfio ? !ctl_vf_is_open(vf->address) : free_driver)
		return 0;
	if (!vfio && now->netdev[0] != '\0' &&
	    ctl_sysfs_read(flags, sizeof(flags), CTL_SYSFS "/class/net/%s/flags", now->netdev) ==
		    0 &&
	    (strtoul(flags, NULL, 16) & IFF_UP) == 0)
		return 0;
	(void)snprintf(why->text, sizeof(why->text),
		       "VF %u of %s (%s) is in use by %s%s%s; set that down or name another VF",
		       vf->name.index, vf->name.pf, vf->address,
		       vfio ? "another process" : now->driver, now->netdev[0] != '\0' ? " as " : "",
		       now->netdev);
	return -EBUSY;
}

int ctl_vf_setup(struct ctl_vf *vf, struct dp_why *why)
{
	struct ctl_vf_sysfs now;
	int err;

	ctl_vf_sysfs_get(CTL_SYSFS, &vf->name, &now);
	if (!now.exists) {
		(void)snprintf(why->text, sizeof(why->text), "VF %u of %s does not exist",
			       vf->name.index, vf->name.pf);
		return -ENODEV;
	}
	memcpy(vf->address, now.address, sizeof(vf->address));
	if (!vf->router->provision)
		return 0;
	err = use_check(vf, &now, why);
	/* a driver learns of its MAC address and VLAN when it takes the VF */
	err = err != 0 ? err : settings_apply(vf, why);
	return err != 0 ? err : driver_apply(vf, &now, why);
}

int ctl_vf_renew(struct ctl_vf *vf, struct dp_why *why)
{
	struct ctl_vf_sysfs now;
	int err = settings_apply(vf, why);

	ctl_vf_sysfs_get(CTL_SYSFS, &vf->name, &now);
	return err != 0 ? err : driver_apply(vf, &now, why);
}

void ctl_vf_restore(struct ctl_vf *vf)
{
	int err = 0;

	if (vf->bound)
		err = ctl_vf_bind(vf->address, vf->driver_before);
	for (unsigned i = 0; i < CTL_VF_SETTINGS; i++) {
		if ((vf->changed & vf->before.known & BIT(i)) != 0) {
			int set = ctl_vf_state_set(&vf->name, &vf->before, (enum ctl_vf_setting)i);

			err = err != 0 ? err : set;
		}
	}
	if (err != 0)
		ctl_log(CTL_LOG_WARNING, vf->name.pf, "VF %u cannot be put back as it was: %s",
			vf->name.index, strerror(-err));
}
