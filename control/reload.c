#include "control/reload.h"

#include "control/conf_read.h"
#include "control/log.h"
#include "control/reload_step.h"
#include "control/vf/ctl_vfs.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <event2/event.h>

const char *ctl_reload_result_name(enum ctl_reload_result result)
{
	static const char *const names[] = {
		[CTL_RELOAD_ADDED] = "added",
		[CTL_RELOAD_REMOVED] = "removed",
		[CTL_RELOAD_IN_PLACE] = "changed in place",
		[CTL_RELOAD_RESTARTED] = "restarted",
		[CTL_RELOAD_NOT_ADDED] = "not added",
		[CTL_RELOAD_PUT_BACK] = "put back",
		[CTL_RELOAD_LOST] = "lost",
	};

	return names[result];
}

bool ctl_reload_succeeded(const struct ctl_reload *reload)
{
	for (unsigned i = 0; i < reload->n_rows; i++)
		if (reload->rows[i].result > CTL_RELOAD_RESTARTED)
			return false;
	return true;
}

static void log_all(const struct ctl_errors *errors, enum ctl_log_level level)
{
	char place[224];

	for (unsigned i = 0; i < errors->n; i++) {
		ctl_src_print(errors->items[i].src, place, sizeof(place));
		ctl_log(level, "reload", "%s%s", place, errors->items[i].text);
	}
}

/* The first sentence, and how many there are besides. */
static void refusal_say(const struct ctl_errors *errors, struct dp_why *why)
{
	char place[224], more[32] = "";

	if (errors->n == 0) {
		(void)snprintf(why->text, sizeof(why->text), "out of memory");
		return;
	}
	if (errors->n > 1)
		(void)snprintf(more, sizeof(more), " (and %u more)", errors->n - 1);
	ctl_src_print(errors->items[0].src, place, sizeof(place));
	(void)snprintf(why->text, sizeof(why->text), "%s%s%s", place, errors->items[0].text, more);
}

static int judge(struct ctl_reload *reload, const char *path, struct ctl_errors *errors,
		 struct ctl_errors *notes)
{
	const struct ctl_reload_site *site = &reload->site;
	struct ctl_conf_runs runs = { .conf = site->conf, .has_pci = site->has_pci };
	int err = ctl_conf_read(path, CTL_JUDGE_SILENTLY, &reload->next, errors, notes);

	/* routers are in the order of the configuration */
	for (unsigned i = 0; i < site->vrs->n; i++) {
		ctl_vr_check_netns(site->vrs->items[i]);
		runs.netns_lost[i] = site->vrs->items[i]->netns.lost;
	}
	if (err == 0)
		err = ctl_conf_diff(&runs, &reload->next, &reload->diff, errors);
	return err;
}

static int prepare(struct ctl_reload *reload, const char *path, struct dp_why *why)
{
	struct ctl_errors errors = { 0 }, notes = { 0 };
	int err = judge(reload, path, &errors, &notes);

	log_all(&notes, CTL_LOG_WARNING);
	if (err != 0) {
		log_all(&errors, CTL_LOG_ERROR);
		refusal_say(&errors, why);
	} else {
		err = ctl_vfs_add(reload->site.vfs, &reload->next, why);
		if (err != 0)
			ctl_log(CTL_LOG_ERROR, "reload", "%s", why->text);
	}
	ctl_errors_fini(&errors);
	ctl_errors_fini(&notes);
	return err;
}

static void on_step(evutil_socket_t fd, short what, void *arg)
{
	static const struct timeval at_once;
	struct ctl_reload *reload = arg;

	(void)fd;
	(void)what;
	if (ctl_reload_step(reload)) {
		(void)event_add(reload->step_event, &at_once);
		return;
	}
	reload->running = false;
	if (reload->failed == NULL)
		ctl_log(CTL_LOG_INFO, "reload", "complete; routers: %u, changed: %u",
			reload->site.vrs->n, reload->n_rows);
	else
		ctl_log(CTL_LOG_ERROR, "reload", "taken back; routers: %u", reload->site.vrs->n);
	reload->site.ended(reload->site.arg);
}

static int step_schedule(struct ctl_reload *reload, struct dp_why *why)
{
	static const struct timeval at_once;

	if (reload->step_event == NULL)
		reload->step_event = evtimer_new(reload->site.base, on_step, reload);
	if (reload->step_event != NULL && event_add(reload->step_event, &at_once) == 0)
		return 0;
	(void)snprintf(why->text, sizeof(why->text), "out of memory");
	return -ENOMEM;
}

int ctl_reload_begin(struct ctl_reload *reload, const char *path, struct dp_why *why)
{
	int err;

	if (reload->running) {
		(void)snprintf(why->text, sizeof(why->text),
			       "a reload runs; try again when it is complete");
		return -EBUSY;
	}
	err = prepare(reload, path, why);
	if (err == 0) {
		err = step_schedule(reload, why);
		if (err != 0)
			ctl_vfs_keep(reload->site.vfs, reload->site.conf);
	}
	if (err != 0) {
		ctl_conf_fini(&reload->next);
		return err;
	}
	reload->running = true;
	reload->serial++;
	reload->n_rows = 0;
	reload->pass = reload->item = 0;
	reload->failed = NULL;
	return 0;
}

void ctl_reload_fini(struct ctl_reload *reload)
{
	if (reload->step_event != NULL)
		event_free(reload->step_event);
	if (reload->running)
		ctl_conf_fini(&reload->next);
	reload->running = false;
}
