#include "control/vf/ctl_vfs.h"

#include "control/vf/ctl_vf_pf.h"
#include "control/vf/ctl_vf_setup.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Of a PF that nobody has set up. */
static const struct ctl_vf_pf untouched;

struct ctl_vfs {
	struct ctl_vf_pf *pfs;
	struct ctl_vf *vfs;
	unsigned n_pfs, n_vfs;
};

/* A configuration's ports that are VFs, one by one; begin with { 0 }. */
struct walk {
	unsigned router, port;
	struct ctl_vf_name name; /* of what walk_next() has found; its place is before port */
};

static bool walk_next(const struct ctl_conf *conf, struct walk *walk)
{
	for (; walk->router < conf->n_routers; walk->router++, walk->port = 0) {
		const struct dp_router_config *config = &conf->routers[walk->router].config;

		while (walk->port < config->n_ports) {
			const struct dp_port_config *port = &config->ports[walk->port++];

			if (port->kind == DP_DEVICE_VF &&
			    ctl_vf_name_parse(port->device, &walk->name))
				return true;
		}
	}
	return false;
}

static struct ctl_vf *vf_find(struct ctl_vfs *vfs, const struct ctl_vf_name *name)
{
	for (unsigned i = 0; i < vfs->n_vfs; i++)
		if (vfs->vfs[i].name.index == name->index &&
		    strcmp(vfs->vfs[i].name.pf, name->pf) == 0)
			return &vfs->vfs[i];
	return NULL;
}

static struct ctl_vf_pf *pf_find(struct ctl_vfs *vfs, const char *name)
{
	for (unsigned i = 0; i < vfs->n_pfs; i++)
		if (strcmp(vfs->pfs[i].name, name) == 0)
			return &vfs->pfs[i];
	return NULL;
}

static void pf_need(struct ctl_vfs *vfs, const struct ctl_vf_name *name, unsigned mtu)
{
	struct ctl_vf_pf *pf = pf_find(vfs, name->pf);

	if (pf == NULL) {
		pf = &vfs->pfs[vfs->n_pfs++];
		*pf = (struct ctl_vf_pf){ 0 };
		memcpy(pf->name, name->pf, sizeof(pf->name));
	}
	if (pf->n_vfs <= name->index)
		pf->n_vfs = name->index + 1;
	if (pf->mtu < mtu)
		pf->mtu = mtu;
}

/* Room for all VFs of a configuration beside those there are. */
static int room_make(struct ctl_vfs *vfs, const struct ctl_conf *conf)
{
	size_t max = 1 + vfs->n_vfs + (size_t)conf->n_routers * DP_ROUTER_PORTS_MAX;
	struct ctl_vf_pf *pfs = reallocarray(vfs->pfs, max, sizeof(*pfs));
	struct ctl_vf *list;

	if (pfs == NULL)
		return -ENOMEM;
	vfs->pfs = pfs;
	list = reallocarray(vfs->vfs, max, sizeof(*list));
	if (list == NULL)
		return -ENOMEM;
	vfs->vfs = list;
	return 0;
}

static void collect(struct ctl_vfs *vfs, const struct ctl_conf *conf)
{
	struct walk walk = { 0 };

	while (walk_next(conf, &walk)) {
		const struct ctl_conf_router *router = &conf->routers[walk.router];
		unsigned port = walk.port - 1;

		if (router->provision)
			pf_need(vfs, &walk.name, router->config.ports[port].mtu);
		if (vf_find(vfs, &walk.name) == NULL)
			vfs->vfs[vfs->n_vfs++] = (struct ctl_vf){ .router = router,
								  .port = port,
								  .name = walk.name };
	}
}

static void addresses_tell(struct ctl_vfs *vfs, struct ctl_conf *conf)
{
	struct walk walk = { 0 };

	while (walk_next(conf, &walk)) {
		const struct ctl_vf *vf = vf_find(vfs, &walk.name);
		struct dp_router_config *config = &conf->routers[walk.router].config;

		if (vf != NULL)
			memcpy(config->ports[walk.port - 1].pci_address, vf->address,
			       sizeof(vf->address));
	}
}

