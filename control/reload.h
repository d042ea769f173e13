#ifndef CONTROL_RELOAD_H
#define CONTROL_RELOAD_H

/**
 * @file
 * From the configuration that runs to that of the file, router by router.
 *
 * A reload is refused as a whole, with nothing changed, by everything that can be known before:
 * errors of the file, admission, what cannot change while the daemon runs, VFs that cannot be had.
 * Then it goes in steps of one router each, between which the event loop serves the others: all
 * routers that go or restart are destroyed, so that what they had is free; changes in place; those
 * that come or restart are created. When one cannot be created, everything goes back, because only
 * the old configuration and the new one were planned, and nothing between them. Control thread only.
 */

#include "control/conf_diff.h"
#include "control/vr.h"

#include <stdbool.h>
#include <stdint.h>

struct ctl_carrier;
struct ctl_vfs;
struct event;
struct event_base;

/** What became of a router. */
enum ctl_reload_result {
	CTL_RELOAD_ADDED,
	CTL_RELOAD_REMOVED,
	CTL_RELOAD_IN_PLACE, /**< changed, and forwarded all the time */
	CTL_RELOAD_RESTARTED,
	CTL_RELOAD_NOT_ADDED, /**< it, or another one, could not be created */
	CTL_RELOAD_PUT_BACK,  /**< the same, and the old form runs again */
	CTL_RELOAD_LOST,      /**< the same, and the old form could not be created either */
};

/** One router of a report. */
struct ctl_reload_row {
	char router[DP_NAME_MAX];
	enum ctl_reload_result result;
	struct dp_why what; /**< what was changed; after a failure the sentence */
};

/** What a reload works on. All outlive it. */
struct ctl_reload_site {
	struct ctl_conf *conf; /**< what runs; replaced at the end */
	struct ctl_vrs *vrs;
	struct event_base *base;
	struct ctl_carrier *carrier;
	struct ctl_vfs *vfs;
	bool has_pci;		  /**< the data plane was started with the PCI bus */
	void (*ended)(void *arg); /**< a reload that had begun is complete */
	void *arg;
};

/** The reload that runs, or the last one. Start from { 0 } with a site. */
struct ctl_reload {
	struct ctl_reload_site site;
	struct event *step_event;
	bool running;
	uint64_t serial; /**< reloads begun */
	struct ctl_reload_row rows[2 * DP_ROUTERS_MAX];
	unsigned n_rows;

	/* While it runs. */
	struct ctl_conf next;
	struct ctl_conf_diff diff;
	unsigned pass, item;			/**< next step */
	const struct ctl_router_change *failed; /**< of diff: could not be created; NULL for none */
	struct dp_why failure;			/**< why not */
};

/**
 * Reads a file and begins to put it in force; the rest happens in the event loop, which calls
 * site.ended at its end. Logs what the file is warned of.
 *
 * @return 0: begun; -EBUSY: one runs; another -errno: refused, with a sentence in why and all
 *         sentences in the log, and nothing has changed
 */
int ctl_reload_begin(struct ctl_reload *reload, const char *path, struct dp_why *why);

/** Whether the last reload left every router as the file says. */
bool ctl_reload_succeeded(const struct ctl_reload *reload);

/** Name of a result, as shown to users. */
const char *ctl_reload_result_name(enum ctl_reload_result result);

/** Ends a reload that runs, where it is, and frees what it has. After all routers are gone. */
void ctl_reload_fini(struct ctl_reload *reload);

#endif
