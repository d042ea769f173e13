#include "control/api_request.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <json-c/json.h>

const char *ctl_request_text(struct json_object *request, const char *key, struct dp_why *why)
{
	struct json_object *value = NULL;

	if (!json_object_object_get_ex(request, key, &value) || value == NULL)
		return NULL;
	if (json_object_is_type(value, json_type_string))
		return json_object_get_string(value);
	(void)snprintf(why->text, sizeof(why->text), "\"%s\" is not a string", key);
	return NULL;
}

int ctl_request_number(struct json_object *request, const char *key, int64_t min, int64_t max,
		       uint64_t *number, struct dp_why *why)
{
	struct json_object *value = NULL;

	if (!json_object_object_get_ex(request, key, &value))
		return 0;
	if (json_object_is_type(value, json_type_int) && json_object_get_int64(value) >= min &&
	    json_object_get_int64(value) <= max) {
		*number = (uint64_t)json_object_get_int64(value);
		return 0;
	}
	(void)snprintf(why->text, sizeof(why->text),
		       "\"%s\" is not a whole number from %lld to %lld", key, (long long)min,
		       (long long)max);
	return -EINVAL;
}

int ctl_request_bool(struct json_object *request, const char *key, bool *flag, struct dp_why *why)
{
	struct json_object *value = NULL;

	if (!json_object_object_get_ex(request, key, &value))
		return 0;
	if (json_object_is_type(value, json_type_boolean)) {
		*flag = json_object_get_boolean(value);
		return 0;
	}
	(void)snprintf(why->text, sizeof(why->text), "\"%s\" is neither true nor false", key);
	return -EINVAL;
}

struct ctl_vr *ctl_request_router(const struct ctl_vrs *vrs, const char *name, struct dp_why *why)
{
	size_t used;

	for (unsigned i = 0; i < vrs->n; i++)
		if (strcmp(vrs->items[i]->conf->config.name, name) == 0)
			return vrs->items[i];
	used = (size_t)snprintf(why->text, sizeof(why->text),
				"router \"%.32s\" does not exist; the routers are", name);
	for (unsigned i = 0; i < vrs->n && used < sizeof(why->text) - DP_NAME_MAX - 4; i++)
		used += (size_t)snprintf(why->text + used, sizeof(why->text) - used, "%s %s",
					 i == 0 ? "" : ",", vrs->items[i]->conf->config.name);
	return NULL;
}
