#include "control/reload_step.h"

#include "control/log.h"
#include "control/vf/ctl_vfs.h"

#include <stdio.h>
#include <string.h>

enum pass { PASS_IN_PLACE, PASS_STOP, PASS_START, PASS_END };

static bool belongs(enum pass pass, enum ctl_change change)
{
	switch (pass) {
	case PASS_IN_PLACE:
		return change == CTL_CHANGE_IN_PLACE;
	case PASS_STOP:
		return change == CTL_CHANGE_REMOVE || change == CTL_CHANGE_RESTART;
	case PASS_START:
		return change == CTL_CHANGE_ADD || change == CTL_CHANGE_RESTART;
	case PASS_END:
		break;
	}
	return false;
}

/* Place of the router of a name; vrs->n when it does not run. */
static unsigned vr_find(const struct ctl_vrs *vrs, const char *name)
{
	unsigned i = 0;

	while (i < vrs->n && strcmp(vrs->items[i]->conf->config.name, name) != 0)
		i++;
	return i;
}

static void report(struct ctl_reload *reload, enum ctl_reload_result result, const char *what)
{
	const struct ctl_router_change *item = &reload->diff.items[reload->item];
	const char *name = (item->to != NULL ? item->to : item->from)->config.name;
	struct ctl_reload_row *row = &reload->rows[reload->n_rows++];

	(void)snprintf(row->router, sizeof(row->router), "%s", name);
	(void)snprintf(row->what.text, sizeof(row->what.text), "%s", what);
	row->result = result;
	ctl_log(result > CTL_RELOAD_RESTARTED ? CTL_LOG_ERROR : CTL_LOG_INFO, name, "%s%s%s",
		ctl_reload_result_name(result), what[0] != '\0' ? ": " : "", what);
}

/* A router that cannot be changed so is restarted. */
static void change_in_place(struct ctl_reload *reload, struct ctl_router_change *item)
{
	struct ctl_vrs *vrs = reload->site.vrs;
	struct ctl_vr *vr = vrs->items[vr_find(vrs, item->to->config.name)];
	struct dp_why why = { "" };

	if (ctl_vr_retune(vr, item->to, &why) != 0) {
		ctl_log(CTL_LOG_WARNING, item->to->config.name,
			"cannot be changed in place, so it is restarted: %s", why.text);
		item->change = CTL_CHANGE_RESTART;
		return;
	}
	/* the fence of the NIC follows the shaper */
	if (ctl_vfs_renew(reload->site.vfs, item->to, &why) != 0)
		ctl_log(CTL_LOG_WARNING, item->to->config.name, "%s", why.text);
	report(reload, CTL_RELOAD_IN_PLACE, item->what.text);
}

static void stop(struct ctl_reload *reload, const struct ctl_router_change *item)
{
	struct ctl_vrs *vrs = reload->site.vrs;
	unsigned place = vr_find(vrs, item->from->config.name);

	ctl_vr_destroy(vrs->items[place]);
	vrs->n--;
	memmove(&vrs->items[place], &vrs->items[place + 1],
		(vrs->n - place) * sizeof(vrs->items[0]));
	if (item->change == CTL_CHANGE_REMOVE)
		report(reload, CTL_RELOAD_REMOVED, "");
}

static int create(const struct ctl_reload_site *site, const struct ctl_conf *conf,
		  const struct ctl_conf_router *router, struct dp_why *why)
{
	struct ctl_vrs *vrs = site->vrs;
	int err = ctl_vfs_renew(site->vfs, router, why);

	if (err == 0)
		err = ctl_vr_core_prepare(conf, router->config.core, why);
	if (err == 0)
		err = ctl_vr_create(router, site->base, site->carrier, &vrs->items[vrs->n], why);
	vrs->n += err == 0;
	return err;
}

static bool share_device(const struct dp_port_config *a, const struct dp_port_config *b)
{
	bool netdevs = (a->kind == DP_DEVICE_KERNEL || a->kind == DP_DEVICE_XDP) &&
		       (b->kind == DP_DEVICE_KERNEL || b->kind == DP_DEVICE_XDP);

	if (a->pci_address[0] != '\0')
		return strcmp(a->pci_address, b->pci_address) == 0;
	return (netdevs || (a->kind == b->kind && a->kind != DP_DEVICE_LINK)) &&
	       strcmp(a->device, b->device) == 0;
}

static bool share_anything(const struct dp_router_config *a, const struct dp_router_config *b)
{
	if (strcmp(a->netns, b->netns) == 0)
		return true;
	for (unsigned i = 0; i < a->n_ports; i++)
		for (unsigned j = 0; j < b->n_ports; j++)
			if (share_device(&a->ports[i], &b->ports[j]))
				return true;
	return false;
}

