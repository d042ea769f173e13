#include "control/vf/ctl_vfs.h"

#include "control/log.h"
#include "control/vf/ctl_vf_bind.h"
#include "control/vf/ctl_vf_pf.h"
#include "control/vf/ctl_vf_state.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BIT(setting) (1U << (setting))

/* A port's VF. Of each change the state before is kept while it stands. */
struct vf {
	const struct ctl_conf_router *router;
	unsigned port;
	struct ctl_vf_name name;
	char address[DP_PCI_ADDRESS_MAX];
	struct ctl_vf_state before; /* valid where changed has a bit */
	uint32_t changed, refused;
	bool bound;
	char driver_before[CTL_DRIVER_NAME_MAX];
};

struct ctl_vfs {
	struct ctl_vf_pf *pfs;
	struct vf *vfs;
	unsigned n_pfs, n_vfs;
};

static struct ctl_vf_pf *pf_find(struct ctl_vfs *vfs, const char *name)
{
	for (unsigned i = 0; i < vfs->n_pfs; i++)
		if (strcmp(vfs->pfs[i].name, name) == 0)
			return &vfs->pfs[i];
	return NULL;
}

static void pf_need(struct ctl_vfs *vfs, const struct vf *vf)
{
	struct ctl_vf_pf *pf = pf_find(vfs, vf->name.pf);
	unsigned mtu = vf->router->config.ports[vf->port].mtu;

	if (pf == NULL) {
		pf = &vfs->pfs[vfs->n_pfs++];
		memcpy(pf->name, vf->name.pf, sizeof(pf->name));
	}
	if (pf->n_vfs <= vf->name.index)
		pf->n_vfs = vf->name.index + 1;
	if (pf->mtu < mtu)
		pf->mtu = mtu;
}

/* A driver that cannot do a setting is named once, and does the others. */
static int setting_apply(struct vf *vf, const struct ctl_vf_state *wanted,
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

static int settings_apply(struct vf *vf, struct dp_why *why)
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

static int driver_apply(struct vf *vf, const struct ctl_vf_sysfs *now, struct dp_why *why)
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
static int use_check(const struct vf *vf, const struct ctl_vf_sysfs *now, struct dp_why *why)
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

static int vf_setup(struct vf *vf, struct dp_why *why)
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

static int collect(struct ctl_conf *conf, struct ctl_vfs *vfs)
{
	size_t max = (size_t)conf->n_routers * DP_ROUTER_PORTS_MAX;

	vfs->vfs = calloc(max, sizeof(*vfs->vfs));
	vfs->pfs = calloc(max, sizeof(*vfs->pfs));
	if (vfs->vfs == NULL || vfs->pfs == NULL)
		return -ENOMEM;
	for (unsigned i = 0; i < conf->n_routers; i++) {
		const struct ctl_conf_router *router = &conf->routers[i];

		for (unsigned j = 0; j < router->config.n_ports; j++) {
			struct vf *vf = &vfs->vfs[vfs->n_vfs];

			if (router->config.ports[j].kind != DP_DEVICE_VF ||
			    !ctl_vf_name_parse(router->config.ports[j].device, &vf->name))
				continue;
			vf->router = router;
			vf->port = j;
			vfs->n_vfs++;
			if (router->provision)
				pf_need(vfs, vf);
		}
	}
	return 0;
}

static void addresses_tell(struct ctl_conf *conf, const struct ctl_vfs *vfs)
{
	for (unsigned i = 0; i < vfs->n_vfs; i++) {
		const struct vf *vf = &vfs->vfs[i];
		struct ctl_conf_router *router = &conf->routers[vf->router - conf->routers];

		memcpy(router->config.ports[vf->port].pci_address, vf->address,
		       sizeof(vf->address));
	}
}

int ctl_vfs_open(struct ctl_conf *conf, struct ctl_vfs **vfs, struct dp_why *why)
{
	struct ctl_vfs *made = calloc(1, sizeof(*made));
	int err = made == NULL ? -ENOMEM : collect(conf, made);

	*vfs = NULL;
	if (err != 0)
		(void)snprintf(why->text, sizeof(why->text), "no memory for the list of VFs");
	if (err == 0 && made->n_vfs == 0)
		goto close;
	for (unsigned i = 0; err == 0 && i < made->n_pfs; i++)
		err = ctl_vf_pf_setup(&made->pfs[i], why);
	for (unsigned i = 0; err == 0 && i < made->n_vfs; i++)
		err = vf_setup(&made->vfs[i], why);
	if (err != 0)
		goto close;
	addresses_tell(conf, made);
	*vfs = made;
	return 0;
close:
	ctl_vfs_close(made);
	return err;
}

bool ctl_vfs_repair(struct ctl_vfs *vfs, const char *pci_address)
{
	for (unsigned i = 0; vfs != NULL && i < vfs->n_vfs; i++) {
		struct vf *vf = &vfs->vfs[i];
		struct dp_why why;

		if (strcmp(vf->address, pci_address) != 0)
			continue;
		return vf_setup(vf, &why) == 0;
	}
	return true;
}

static void vf_restore(struct vf *vf)
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

void ctl_vfs_close(struct ctl_vfs *vfs)
{
	if (vfs == NULL)
		return;
	for (unsigned i = vfs->n_vfs; i-- > 0;) {
		const struct ctl_vf_pf *pf = pf_find(vfs, vfs->vfs[i].name.pf);

		/* what was made goes as a whole */
		if (pf == NULL || !pf->made_vfs)
			vf_restore(&vfs->vfs[i]);
	}
	for (unsigned i = vfs->n_pfs; i-- > 0;)
		ctl_vf_pf_restore(&vfs->pfs[i]);
	free(vfs->vfs);
	free(vfs->pfs);
	free(vfs);
}
