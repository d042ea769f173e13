#include "control/api_show.h"

#include "control/api.h"
#include "control/api_audit.h"
#include "control/api_reload.h"
#include "control/api_request.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <json-c/json.h>

struct object {
	const char *name;
	ctl_show_fn show;
};

static const struct object objects[] = {
	{ "routers", ctl_show_router },
	{ "ports", ctl_show_ports },
	{ "routes", ctl_show_routes },
	{ "neighbours", ctl_show_neighbours },
	{ "counters", ctl_show_counters },
	{ "latency", ctl_show_latency },
	{ "conformance", ctl_show_conformance },
	{ "cores", ctl_show_core },
	{ "classes", ctl_show_classes },
	{ "sla", ctl_show_sales },
	{ "devices", ctl_show_devices },
	{ "vf", ctl_show_vf },
	{ "rules", ctl_show_rules },
};
#define N_OBJECTS (sizeof(objects) / sizeof(objects[0]))

static const struct object *object_lookup(struct json_object *request, struct dp_why *why)
{
	const char *name = ctl_request_text(request, "object", why);
	size_t used;

	for (unsigned i = 0; name != NULL && i < N_OBJECTS; i++)
		if (strcmp(objects[i].name, name) == 0)
			return &objects[i];
	used = (size_t)snprintf(why->text, sizeof(why->text),
				"object \"%.32s\" is not known; the objects are",
				name != NULL ? name : "");
	for (unsigned i = 0; i < N_OBJECTS; i++)
		used += (size_t)snprintf(why->text + used, sizeof(why->text) - used, "%s %s",
					 i == 0 ? "" : ",", objects[i].name);
	return NULL;
}

static int rows_finish(struct ctl_rows *rows, const char *name, bool by_key,
		       struct json_object **result, struct dp_why *why)
{
	struct json_object *object = json_object_new_object();
	struct ctl_json json = { object, &rows->failed };

	if (object == NULL || json_object_object_add(object, name, rows->array) != 0) {
		json_object_put(rows->array);
		rows->failed = true;
	}
	if (rows->more && !by_key)
		ctl_json_u64(json, "next", rows->offset + rows->limit);
	if (rows->more && rows->next_key[0] != '\0')
		ctl_json_text(json, "next_key", rows->next_key);
	if (!rows->failed) {
		*result = object;
		return 0;
	}
	json_object_put(object);
	(void)snprintf(why->text, sizeof(why->text), "out of memory");
	return -ENOMEM;
}

static int show(void *arg, struct json_object *request, struct json_object **result,
		struct dp_why *why)
{
	struct ctl_rows rows = { .limit = CTL_API_ROWS_MAX };
	const struct ctl_api_view *view = arg;
	const struct object *object = object_lookup(request, why);
	const char *router;
	bool by_key;

	if (object == NULL ||
	    ctl_request_number(request, "offset", 0, INT64_MAX, &rows.offset, why) != 0 ||
	    ctl_request_number(request, "limit", 1, CTL_API_ROWS_MAX, &rows.limit, why) != 0)
		return -EINVAL;
	router = ctl_request_text(request, "router", why);
	rows.key = ctl_request_text(request, "key", why);
	by_key = rows.key != NULL;
	if (by_key && (object->show != ctl_show_routes || !ctl_show_routes_key_check(rows.key)))
		(void)snprintf(why->text, sizeof(why->text),
			       "\"key\" is not a \"next_key\" of an earlier reply about routes");
	if (why->text[0] != '\0' ||
	    (router != NULL && ctl_request_router(view->vrs, router, why) == NULL))
		return -EINVAL;
	rows.array = json_object_new_array();
	rows.failed = rows.array == NULL;
	for (unsigned i = 0; i < view->vrs->n && !rows.more; i++)
		if (router == NULL || strcmp(view->vrs->items[i]->conf->config.name, router) == 0)
			object->show(view, view->vrs->items[i], &rows);
	return rows_finish(&rows, object->name, by_key, result, why);
}

static int version(void *arg, struct json_object *request, struct json_object **result,
		   struct dp_why *why)
{
	bool failed = false;
	struct ctl_json json = { json_object_new_object(), &failed };

	(void)arg;
	(void)request;
	ctl_json_text(json, "daemon", SLUICE_VERSION);
	ctl_json_u64(json, "api", CTL_API_VERSION);
	ctl_json_u64(json, "pid", (uint64_t)getpid());
	if (!failed) {
		*result = json.object;
		return 0;
	}
	json_object_put(json.object);
	(void)snprintf(why->text, sizeof(why->text), "out of memory");
	return -ENOMEM;
}

const struct ctl_api_method ctl_api_show_methods[] = {
	{ "show", show },
	{ "version", version },
	{ "audit", ctl_audit_answer },
	{ "reload", ctl_reload_answer },
	{ NULL, NULL },
};