/* Who has, by the new configuration, what the old form of a router had; NULL: nobody. */
static const struct ctl_conf_router *heir(const struct ctl_conf *next,
					  const struct ctl_router_change *item)
{
	for (unsigned i = 0; i < next->n_routers; i++)
		if (&next->routers[i] != item->to &&
		    share_anything(&next->routers[i].config, &item->from->config))
			return &next->routers[i];
	return NULL;
}

static void put_back(struct ctl_reload *reload, const struct ctl_router_change *item,
		     const struct dp_why *reason)
{
	const struct ctl_conf_router *other = heir(&reload->next, item);
	struct dp_why why = { "" }, both;

	if (other == NULL && create(&reload->site, reload->site.conf, item->from, &why) == 0) {
		report(reload, CTL_RELOAD_PUT_BACK, reason->text);
		return;
	}
	if (other != NULL)
		(void)snprintf(why.text, sizeof(why.text), "router \"%s\" has what it had",
			       other->config.name);
	(void)snprintf(both.text, sizeof(both.text),
		       "%.360s; its old form cannot run either: %.360s", reason->text, why.text);
	report(reload, CTL_RELOAD_LOST, both.text);
}

static void start(struct ctl_reload *reload, const struct ctl_router_change *item)
{
	struct dp_why why = { "" };

	if (create(&reload->site, &reload->next, item->to, &why) == 0)
		report(reload, item->from == NULL ? CTL_RELOAD_ADDED : CTL_RELOAD_RESTARTED,
		       item->what.text);
	else if (item->from == NULL)
		report(reload, CTL_RELOAD_NOT_ADDED, why.text);
	else
		put_back(reload, item, &why);
}

/* What does not run goes from the new configuration, and what was put back comes into it. */
static void next_correct(struct ctl_reload *reload)
{
	struct ctl_conf *next = &reload->next, *conf = reload->site.conf;
	bool keeps_old = false;
	unsigned n = 0;

	for (unsigned i = 0; i < next->n_routers; i++) {
		struct ctl_conf_router *router = &next->routers[i];
		const struct ctl_conf_router *old;
		const char *name = router->config.name;
		enum ctl_reload_result result = CTL_RELOAD_ADDED;

		for (unsigned j = 0; j < reload->n_rows; j++)
			if (strcmp(reload->rows[j].router, name) == 0)
				result = reload->rows[j].result;
		if (result == CTL_RELOAD_NOT_ADDED || result == CTL_RELOAD_LOST)
			continue;
		old = ctl_conf_router_lookup(conf, name);
		if (result == CTL_RELOAD_PUT_BACK && old != NULL) {
			next->routers[n++] = *old;
			keeps_old = true;
		} else {
			next->routers[n++] = *router;
		}
	}
	next->n_routers = n;
	/* there is room for them, and places refer to them */
	for (unsigned i = 0; keeps_old && i < conf->n_files; i++)
		next->files[next->n_files++] = conf->files[i];
	if (keeps_old)
		conf->n_files = 0;
}

static void vrs_follow(struct ctl_vrs *vrs, const struct ctl_conf *conf)
{
	struct ctl_vrs ordered = { .n = 0 };

	for (unsigned i = 0; i < conf->n_routers; i++) {
		struct ctl_vr *vr = vrs->items[vr_find(vrs, conf->routers[i].config.name)];

		ordered.items[ordered.n++] = vr;
	}
	/* only now: names are looked up through what they had */
	for (unsigned i = 0; i < conf->n_routers; i++)
		ordered.items[i]->conf = &conf->routers[i];
	*vrs = ordered;
}

static void conf_replace(struct ctl_reload *reload)
{
	next_correct(reload);
	ctl_vfs_keep(reload->site.vfs, &reload->next);
	vrs_follow(reload->site.vrs, &reload->next);
	ctl_conf_fini(reload->site.conf);
	*reload->site.conf = reload->next;
	reload->next = (struct ctl_conf){ 0 };
}

static void change(struct ctl_reload *reload)
{
	struct ctl_router_change *item = &reload->diff.items[reload->item];

	switch ((enum pass)reload->pass) {
	case PASS_IN_PLACE:
		change_in_place(reload, item);
		break;
	case PASS_STOP:
		stop(reload, item);
		break;
	case PASS_START:
		start(reload, item);
		break;
	case PASS_END:
		break;
	}
}

bool ctl_reload_step(struct ctl_reload *reload)
{
	for (; reload->pass < PASS_END; reload->pass++, reload->item = 0) {
		for (; reload->item < reload->diff.n; reload->item++) {
			if (!belongs((enum pass)reload->pass,
				     reload->diff.items[reload->item].change))
				continue;
			change(reload);
			reload->item++;
			return true;
		}
	}
	conf_replace(reload);
	return false;
}
