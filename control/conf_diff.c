#include "control/conf_diff.h"

#include "dataplane/dp_change.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

/* A setting that is absent has no place: then the file as a whole. */
static struct ctl_src src_or_file(const struct ctl_conf *conf, struct ctl_src src)
{
	if (src.file == NULL && conf->n_files != 0)
		src.file = conf->files[0];
	return src;
}

static void check_control(const struct ctl_conf *from, const struct ctl_conf *to,
			  struct ctl_errors *errors)
{
	const struct ctl_conf_control *is = &from->control, *wanted = &to->control;

	if (is->core != wanted->core)
		ctl_errors_add(errors, src_or_file(to, wanted->at[CTL_CONTROL_CORE]),
			       "the control core cannot change from %u to %u while sluiced runs; "
			       "put it back or restart sluiced",
			       is->core, wanted->core);
	if (strcmp(is->socket, wanted->socket) != 0)
		ctl_errors_add(errors, src_or_file(to, wanted->at[CTL_CONTROL_SOCKET]),
			       "the socket cannot change from %s while sluiced runs; put it back "
			       "or restart sluiced",
			       is->socket);
}

static const struct ctl_conf_router *router_on(const struct ctl_conf *conf, unsigned core)
{
	for (unsigned i = 0; i < conf->n_routers; i++)
		if (conf->routers[i].config.core == core)
			return &conf->routers[i];
	return NULL;
}

/* Of what says how the core of a router is served. */
static struct ctl_src core_src(const struct ctl_conf *conf, const struct ctl_conf_router *router)
{
	for (unsigned i = 0; i < conf->n_cores; i++)
		if (conf->cores[i].config.core == router->config.core)
			return conf->cores[i].src;
	return router->at[CTL_ROUTER_CORE];
}

/* Told once for each core, with the first of its routers. */
static void check_core(const struct ctl_conf *from, const struct ctl_conf *to,
		       const struct ctl_conf_router *router, struct ctl_errors *errors)
{
	unsigned core = router->config.core;
	struct dp_core_config is = ctl_conf_core_config(from, core);
	struct dp_core_config wanted = ctl_conf_core_config(to, core);
	const struct ctl_conf_router *served = router_on(from, core);

	if (router_on(to, core) != router || served == NULL ||
	    (is.scheduler == wanted.scheduler && is.slice_ns == wanted.slice_ns))
		return;
	ctl_errors_add(errors, core_src(to, router),
		       "the scheduler of core %u cannot change while it serves routers, such as "
		       "\"%s\"; put it back, move them to another core first, or restart sluiced",
		       core, served->config.name);
}

static void check_pci(const struct ctl_conf *to, struct ctl_errors *errors)
{
	for (unsigned i = 0; i < to->n_routers; i++) {
		const struct ctl_conf_router *router = &to->routers[i];

		for (unsigned j = 0; j < router->config.n_ports; j++) {
			enum dp_device_kind kind = router->config.ports[j].kind;

			if (kind != DP_DEVICE_PCI && kind != DP_DEVICE_VF)
				continue;
			ctl_errors_add(errors, router->ports[j].at[CTL_PORT_DEVICE],
				       "the first NIC cannot be added while sluiced runs, because "
				       "it was started without the PCI bus; restart sluiced");
			return;
		}
	}
}

static bool vf_setting_differs(const struct ctl_conf_vf *a, const struct ctl_conf_vf *b)
{
	for (unsigned i = 0; i < CTL_VF_KEYS; i++)
		if ((a->at[i].line != 0) != (b->at[i].line != 0))
			return true;
	return memcmp(a->mac, b->mac, sizeof(a->mac)) != 0 || a->spoof_check != b->spoof_check ||
	       a->trust != b->trust || a->link != b->link || a->rate_mbps != b->rate_mbps;
}

/* What a PF does with a VF is for a driver that takes the VF anew. */
static bool vfs_differ(const struct ctl_conf_router *from, const struct ctl_conf_router *to,
		       struct dp_why *what)
{
	if (from->provision != to->provision) {
		(void)snprintf(what->text, sizeof(what->text), "provision");
		return true;
	}
	for (unsigned i = 0; i < from->config.n_ports; i++) {
		if (!vf_setting_differs(&from->ports[i].vf, &to->ports[i].vf))
			continue;
		(void)snprintf(what->text, sizeof(what->text), "vf of port %s",
			       from->config.ports[i].name);
		return true;
	}
	return false;
}

/* @return whether there is a difference; the item is complete then */
static bool router_compare(struct ctl_router_change *item, const struct ctl_conf_runs *runs)
{
	if (item->from == NULL) {
		item->change = CTL_CHANGE_ADD;
		return true;
	}
	/* whatever the files say: twins and mirror are where nobody can come any more */
	if (runs->netns_lost[item->from - runs->conf->routers]) {
		item->change = CTL_CHANGE_RESTART;
		(void)snprintf(item->what.text, sizeof(item->what.text), "namespace replaced");
		return true;
	}
	switch (dp_router_change(&item->from->config, &item->to->config, &item->what)) {
	case DP_CHANGE_RESTART:
		item->change = CTL_CHANGE_RESTART;
		return true;
	case DP_CHANGE_IN_PLACE:
		item->change = CTL_CHANGE_IN_PLACE;
		break;
	case DP_CHANGE_NONE:
		item->change = CTL_CHANGE_RESTART;
		return vfs_differ(item->from, item->to, &item->what);
	}
	if (vfs_differ(item->from, item->to, &item->what))
		item->change = CTL_CHANGE_RESTART;
	return true;
}

int ctl_conf_diff(const struct ctl_conf_runs *runs, const struct ctl_conf *to,
		  struct ctl_conf_diff *diff, struct ctl_errors *errors)
{
	const struct ctl_conf *from = runs->conf;
	unsigned before = errors->n;

	diff->n = 0;
	check_control(from, to, errors);
	for (unsigned i = 0; i < to->n_routers; i++)
		check_core(from, to, &to->routers[i], errors);
	if (!runs->has_pci)
		check_pci(to, errors);
	for (unsigned i = 0; i < to->n_routers; i++) {
		struct ctl_router_change *item = &diff->items[diff->n];

		item->to = &to->routers[i];
		item->from = ctl_conf_router_lookup(from, item->to->config.name);
		item->what.text[0] = '\0';
		diff->n += router_compare(item, runs);
	}
	for (unsigned i = 0; i < from->n_routers; i++)
		if (ctl_conf_router_lookup(to, from->routers[i].config.name) == NULL)
			diff->items[diff->n++] = (struct ctl_router_change){
				.change = CTL_CHANGE_REMOVE,
				.from = &from->routers[i],
			};
	return errors->n != before ? -EPERM : 0;
}
