#ifndef CONTROL_API_SHOW_H
#define CONTROL_API_SHOW_H

/**
 * @file
 * The methods of the API: everything in api.h that the running routers answer. Control thread
 * only.
 */

#include "control/api_rows.h"
#include "control/api_server.h"
#include "control/vr.h"
#include "dataplane/dp_sojourn.h"

struct ctl_reload;

/** What the methods read, and the one thing that they can do; argument of ctl_api_show_methods. */
struct ctl_api_view {
	const struct ctl_conf *conf;
	const struct ctl_vrs *vrs;
	const struct ctl_reload *reload;
	/** As ctl_reload_begin(), with reload_arg. */
	int (*reload_begin)(void *arg, struct dp_why *why);
	void *reload_arg;
};

/** All methods, for ctl_api_server_create(). */
extern const struct ctl_api_method ctl_api_show_methods[];

/** Adds the rows of one router; one function per object, each in the file of its noun. */
typedef void (*ctl_show_fn)(const struct ctl_api_view *view, const struct ctl_vr *vr,
			    struct ctl_rows *rows);
void ctl_show_router(const struct ctl_api_view *view, const struct ctl_vr *vr,
		     struct ctl_rows *rows);
void ctl_show_ports(const struct ctl_api_view *view, const struct ctl_vr *vr,
		    struct ctl_rows *rows);
void ctl_show_routes(const struct ctl_api_view *view, const struct ctl_vr *vr,
		     struct ctl_rows *rows);
/** Whether ctl_show_routes() can have said so in next_key. */
bool ctl_show_routes_key_check(const char *key);
void ctl_show_rules(const struct ctl_api_view *view, const struct ctl_vr *vr,
		    struct ctl_rows *rows);
void ctl_show_neighbours(const struct ctl_api_view *view, const struct ctl_vr *vr,
			 struct ctl_rows *rows);
void ctl_show_counters(const struct ctl_api_view *view, const struct ctl_vr *vr,
		       struct ctl_rows *rows);
void ctl_show_latency(const struct ctl_api_view *view, const struct ctl_vr *vr,
		      struct ctl_rows *rows);
void ctl_show_conformance(const struct ctl_api_view *view, const struct ctl_vr *vr,
			  struct ctl_rows *rows);
void ctl_show_classes(const struct ctl_api_view *view, const struct ctl_vr *vr,
		      struct ctl_rows *rows);
void ctl_show_sales(const struct ctl_api_view *view, const struct ctl_vr *vr,
		    struct ctl_rows *rows);
void ctl_show_devices(const struct ctl_api_view *view, const struct ctl_vr *vr,
		      struct ctl_rows *rows);
void ctl_show_vf(const struct ctl_api_view *view, const struct ctl_vr *vr, struct ctl_rows *rows);
void ctl_show_core(const struct ctl_api_view *view, const struct ctl_vr *vr, struct ctl_rows *rows);

/** Adds an SLA as an object, rates, bursts, kind and actions, and returns it. */
struct ctl_json ctl_show_sla(struct ctl_json row, const char *key, const struct dp_sla *sla);

/** Adds the quantiles of a time, without its count. */
void ctl_show_delay(struct ctl_json json, const struct dp_delay *delay);

/** Adds packets and bytes by colour, POLICER_COLOURS of each. */
void ctl_show_colours(struct ctl_json row, const uint64_t pkts[], const uint64_t bytes[]);

#endif
