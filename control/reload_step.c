#include "control/reload_step.h"

#include "control/log.h"
#include "control/vf/ctl_vfs.h"

#include <stdio.h>
#include <string.h>

/*
 * Until routers change in place only old forms run, and after that only new ones. The way back is
 * that of a reload from the new configuration to the old one.
 */
enum pass {
	PASS_STOP,
	PASS_IN_PLACE,
	PASS_START,
	/* only when a router could not be created */
	PASS_BACK_STOP,
	PASS_BACK_IN_PLACE,
	PASS_BACK_START,
	PASS_END
};

static bool belongs(enum pass pass, enum ctl_change change)
{
	switch (pass) {
	case PASS_STOP:
		return change == CTL_CHANGE_REMOVE || change == CTL_CHANGE_RESTART;
	case PASS_IN_PLACE:
	case PASS_BACK_IN_PLACE:
		return change == CTL_CHANGE_IN_PLACE;
	case PASS_START:
	case PASS_BACK_STOP:
		return change == CTL_CHANGE_ADD || change == CTL_CHANGE_RESTART;
	case PASS_BACK_START:
		return change == CTL_CHANGE_REMOVE || change == CTL_CHANGE_RESTART;
	case PASS_END:
		break;
	}
	return false;
}

static const char *item_name(const struct ctl_router_change *item)
{
	return (item->to != NULL ? item->to : item->from)->config.name;
}

/* The router of a name, NULL when it does not run. */
static struct ctl_vr *vr_lookup(const struct ctl_vrs *vrs, const char *name)
{
	for (unsigned i = 0; i < vrs->n; i++)
		if (strcmp(vrs->items[i]->conf->config.name, name) == 0)
			return vrs->items[i];
	return NULL;
}

/* The row of a router; what it said before is no longer true. */
static struct ctl_reload_row *row_get(struct ctl_reload *reload, const char *name)
{
	struct ctl_reload_row *row = reload->rows;

	while (row < &reload->rows[reload->n_rows] && strcmp(row->router, name) != 0)
		row++;
	if (row == &reload->rows[reload->n_rows])
		reload->n_rows++;
	(void)snprintf(row->router, sizeof(row->router), "%s", name);
	return row;
}

static void report(struct ctl_reload *reload, const struct ctl_router_change *item,
		   enum ctl_reload_result result, const char *what)
{
	struct ctl_reload_row *row = row_get(reload, item_name(item));

	(void)snprintf(row->what.text, sizeof(row->what.text), "%s", what);
	row->result = result;
	ctl_log(result > CTL_RELOAD_RESTARTED ? CTL_LOG_ERROR : CTL_LOG_INFO, row->router, "%s%s%s",
		ctl_reload_result_name(result), what[0] != '\0' ? ": " : "", what);
}

static void vr_stop(struct ctl_vrs *vrs, struct ctl_vr *vr)
{
	unsigned place = 0;

	while (vrs->items[place] != vr)
		place++;
	ctl_vr_destroy(vr);
	vrs->n--;
	memmove(&vrs->items[place], &vrs->items[place + 1],
		(vrs->n - place) * sizeof(vrs->items[0]));
}