/* Puts back what was done since there were n_vfs, and n_pfs PFs as they are in before. */
static void undo(struct ctl_vfs *vfs, unsigned n_vfs, const struct ctl_vf_pf *before,
		 unsigned n_pfs)
{
	while (vfs->n_vfs > n_vfs) {
		struct ctl_vf *vf = &vfs->vfs[--vfs->n_vfs];
		const struct ctl_vf_pf *pf = pf_find(vfs, vf->name.pf);
		unsigned place = pf == NULL ? 0 : (unsigned)(pf - vfs->pfs);

		/* what was made goes as a whole */
		if (pf == NULL || !pf->made_vfs || (place < n_pfs && before[place].made_vfs))
			ctl_vf_restore(vf);
	}
	for (unsigned i = vfs->n_pfs; i-- > 0;)
		ctl_vf_pf_restore(&vfs->pfs[i], i < n_pfs ? &before[i] : &untouched);
	vfs->n_pfs = n_pfs;
}

struct ctl_vfs *ctl_vfs_create(void)
{
	return calloc(1, sizeof(struct ctl_vfs));
}

int ctl_vfs_add(struct ctl_vfs *vfs, struct ctl_conf *conf, struct dp_why *why)
{
	unsigned n_vfs = vfs->n_vfs, n_pfs = vfs->n_pfs;
	struct ctl_vf_pf *before = calloc(n_pfs + 1, sizeof(*before));
	int err = before == NULL ? -ENOMEM : room_make(vfs, conf);

	if (err != 0) {
		(void)snprintf(why->text, sizeof(why->text), "no memory for the list of VFs");
		free(before);
		return err;
	}
	if (n_pfs != 0)
		memcpy(before, vfs->pfs, n_pfs * sizeof(*before));
	collect(vfs, conf);
	for (unsigned i = 0; err == 0 && i < vfs->n_pfs; i++)
		err = ctl_vf_pf_setup(&vfs->pfs[i], why);
	for (unsigned i = n_vfs; err == 0 && i < vfs->n_vfs; i++)
		err = ctl_vf_setup(&vfs->vfs[i], why);
	if (err != 0)
		undo(vfs, n_vfs, before, n_pfs);
	else
		addresses_tell(vfs, conf);
	free(before);
	return err;
}

int ctl_vfs_renew(struct ctl_vfs *vfs, const struct ctl_conf_router *router, struct dp_why *why)
{
	int err = 0;

	for (unsigned i = 0; err == 0 && i < router->config.n_ports; i++) {
		struct ctl_vf_name name;
		struct ctl_vf *vf;

		if (router->config.ports[i].kind != DP_DEVICE_VF ||
		    !ctl_vf_name_parse(router->config.ports[i].device, &name))
			continue;
		vf = vf_find(vfs, &name);
		if (vf == NULL)
			continue;
		vf->router = router;
		vf->port = i;
		if (router->provision)
			err = ctl_vf_renew(vf, why);
	}
	return err;
}

static void vf_leave(struct ctl_vfs *vfs, unsigned index)
{
	ctl_vf_restore(&vfs->vfs[index]);
	vfs->vfs[index] = vfs->vfs[--vfs->n_vfs];
}

static bool pf_is_needed(const struct ctl_vfs *vfs, const struct ctl_vf_pf *pf)
{
	for (unsigned i = 0; i < vfs->n_vfs; i++)
		if (strcmp(vfs->vfs[i].name.pf, pf->name) == 0)
			return true;
	return false;
}

void ctl_vfs_keep(struct ctl_vfs *vfs, const struct ctl_conf *conf)
{
	struct walk walk = { 0 };

	for (unsigned i = 0; i < vfs->n_vfs; i++)
		vfs->vfs[i].router = NULL;
	while (walk_next(conf, &walk)) {
		struct ctl_vf *vf = vf_find(vfs, &walk.name);

		if (vf == NULL)
			continue;
		vf->router = &conf->routers[walk.router];
		vf->port = walk.port - 1;
	}
	for (unsigned i = vfs->n_vfs; i-- > 0;)
		if (vfs->vfs[i].router == NULL)
			vf_leave(vfs, i);
	for (unsigned i = vfs->n_pfs; i-- > 0;) {
		if (pf_is_needed(vfs, &vfs->pfs[i]))
			continue;
		ctl_vf_pf_restore(&vfs->pfs[i], &untouched);
		vfs->pfs[i] = vfs->pfs[--vfs->n_pfs];
	}
}

bool ctl_vfs_repair(struct ctl_vfs *vfs, const char *pci_address)
{
	for (unsigned i = 0; i < vfs->n_vfs; i++) {
		struct ctl_vf *vf = &vfs->vfs[i];
		struct dp_why why;

		if (strcmp(vf->address, pci_address) != 0)
			continue;
		return ctl_vf_setup(vf, &why) == 0;
	}
	return true;
}

void ctl_vfs_close(struct ctl_vfs *vfs)
{
	undo(vfs, 0, &untouched, 0);
	free(vfs->vfs);
	free(vfs->pfs);
	free(vfs);
}
