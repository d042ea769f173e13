#include "control/api_audit.h"

#include "control/api_request.h"
#include "control/api_rows.h"
#include "control/api_show.h"

#include <errno.h>
#include <stdio.h>

#include <json-c/json.h>

static void show_differences(struct ctl_json json, const struct ctl_diffs *diffs)
{
	struct ctl_json array = ctl_json_array(json, "differences");

	for (unsigned i = 0; i < diffs->n; i++) {
		struct ctl_json row = ctl_json_element(array);

		ctl_json_text(row, "kind", ctl_diff_kind_name(diffs->items[i].key.kind));
		ctl_json_text(row, "object", diffs->items[i].object);
		ctl_json_text(row, "difference", diffs->items[i].text);
	}
	ctl_json_u64(json, "not_listed", diffs->n_lost);
}

static int answer(struct ctl_vr *vr, bool begin, struct json_object **result, struct dp_why *why)
{
	bool failed = false;
	struct ctl_json json = { json_object_new_object(), &failed };
	struct ctl_mirror_stats stats;

	if (begin)
		ctl_json_u64(json, "wait_for", ctl_mirror_audit(vr->mirror));
	ctl_mirror_stats_get(vr->mirror, &stats);
	ctl_json_text(json, "router", vr->conf->config.name);
	ctl_json_bool(json, "running", stats.auditing);
	ctl_json_u64(json, "audits", stats.audits);
	ctl_json_u64(json, "failed", stats.audits_failed);
	ctl_json_u64(json, "duration_ns", stats.audit_last_ns);
	ctl_json_u64(json, "routes", stats.routes);
	ctl_json_u64(json, "neighbours", stats.neighbours);
	ctl_json_u64(json, "nexthops", stats.nexthops);
	show_differences(json, ctl_mirror_differences(vr->mirror));
	if (!failed) {
		*result = json.object;
		return 0;
	}
	json_object_put(json.object);
	(void)snprintf(why->text, sizeof(why->text), "out of memory");
	return -ENOMEM;
}

int ctl_audit_answer(void *arg, struct json_object *request, struct json_object **result,
		     struct dp_why *why)
{
	const struct ctl_api_view *view = arg;
	const char *name = ctl_request_text(request, "router", why);
	bool begin = false;
	struct ctl_vr *vr;

	if (name == NULL && why->text[0] == '\0')
		(void)snprintf(why->text, sizeof(why->text), "an audit needs a router");
	if (name == NULL || ctl_request_bool(request, "begin", &begin, why) != 0)
		return -EINVAL;
	vr = ctl_request_router(view->vrs, name, why);
	return vr != NULL ? answer(vr, begin, result, why) : -ENOENT;
}