static int vr_start(const struct ctl_reload_site *site, const struct ctl_conf *conf,
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

/* The fence of the NIC follows the shaper. */
static int vr_retune(const struct ctl_reload_site *site, struct ctl_vr *vr,
		     const struct ctl_conf_router *router, struct dp_why *why)
{
	struct dp_why fence = { "" };
	int err = ctl_vr_retune(vr, router, why);

	if (err == 0 && ctl_vfs_renew(site->vfs, router, &fence) != 0)
		ctl_log(CTL_LOG_WARNING, router->config.name, "%s", fence.text);
	return err;
}

static void stop(struct ctl_reload *reload, const struct ctl_router_change *item)
{
	struct ctl_vrs *vrs = reload->site.vrs;

	vr_stop(vrs, vr_lookup(vrs, item_name(item)));
	if (item->change == CTL_CHANGE_REMOVE)
		report(reload, item, CTL_RELOAD_REMOVED, "");
}

/* A router that cannot be changed so is restarted. */
static void change_in_place(struct ctl_reload *reload, struct ctl_router_change *item)
{
	struct ctl_vr *vr = vr_lookup(reload->site.vrs, item_name(item));
	struct dp_why why = { "" };

	if (vr_retune(&reload->site, vr, item->to, &why) == 0) {
		report(reload, item, CTL_RELOAD_IN_PLACE, item->what.text);
		return;
	}
	ctl_log(CTL_LOG_WARNING, item_name(item),
		"cannot be changed in place, so it is restarted: %s", why.text);
	vr_stop(reload->site.vrs, vr);
	item->change = CTL_CHANGE_RESTART;
}

static void start(struct ctl_reload *reload, const struct ctl_router_change *item)
{
	if (vr_start(&reload->site, &reload->next, item->to, &reload->failure) == 0) {
		report(reload, item, item->from == NULL ? CTL_RELOAD_ADDED : CTL_RELOAD_RESTARTED,
		       item->what.text);
		return;
	}
	reload->failed = item;
	ctl_log(CTL_LOG_ERROR, item_name(item),
		"cannot be created, so everything goes back to what ran before: %s",
		reload->failure.text);
}

/* Why an item went back. */
static struct dp_why back_reason(const struct ctl_reload *reload,
				 const struct ctl_router_change *item)
{
	struct dp_why why = reload->failure;

	if (item != reload->failed)
		(void)snprintf(why.text, sizeof(why.text), "router \"%s\" cannot be created",
			       item_name(reload->failed));
	return why;
}

/* Has the old form of a router that does not run run again. */
static void back_start(struct ctl_reload *reload, const struct ctl_router_change *item)
{
	struct dp_why reason = back_reason(reload, item), why = { "" }, both;

	if (vr_start(&reload->site, reload->site.conf, item->from, &why) == 0) {
		report(reload, item, CTL_RELOAD_PUT_BACK, reason.text);
		return;
	}
	(void)snprintf(both.text, sizeof(both.text),
		       "%.360s; its old form cannot run either: %.360s", reason.text, why.text);
	report(reload, item, CTL_RELOAD_LOST, both.text);
}

static void back_stop(struct ctl_reload *reload, const struct ctl_router_change *item)
{
	struct ctl_vr *vr = vr_lookup(reload->site.vrs, item_name(item));

	if (vr != NULL)
		vr_stop(reload->site.vrs, vr);
	if (item->from == NULL)
		report(reload, item, CTL_RELOAD_NOT_ADDED, back_reason(reload, item).text);
}

static void back_in_place(struct ctl_reload *reload, const struct ctl_router_change *item)
{
	struct ctl_vr *vr = vr_lookup(reload->site.vrs, item_name(item));
	struct dp_why why = { "" };

	if (vr_retune(&reload->site, vr, item->from, &why) == 0) {
		report(reload, item, CTL_RELOAD_PUT_BACK, back_reason(reload, item).text);
		return;
	}
	vr_stop(reload->site.vrs, vr);
	back_start(reload, item);
}

static void change(struct ctl_reload *reload, struct ctl_router_change *item)
{
	switch ((enum pass)reload->pass) {
	case PASS_STOP:
		stop(reload, item);
		break;
	case PASS_IN_PLACE:
		change_in_place(reload, item);
		break;
	case PASS_START:
		start(reload, item);
		break;
	case PASS_BACK_STOP:
		back_stop(reload, item);
		break;
	case PASS_BACK_IN_PLACE:
		back_in_place(reload, item);
		break;
	case PASS_BACK_START:
		back_start(reload, item);
		break;
	case PASS_END:
		break;
	}
}

/* Takes what does not run out of a configuration, and has the routers refer to it, in its order. */
static void vrs_follow(struct ctl_vrs *vrs, struct ctl_conf *conf)
{
	struct ctl_vr *running[DP_ROUTERS_MAX];
	unsigned n = 0;

	/* all of them first: names are looked up through what is overwritten then */
	for (unsigned i = 0; i < conf->n_routers; i++)
		running[i] = vr_lookup(vrs, conf->routers[i].config.name);
	for (unsigned i = 0; i < conf->n_routers; i++) {
		if (running[i] == NULL)
			continue;
		conf->routers[n] = conf->routers[i];
		vrs->items[n] = running[i];
		vrs->items[n]->conf = &conf->routers[n];
		n++;
	}
	vrs->n = conf->n_routers = n;
}

/* What is in force in the end is one of the two configurations, and the other one is not needed. */
static void end(struct ctl_reload *reload)
{
	struct ctl_conf *conf = reload->site.conf, other = *conf;

	if (reload->failed == NULL)
		*conf = reload->next;
	else
		other = reload->next;
	vrs_follow(reload->site.vrs, conf);
	ctl_vfs_keep(reload->site.vfs, conf);
	ctl_conf_fini(&other);
	reload->next = (struct ctl_conf){ 0 };
}

static void pass_next(struct ctl_reload *reload)
{
	bool complete = reload->pass == PASS_START && reload->failed == NULL;

	reload->pass = complete ? PASS_END : reload->pass + 1;
	reload->item = 0;
}

bool ctl_reload_step(struct ctl_reload *reload)
{
	while (reload->pass < PASS_END) {
		while (reload->item < reload->diff.n) {
			struct ctl_router_change *item = &reload->diff.items[reload->item++];

			if (!belongs((enum pass)reload->pass, item->change))
				continue;
			change(reload, item);
			if (reload->pass == PASS_START && reload->failed != NULL)
				pass_next(reload);
			return true;
		}
		pass_next(reload);
	}
	end(reload);
	return false;
}
